"""Which roles the positions of a staff table stand for, and which of them a file may ask for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.report import ImportReport
from core.exchange.rows import StaffRow
from core.exchange.school_state import KnownPerson
from core.organizations.models import Organization, SchoolClass
from core.roles.actor import Actor
from core.roles.giving import waits
from core.roles.lifecycle import NEEDS_A_CLASS, NewRole, kinds_to_give
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
        changes: Changes,
        report: ImportReport,
        day: date,
    ) -> None:
        self.db, self.actor, self.organization = db, actor, organization
        self.changes, self.report, self.day = changes, report, day
        self.kinds = db.portal.grants.kinds
        self.allowed = {kind.name for kind in kinds_to_give(db, actor, organization)}
        self.staff: set[UUID] = set()
        self._held: dict[tuple[UUID, str, UUID | None], list[tuple[str, date | None]]] = defaultdict(list)
        self._teachers: set[UUID] = set()
        self._classes = {
            row.id: row.name
            for row in db.execute(
                select(SchoolClass.id, SchoolClass.name).where(SchoolClass.organization_id == organization.id)
            )
        }
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
        return sentence("%(role)s %(name)s", role=title, name=self._classes[class_id]) if class_id else title

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
        self, member: StaffRow, known: KnownPerson | None, kinds: Sequence[str], classes: Sequence[UUID]
    ) -> list[Wanted]:
        """The roles of a row that are to be given; why others are not is said in the row."""
        roles: list[Wanted] = []
        for kind in kinds:
            roles.extend([(kind, each) for each in classes] if kind == NEEDS_A_CLASS else [(kind, None)])
        return [role for role in roles if self._may_give(member, known, role)]

    def _may_give(self, member: StaffRow, known: KnownPerson | None, role: Wanted) -> bool:
        row = member.report
        held = self._held.get((known.id, *role), []) if known is not None else []
        if any(self._lasts(*each) for each in held):
            return False
        title = self.title(role)
        if role[0] not in self.allowed:
            row.remark(
                "warning",
                sentence("Роль «%(role)s» не дана: её даёт организация выше.", role=title),
                field="position",
            )
            return False
        if known is not None and known.id == self.actor.person_id:
            row.remark("warning", sentence("Роль «%(role)s» не дана: самому себе роль не дают.", role=title),
                       "Попросите об этом того, кто выше.", field="position")  # fmt: skip
            return False
        last = max((ends_on or self.day for _status, ends_on in held), default=None)
        if last is not None and (member.starts_on is None or member.starts_on <= last):
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

    def give(self, person: KnownPerson, wanted: Sequence[Wanted], member: StaffRow) -> None:
        """Plan the roles of a person; one that has to be confirmed will wait for that."""
        for kind, class_id in wanted:
            role = NewRole(
                person_id=person.id,
                kind=kind,
                organization_id=self.organization.id,
                starts_on=member.starts_on or self.day,
                school_class_id=class_id,
                basis=member.basis or "загрузка из файла",
            )
            waiting = waits(self.db, self.actor, role)
            self._hold(person.id, (kind, class_id), "requested" if waiting else "active")
            self.changes.roles.append(role)
            title = self.title((kind, class_id))
            self.report.count(sentence("роли ждут подтверждения") if waiting else sentence("роли"))
            member.report.add_change(
                sentence("роль, ждёт подтверждения: %(role)s", role=title)
                if waiting
                else sentence("роль: %(role)s", role=title)
            )
