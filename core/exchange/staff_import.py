"""Planning the import of staff: people, the roles they are to have, what they teach. Nothing is written.

Roles are given by the ordinary rules (`core.roles.giving`), so they may wait for the coordinator above; a role that
the actor may not give is left out and named in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.class_names import ClassName
from core.exchange.enrolling import Places
from core.exchange.import_year import year_to_fill
from core.exchange.people import People
from core.exchange.report import ImportReport, RowReport
from core.exchange.rows import StaffRow
from core.exchange.school_state import KnownPerson, load_state
from core.exchange.staff_roles import StaffRoles
from core.exchange.tables import Advance
from core.exchange.teaching import Assignments
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import sentence

SOURCE = "table"


def plan_staff(
    db: Session,
    actor: Actor,
    organization: Organization,
    starts_in: int,
    rows: Sequence[StaffRow],
    report: ImportReport,
    day: date,
    advance: Advance = lambda _done, _total: None,
) -> Changes:
    """What importing `rows` into `organization` would change; errors and outcomes go into the report."""
    changes = Changes()
    year = year_to_fill(db, organization, starts_in, report)
    snils = {row.person.snils for row in rows if row.person.snils}
    state = load_state(db, organization.id, year, snils, day)
    places = Places(state, changes, report, SOURCE, day)
    staff = _Staff(
        people=People(state, changes, SOURCE, day),
        places=places,
        roles=StaffRoles(db, actor, organization, places, report, day),
        teaching=Assignments(db, organization, places, changes, report),
    )
    for done, row in enumerate(rows, 1):
        staff.place(row)
        if done % 200 == 0:
            advance(done, len(rows))
    advance(len(rows), len(rows))
    return changes


class _Staff:
    """Places the rows of a table one by one."""

    def __init__(self, people: People, places: Places, roles: StaffRoles, teaching: Assignments) -> None:
        self.people, self.places, self.roles, self.teaching = people, places, roles, teaching

    def place(self, member: StaffRow) -> None:
        """Plan one member of staff. Several rows may tell of one person, each of another position."""
        row = member.report
        home = self._class_ids(row, member.class_teacher_of, "class_teacher_of")
        kinds = self.roles.kinds_of(member, has_class=bool(home))
        loads = [(load.subject, self._class_ids(row, load.classes, "classes")) for load in member.loads]
        if row.failed:
            return
        known = self.people.find_staff(row, member.person, self.roles.staff)
        if row.failed:
            return
        wanted = self.roles.wanted(row, known, kinds, home, member.starts_on)
        if known is None and not wanted:
            row.outcome = "skipped"
            return
        saved = self.people.save(row, known, member.person)
        if row.failed:
            return
        self.roles.give(row, saved, wanted, member.starts_on, member.basis)
        self.roles.staff.add(saved.id)
        self._teach(member, saved, loads)
        if known is None:
            row.outcome = "created"
        elif row.changes:
            row.outcome = "updated"

    def _class_ids(self, row: RowReport, names: Sequence[ClassName], field: str) -> list[UUID]:
        found: list[UUID] = []
        for name in names:
            known = self.places.state.classes.get(name.key)
            if known is not None:
                found.append(known.id)
                continue
            year = self.places.state.year.name
            row.remark(
                "error",
                sentence("Класса %(name)s в %(year)s учебном году нет.", name=name.name, year=year),
                "Проверьте класс. Классы и учеников загружают раньше сотрудников.",
                field=field,
            )
        return found

    def _teach(
        self, member: StaffRow, teacher: KnownPerson, loads: Sequence[tuple[str, Sequence[UUID]]]
    ) -> None:
        row = member.report
        if any(classes for _subject, classes in loads) and not self.roles.teaches(teacher.id):
            row.remark("warning", "Нагрузка не загружена: у человека нет роли учителя.", field="subjects")
            return
        for subject, classes in loads:
            if classes and not subject:
                row.remark("warning", "Классы указаны без предмета: нагрузка не загружена.",
                           "Добавьте колонку «Предметы».", field="classes")  # fmt: skip
                continue
            for class_id in classes:
                known = self.teaching.subjects.get(sort_key(subject))
                if known is None:
                    known = self.teaching.new_subject(subject)
                    row.remark("warning", sentence("Предмета «%(name)s» ещё нет: он будет создан.", name=subject),
                               "Проверьте, нет ли опечатки.", field="subjects")  # fmt: skip
                if self.teaching.assign(teacher, known, class_id, None, member.starts_on):
                    name = self.places.state.classes_by_id[class_id].name
                    row.add_change(sentence("нагрузка: %(subject)s, %(name)s", subject=subject, name=name))
