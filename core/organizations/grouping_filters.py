"""By what a list of groupings is searched and narrowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from core.database.session import Session
from core.organizations import grouping_conflicts as conflicts
from core.organizations.directory import today_of
from core.organizations.groupings import GROUPING, KIND_TITLES, VIEW
from core.organizations.kinds import ABOVE_SCHOOLS
from core.organizations.models import AcademicYear, Enrollment, Organization, PupilGroup
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.search import begins, starts_a_word
from core.web.i18n import gettext

MOST_CHOICES = 300


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


def of_year(_actor: Actor, value: str) -> ColumnElement[bool]:
    """Groupings of the academic years with this name."""
    return GROUPING.academic_year_id.in_(select(AcademicYear.id).where(AcademicYear.name == value))


def of_grade(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of a parallel."""
    return GROUPING.grade_level == int(value) if re.fullmatch(r"\d{1,2}", value) else None


def of_place(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings of an organization and of all below it."""
    try:
        place = f"{UUID(value)}/"
    except ValueError:
        return None
    there = select(Organization.id).where(Organization.path.contains(place, autoescape=True))
    return GROUPING.organization_id.in_(there)


def in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings that are open, or closed, today."""
    closed = and_(GROUPING.closed_on.is_not(None), GROUPING.closed_on <= today_of(actor))
    return {"open": ~closed, "closed": closed}.get(value)


def with_conflicts(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Groupings in which something is wrong; only of one school."""
    if value != "yes" or not may_look_for_conflicts(actor):
        return None
    today = today_of(actor)
    here = conflicts.within_reach(
        within(actor, VIEW, Enrollment.organization_id), within(actor, VIEW, PupilGroup.organization_id)
    )
    wrong = [GROUPING.id.in_(each) for each in conflicts.wrong_groupings(here, today)]
    return and_(~and_(GROUPING.closed_on.is_not(None), GROUPING.closed_on <= today), or_(*wrong))


def may_look_for_conflicts(actor: Actor) -> bool:
    """Whether all conflicts in the actor's reach can be looked for at once: in a school, not in many."""
    return actor.role is not None and actor.role.organization_kind not in ABOVE_SCHOOLS


def years(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """The names of academic years in reach, the latest first."""
    rows = db.scalars(
        select(AcademicYear.name)
        .where(within(actor, VIEW, AcademicYear.organization_id))
        .group_by(AcademicYear.name)
        .order_by(func.max(AcademicYear.starts_on).desc())
        .limit(MOST_CHOICES)
    )
    return [(name, name) for name in rows]


def places(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """Schools in reach by name, or the authorities over them where there are too many to choose from.

    Nothing for whoever has one school.
    """
    if actor.reach(VIEW) is not Reach.BELOW:
        return []
    in_reach = within(actor, VIEW, Organization.id)
    for kind in (Organization.kind.not_in(ABOVE_SCHOOLS), Organization.kind.in_(ABOVE_SCHOOLS)):
        rows = db.execute(
            select(Organization.id, Organization.short_name)
            .where(in_reach, kind)
            .order_by(Organization.name_key, Organization.id)
            .limit(MOST_CHOICES + 1)
        ).all()
        if len(rows) <= MOST_CHOICES:
            break
    return [(str(key), name) for key, name in rows[:MOST_CHOICES]]


def grades(_db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    """The parallels there can be."""
    return [(str(grade), gettext("%(grade)s классы") % {"grade": grade}) for grade in range(1, 13)]
