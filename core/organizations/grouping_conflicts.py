"""What can be wrong with groupings: found by statements that serve one card, a page of a list and its filter.

Only the state of one day is looked at, but for terms that overlap. A limit of size is the school's own (`places`
of the grouping): no norm in force names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    Subquery,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations.grouping_sources import Sources, these
from core.organizations.models import Enrollment, Organization, PupilGroup, SchoolClass
from core.web.i18n import counted, gettext, lazy

TITLES: Mapping[str, str] = {
    "two_classes": lazy("учится сразу в двух классах"),
    "overlap": lazy("сроки накладываются друг на друга"),
    "no_half": lazy("не попал ни в одну часть деления"),
    "two_halves": lazy("сразу в двух частях одного деления"),
    "not_here": lazy("в группе, хотя здесь уже не учится"),
}
"""What is wrong with a pupil in a grouping."""

KEEPER, PLACE = aliased(Organization), aliased(Organization)


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with one pupil in a grouping; `detail` names the split."""

    kind: str
    person_id: UUID
    name: str
    detail: str


def _found(grouping: Any, person: Any, detail: Any = None) -> Select[Any]:
    found: Any = select(
        grouping.label("grouping_id"),
        person.label("person_id"),
        (literal("") if detail is None else detail).label("detail"),
    ).distinct()
    return found


def _two_classes(sources: Sources) -> Select[Any]:
    pairs = sources.pairs.c
    return _found(pairs.school_class_id, pairs.person_id).where(
        pairs.now, or_(pairs.same_year, not_(pairs.same_place))
    )


def _overlap(sources: Sources) -> Select[Any]:
    pairs = sources.pairs.c
    return _found(pairs.school_class_id, pairs.person_id).where(pairs.same_year, not_(pairs.now))


def _overlap_in_group(sources: Sources) -> Select[Any]:
    choices = sources.choices.c
    return _found(choices.pupil_group_id, choices.person_id).where(choices.one_group)


def _two_halves(sources: Sources) -> Select[Any]:
    choices = sources.choices.c
    return _found(choices.pupil_group_id, choices.person_id).where(choices.now)


def _no_half(sources: Sources) -> Select[Any]:
    today, pupils, half = sources.today, sources.pupils.c, sources.halves
    # A split is one thing, however many parts it has: each pupil is looked for in it once.
    split = (
        select(PupilGroup.school_class_id, PupilGroup.split)
        .where(
            sources.parts,
            PupilGroup.split != "",
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > today),
        )
        .distinct()
        .subquery()
    )
    placed = and_(
        half.c.person_id == pupils.person_id,
        half.c.school_class_id == split.c.school_class_id,
        half.c.split == split.c.split,
        in_force(half.c, today),
    )
    return (
        _found(pupils.school_class_id, pupils.person_id, split.c.split)
        .select_from(sources.pupils)
        .join(split, split.c.school_class_id == pupils.school_class_id)
        .outerjoin(half, placed)
        .where(in_force(pupils, today), half.c.person_id.is_(None))
    )


def _not_here(sources: Sources) -> CompoundSelect[Any]:
    return union(
        _not_there(sources, "school_class_id", sources.members.c.school_class_id.is_not(None)),
        _not_there(sources, "organization_id", sources.members.c.school_class_id.is_(None)),
        _not_below(sources),
    )


def _not_there(sources: Sources, place: str, which: ColumnElement[bool]) -> Select[Any]:
    """Members of groups of one school who are in no class of today at the place in which the group is."""
    today, members, there = sources.today, sources.members.c, sources.enrolled
    # A join and no question for each member: SQLite makes itself an index for it.
    term = and_(
        there.c.person_id == members.person_id, there.c[place] == members[place], in_force(there.c, today)
    )
    return (
        _found(members.pupil_group_id, members.person_id)
        .select_from(sources.members)
        .outerjoin(there, term)
        .where(which, members.kind != "network", in_force(members, today), there.c.person_id.is_(None))
    )


def _not_below(sources: Sources) -> Select[Any]:
    """Members of groups of several schools who are in no class of today below the organization that keeps it."""
    today, members = sources.today, sources.members.c
    below = exists().where(
        Enrollment.person_id == members.person_id,
        in_force(Enrollment, today),
        PLACE.id == Enrollment.organization_id,
        KEEPER.id == members.organization_id,
        PLACE.path.startswith(KEEPER.path),
    )
    return _found(members.pupil_group_id, members.person_id).where(
        members.kind == "network", in_force(members, today), not_(below)
    )


FINDERS: Sequence[tuple[str, Callable[[Sources], Select[Any] | CompoundSelect[Any]]]] = (
    ("two_classes", _two_classes),
    ("overlap", _overlap),
    ("overlap", _overlap_in_group),
    ("two_halves", _two_halves),
    ("no_half", _no_half),
    ("not_here", _not_here),
)


@cache
def _of_chosen() -> Sequence[tuple[str, Subquery]]:
    """For each kind, who it concerns in the groupings `ids` on the day `today`.

    Put together once: for a page of a list that takes longer than the answer.
    """
    sources = these(bindparam("ids", expanding=True), bindparam("today", type_=Date))
    return [(kind, finder(sources).subquery()) for kind, finder in FINDERS]


@cache
def _numbers() -> Sequence[tuple[str, Select[Any, int]]]:
    def pupils_by_grouping(wrong: Any) -> Select[Any, int]:
        pupils = func.count(func.distinct(wrong.person_id))
        return select(wrong.grouping_id, pupils).group_by(wrong.grouping_id)

    return [(kind, pupils_by_grouping(wrong.c)) for kind, wrong in _of_chosen()]


@cache
def _names() -> Sequence[tuple[str, Select[Any, Any, Any, Any, Any]]]:
    def by_name(wrong: Any) -> Select[Any, Any, Any, Any, Any]:
        return (
            select(Person.id, Person.last_name, Person.first_name, Person.middle_name, wrong.detail)
            .where(wrong.person_id == Person.id)
            .order_by(Person.name_key, Person.id)
        )

    return [(kind, by_name(wrong.c)) for kind, wrong in _of_chosen()]


def of_groupings(db: Session, ids: Sequence[UUID], today: date) -> dict[UUID, dict[str, int]]:
    """How many pupils each kind of conflict concerns, by grouping."""
    found: dict[UUID, dict[str, int]] = {}
    for kind, statement in _numbers() if ids else ():
        for grouping_id, pupils in db.execute(statement, {"ids": ids, "today": today}):
            kinds = found.setdefault(grouping_id, {})
            kinds[kind] = kinds.get(kind, 0) + pupils
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
    return [
        Wrong(kind=kind, person_id=key, name=full_name(last, first, middle), detail=detail)
        for kind, statement in _names()
        for key, last, first, middle, detail in db.execute(statement, {"ids": [grouping_id], "today": day})
    ]


def wrong_groupings(sources: Sources) -> CompoundSelect[Any]:
    """The ids of groupings in which something is wrong.

    They are put together before a list is narrowed by them: each way of going wrong is then looked for once, not row
    by row.
    """
    today, pupils, members = sources.today, sources.pupils.c, sources.members.c
    found = [select(finder(sources).subquery().c.grouping_id) for _kind, finder in FINDERS]
    found.append(
        select(SchoolClass.id)
        .join(sources.pupils, pupils.school_class_id == SchoolClass.id)
        .where(sources.classes, SchoolClass.places.is_not(None), in_force(pupils, today))
        .group_by(SchoolClass.id, SchoolClass.places)
        .having(func.count(func.distinct(pupils.person_id)) > SchoolClass.places)
    )
    found.append(
        select(members.pupil_group_id)
        .where(members.places.is_not(None), in_force(members, today))
        .group_by(members.pupil_group_id, members.places)
        .having(func.count(func.distinct(members.person_id)) > members.places)
    )
    return union(*found)
