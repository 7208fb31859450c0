"""The pupils of a school who may be the child a parent has written down, with what differs.

A parent writes «Наталия» where the school has «Наталья», or mistakes the day of birth; the child may bear the other
parent's surname. Whoever decides sees those who are near, and picks one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.contributions import ChoiceOption
from core.database.base import in_force
from core.database.session import Session
from core.identity.directory import CONTACTS, PEOPLE
from core.identity.likeness import one_mistake_apart
from core.identity.models import Person
from core.identity.names import full_name, sort_key
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.requests.models import Request
from core.roles.access import reaches
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.search import starts_a_word
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day

FEW = 5
FOUND = 10
NEAR = 4
"""Points from which a pupil may be the child: two of surname, first name and birth date, or what comes near to it."""


class _Pupil(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared of a pupil; the names as the school writes them."""

    id: UUID
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date | None
    school_class: str


def children_like(
    db: Session, actor: Actor, request_id: UUID, values: Any, words: str
) -> Sequence[ChoiceOption]:
    """Pupils of the asked school near to the child of a `GuardianLink`, or those found by `words`; the nearest first.

    Nothing for whoever may not see the school's people.
    """
    request = db.get_one(Request, request_id)
    school = db.get_one(Organization, request.organization_id)
    if actor.reach(PEOPLE) is Reach.OWN or not reaches(db, actor, PEOPLE, school):
        return ()
    today = today_in(school.timezone or db.portal.config.timezone)
    wanted = " ".join(words.replace("\x00", "").split())
    pupils = _pupils(db, school.id, today, sort_key(wanted))
    ranked = sorted(pupils, key=lambda each: (-_points(each, values), _name_key(each), each.id))
    exact = [each for each in ranked if _is_the_one(each, values)]
    chosen = (
        ranked[:FOUND]
        if wanted
        else exact or [each for each in ranked if _points(each, values) >= NEAR][:FEW]
    )
    tells_days = actor.reach(CONTACTS) is not Reach.OWN and reaches(db, actor, CONTACTS, school)
    return [
        _option(each, values, tells_day=tells_days, alone=each in exact and len(exact) == 1)
        for each in chosen
    ]


def _pupils(db: Session, school_id: UUID, today: date, wanted: str) -> list[_Pupil]:
    statement = (
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.birth_date,
            SchoolClass.name.label("school_class"),
        )
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(Enrollment.organization_id == school_id, in_force(Enrollment, today))
    )
    if wanted:
        statement = statement.where(starts_a_word(Person.name_key, wanted)).limit(FOUND)
    rows = db.execute(statement.order_by(Person.name_key, Person.id))
    return list({row.id: _Pupil(**row._mapping) for row in rows}.values())  # pyright: ignore[reportPrivateUsage] -- SQLAlchemy's public name for it


def _name_key(pupil: _Pupil) -> str:
    return sort_key(full_name(pupil.last_name, pupil.first_name, pupil.middle_name))


def _is_the_one(pupil: _Pupil, values: Any) -> bool:
    asked = sort_key(full_name(values.last_name, values.first_name, values.middle_name))
    return _name_key(pupil) == asked and pupil.birth_date == values.birth_date


def _points(pupil: _Pupil, values: Any) -> int:
    return (
        _alike(pupil.last_name, values.last_name)
        + _alike(pupil.first_name, values.first_name)
        + (sort_key(pupil.middle_name or "") == sort_key(values.middle_name or ""))
        + _days_alike(pupil.birth_date, values.birth_date)
    )


def _alike(one: str, other: str) -> int:
    mine, others = sort_key(one), sort_key(other)
    if mine == others:
        return 2
    return 1 if one_mistake_apart(mine, others) else 0


def _days_alike(one: date | None, other: date) -> int:
    if one is None:
        return 0
    same = sum(a == b for a, b in zip(one.timetuple()[:3], other.timetuple()[:3], strict=True))
    return 2 if same == 3 else 1 if same == 2 else 0


def _option(pupil: _Pupil, values: Any, *, tells_day: bool, alone: bool) -> ChoiceOption:
    near = _points(pupil, values) >= NEAR
    day_differs = pupil.birth_date != values.birth_date
    if near:
        note = "; ".join(_differences(pupil, values, tells_day=tells_day))
    else:
        what = ", ".join(_what_differs(pupil, values))
        note = _("другие данные: %(what)s") % {"what": what}
    name = full_name(pupil.last_name, pupil.first_name, pupil.middle_name)
    return ChoiceOption(
        value=str(pupil.id),
        title=f"{name}, {pupil.school_class}",
        note=note or _("имя и дата рождения совпадают"),
        url=f"/people/{pupil.id}",
        suits=alone,
        about=pupil.id,
        shows=("birth_date",) if not day_differs or (near and tells_day) else (),
    )


def _what_differs(pupil: _Pupil, values: Any) -> Iterable[str]:
    """The fields that differ, without what stands in them: of somebody else's child no more is told."""
    for what, asked, known in _names(pupil, values):
        if sort_key(asked) != sort_key(known):
            yield what
    if pupil.birth_date != values.birth_date:
        yield _("дата рождения")


def _names(pupil: _Pupil, values: Any) -> Iterable[tuple[str, str, str]]:
    yield _("фамилия"), values.last_name, pupil.last_name
    yield _("имя"), values.first_name, pupil.first_name
    yield _("отчество"), values.middle_name or "", pupil.middle_name or ""


def _differences(pupil: _Pupil, values: Any, *, tells_day: bool) -> Iterable[str]:
    for what, asked, known in _names(pupil, values):
        if sort_key(asked) != sort_key(known):
            yield _pair(what, asked, known)
    if pupil.birth_date == values.birth_date:
        return
    if pupil.birth_date is None:
        yield _("дата рождения в школе не указана")
    elif tells_day:
        yield _pair(_("дата рождения"), show_short_day(values.birth_date), show_short_day(pupil.birth_date))
    else:
        yield _("дата рождения другая")


def _pair(what: str, asked: str, known: str) -> str:
    return _("%(what)s: в запросе %(asked)s, в школе %(known)s") % {
        "what": what,
        "asked": asked or _("не указано"),
        "known": known or _("не указано"),
    }
