"""Telling of deadlines: who acts next is reminded before; once one has passed, they, the level above and the author.

Of each deadline of a request everybody is told once, in the transaction that notes it (`Request.reminded_for`,
`late_for`): a task that runs twice, or in two workers, finds nothing left to tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select

from core.contributions import ScheduledTask, TaskKind
from core.database.session import Session
from core.identity.sessions import today_in
from core.notifications import notify
from core.organizations.models import Organization
from core.requests.lateness import OPEN, last_near, whom_to_turn_to
from core.requests.models import Request
from core.requests.reading import DECIDE, Level, deciding_levels, handler_of, kind_of
from core.requests.steps import NEWS
from core.tasks.run import TaskRun
from core.web.i18n import counted, sentence

KIND = "core.requests.deadlines"
BATCH = 200
"""Requests of one transaction: the write lock of SQLite is held briefly."""
EACH = 3
"""Of so many requests somebody is told one by one; more at a time become one notification."""
WAITING = "/requests?tab=decide"


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told of one request."""

    title: str
    body: str
    url: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts next on a request, and the level above that may decide it too."""

    acting: Sequence[UUID]
    above: Level | None


Told = dict[UUID, list[News]]


def tell_of_deadlines(task: TaskRun) -> None:
    """Tell of every deadline that is near or has passed, by the calendar of the organization that decides."""
    days = task.portal.config.request_reminder_days
    with task.portal.database.reading() as db:
        zones = db.scalars(select(Organization.timezone).distinct()).all()
    for zone in zones:
        name = zone or task.portal.config.timezone
        there = Organization.timezone == zone if zone is not None else Organization.timezone.is_(None)
        _in_batches(task, partial(_tell_late, there=there, zone=name))
        if days:
            _in_batches(task, partial(_remind, there=there, zone=name, days=days))


def _in_batches(task: TaskRun, tell_some: Callable[[Session], int]) -> None:
    told = BATCH
    while told == BATCH and not task.cancelled:
        with task.portal.database.transaction() as db:
            told = tell_some(db)


def _remind(db: Session, *, there: ColumnElement[bool], zone: str, days: int) -> int:
    today = today_in(zone)
    midnight = datetime.combine(today, time(), ZoneInfo(zone)).astimezone(UTC)
    near = and_(
        there,
        Request.deadline >= today,
        Request.deadline <= last_near(today, days),
        # Whoever has got it today knows of it.
        Request.created_at < midnight,
        or_(Request.reminded_for.is_(None), Request.reminded_for != Request.deadline),
    )
    told: Told = defaultdict(list)
    requests = _some(db, near)
    for request, deadline in requests:
        title = sentence("Запрос ждёт решения: %(title)s", title=_title(db, request))
        body = sentence("Решите его до %(day)s.", day=deadline)
        _add(told, _side(db, request).acting, title, body, request)
        request.reminded_for = deadline
    _notify(
        db,
        told,
        lambda count: counted(
            "Подходит срок: ждёт решения %(count)s запрос",
            "Подходит срок: ждут решения запросы, %(count)s",
            count,
        ),
    )
    return len(requests)


def _tell_late(db: Session, *, there: ColumnElement[bool], zone: str) -> int:
    late = and_(
        there,
        Request.deadline < today_in(zone),
        or_(Request.late_for.is_(None), Request.late_for != Request.deadline),
    )
    deciding: Told = defaultdict(list)
    asking: Told = defaultdict(list)
    requests = _some(db, late)
    for request, deadline in requests:
        _add_late(db, deciding, asking, request, deadline)
        request.late_for = deadline
    _notify(
        db,
        deciding,
        lambda count: counted("Просрочен %(count)s запрос", "Просрочено запросов: %(count)s", count),
    )
    for person_id, news in asking.items():
        for each in news:
            notify(db, [person_id], NEWS, each.title, each.body, each.url)
    return len(requests)


def _add_late(db: Session, deciding: Told, asking: Told, request: Request, day: date) -> None:
    side, place = _side(db, request), db.get_one(Organization, request.organization_id)
    above = db.get_one(Organization, side.above.organization_id).short_name if side.above else ""
    title = sentence("Запрос просрочен: %(title)s", title=_title(db, request))
    _add(
        deciding,
        side.acting,
        title,
        sentence("Решить нужно было до %(day)s. Об этом знает %(above)s.", day=day, above=above)
        if above
        else sentence("Решить нужно было до %(day)s.", day=day),
        request,
    )
    if side.above is not None:
        _add(
            deciding,
            [each for each in side.above.people if each not in side.acting],
            title,
            sentence(
                "%(place)s: решить нужно было до %(day)s. Вы тоже можете решить.",
                place=place.short_name,
                day=day,
            ),
            request,
        )
    _add(
        asking,
        [request.author_id],
        sentence("Ваш запрос не решили в срок: %(title)s", title=_title(db, request)),
        whom_to_turn_to(place, above, day),
        request,
    )


def _some(db: Session, condition: ColumnElement[bool]) -> Sequence[tuple[Request, date]]:
    """The next open requests with the deadline to tell of; those another worker is telling of are left to it."""
    found = db.scalars(
        select(Request)
        .join(Organization, Organization.id == Request.organization_id)
        .where(Request.status.in_(OPEN), condition)
        .order_by(Request.id)
        .limit(BATCH)
        .with_for_update(of=Request, skip_locked=True)
    )
    return [(each, each.deadline) for each in found if each.deadline is not None]


def _side(db: Session, request: Request) -> Side:
    kind = kind_of(db, request)
    permission = kind.decide_permission if kind is not None else DECIDE
    levels = list(deciding_levels(db, request.organization_id, permission, request.author_id))
    handler = handler_of(db, request)
    if handler is None:
        return Side(acting=levels[0].people if levels else (), above=levels[1] if len(levels) > 1 else None)
    at = next((number for number, level in enumerate(levels) if handler.id in level.people), 0)
    above = levels[at + 1 :]
    return Side(acting=[handler.id], above=above[0] if above else None)


def _title(db: Session, request: Request) -> str:
    kind = kind_of(db, request)
    return kind.title if kind is not None else request.kind


def _add(told: Told, people: Iterable[UUID], title: str, body: str, request: Request) -> None:
    for person_id in people:
        told[person_id].append(News(title=title, body=body, url=f"/requests/{request.id}"))


def _notify(db: Session, told: Mapping[UUID, Sequence[News]], all_in_one: Callable[[int], Any]) -> None:
    for person_id, news in told.items():
        if len(news) > EACH:
            words = sentence("Начните с тех, у кого срок раньше.")
            notify(db, [person_id], NEWS, all_in_one(len(news)), words, WAITING)
            continue
        for each in news:
            notify(db, [person_id], NEWS, each.title, each.body, each.url)


DEADLINE_TASKS = (TaskKind(name=KIND, run=tell_of_deadlines, attempts=3),)
DEADLINE_SCHEDULE = (ScheduledTask(kind=KIND, every=timedelta(hours=1)),)
