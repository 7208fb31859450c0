"""What the portal already knows of a school, loaded in a handful of statements whatever the school's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Subquery, or_, select, union

from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.identity.names import full_name, short_name, sort_key
from core.organizations.models import AcademicYear, Enrollment, PupilGroup, PupilGroupMembership, SchoolClass
from core.roles.models import StructuralRole

CHUNK = 500
"""СНИЛС asked for in one statement."""


class KnownPerson(msgspec.Struct, kw_only=True, eq=False):
    """A person the portal knows or is about to make. `own`: belongs to the school that is being loaded."""

    id: UUID
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date | None = None
    gender: str | None = None
    snils: str | None = None
    phone: str | None = None
    email: str | None = None
    external_id: str | None = None
    source: str = ""
    own: bool = True
    new: bool = False

    @property
    def name(self) -> str:
        """«Фамилия Имя Отчество»."""
        return full_name(self.last_name, self.first_name, self.middle_name)

    @property
    def short(self) -> str:
        """«Фамилия И. О.»."""
        return short_name(self.last_name, self.first_name, self.middle_name)


class KnownSpan(msgspec.Struct, kw_only=True, eq=False):
    """A dated membership: an enrollment (`place` is the class) or one of a subgroup (`place` is the group)."""

    id: UUID
    place: UUID
    person_id: UUID
    starts_on: date
    ends_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on `day` or later."""
        return self.ends_on is None or self.ends_on >= day


class KnownClass(msgspec.Struct, kw_only=True, eq=False):
    """A class of the year."""

    id: UUID
    grade_level: int
    label: str
    name: str
    external_id: str | None


class KnownTie(msgspec.Struct, kw_only=True, eq=False):
    """A guardian's tie to a child."""

    id: UUID
    guardian_id: UUID
    child_id: UUID
    rights: str
    ends_on: date | None


def name_index(last: str, first: str) -> tuple[str, str]:
    """The key under which people of one name stand; patronymics are compared apart."""
    return sort_key(last), sort_key(first)


NOBODY = UUID(int=0)


def own_id(text: str) -> UUID:
    """One of our own ids in a set that the portal gave out; `NOBODY` for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return NOBODY


class SchoolState:
    """People, classes, groups and ties of one school in one academic year."""

    def __init__(self, organization_id: UUID, year: AcademicYear) -> None:
        self.organization_id, self.year = organization_id, year
        self.people: dict[UUID, KnownPerson] = {}
        self.by_snils: dict[str, KnownPerson] = {}
        self.by_external: dict[tuple[str, str], KnownPerson] = {}
        self.by_name: dict[tuple[str, str], list[KnownPerson]] = defaultdict(list)
        self.enrollments: dict[UUID, list[KnownSpan]] = defaultdict(list)
        self.memberships: dict[UUID, list[KnownSpan]] = defaultdict(list)
        self.roles: set[tuple[UUID, str]] = set()
        self.role_ids: dict[tuple[UUID, str], UUID] = {}
        self.guardians: dict[UUID, list[KnownTie]] = defaultdict(list)
        self.classes: dict[tuple[int, str], KnownClass] = {}
        self.classes_by_id: dict[UUID, KnownClass] = {}
        self.filled_classes: set[UUID] = set()
        self.groups: dict[tuple[UUID | None, str, str], UUID] = {}
        self.group_splits: dict[UUID, str] = {}
        self.groups_by_external: dict[str, UUID] = {}

    def add(self, person: KnownPerson) -> None:
        """Take a person in under every key."""
        self.people[person.id] = person
        if person.snils:
            self.by_snils[person.snils] = person
        if person.own:
            if person.external_id:
                self.by_external[(person.source, person.external_id)] = person
            self.by_name[name_index(person.last_name, person.first_name)].append(person)

    def by_id(self, source: str, external_id: str) -> KnownPerson | None:
        """The school's person by the id `source` gave, or by our own id in a set that came from here."""
        found = self.by_external.get((source, external_id))
        return found or next(
            (p for p in (self.people.get(own_id(external_id)),) if p and p.own and not p.new), None
        )

    def named(self, last: str, first: str, middle: str | None) -> list[KnownPerson]:
        """The school's people of this name; a patronymic missing on either side does not tell apart."""
        wanted = sort_key(middle or "")
        return [
            person
            for person in self.by_name.get(name_index(last, first), ())
            if not wanted or not person.middle_name or sort_key(person.middle_name) == wanted
        ]

    def enrolled(self, person_id: UUID, day: date) -> KnownSpan | None:
        """The enrollment in force on `day`, or one yet to begin."""
        spans = [span for span in self.enrollments.get(person_id, ()) if span.holds_on(day)]
        return max(spans, key=lambda span: span.starts_on, default=None)


def load_state(
    db: Session, organization_id: UUID, year: AcademicYear, snils: Collection[str], day: date
) -> SchoolState:
    """The school as it is on `day`. People elsewhere are known only if one of `snils` names them."""
    state = SchoolState(organization_id, year)
    children = union(
        select(Enrollment.person_id).where(Enrollment.organization_id == organization_id),
        select(StructuralRole.person_id).where(StructuralRole.organization_id == organization_id),
    ).subquery()
    ours = union(
        select(children.c.person_id),
        select(Guardianship.guardian_id).where(Guardianship.child_id.in_(select(children.c.person_id))),
    ).subquery()
    for person in _people(db, Person.id.in_(select(ours.c.person_id)), own=True):
        state.add(person)
    unknown = sorted(set(snils) - set(state.by_snils))
    for start in range(0, len(unknown), CHUNK):
        for person in _people(db, Person.snils.in_(unknown[start : start + CHUNK]), own=False):
            state.add(person)
    _load_classes(db, state)
    _load_ties(db, state, children, day)
    return state


def _people(db: Session, condition: ColumnElement[bool], *, own: bool) -> Iterable[KnownPerson]:
    columns = (
        Person.id, Person.last_name, Person.first_name, Person.middle_name, Person.birth_date, Person.gender,
        Person.snils, Person.phone, Person.email, Person.external_id, Person.source,
    )  # fmt: skip
    for row in db.execute(select(*columns).where(condition)):
        yield KnownPerson(own=own, **row._mapping)  # pyright: ignore[reportPrivateUsage]


def _load_classes(db: Session, state: SchoolState) -> None:
    in_year = (
        SchoolClass.organization_id == state.organization_id,
        SchoolClass.academic_year_id == state.year.id,
    )
    for row in db.execute(
        select(
            SchoolClass.id,
            SchoolClass.grade_level,
            SchoolClass.label,
            SchoolClass.name,
            SchoolClass.external_id,
        ).where(*in_year)
    ):
        known = KnownClass(**row._mapping)  # pyright: ignore[reportPrivateUsage]
        state.classes[(known.grade_level, sort_key(known.label))] = known
        state.classes_by_id[known.id] = known
    for row in db.execute(
        select(
            PupilGroup.id,
            PupilGroup.school_class_id,
            PupilGroup.split,
            PupilGroup.name,
            PupilGroup.external_id,
        ).where(
            PupilGroup.organization_id == state.organization_id, PupilGroup.academic_year_id == state.year.id
        )
    ):
        state.groups[(row.school_class_id, sort_key(row.split), sort_key(row.name))] = row.id
        state.group_splits[row.id] = sort_key(row.split)
        if row.external_id:
            state.groups_by_external[row.external_id] = row.id
    for row in db.execute(
        select(
            Enrollment.id, Enrollment.school_class_id, Enrollment.person_id, Enrollment.starts_on, Enrollment.ends_on
        )
        .where(Enrollment.organization_id == state.organization_id, Enrollment.academic_year_id == state.year.id)
    ):  # fmt: skip
        state.filled_classes.add(row.school_class_id)
        state.enrollments[row.person_id].append(
            KnownSpan(
                id=row.id,
                place=row.school_class_id,
                person_id=row.person_id,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
            )
        )
    for row in db.execute(
        select(
            PupilGroupMembership.id, PupilGroupMembership.pupil_group_id, PupilGroupMembership.person_id,
            PupilGroupMembership.starts_on, PupilGroupMembership.ends_on,
        )
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(PupilGroup.organization_id == state.organization_id, PupilGroup.academic_year_id == state.year.id)
    ):  # fmt: skip
        state.memberships[row.person_id].append(
            KnownSpan(
                id=row.id,
                place=row.pupil_group_id,
                person_id=row.person_id,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
            )
        )


def _load_ties(db: Session, state: SchoolState, children: Subquery, day: date) -> None:
    for row in db.execute(
        select(StructuralRole.id, StructuralRole.person_id, StructuralRole.kind).where(
            StructuralRole.organization_id == state.organization_id, StructuralRole.status == "active",
            or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= day),
        )
    ):  # fmt: skip
        state.roles.add((row.person_id, row.kind))
        state.role_ids[(row.person_id, row.kind)] = row.id
    for row in db.execute(
        select(
            Guardianship.id,
            Guardianship.guardian_id,
            Guardianship.child_id,
            Guardianship.rights,
            Guardianship.ends_on,
        ).where(Guardianship.child_id.in_(select(children.c.person_id)))
    ):
        tie = KnownTie(**row._mapping)  # pyright: ignore[reportPrivateUsage]
        state.guardians[tie.child_id].append(tie)


def year_of(db: Session, organization_id: UUID, starts_in: int) -> AcademicYear | None:
    """The school's academic year that begins in the calendar year `starts_in`."""
    return next(
        (
            year
            for year in db.scalars(
                select(AcademicYear).where(AcademicYear.organization_id == organization_id)
            )
            if year.starts_on.year == starts_in
        ),
        None,
    )


def year_name(starts_in: int) -> str:
    """What an academic year is called that begins in this calendar year: `2026/27`."""
    return f"{starts_in}/{(starts_in + 1) % 100:02d}"


def new_year(organization_id: UUID, starts_in: int) -> AcademicYear:
    """An academic year by the federal model, 1 September – 26 May, not yet saved."""
    return AcademicYear(
        id=new_id(),
        organization_id=organization_id,
        name=year_name(starts_in),
        starts_on=date(starts_in, 9, 1),
        ends_on=date(starts_in + 1, 5, 26),
    )
