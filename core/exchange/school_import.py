"""Planning the import of a school's table: every row matched with the school as it is, nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.enrolling import Places
from core.exchange.import_year import plan_year
from core.exchange.people import People
from core.exchange.report import ImportReport, RowReport
from core.exchange.rows import PersonData, PupilRow
from core.exchange.school_state import KnownPerson, SchoolState, load_state
from core.exchange.tables import Advance
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import sentence

SOURCE = "table"
"""What `Person.source` says of people who came by a school's table."""


def plan_school(
    db: Session,
    actor: Actor,
    organization: Organization,
    starts_in: int,
    pupils: Sequence[PupilRow],
    report: ImportReport,
    day: date,
    advance: Advance = lambda _done, _total: None,
) -> Changes:
    """What importing `pupils` into `organization` would change; errors and outcomes go into the report."""
    changes = Changes()
    year = plan_year(db, changes, organization, starts_in, report)
    snils = {
        number
        for pupil in pupils
        for number in (pupil.person.snils, *(guardian.person.snils for guardian in pupil.guardians))
        if number
    }
    state = load_state(db, organization.id, year, snils, day)
    school = _School(state, changes, report, day, actor)
    for done, pupil in enumerate(pupils, 1):
        school.place(pupil)
        if done % 200 == 0:
            advance(done, len(pupils))
    school.report_missing({school.places.class_id(pupil.school_class) for pupil in pupils})
    advance(len(pupils), len(pupils))
    return changes


class _School:
    """Places the rows of a table one by one."""

    def __init__(
        self, state: SchoolState, changes: Changes, report: ImportReport, day: date, actor: Actor
    ) -> None:
        self.state, self.report, self.changes = state, report, changes
        self.places = Places(state, changes, report, SOURCE, day, actor.person_id)
        self.people = People(state, changes, SOURCE, day)
        self._row_of: dict[UUID, tuple[RowReport, UUID]] = {}
        self._guardians: set[str] = set()

    def place(self, pupil: PupilRow) -> None:
        """Plan one pupil with class, subgroups and guardians."""
        row = pupil.report
        class_id = self.places.class_id(pupil.school_class)
        known = self.people.find_pupil(row, pupil.person, class_id)
        if row.failed:
            return
        if known is not None and known.id in self._row_of:
            self._repeated(row, known, class_id)
            return
        was_new = known is None
        person = self.people.save(row, known, pupil.person)
        if row.failed:
            return
        self._row_of[person.id] = (row, class_id)
        self.places.enroll(row, person, class_id, pupil.admitted_on)
        self.places.role(row, person, "pupil")
        for split, name in pupil.subgroups:
            group_id = self.places.group_id(class_id, "subgroup", split, name)
            self.places.join_group(row, person, group_id, f"{split} {name}".strip())
        for guardian in pupil.guardians:
            said = len(row.remarks)
            found = self.people.find_guardian(row, guardian.person, person.id)
            row.place_remarks(said, guardian.who)
            if row.failed:
                return
            if not self.places.may_tie(row, found, person):
                continue
            self._doubt_twin(row, found, guardian.person)
            saved = self.people.save(row, found, guardian.person)
            row.place_remarks(said, guardian.who)
            if found is None:
                self.report.count(sentence("родители"))
            self.places.role(row, saved, "guardian")
            self.places.tie(row, saved, person, guardian.relation)
        if was_new:
            if pupil.person.birth_date is None and not pupil.person.snils and not pupil.person.external_id:
                row.remark(
                    "warning",
                    "Нет ни даты рождения, ни СНИЛС.",
                    "Добавьте их: без них ученика не узнать при следующей загрузке.",
                )
            row.outcome, row.changes = "created", [self._summary(pupil)]
        elif row.changes and not row.failed:
            row.outcome = "updated"

    @staticmethod
    def _summary(pupil: PupilRow) -> str:
        parts = [pupil.school_class.name, *(f"{split} {name}".strip() for split, name in pupil.subgroups)]
        if pupil.guardians:
            parts.append(
                _("родители: %(names)s")
                % {"names": ", ".join(f"{g.person.last_name} {g.person.first_name}" for g in pupil.guardians)}
            )
        return "; ".join(parts)

    def _repeated(self, row: RowReport, known: KnownPerson, class_id: UUID) -> None:
        first, first_class = self._row_of[known.id]
        where = sentence("строка %(row)s", row=first.row)
        if first.place != row.place:
            where = sentence("строка %(row)s, «%(place)s»", row=first.row, place=first.place)
        if class_id == first_class:
            row.remark(
                "warning",
                sentence("Повтор: этот ученик уже есть в файле (%(where)s).", where=where),
                "Строка не загружается; уберите лишнюю.",
            )
            row.outcome = "skipped"
        else:
            row.remark(
                "error",
                sentence("Этот ученик уже есть в файле в другом классе (%(where)s).", where=where),
                "Оставьте одну строку.",
            )

    def _doubt_twin(self, row: RowReport, found: KnownPerson | None, data: PersonData) -> None:
        if found is not None:
            return
        if data.phone or data.email or data.snils:
            return
        key = sort_key(f"{data.last_name} {data.first_name} {data.middle_name or ''}")
        if key in self._guardians:
            name = f"{data.last_name} {data.first_name}"
            row.remark("warning", sentence("%(name)s: родитель с таким именем есть и у другого ученика.", name=name),
                       "Если это один человек, добавьте телефон или почту: иначе в портале будут двое.")  # fmt: skip
        self._guardians.add(key)

    def report_missing(self, classes: set[UUID]) -> None:
        """List the pupils of the table's classes whom the table does not name."""
        missing = [
            f"{self.state.people[person_id].name}, {self.state.classes_by_id[span.place].name}"
            for person_id in self.state.enrollments
            if person_id not in self._row_of
            and (span := self.state.enrolled(person_id, self.places.effective)) is not None
            and span.place in classes
            and person_id in self.state.people
        ]
        self.report.missing = sorted(missing, key=sort_key)
