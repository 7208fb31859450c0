"""Planning the import of guardians: each is tied to children the school has, nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.enrolling import Places
from core.exchange.import_year import year_to_fill
from core.exchange.people import People
from core.exchange.report import ImportReport
from core.exchange.rows import ChildData, GuardianRow
from core.exchange.school_state import KnownPerson, SchoolState, load_state
from core.exchange.tables import Advance
from core.identity.families import Rights
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import sentence

SOURCE = "table"


def plan_guardians(
    db: Session,
    actor: Actor,
    organization: Organization,
    starts_in: int,
    rows: Sequence[GuardianRow],
    report: ImportReport,
    day: date,
    advance: Advance = lambda _done, _total: None,
) -> Changes:
    """What importing `rows` into `organization` would change; errors and outcomes go into the report."""
    changes = Changes()
    year = year_to_fill(db, organization, starts_in, report)
    snils = {
        number
        for row in rows
        for number in (row.person.snils, *(child.snils for child in row.children))
        if number
    }
    state = load_state(db, organization.id, year, snils, day)
    families = _Families(state, changes, report, day, actor)
    for done, row in enumerate(rows, 1):
        families.place(row)
        if done % 200 == 0:
            advance(done, len(rows))
    advance(len(rows), len(rows))
    return changes


class _Families:
    """Places the rows of a table one by one."""

    def __init__(
        self, state: SchoolState, changes: Changes, report: ImportReport, day: date, actor: Actor
    ) -> None:
        self.state, self.report = state, report
        self.places = Places(state, changes, report, SOURCE, day, actor.person_id)
        self.people = People(state, changes, SOURCE, day)
        self._unreachable: set[str] = set()

    def place(self, guardian: GuardianRow) -> None:
        """Plan one guardian with the ties to the children named."""
        row = guardian.report
        children = [child for child in (self._child(guardian, each) for each in guardian.children) if child]
        if row.failed:
            return
        known = self._known(guardian, children)
        if row.failed:
            return
        children = [child for child in children if self.places.may_tie(row, known, child)]
        if row.failed or not children:
            row.outcome = "error" if row.failed else "skipped"
            return
        self._doubt_twin(guardian, known)
        saved = self.people.save(row, known, guardian.person)
        if row.failed:
            return
        for child in children:
            self.places.tie(row, saved, child, guardian.relation, guardian.rights, guardian.basis)
        if any(
            tie.guardian_id == saved.id and tie.rights != Rights.NONE
            for child in children
            for tie in self.state.guardians.get(child.id, ())
        ):
            self.places.role(row, saved, "guardian")
        if known is None:
            names = ", ".join(child.short for child in children)
            row.outcome = "created"
            row.add_change(sentence("дети: %(names)s", names=names))
        elif row.changes:
            row.outcome = "updated"

    def _child(self, guardian: GuardianRow, child: ChildData) -> KnownPerson | None:
        name = child.school_class
        known = self.state.classes.get(name.key) if name is not None else None
        if name is not None and known is None:
            guardian.report.remark(
                "error",
                sentence(
                    "Класса %(name)s в %(year)s учебном году нет.", name=name.name, year=self.report.year
                ),
                "Проверьте класс. Классы и учеников загружают раньше родителей.",
                field="child.class",
            )
            return None
        return self.people.find_child(guardian.report, child, known.id if known else None)

    def _known(self, guardian: GuardianRow, children: Sequence[KnownPerson]) -> KnownPerson | None:
        found: dict[UUID, KnownPerson] = {}
        for child in children:
            person = self.people.find_guardian(guardian.report, guardian.person, child.id)
            if person is not None:
                found[person.id] = person
        if len(found) > 1:
            guardian.report.remark(
                "error",
                "У этих детей разные родители с таким именем.",
                "Добавьте СНИЛС или телефон родителя.",
                field="name",
            )
        return next(iter(found.values()), None)

    def _doubt_twin(self, guardian: GuardianRow, known: KnownPerson | None) -> None:
        person = guardian.person
        if known is not None or person.phone or person.email or person.snils:
            return
        key = sort_key(f"{person.last_name} {person.first_name} {person.middle_name or ''}")
        if key in self._unreachable:
            name = f"{person.last_name} {person.first_name}"
            guardian.report.remark(
                "warning",
                sentence("%(name)s: родитель с таким именем есть и у другого ученика.", name=name),
                "Если это один человек, добавьте телефон или почту: иначе в портале будут двое.",
            )
        self._unreachable.add(key)
