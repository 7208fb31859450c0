"""What can be wrong with groupings: found by statements that serve one card, a page of a list and its filter.

Only the state of one day is looked at, but for terms that overlap. A limit of size is the school's own (`places`
of the grouping): no norm in force names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
)
from core.web.i18n import counted, gettext, lazy

MEMBER = PupilGroupMembership
FOREVER = date(9999, 12, 31)
"""Stands for no last day."""

TITLES: Mapping[str, str] = {
    "two_classes": lazy("учится сразу в двух классах"),
    "overlap": lazy("сроки накладываются друг на друга"),
    "no_half": lazy("не попал ни в одну часть деления"),
    "two_halves": lazy("сразу в двух частях одного деления"),
    "not_here": lazy("в группе, хотя здесь уже не учится"),
}
"""What is wrong with a pupil in a grouping."""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which groupings are looked at: conditions on `Enrollment`, on `PupilGroup`, on groups of these classes."""

    enrollments: ColumnElement[bool]
    groups: ColumnElement[bool]
    parts: ColumnElement[bool]


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with one pupil in a grouping; `detail` names the split."""

    kind: str
    person_id: UUID
    name: str
    detail: str


def these(ids: Sequence[UUID]) -> Where:
    """Groupings with these ids."""
    return Where(
        enrollments=Enrollment.school_class_id.in_(ids),
        groups=PupilGroup.id.in_(ids),
        parts=PupilGroup.school_class_id.in_(ids),
    )


def within_reach(enrollments: ColumnElement[bool], groups: ColumnElement[bool]) -> Where:
    """Groupings of organizations: conditions on `Enrollment` and `PupilGroup`."""
    return Where(enrollments=enrollments, groups=groups, parts=groups)


def _found(grouping: Any, person: Any, detail: Any = None) -> Select[Any]:
    found: Any = select(
        grouping.label("grouping_id"),
        person.label("person_id"),
        (literal("") if detail is None else detail).label("detail"),
    ).distinct()
    return found


def _two_classes(where: Where, today: date) -> Select[Any]:
    other = aliased(Enrollment)
    return (
        _found(Enrollment.school_class_id, Enrollment.person_id)
        .join(
            other,
            and_(
                other.person_id == Enrollment.person_id,
                other.school_class_id != Enrollment.school_class_id,
                or_(
                    other.academic_year_id == Enrollment.academic_year_id,
                    other.organization_id != Enrollment.organization_id,
                ),
                in_force(other, today),
            ),
        )
        .where(where.enrollments, in_force(Enrollment, today))
    )


def _meet(one: Any, other: Any) -> ColumnElement[bool]:
    """Two terms have a day in common."""
    return and_(
        one.starts_on <= func.coalesce(other.ends_on, FOREVER),
        other.starts_on <= func.coalesce(one.ends_on, FOREVER),
    )


def _overlap(where: Where, today: date) -> Select[Any]:
    other = aliased(Enrollment)
    told = and_(
        other.school_class_id != Enrollment.school_class_id,
        in_force(Enrollment, today),
        in_force(other, today),
    )
    return (
        _found(Enrollment.school_class_id, Enrollment.person_id)
        .join(
            other,
            and_(
                other.person_id == Enrollment.person_id,
                other.id != Enrollment.id,
                other.academic_year_id == Enrollment.academic_year_id,
            ),
        )
        .where(where.enrollments, _meet(Enrollment, other), not_(told))
    )


def _overlap_in_group(where: Where, _today: date) -> Select[Any]:
    other = aliased(MEMBER)
    return (
        _found(MEMBER.pupil_group_id, MEMBER.person_id)
        .join(PupilGroup, PupilGroup.id == MEMBER.pupil_group_id)
        .join(
            other,
            and_(
                other.person_id == MEMBER.person_id,
                other.pupil_group_id == MEMBER.pupil_group_id,
                other.id != MEMBER.id,
            ),
        )
        .where(where.groups, _meet(MEMBER, other))
    )


def same_split(one: Any, other: Any) -> ColumnElement[bool]:
    """Two groups are alternatives: of one class, or of none, of one year and of one split."""
    return and_(
        one.split != "",
        one.split == other.split,
        one.organization_id == other.organization_id,
        one.academic_year_id == other.academic_year_id,
        or_(
            one.school_class_id == other.school_class_id,
            and_(one.school_class_id.is_(None), other.school_class_id.is_(None)),
        ),
    )


def _two_halves(where: Where, today: date) -> Select[Any]:
    other, its = aliased(MEMBER), aliased(PupilGroup)
    return (
        _found(MEMBER.pupil_group_id, MEMBER.person_id)
        .join(PupilGroup, PupilGroup.id == MEMBER.pupil_group_id)
        .join(other, other.person_id == MEMBER.person_id)
        .join(its, its.id == other.pupil_group_id)
        .where(
            where.groups,
            its.id != PupilGroup.id,
            same_split(PupilGroup, its),
            in_force(MEMBER, today),
            in_force(other, today),
        )
    )


def _no_half(where: Where, today: date) -> Select[Any]:
    half = aliased(PupilGroup)
    placed = exists().where(
        MEMBER.person_id == Enrollment.person_id,
        MEMBER.pupil_group_id == half.id,
        half.school_class_id == PupilGroup.school_class_id,
        half.split == PupilGroup.split,
        in_force(MEMBER, today),
    )
    return (
        _found(Enrollment.school_class_id, Enrollment.person_id, PupilGroup.split)
        .join(PupilGroup, PupilGroup.school_class_id == Enrollment.school_class_id)
        .where(
            where.enrollments,
            where.parts,
            in_force(Enrollment, today),
            PupilGroup.split != "",
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > today),
            not_(placed),
        )
    )


def _not_here(where: Where, today: date) -> Select[Any]:
    keeper, place = aliased(Organization), aliased(Organization)

    def studies(*there: Any) -> ColumnElement[bool]:
        return exists().where(Enrollment.person_id == MEMBER.person_id, in_force(Enrollment, today), *there)

    below = exists().where(
        Enrollment.person_id == MEMBER.person_id,
        in_force(Enrollment, today),
        place.id == Enrollment.organization_id,
        keeper.id == PupilGroup.organization_id,
        place.path.startswith(keeper.path),
    )
    fits = or_(
        and_(PupilGroup.kind == "network", below),
        and_(
            PupilGroup.kind != "network",
            PupilGroup.school_class_id.is_(None),
            studies(Enrollment.organization_id == PupilGroup.organization_id),
        ),
        and_(
            PupilGroup.school_class_id.is_not(None),
            studies(Enrollment.school_class_id == PupilGroup.school_class_id),
        ),
    )
    return (
        _found(MEMBER.pupil_group_id, MEMBER.person_id)
        .join(PupilGroup, PupilGroup.id == MEMBER.pupil_group_id)
        .where(where.groups, in_force(MEMBER, today), not_(fits))
    )


FINDERS: Sequence[tuple[str, Callable[[Where, date], Select[Any]]]] = (
    ("two_classes", _two_classes),
    ("overlap", _overlap),
    ("overlap", _overlap_in_group),
    ("two_halves", _two_halves),
    ("no_half", _no_half),
    ("not_here", _not_here),
)


def of_groupings(db: Session, ids: Sequence[UUID], today: date) -> dict[UUID, dict[str, int]]:
    """How many pupils each kind of conflict concerns, by grouping."""
    where = these(ids)
    found: dict[UUID, dict[str, int]] = {}
    for kind, finder in FINDERS:
        wrong = finder(where, today).subquery()
        rows = db.execute(
            select(
                wrong.c.grouping_id, func.count(func.distinct(wrong.c.person_id)).label("pupils")
            ).group_by(wrong.c.grouping_id)
        )
        for row in rows:
            kinds = found.setdefault(row.grouping_id, {})
            kinds[kind] = kinds.get(kind, 0) + row.pupils
    return found


def in_words(wrong: Mapping[str, int], pupils: int, places: int | None) -> list[str]:
    """What is wrong with a grouping, a phrase each."""
    told = [f"{gettext(TITLES[kind])}: {count}" for kind, count in wrong.items()]
    if places is not None and pupils > places:
        told.append(
            gettext(
                counted(
                    "больше, чем мест: на %(count)s ученика",
                    "больше, чем мест: на %(count)s учеников",
                    pupils - places,
                )
            )
        )
    return told


def of_one(db: Session, grouping_id: UUID, day: date) -> list[Wrong]:
    """What is wrong with the pupils of one grouping on a day, by their names."""
    found: list[Wrong] = []
    for kind, finder in FINDERS:
        wrong = finder(these([grouping_id]), day).subquery()
        rows = db.execute(
            select(Person.id, Person.last_name, Person.first_name, Person.middle_name, wrong.c.detail)
            .join(wrong, wrong.c.person_id == Person.id)
            .order_by(Person.name_key, Person.id)
        )
        found += [
            Wrong(kind=kind, person_id=key, name=full_name(last, first, middle), detail=detail)
            for key, last, first, middle, detail in rows
        ]
    return found


def wrong_groupings(where: Where, today: date) -> list[Select[Any]]:
    """Statements that select the ids of groupings in which something is wrong."""
    found = [select(finder(where, today).subquery().c.grouping_id) for _kind, finder in FINDERS]
    found.append(
        select(Enrollment.school_class_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(where.enrollments, in_force(Enrollment, today), SchoolClass.places.is_not(None))
        .group_by(Enrollment.school_class_id, SchoolClass.places)
        .having(func.count(func.distinct(Enrollment.person_id)) > SchoolClass.places)
    )
    found.append(
        select(MEMBER.pupil_group_id)
        .join(PupilGroup, PupilGroup.id == MEMBER.pupil_group_id)
        .where(where.groups, in_force(MEMBER, today), PupilGroup.places.is_not(None))
        .group_by(MEMBER.pupil_group_id, PupilGroup.places)
        .having(func.count(func.distinct(MEMBER.person_id)) > PupilGroup.places)
    )
    return found
