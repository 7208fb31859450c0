"""The corridor screen: a secret address at which anybody sees the changes of today and of the next school day.

Nothing stands there but classes, lessons, subjects, teachers and rooms: no pupils, no reasons.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from time import monotonic
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import func, select

from core.audit.record import Change, record
from core.database.base import now
from core.database.session import Session
from core.errors import NotFound, TooMany
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.actor import Actor
from plugins.diary.changes.day_list import ChangedLesson, changes_of_days
from plugins.diary.changes.models import CorridorScreen
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import EDIT

SCREEN = "diary_corridor_screen"
NEXT_DAYS = 14
"""A next day with lessons is looked for so far ahead."""

A_MINUTE, WINDOW = 60, 60.0
"""So many times in so many seconds one visitor may ask: screens ask once a minute, several may share an address."""

KEPT_VISITORS = 10_000


class ScreenDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day on the screen."""

    day: date
    is_today: bool
    lines: Sequence[ChangedLesson]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands on a screen."""

    school: str
    timezone: str
    days: Sequence[ScreenDay]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def screen_of(db: Session, actor: Actor) -> CorridorScreen | None:
    """The screen of the acting school, if it has an address."""
    actor.require(EDIT)
    return db.get(CorridorScreen, actor.organization_id)


def author_of(db: Session, screen: CorridorScreen) -> str:
    """Who made the address, «» if that person is no more."""
    author = db.get(Person, screen.author_id) if screen.author_id else None
    return author.short_name if author else ""


def open_screen(db: Session, actor: Actor) -> str:
    """Give the school's screen an address and end the one before; returns its secret part, which is kept nowhere."""
    actor.require(EDIT)
    secret = secrets.token_urlsafe(24)
    screen = db.get(CorridorScreen, actor.organization_id)
    if screen is None:
        screen = CorridorScreen(organization_id=actor.organization_id)
        db.add(screen)
    screen.digest, screen.author_id, screen.made_at = _digest(secret), actor.person_id, now()
    db.flush()
    _record(db, actor, "diary.screen.open")
    return secret


def close_screen(db: Session, actor: Actor) -> None:
    """End the address of the school's screen; again without effect."""
    actor.require(EDIT)
    screen = db.get(CorridorScreen, actor.organization_id)
    if screen is not None:
        db.delete(screen)
        db.flush()
        _record(db, actor, "diary.screen.close")


def _record(db: Session, actor: Actor, action: str) -> None:
    change = Change(action=action, subject_type=SCREEN, subject_id=str(actor.organization_id))
    record(db, actor, actor.organization_id, change)


def shown_on_screen(db: Session, secret: str) -> Shown:
    """What the screen with this address shows. Raises `NotFound` for an address that is none or has been ended."""
    # Nobody is signed in, so nobody has asked yet whether the switches have changed.
    db.portal.switches.refresh(db)
    school = db.scalar(
        select(Organization)
        .join(CorridorScreen, CorridorScreen.organization_id == Organization.id)
        .where(CorridorScreen.digest == _digest(secret[:200]))
    )
    if school is None or not db.portal.switches.is_on("diary", school.path):
        raise NotFound(
            "Этот адрес экрана больше не действует.", advice="Попросите завуча выдать новый адрес."
        )
    timezone = school.timezone or db.portal.config.timezone
    today = today_in(timezone)
    following = _next_day(db, school.id, today)
    last = following or today
    changes = changes_of_days(db, school.id, today, last)
    return Shown(
        school=school.short_name,
        timezone=timezone,
        days=[
            ScreenDay(day=day, is_today=day == today, lines=changes.get(day, ()))
            for day in (today, following)
            if day is not None
        ],
    )


def _next_day(db: Session, organization_id: UUID, today: date) -> date | None:
    """The next day with lessons."""
    return db.scalar(
        select(func.min(DiaryLesson.day)).where(
            DiaryLesson.organization_id == organization_id,
            DiaryLesson.day > today,
            DiaryLesson.day <= today + timedelta(days=NEXT_DAYS),
        )
    )


class Brake:
    """Refuses whoever asks too often; counts in the memory of one process, which is enough against a flood."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, visitor: str) -> None:
        """Count one visit. Raises `TooMany` for one too many."""
        moment = monotonic()
        began, visits = self._seen.pop(visitor, (moment, 0))
        if moment - began > WINDOW:
            began, visits = moment, 0
        self._seen[visitor] = (began, visits + 1)
        while len(self._seen) > KEPT_VISITORS:
            self._seen.popitem(last=False)
        if visits >= A_MINUTE:
            raise TooMany("Слишком много обращений к экрану.", advice="Подождите минуту.")


_brakes: WeakKeyDictionary[Portal, Brake] = WeakKeyDictionary()


def brake_of(portal: Portal) -> Brake:
    """The brake of a portal: two in one process do not count each other's visitors."""
    return _brakes.setdefault(portal, Brake())
