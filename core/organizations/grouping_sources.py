"""What is read of groupings to find what is wrong with them: who is in which, gathered before it is compared.

A card and a page of a list look at chosen groupings, the filter of a list at all within somebody's reach. The
questions are the same (`core.organizations.grouping_conflicts`); what differs is where an answer may lie. For chosen
groupings it may lie anywhere: the other half of a split stands on another page. All groupings of an organization
hold it themselves, since a group of a class belongs to the organization of the class; only the other classes of
a pupil are then looked up pupil by pupil.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    inspect,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from core.database.base import Day, in_force
from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, SchoolClass

MEMBER = PupilGroupMembership
OTHER = aliased(Enrollment)
FOREVER = date(9999, 12, 31)
"""Stands for no last day."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look on a day.

    Rows of `Enrollment`: `pupils` of the classes looked at, and `enrolled`, among which each member of a group looked
    at has the own terms in its organization. `pairs`: each of the pupils beside another term of the same
    person (`_pairs`). Rows of `PupilGroupMembership` with columns of the group: `members` of the groups looked at and
    `halves` of all groups of the classes; `choices`: each of the members beside another membership of one choice
    (`_choices`). `parts` and `classes` are conditions on `PupilGroup` for all groups of the classes, and on
    `SchoolClass` for the classes.
    """

    today: Day
    pupils: FromClause
    enrolled: FromClause
    pairs: CTE
    members: FromClause
    halves: FromClause
    choices: CTE
    parts: ColumnElement[bool]
    classes: ColumnElement[bool]


def these(ids: Sequence[UUID] | BindParameter[Any], today: Day) -> Sources:
    """For groupings with these ids, which may be a parameter of a statement."""
    pupils = _pupils(Enrollment.school_class_id.in_(ids))
    members = _gathered(_members().where(PupilGroup.id.in_(ids)), "group_members")
    parts = PupilGroup.school_class_id.in_(ids)
    return Sources(
        today=today,
        pupils=pupils,
        enrolled=inspect(Enrollment).local_table,
        pairs=_pairs(pupils, today),
        members=members,
        halves=_gathered(_members().where(parts), "half_members"),
        choices=_choices(members, _members().subquery("any_members"), today),
        parts=parts,
        classes=SchoolClass.id.in_(ids),
    )


def within_reach(reached: Callable[[Any], ColumnElement[bool]], today: Day) -> Sources:
    """For all groupings of organizations; `reached` makes the condition on a column with their ids."""
    pupils = _pupils(reached(Enrollment.organization_id))
    parts = reached(PupilGroup.organization_id)
    members = _gathered(_members().where(parts), "group_members")
    several = _several(members)
    return Sources(
        today=today,
        pupils=pupils,
        enrolled=pupils,
        pairs=_pairs(pupils, today),
        members=members,
        halves=members,
        choices=_choices(several, several.alias(), today),
        parts=parts,
        classes=reached(SchoolClass.organization_id),
    )


def meet(one: Any, other: Any) -> ColumnElement[bool]:
    """Two terms have a day in common."""
    return and_(
        one.starts_on <= func.coalesce(other.ends_on, FOREVER),
        other.starts_on <= func.coalesce(one.ends_on, FOREVER),
    )


def _gathered(rows: Any, name: str) -> CTE:
    # Read before it is compared: in one piece, PostgreSQL may choose to read all members of the country.
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _pupils(which: ColumnElement[bool]) -> CTE:
    return _gathered(
        select(
            Enrollment.id,
            Enrollment.school_class_id,
            Enrollment.person_id,
            Enrollment.organization_id,
            Enrollment.academic_year_id,
            Enrollment.starts_on,
            Enrollment.ends_on,
        ).where(which),
        "class_pupils",
    )


def _members() -> Select[Any]:
    rows: Any = select(
        MEMBER.id,
        MEMBER.pupil_group_id,
        MEMBER.person_id,
        MEMBER.starts_on,
        MEMBER.ends_on,
        PupilGroup.kind,
        PupilGroup.organization_id,
        PupilGroup.academic_year_id,
        PupilGroup.school_class_id,
        PupilGroup.split,
        PupilGroup.places,
    ).join(PupilGroup, PupilGroup.id == MEMBER.pupil_group_id)
    return rows


def _pairs(pupils: CTE, today: Day) -> CTE:
    """Two terms of one person that have a day in common.

    Those of one year, and those of today: `now` says that they are two classes of today, `same_year` and `same_place`
    that the year and the organization are the same. No others: a pupil of long standing has a term for each year.
    """
    one, other = pupils.c, OTHER
    same_year = other.academic_year_id == one.academic_year_id
    held_today = and_(in_force(one, today), in_force(other, today))
    return (
        select(
            one.school_class_id,
            one.person_id,
            and_(other.school_class_id != one.school_class_id, held_today).label("now"),
            same_year.label("same_year"),
            (other.organization_id == one.organization_id).label("same_place"),
        )
        .join(other, and_(other.person_id == one.person_id, other.id != one.id))
        .where(meet(one, other), or_(same_year, held_today))
        .cte("class_pairs")
    )


def same_split(one: Any, other: Any) -> ColumnElement[bool]:
    """Two groups are alternatives: of one class, or of none, of one year and of one split."""
    return and_(one.split != "", _one_choice(one, other))


def _one_choice(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        one.split == other.split,
        one.organization_id == other.organization_id,
        one.academic_year_id == other.academic_year_id,
        or_(
            one.school_class_id == other.school_class_id,
            and_(one.school_class_id.is_(None), other.school_class_id.is_(None)),
        ),
    )


def _several(members: CTE) -> CTE:
    """Those of the members who have another membership that may be of one choice: few, and found by counting."""
    keys = ("person_id", "organization_id", "academic_year_id", "split")
    counted = select(*(members.c[key] for key in keys)).group_by(*(members.c[key] for key in keys))
    often = counted.having(func.count() > 1).subquery()
    again = and_(*(often.c[key] == members.c[key] for key in keys))
    return _gathered(select(*members.c).join(often, again), "several")


def _choices(members: FromClause, others: FromClause, today: Day) -> CTE:
    """Two memberships of one person, in one group or in groups that are alternatives, that have a day in common.

    `one_group` says that they are in one; `now`, that they are in two and hold today.
    """
    one, other = members.c, others.c
    one_group = other.pupil_group_id == one.pupil_group_id
    held_today = and_(in_force(one, today), in_force(other, today))
    return (
        select(
            one.pupil_group_id,
            one.person_id,
            one_group.label("one_group"),
            and_(not_(one_group), one.split != "", held_today).label("now"),
        )
        .where(
            other.person_id == one.person_id, other.id != one.id, _one_choice(one, other), meet(one, other)
        )
        .cte("group_choices")
    )
