"""Tables of webhooks: who wants to hear of what, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now
from core.database.words import Words

MANAGE = "core.webhooks.manage"
"""The permission for everything an administrator does with webhooks."""

ON, PAUSED, OFF = "on", "paused", "off"
"""States of a webhook: `paused` by hand, `off` by the portal after a long failure or because the receiver is gone."""

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


class Webhook(Keyed, Base):
    """An address that hears of `events` in an organization and below it.

    `secret` signs what is sent; after a change `old_secret` signs beside it until `old_until`. Both are kept sealed
    (`core.webhooks.signing`). `failing_since` is the first failure after which nothing was delivered any more;
    nothing is tried before `rests_until`. `reason` says why the portal switched it off.
    """

    __tablename__ = "core_webhook"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    name: Mapped[str]
    url: Mapped[str]
    events: Mapped[list[str]]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(8), default=ON)
    reason: Mapped[str] = mapped_column(Words(1000), default="")
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebhookDelivery(Keyed, Base):
    """One event for one webhook; its id is the `webhook-id`, the same at every attempt.

    `content` is what the event says: ids, days, versions. `at` is when it happened, `next_at` when to try next,
    `tried_at`, `took` (milliseconds), `status` (HTTP), `answer` and `error` are of the last attempt.
    """

    __tablename__ = "core_webhook_delivery"
    __table_args__ = (
        Index(None, "webhook_id", "state", "next_at"),
        Index(None, "state", "next_at"),
        Index(None, "at"),
    )

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("core_webhook.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)
    tried_at: Mapped[datetime | None]
    took: Mapped[int | None]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(Words(500), default="")
