"""The card of a grouping: who is in it on a day, who has been, who teaches it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from core.audit import reading as audit
from core.audit.models import AuditRecord
from core.audit.record import history
from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations import grouping_conflicts as conflicts
from core.organizations.directory import class_teachers
from core.organizations.grouping_conflicts import Wrong
from core.organizations.groupings import (
    NETWORK_KIND,
    SUBGROUP,
    VIEW,
    Grouping,
    may_change,
    own_name,
    own_pupil,
    pupils_in,
)
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
    Subject,
    TeachingAssignment,
)
from core.roles.access import reaches
from core.roles.actor import Actor

SHOWN_SPANS = 300
SHOWN_CHANGES = 20
SHOWN_MOVES = 10


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a grouping on a day; `place` is the class or the school the pupil comes from."""

    person_id: UUID
    name: str
    place: str
    starts_on: date
    ends_on: date | None
    basis: str


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's time in a grouping, with the grounds on which it began and ended."""

    person_id: UUID
    name: str
    starts_on: date
    ends_on: date | None
    basis: str
    end_basis: str


class TeacherLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who teaches what in a grouping."""

    person_id: UUID
    name: str
    subject: str


class SplitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A split of a class and its parts with how many pupils each has."""

    split: str
    title: str
    parts: Sequence[tuple[UUID, str, int]]


class GroupingCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the actor may know and do. `others` counts pupils of schools out of the actor's reach."""

    members: Sequence[Member]
    others: int
    spans: Sequence[Span]
    teachers: Sequence[TeacherLine]
    splits: Sequence[SplitLine]
    wrong: Sequence[Wrong]
    too_many: int
    moves: Sequence[PupilMove]
    changes: Sequence[AuditRecord]
    may_change: bool
    may_see_changes: bool
    sees_all: bool


def card(db: Session, actor: Actor, grouping: Grouping, day: date) -> GroupingCard:
    """The card of a grouping the actor may see, as of a day."""
    sees_all = reaches(db, actor, VIEW, grouping.organization)
    shown = members(db, actor, grouping, day)
    count = len(shown) if sees_all else _count(db, grouping, day)
    own = {each.person_id for each in shown}
    wrong = conflicts.of_one(db, grouping.id, day)
    may_see_changes = reaches(db, actor, audit.VIEW, grouping.organization)
    places = grouping.row.places
    kind = "school_class" if grouping.is_class else "pupil_group"
    return GroupingCard(
        members=shown,
        others=count - len(shown),
        spans=spans(db, actor, grouping),
        teachers=teachers(db, grouping, day),
        splits=splits(db, grouping, day),
        wrong=[each for each in wrong if sees_all or each.person_id in own],
        too_many=max(0, count - places) if places is not None else 0,
        moves=moves(db, grouping.id) if sees_all else [],
        changes=history(db, kind, [str(grouping.id)])[:SHOWN_CHANGES] if may_see_changes else [],
        may_change=sees_all
        and not grouping.year.archived
        and may_change(actor, grouping.kind, grouping.organization.id),
        may_see_changes=may_see_changes,
        sees_all=sees_all,
    )


def _count(db: Session, grouping: Grouping, day: date) -> int:
    return (
        db.scalar(
            select(func.count(func.distinct(PupilGroupMembership.person_id))).where(
                PupilGroupMembership.pupil_group_id == grouping.id, in_force(PupilGroupMembership, day)
            )
        )
        or 0
    )


def _table(grouping: Grouping) -> tuple[Any, ColumnElement[bool]]:
    """The dated table of a grouping, and the condition on it."""
    if grouping.is_class:
        return Enrollment, Enrollment.school_class_id == grouping.id
    return PupilGroupMembership, PupilGroupMembership.pupil_group_id == grouping.id


def _seen(db: Session, actor: Actor, grouping: Grouping) -> ColumnElement[bool]:
    """Of whose pupils the actor may know."""
    if reaches(db, actor, VIEW, grouping.organization):
        return true()
    return own_pupil(actor, PupilGroupMembership) if grouping.kind == NETWORK_KIND else false()


def members(db: Session, actor: Actor, grouping: Grouping, day: date) -> list[Member]:
    """Who is in a grouping on a day, by name, as far as the actor may know."""
    table, here = _table(grouping)
    studies, home, place = aliased(Enrollment), aliased(SchoolClass), aliased(Organization)
    rows = db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            table.starts_on,
            table.ends_on,
            table.basis,
            home.name.label("class_name"),
            place.short_name.label("school"),
        )
        .join(table, table.person_id == Person.id)
        .outerjoin(studies, and_(studies.person_id == Person.id, in_force(studies, day)))
        .outerjoin(home, home.id == studies.school_class_id)
        .outerjoin(place, place.id == studies.organization_id)
        .where(here, in_force(table, day), _seen(db, actor, grouping))
        .order_by(Person.name_key, Person.id, table.starts_on, studies.starts_on)
    )
    found: dict[UUID, Member] = {}
    for row in rows:
        school = (row.school or "") if grouping.kind == NETWORK_KIND else ""
        found.setdefault(
            row.id,
            Member(
                person_id=row.id,
                name=full_name(row.last_name, row.first_name, row.middle_name),
                place=", ".join(each for each in (school, row.class_name or "") if each),
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                basis=row.basis or "",
            ),
        )
    return list(found.values())


def spans(db: Session, actor: Actor, grouping: Grouping) -> list[Span]:
    """Everybody's times in a grouping, the latest change first, as far as the actor may know."""
    table, here = _table(grouping)
    latest = func.coalesce(table.ends_on, table.starts_on)
    rows = db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            table.starts_on,
            table.ends_on,
            table.basis,
            table.end_basis,
        )
        .join(table, table.person_id == Person.id)
        .where(here, _seen(db, actor, grouping))
        .order_by(latest.desc(), Person.name_key, Person.id)
        .limit(SHOWN_SPANS)
    )
    return [
        Span(
            person_id=row.id,
            name=full_name(row.last_name, row.first_name, row.middle_name),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            basis=row.basis or "",
            end_basis=row.end_basis or "",
        )
        for row in rows
    ]


def teachers(db: Session, grouping: Grouping, day: date) -> list[TeacherLine]:
    """Who teaches a grouping on a day, by subject; the class teacher first."""
    found: list[TeacherLine] = []
    if grouping.is_class:
        led = class_teachers(db, [grouping.id], day)
        found = [
            TeacherLine(person_id=person.id, name=person.full_name, subject="") for person in led.values()
        ]
        here = and_(
            TeachingAssignment.school_class_id == grouping.id, TeachingAssignment.pupil_group_id.is_(None)
        )
    else:
        here = TeachingAssignment.pupil_group_id == grouping.id
    rows = db.execute(
        select(Person, Subject.name)
        .join(TeachingAssignment, TeachingAssignment.teacher_id == Person.id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .where(here, in_force(TeachingAssignment, day))
        .order_by(Subject.name_key, Person.name_key)
    )
    found += [
        TeacherLine(person_id=person.id, name=person.full_name, subject=subject) for person, subject in rows
    ]
    return found


def splits(db: Session, grouping: Grouping, day: date) -> list[SplitLine]:
    """The splits of a class with their parts; of a part, its own split."""
    if not grouping.is_class and grouping.parent is None:
        return []
    class_id, home = (
        (grouping.id, grouping.name)
        if grouping.parent is None
        else (grouping.parent.id, grouping.parent.name)
    )
    statement = (
        select(PupilGroup, Subject.name)
        .outerjoin(Subject, Subject.id == PupilGroup.subject_id)
        .where(
            PupilGroup.school_class_id == class_id,
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
        )
        .order_by(PupilGroup.name_key, PupilGroup.id)
    )
    if not grouping.is_class:
        statement = statement.where(PupilGroup.split == grouping.split, PupilGroup.kind == SUBGROUP)
    rows = db.execute(statement).all()
    counts = pupils_in(db, [group.id for group, _subject in rows], day)
    found: dict[str, list[tuple[UUID, str, int]]] = {}
    titles: dict[str, str] = {}
    for group, subject in rows:
        key = group.split or str(group.id)
        titles.setdefault(key, subject or group.split or group.name)
        part = own_name(group.name, home, subject or group.split)
        found.setdefault(key, []).append((group.id, part, counts.get(group.id, 0)))
    return [SplitLine(split=key, title=titles[key], parts=parts) for key, parts in found.items()]


def moves(db: Session, grouping_id: UUID) -> Sequence[PupilMove]:
    """The latest moves made from a grouping."""
    return db.scalars(
        select(PupilMove)
        .where(PupilMove.grouping_id == grouping_id)
        .order_by(PupilMove.created_at.desc())
        .limit(SHOWN_MOVES)
    ).all()
