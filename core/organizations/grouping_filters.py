"""By what a list of groupings is searched and narrowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import partial

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.organizations import grouping_conflicts as conflicts
from core.organizations import places as in_reach
from core.organizations.directory import today_of
from core.organizations.grouping_sources import within_reach
from core.organizations.groupings import GROUPING, KIND_TITLES, VIEW
from core.organizations.models import AcademicYear
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.search import begins, starts_a_word
from core.web.i18n import gettext

MOST_CHOICES = 300
TOO_WIDE = ("federal", "region")
"""Kinds of organizations with so many schools that looking for conflicts in all of them takes minutes."""

PRESENT, EVERY = "present", "every"
"""Values of the filter by year besides names of years."""


def by_words(actor: Actor, wanted: str) -> ColumnElement[bool]:
    """Groupings by words of their names in any order: «7а английский», «7 а», «10 физмат».

    Whoever sees many schools finds a class by how it begins, so that an index bounds what is read.
    """
    by_word = _in_many if actor.reach(VIEW) is Reach.BELOW else _by_word
    together = re.sub(r"\b(\d{1,2}) (?=[^\W\d])", r"\1", wanted)
    return or_(*(and_(true(), *map(by_word, each.split())) for each in dict.fromkeys((wanted, together))))


def _by_word(word: str) -> ColumnElement[bool]:
    return or_(
        starts_a_word(GROUPING.name_key, word), GROUPING.name_key.startswith(_full(word), autoescape=True)
    )


def _in_many(word: str) -> ColumnElement[bool]:
    if word[0].isdigit():
        return begins(GROUPING.name_key, _full(word))
    return GROUPING.name_key.contains(word, autoescape=True)


def _full(word: str) -> str:
    """«7а» as the keys of classes write it: «07а»."""
    return f"0{word}" if re.match(r"\d(?!\d)", word) else word


def of_kind(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of a kind."""
    return GROUPING.kind == value if value in KIND_TITLES else None


def of_year(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of the academic years with this name, or of the year that each organization is in."""
    if value == EVERY:
        return None
    wanted = _in_its_present_year(today_of(actor)) if value == PRESENT else AcademicYear.name == value
    return GROUPING.academic_year_id.in_(select(AcademicYear.id).where(wanted))


def _in_its_present_year(today: date) -> ColumnElement[bool]:
    """Years that have begun and after which none has; the first to come for whoever has had none."""
    other = aliased(AcademicYear)
    same = other.organization_id == AcademicYear.organization_id
    later = exists().where(same, other.starts_on > AcademicYear.starts_on, other.starts_on <= today)
    earlier = exists().where(same, other.starts_on < AcademicYear.starts_on)
    return or_(
        and_(AcademicYear.starts_on <= today, not_(later)),
        and_(AcademicYear.starts_on > today, not_(earlier)),
    )


def of_grade(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of a parallel."""
    return GROUPING.grade_level == int(value) if re.fullmatch(r"\d{1,2}", value) else None


def of_place(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of an organization and of all below it."""
    there = in_reach.at_place(actor, value)
    return GROUPING.organization_id.in_(there) if there is not None else None


def in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings that are open, or closed, today."""
    closed = and_(GROUPING.closed_on.is_not(None), GROUPING.closed_on <= today_of(actor))
    return {"open": ~closed, "closed": closed}.get(value)


def with_conflicts(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings in which something is wrong; not of a whole region."""
    if value != "yes" or not may_look_for_conflicts(actor):
        return None
    today = today_of(actor)
    here = within_reach(partial(within, actor, VIEW), today)
    wrong = conflicts.wrong_groupings(here).subquery()
    still_open = ~and_(GROUPING.closed_on.is_not(None), GROUPING.closed_on <= today)
    return and_(still_open, GROUPING.id.in_(select(wrong.c[0])))


def may_look_for_conflicts(actor: Actor) -> bool:
    """Whether all conflicts in the actor's reach can be looked for at once: in a school or a municipality."""
    return actor.role is not None and actor.role.organization_kind not in TOO_WIDE


def years(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """The present year, all years, and the names of academic years in reach, the latest first."""
    rows = db.scalars(
        select(AcademicYear.name)
        .where(within(actor, VIEW, AcademicYear.organization_id))
        .group_by(AcademicYear.name)
        .order_by(func.max(AcademicYear.starts_on).desc())
        .limit(MOST_CHOICES)
    )
    return [(PRESENT, gettext("текущий")), (EVERY, gettext("все годы")), *((name, name) for name in rows)]


def places(db: Session, actor: Actor, permission: str = VIEW) -> Sequence[tuple[str, str]] | None:
    """Schools in reach by name; None where there are too many to choose from, nothing for whoever has one."""
    return in_reach.places(db, actor, permission)


def grades(_db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    """The parallels there can be."""
    return [(str(grade), gettext("%(grade)s классы") % {"grade": grade}) for grade in range(1, 13)]
