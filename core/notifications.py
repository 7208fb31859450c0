"""Notifications: lines in a person's bell, written in the transaction of what they tell about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, func, insert, select, update

from core.contributions import NotificationKind
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Notification
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.i18n import lazy

if TYPE_CHECKING:
    from core.portal import Portal

TASK_FINISHED = "core.task.finished"
TASK_FAILED = "core.task.failed"
ANNOUNCEMENT = "core.announcement"
FAMILY_NEWS = "core.family.news"

CORE_NOTIFICATION_KINDS = (
    NotificationKind(name=TASK_FINISHED, title=lazy("Фоновая работа выполнена"), icon="check"),
    NotificationKind(name=TASK_FAILED, title=lazy("Фоновая работа не выполнена"), icon="warning"),
    NotificationKind(name=ANNOUNCEMENT, title=lazy("Объявления вышестоящих организаций"), icon="message"),
    NotificationKind(name="core.request.step", title=lazy("Новости о запросах"), icon="inbox"),
    NotificationKind(name=FAMILY_NEWS, title=lazy("Новости о ваших детях"), icon="users"),
    NotificationKind(name="core.person.merge", title=lazy("Объединение ваших карточек"), icon="person"),
    NotificationKind(name="core.person.correct", title=lazy("Исправления ваших данных"), icon="person"),
    NotificationKind(name="core.support.message", title=lazy("Вопросы в поддержку и ответы"), icon="help"),
    NotificationKind(name="core.webhook.off", title=lazy("Отправка событий выключена"), icon="warning"),
    NotificationKind(name="core.role.step", title=lazy("Новости о ваших ролях"), icon="person"),
)

READ_PERMISSION = "core.notifications.read"
"""What an access token must let through; a person signed in with a browser always may."""

PAGE_SIZE = 50
PEOPLE_AT_ONCE = 500
LARGEST_PAGE = 200


class NotificationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A notification as its reader sees it; `url` is a path of the portal or empty."""

    id: UUID
    kind: Annotated[str, Meta(description="Вид уведомления: `core.task.finished`.")]
    title: Annotated[str, Meta(description="Заголовок.")]
    body: Annotated[str, Meta(description="Текст; может быть пуст.")]
    url: Annotated[str, Meta(description="Куда ведёт: путь на портале или пусто.")]
    created_at: datetime
    read_at: Annotated[datetime | None, Meta(description="Когда прочитано; null, если ещё нет.")]


class NotificationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Notifications, the newest first; `next` is what to pass as `before` for the older ones."""

    items: Sequence[NotificationLine]
    next: Annotated[
        UUID | None, Meta(description="Значение `before` для более ранних уведомлений; null, если их нет.")
    ]


def kinds_of(portal: Portal) -> dict[str, NotificationKind]:
    """Every declared kind by name."""
    found = {kind.name: kind for kind in CORE_NOTIFICATION_KINDS}
    for _plugin, kind in portal.plugins.each("notification_kinds"):
        found.setdefault(kind.name, kind)
    return found


def notify(
    db: Session,
    person_ids: Iterable[UUID],
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    *,
    gathered: bool = False,
) -> int:
    """Notify people, each once; returns how many. Their open pages hear of it after the commit.

    One that is `gathered` tells all there is to tell at its address: it takes the place of an unread one of the same
    kind and address, so that ten changes in a row are one line.

    A title or body made by `core.web.i18n.sentence` is read by each in their own language; at most 300 and
    4000 characters of other text are kept.
    `url` is a path of this portal («/requests/…»). Raises `ValueError` for another's address and for a
    kind that neither the core nor a plugin declares.
    """
    if kind not in kinds_of(db.portal):
        raise ValueError(f"nobody declares notifications of kind {kind!r}")
    if url and (not url.startswith("/") or url.startswith(("//", "/\\"))):
        raise ValueError(f"a notification leads to a page of the portal, not to {url!r}")
    moment = now()
    person_ids = list(dict.fromkeys(person_ids))
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "kind": kind,
            "title": title,
            "body": body,
            "url": url,
            "created_at": moment,
            "read_at": None,
        }
        for person_id in person_ids
    ]
    if rows:
        if gathered:
            _take_away_unread(db, person_ids, kind, url)
        db.execute(insert(Notification), rows)
        db.portal.live.publish_many(
            db, [(f"person:{row['person_id']}", {"notification": str(row["id"])}) for row in rows]
        )
    return len(rows)


def _take_away_unread(db: Session, person_ids: Sequence[UUID], kind: str, url: str) -> None:
    for start in range(0, len(person_ids), PEOPLE_AT_ONCE):
        db.execute(
            delete(Notification)
            .where(
                Notification.person_id.in_(person_ids[start : start + PEOPLE_AT_ONCE]),
                Notification.kind == kind,
                Notification.url == url,
                Notification.read_at.is_(None),
            )
            .execution_options(synchronize_session=False)
        )


def unread_count(db: Session, actor: Actor) -> int:
    """How many notifications the actor has not read."""
    return (
        db.scalar(
            select(func.count())
            .select_from(Notification)
            .where(Notification.person_id == actor.person_id, Notification.read_at.is_(None))
        )
        or 0
    )


def list_notifications(
    db: Session,
    actor: Actor,
    *,
    unread_only: bool = False,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> NotificationPage:
    """The actor's notifications, the newest first, those older than `before`; at most 200."""
    limit = max(1, min(limit, LARGEST_PAGE))
    statement = (
        select(
            Notification.id,
            Notification.kind,
            Notification.title,
            Notification.body,
            Notification.url,
            Notification.created_at,
            Notification.read_at,
        )
        .where(Notification.person_id == require_person(actor))
        .order_by(Notification.id.desc())
        .limit(limit + 1)
    )
    if unread_only:
        statement = statement.where(Notification.read_at.is_(None))
    if before is not None:
        statement = statement.where(Notification.id < before)
    rows = db.execute(statement).all()
    items = [
        NotificationLine(
            id=row.id,
            kind=row.kind,
            title=row.title,
            body=row.body,
            url=row.url,
            created_at=row.created_at,
            read_at=row.read_at,
        )
        for row in rows[:limit]
    ]
    return NotificationPage(items=items, next=items[-1].id if len(rows) > limit else None)


def mark_read(db: Session, actor: Actor, notification_id: UUID) -> str:
    """Mark one of the actor's notifications as read, again without effect; returns where it leads.

    Raises `NotFound` for somebody else's.
    """
    found = db.scalar(
        select(Notification).where(
            Notification.id == notification_id, Notification.person_id == require_person(actor)
        )
    )
    if found is None:
        raise NotFound("Такого уведомления нет.", advice="Обновите список уведомлений.")
    if found.read_at is None:
        found.read_at = now()
        _tell_other_pages(db, actor)
    return found.url


def mark_all_read(db: Session, actor: Actor) -> int:
    """Mark all of the actor's notifications as read; returns how many were unread."""
    unread = (
        update(Notification)
        .where(Notification.person_id == require_person(actor), Notification.read_at.is_(None))
        .values(read_at=now())
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    count = len(db.execute(unread).all())
    if count:
        _tell_other_pages(db, actor)
    return count


def _tell_other_pages(db: Session, actor: Actor) -> None:
    db.portal.live.publish(db, f"person:{actor.person_id}", {"read": True})
