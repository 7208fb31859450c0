"""Hearing events: for each webhook that wants one, a delivery is written in the event's own transaction.

So a change and the word of it are durable together, or neither is. Who wants what is kept in memory and read again when
the version of the portal's decisions (`core.organizations.switches`) has grown: where nobody listens, an event costs no
statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from core.contributions import WebhookEvent
from core.database.base import new_id, now
from core.database.session import Session
from core.organizations.models import Organization
from core.webhooks.kinds import SCHOOL, all_kinds
from core.webhooks.models import ON, WAITING, Webhook, WebhookDelivery
from core.webhooks.waking import wake

if TYPE_CHECKING:
    from core.events import Events
    from core.plugins import Plugins

LINES = "lines of organizations"
Listeners = Mapping[str, Sequence[tuple[str, UUID]]]


class Hearing:
    """Who listens to which event, as this process knows it."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._known: tuple[int, Listeners] | None = None

    @cached_property
    def kinds(self) -> Mapping[str, WebhookEvent]:
        """What can be heard of, by name."""
        return all_kinds(self._plugins)

    def attach(self, events: Events) -> None:
        """Listen to everything that can be heard of."""
        for kind in self.kinds.values():
            events.hear(kind.event, partial(self._note, kind))

    def _note(self, kind: WebhookEvent, db: Session, event: Any) -> None:
        listeners = self._listeners(db).get(kind.name)
        if not listeners:
            return
        line = _line(db, getattr(event, SCHOOL))
        wanting = [webhook for keeper, webhook in listeners if keeper in line]
        if wanting:
            put(db, wanting, kind.name, content_of(kind, event))

    def _listeners(self, db: Session) -> Listeners:
        switches = db.portal.switches
        if switches.version < 0:
            switches.refresh(db)
        version = switches.version
        known = self._known
        if known is None or known[0] != version:
            known = self._known = (version, _read(db))
        return known[1]


def _line(db: Session, organization_id: UUID) -> Collection[str]:
    """An organization and all above it, asked once in a transaction: a column of marks is many events."""
    known: dict[UUID, Collection[str]] = db.info.setdefault(LINES, {})
    if organization_id not in known:
        path = db.scalar(select(Organization.path).where(Organization.id == organization_id)) or ""
        known[organization_id] = path.rstrip("/").split("/")
    return known[organization_id]


def _read(db: Session) -> Listeners:
    found: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
    rows = db.execute(select(Webhook.id, Webhook.organization_id, Webhook.events).where(Webhook.state == ON))
    for webhook_id, organization_id, events in rows:
        for name in events:
            found[name].append((str(organization_id), webhook_id))
    return found


def content_of(kind: WebhookEvent, event: Any) -> dict[str, Any]:
    """What of an event is sent."""
    return {name: msgspec.to_builtins(getattr(event, name)) for name in kind.fields}


def put(db: Session, webhooks: Collection[UUID], event: str, content: Mapping[str, Any]) -> list[UUID]:
    """Write a delivery for each of `webhooks` and wake whoever sends them; returns the deliveries' ids.

    A webhook that is being deleted at this moment is left out: whoever changes a mark neither waits nor fails for it.
    """
    there = (
        select(Webhook.id)
        .where(Webhook.id.in_(webhooks), Webhook.state == ON)
        .with_for_update(read=True, key_share=True, skip_locked=True)
    )
    moment = now()
    ids: list[UUID] = []
    rows: list[dict[str, Any]] = []
    for webhook_id in db.scalars(there).all():
        ids.append(new_id())
        rows.append(
            {
                "id": ids[-1],
                "webhook_id": webhook_id,
                "event": event,
                "content": dict(content),
                "at": moment,
                "state": WAITING,
                "attempts": 0,
                "next_at": moment,
                "answer": "",
                "error": "",
            }
        )
        wake(db, webhook_id)
    if rows:
        db.execute(insert(WebhookDelivery), rows)
    return ids
