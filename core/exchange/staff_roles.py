"""Which roles of staff a file stands for, and which of them it may ask for or end."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.exchange.enrolling import Places
from core.exchange.report import ImportReport, RowReport
from core.exchange.rows import StaffRow
from core.exchange.school_state import KnownPerson
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.roles.giving import waits
from core.roles.lifecycle import GRANT, NEEDS_A_CLASS, NewRole, kinds_to_give, objection_to_terminate
from core.roles.models import StructuralRole
from core.web.i18n import sentence

TEACHER = "teacher"
_POSITIONS = (
    ("deputy_head", re.compile(r"завуч|зам\w*\.?\s*директор")),
    (NEEDS_A_CLASS, re.compile(r"классн\w* рук|кл\.?\s*рук")),
    (
        "head",
        re.compile(r"^(и\.?\s?о\.?\s*)?директор|^(руководитель|заведующ\w*) (школ|организац|учрежд|оо\b)"),
    ),
    ("psychologist", re.compile(r"психолог|соц\w*\.?[\s-]*педагог")),
    (TEACHER, re.compile(r"учител|преподавател")),
    ("secretary", re.compile(r"секретар|делопроизвод")),
    ("librarian", re.compile(r"библиотек")),
    ("school_administrator", re.compile(r"^администратор|ответственн\w* за (портал|журнал|эж)")),
)
Wanted = tuple[str, UUID | None]
"""A role kind, and of a class teacher the class."""


class StaffRoles:
    """What roles there are in the school, and what a file may add to them. `staff` are the people who have any."""

    def __init__(
        self,
        db: Session,
        actor: Actor,
        organization: Organization,
        places: Places,
        report: ImportReport,
        day: date,
    ) -> None:
        self.db, self.actor, self.organization = db, actor, organization
        self.changes, self.report, self.day = places.changes, report, day
        self.kinds = db.portal.grants.kinds
        gives = actor.is_system or actor.can(GRANT)
        self.allowed = {kind.name for kind in kinds_to_give(db, actor, organization)} if gives else set[str]()
        self.staff: set[UUID] = set()
        self._held: dict[tuple[UUID, str, UUID | None], list[tuple[str, date | None]]] = defaultdict(list)
        self._teachers: set[UUID] = set()
        self._classes = places.state.classes_by_id
        given = [name for name, kind in self.kinds.items() if not kind.follows]
        for row in db.execute(
            select(
                StructuralRole.person_id,
                StructuralRole.kind,
                StructuralRole.school_class_id,
                StructuralRole.status,
                StructuralRole.ends_on,
            ).where(StructuralRole.organization_id == organization.id, StructuralRole.kind.in_(given))
        ):
            self._hold(row.person_id, (row.kind, row.school_class_id), row.status, row.ends_on)

    def _hold(self, person_id: UUID, role: Wanted, status: str, ends_on: date | None = None) -> None:
        self.staff.add(person_id)
        self._held[(person_id, *role)].append((status, ends_on))
        if role[0] == TEACHER and self._lasts(status, ends_on):
            self._teachers.add(person_id)

    def _lasts(self, status: str, ends_on: date | None) -> bool:
        return status in ("requested", "active", "suspended") and (ends_on is None or ends_on >= self.day)

    def teaches(self, person_id: UUID) -> bool:
        """Whether a person is a teacher here, or will be."""
        return person_id in self._teachers

    def title(self, role: Wanted) -> str:
        """What a role is called, with the class of a class teacher."""
        kind, class_id = role
        title = self.kinds[kind].title if kind in self.kinds else kind
        return (
            sentence("%(role)s %(name)s", role=title, name=self._classes[class_id].name)
            if class_id
            else title
        )

    def kinds_of(self, member: StaffRow, *, has_class: bool) -> list[str]:
        """The role kinds that a row names, or that follow from what it says of classes and subjects."""
        row = member.report
        found: list[str] = []
        unknown: list[str] = []
        for position in member.positions:
            kind = self._kind(position)
            if kind is None:
                unknown.append(position)
            elif kind not in found:
                found.append(kind)
        for position in unknown:
            row.remark(
                "note" if found else "warning",
                sentence("Для должности «%(name)s» в портале нет роли.", name=position),
                "" if found else sentence("Человек не загружен. Если роль нужна, напишите её название."),
                field="position",
            )
        teaching = any(load.classes for load in member.loads) or (not member.positions and member.loads)
        if teaching and TEACHER not in found and not (unknown and not found):
            found.append(TEACHER)
        if has_class and NEEDS_A_CLASS not in found:
            found.append(NEEDS_A_CLASS)
        if NEEDS_A_CLASS in found and not has_class:
            found.remove(NEEDS_A_CLASS)
            if not row.failed:
                row.remark(
                    "warning",
                    "Роль классного руководителя не дана: не указан класс.",
                    "Добавьте колонку «Классный руководитель» с классом: 5А.",
                    field="position",
                )
        if not found and not member.positions:
            row.remark("error", "Не указана должность.", "Напишите должность или роль.", field="position")
        return found

    def _kind(self, position: str) -> str | None:
        text = " ".join(position.casefold().replace("ё", "е").split())
        for name, kind in self.kinds.items():
            if not kind.follows and str(kind.title).casefold().replace("ё", "е") == text:
                return name
        return next((name for name, pattern in _POSITIONS if pattern.search(text)), None)

    def wanted(
        self,
        row: RowReport,
        known: KnownPerson | None,
        kinds: Sequence[str],
        classes: Sequence[UUID],
        starts_on: date | None = None,
    ) -> list[Wanted]:
        """The roles of a row that are to be given; why others are not is said in the row.

        `known` is the person if the portal knows them, `starts_on` the day the file names.
        """
        roles: list[Wanted] = []
        for kind in kinds:
            roles.extend([(kind, each) for each in classes] if kind == NEEDS_A_CLASS else [(kind, None)])
        return [role for role in roles if self._may_give(row, known, role, starts_on)]

    def _may_give(
        self, row: RowReport, known: KnownPerson | None, role: Wanted, starts_on: date | None
    ) -> bool:
        held = self._held.get((known.id, *role), []) if known is not None else []
        if any(self._lasts(*each) for each in held):
            return False
        title = self.title(role)
        if role[0] not in self.allowed:
            row.remark(
                "warning",
                sentence("Роль «%(role)s» не дана: её даёт организация выше.", role=title)
                if self.allowed
                else sentence("Роль «%(role)s» не дана: у вас нет права давать роли.", role=title),
                "" if self.allowed else sentence("Попросите директора дать её в разделе «Роли»."),
                field="position",
            )
            return False
        if known is not None and known.id == self.actor.person_id:
            row.remark("warning", sentence("Роль «%(role)s» не дана: самому себе роль не дают.", role=title),
                       "Попросите об этом того, кто выше.", field="position")  # fmt: skip
            return False
        last = max((ends_on or self.day for _status, ends_on in held), default=None)
        if last is not None and (starts_on is None or starts_on <= last):
            refused = held[-1][0] == "refused"
            row.remark(
                "warning",
                sentence("В роли «%(role)s» отказано раньше, файл её не просит снова.", role=title)
                if refused
                else sentence("Роль «%(role)s» прекращена раньше, файл её не возобновляет.", role=title),
                "Если она нужна, дайте её в разделе «Роли».",
                field="position",
            )
            return False
        return True

    def give(
        self,
        row: RowReport,
        person: KnownPerson,
        wanted: Sequence[Wanted],
        starts_on: date | None = None,
        basis: str = "",
    ) -> None:
        """Plan the roles of a person; one that has to be confirmed will wait for that."""
        for kind, class_id in wanted:
            role = NewRole(
                person_id=person.id,
                kind=kind,
                organization_id=self.organization.id,
                starts_on=starts_on or self.day,
                school_class_id=class_id,
                basis=basis or "загрузка из файла",
            )
            waiting = waits(self.db, self.actor, role)
            self._hold(person.id, (kind, class_id), "requested" if waiting else "active")
            self.changes.roles.append(role)
            title = self.title((kind, class_id))
            self.report.count(sentence("роли ждут подтверждения") if waiting else sentence("роли"))
            row.add_change(
                sentence("роль, ждёт подтверждения: %(role)s", role=title)
                if waiting
                else sentence("роль: %(role)s", role=title)
            )

    def end(self, row: RowReport, person: KnownPerson) -> None:
        """Plan the end of what a person is as a teacher here; why a role is not ended is said in the row."""
        for role in self.db.scalars(
            select(StructuralRole).where(
                StructuralRole.organization_id == self.organization.id,
                StructuralRole.person_id == person.id,
                StructuralRole.kind.in_((TEACHER, NEEDS_A_CLASS)),
                StructuralRole.status.in_(("active", "suspended")),
            )
        ):
            if not self._lasts(role.status, role.ends_on):
                continue
            title = self.kinds[role.kind].title
            reason = objection_to_terminate(self.db, self.actor, role)
            if not reason and not self.allowed:
                reason = sentence("у вас нет права давать роли")
            if reason:
                row.remark(
                    "warning",
                    sentence("Роль «%(role)s» не закончена: %(reason)s.", role=title, reason=reason),
                )
                continue
            self.changes.ended_roles.append(role.id)
            row.add_change(sentence("роль закончена: %(role)s", role=title))
        self._teachers.discard(person.id)
