"""Who can be moved where: classes of a parallel or parts of a split side by side, and who can be added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.orm import aliased

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name, sort_key
from core.organizations.grouping_cards import Member, members
from core.organizations.grouping_sources import same_split
from core.organizations.groupings import NETWORK_KIND, SUBGROUP, Grouping, grouping_to_change, pupils_in
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
)
from core.organizations.pupil_moves import MoveLine, may_be_put, studies
from core.roles.access import below
from core.roles.actor import Actor
from core.search import starts_a_word

SHOWN = 200
MOST_COLUMNS = 12


class BoardColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the board; `id` is None for those who are in no part of the split."""

    id: UUID | None
    name: str
    places: int | None
    members: Sequence[Member]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who can be added; `place` is the school and the class."""

    person_id: UUID
    name: str
    place: str


def has_board(grouping: Grouping) -> bool:
    """Whether there are places to move pupils between."""
    return grouping.is_class or bool(grouping.split)


def targets(db: Session, grouping: Grouping, day: date) -> Sequence[tuple[str, str]]:
    """Where pupils can go from a grouping: other classes of the school's year, other parts of the split."""
    row = grouping.row
    if isinstance(row, SchoolClass):
        found = db.execute(
            select(SchoolClass.id, SchoolClass.name)
            .where(
                SchoolClass.academic_year_id == row.academic_year_id,
                SchoolClass.id != row.id,
                or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on > day),
            )
            .order_by(SchoolClass.name_key)
        )
    else:
        own = aliased(PupilGroup)
        found = db.execute(
            select(PupilGroup.id, PupilGroup.name)
            .where(
                PupilGroup.id != row.id,
                exists().where(own.id == row.id, same_split(own, PupilGroup)),
                or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
            )
            .order_by(PupilGroup.name_key)
        )
    return [(str(key), name) for key, name in found]


def columns(db: Session, actor: Actor, grouping: Grouping, day: date) -> Sequence[BoardColumn]:
    """The alternatives of a grouping that are open on a day; of a split of a class, also who is in no part."""
    row = grouping.row
    if isinstance(row, SchoolClass):
        found = db.scalars(
            select(SchoolClass.id)
            .where(
                SchoolClass.organization_id == row.organization_id,
                SchoolClass.academic_year_id == row.academic_year_id,
                SchoolClass.grade_level == row.grade_level,
                or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on > day),
            )
            .order_by(SchoolClass.name_key)
            .limit(MOST_COLUMNS)
        ).all()
    else:
        own = aliased(PupilGroup)
        found = db.scalars(
            select(PupilGroup.id)
            .where(
                or_(
                    PupilGroup.id == row.id,
                    exists().where(own.id == row.id, same_split(own, PupilGroup)),
                ),
                or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
            )
            .order_by(PupilGroup.name_key)
            .limit(MOST_COLUMNS)
        ).all()
    places = [grouping_to_change(db, actor, key) for key in found]
    shown = [
        BoardColumn(
            id=each.id,
            name=each.own_name,
            places=each.row.places,
            members=members(db, actor, each, day),
        )
        for each in places
    ]
    rest = _in_no_part(db, grouping, day)
    return [*shown, *([BoardColumn(id=None, name="", places=None, members=rest)] if rest is not None else [])]


def _in_no_part(db: Session, grouping: Grouping, day: date) -> list[Member] | None:
    if grouping.parent is None or not grouping.split:
        return None
    own = aliased(PupilGroup)
    placed = exists().where(
        PupilGroupMembership.person_id == Person.id,
        in_force(PupilGroupMembership, day),
        PupilGroup.id == PupilGroupMembership.pupil_group_id,
        own.id == grouping.id,
        same_split(own, PupilGroup),
    )
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name, Enrollment.starts_on)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == grouping.parent.id, in_force(Enrollment, day), not_(placed))
        .order_by(Person.name_key, Person.id)
    )
    return [
        Member(
            person_id=key,
            name=full_name(last, first, middle),
            place="",
            starts_on=since,
            ends_on=None,
            basis="",
        )
        for key, last, first, middle, since in rows
    ]


def candidates(db: Session, grouping: Grouping, day: date, query: str, place: str) -> Sequence[Candidate]:
    """Pupils who may be in a grouping on a day and are not; `place` is a class, or a school of several."""
    studied, home, school = aliased(Enrollment), aliased(SchoolClass), aliased(Organization)
    statement = (
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.name_key,
            home.name.label("class_name"),
            home.name_key.label("class_key"),
            school.short_name.label("school"),
        )
        .outerjoin(studied, and_(studied.person_id == Person.id, in_force(studied, day)))
        .outerjoin(home, home.id == studied.school_class_id)
        .outerjoin(school, school.id == studied.organization_id)
        .where(may_be_put(grouping))
    )
    if query:
        statement = statement.where(starts_a_word(Person.name_key, sort_key(query)))
    if place and (place_id := _id(place)) is not None:
        column = studied.organization_id if grouping.kind == NETWORK_KIND else studied.school_class_id
        statement = statement.where(column == place_id)
    if grouping.is_class:
        # Those of other classes are moved on the board: here are those who are in none.
        here = and_(
            Enrollment.person_id == Person.id,
            Enrollment.organization_id == grouping.organization.id,
            Enrollment.academic_year_id == grouping.year.id,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= day),
        )
        statement = statement.where(not_(exists().where(here)))
    else:
        inside = exists().where(
            PupilGroupMembership.person_id == Person.id,
            PupilGroupMembership.pupil_group_id == grouping.id,
            in_force(PupilGroupMembership, day),
        )
        allowed = exists().where(Enrollment.person_id == Person.id, studies(grouping, day))
        statement = statement.where(not_(inside), allowed)
    rows = db.execute(statement.order_by(Person.name_key, Person.id).limit(SHOWN)).all()
    found: dict[UUID, Candidate] = {}
    for row in rows:
        where = (row.school if grouping.kind == NETWORK_KIND else "", row.class_name)
        found.setdefault(
            row.id,
            Candidate(
                person_id=row.id,
                name=full_name(row.last_name, row.first_name, row.middle_name),
                place=", ".join(each for each in where if each),
            ),
        )
    return list(found.values())


def places_of_candidates(db: Session, grouping: Grouping) -> Sequence[tuple[str, str]]:
    """By what candidates may be narrowed: classes of the school, or schools of a group of several."""
    if grouping.kind == NETWORK_KIND:
        rows: Sequence[Any] = db.execute(
            select(Organization.id, Organization.short_name)
            .where(
                below(Organization.path, grouping.organization.path),
                exists().where(SchoolClass.organization_id == Organization.id),
            )
            .order_by(Organization.name_key)
            .limit(SHOWN)
        ).all()
    elif grouping.is_class or grouping.parent is not None:
        rows = []
    else:
        statement = select(SchoolClass.id, SchoolClass.name).where(
            SchoolClass.academic_year_id == grouping.year.id
        )
        grade = grouping.row.grade_level
        if grade is not None:
            statement = statement.where(SchoolClass.grade_level == grade)
        rows = db.execute(statement.order_by(SchoolClass.name_key).limit(SHOWN)).all()
    return [(str(key), name) for key, name in rows]


def too_many(db: Session, fits: Sequence[MoveLine], day: date) -> list[tuple[str, int, int]]:
    """Places that a move would fill beyond their number: name, how many there will be, how many there may be."""
    found: list[tuple[str, int, int]] = []
    targets = {line.target.id: line.target for line in fits if line.target is not None}
    counts = pupils_in(db, list(targets), day)
    for key, target in targets.items():
        joining = sum(1 for line in fits if line.target is not None and line.target.id == key and line.joins)
        leaving = sum(
            1
            for line in fits
            for row in line.ending
            if key in (getattr(row, "school_class_id", None), getattr(row, "pupil_group_id", None))
        )
        there = counts.get(key, 0) + joining - leaving
        if target.row.places is not None and there > target.row.places:
            found.append((target.name, there, target.row.places))
    return found


def splits_to_join(db: Session, target: Grouping, day: date) -> Sequence[str]:
    """The splits of a class into which newcomers are still to be put, by subject."""
    rows = db.execute(
        select(PupilGroup.split, Subject.name)
        .outerjoin(Subject, Subject.id == PupilGroup.subject_id)
        .where(
            PupilGroup.school_class_id == target.id,
            PupilGroup.kind == SUBGROUP,
            PupilGroup.split != "",
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
        )
        .order_by(PupilGroup.name_key)
    )
    return list(dict.fromkeys(subject or split for split, subject in rows))


def names_of(db: Session, ids: Collection[UUID]) -> Sequence[tuple[UUID, str]]:
    """Ids and full names in order."""
    people = select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
        Person.id.in_(ids)
    )
    rows = db.execute(people.order_by(Person.name_key, Person.id))
    return [(identity, full_name(last, first, middle)) for identity, last, first, middle in rows]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
