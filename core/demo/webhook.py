"""An address of the demo that hears of a school's events; paused, for it leads nowhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.webhooks import signing
from core.webhooks.models import DELIVERED, FAILED, PAUSED, Webhook, WebhookDelivery

ADDRESS = "https://analytics.example.org/school"
EVENTS = ("term.closed", "consent.changed")
TOLD = 8
"""How many deliveries there have been."""


def add_webhook(db: Session, school_id: UUID, seed: int, moment: datetime) -> None:
    """Connect a school's analytics with deliveries of the week before; nothing if the school has an address already."""
    if db.scalar(select(Webhook.id).where(Webhook.organization_id == school_id)) is not None:
        return
    draw = Random(seed)  # noqa: S311 -- invented data
    webhook = Webhook(
        id=new_id(),
        organization_id=school_id,
        name="Аналитика муниципалитета",
        url=ADDRESS,
        events=list(EVENTS),
        secret=b"",
        state=PAUSED,
        created_at=moment - timedelta(days=30),
    )
    webhook.secret = signing.seal(db.portal.secret, webhook.id, signing.new_secret())
    db.add(webhook)
    db.flush()
    for number in range(TOLD):
        at = moment - timedelta(days=TOLD - number, minutes=draw.randint(0, 300))
        failed = number == TOLD // 2
        db.add(
            WebhookDelivery(
                id=new_id(),
                webhook_id=webhook.id,
                event=EVENTS[number % len(EVENTS)],
                content={"organization_id": str(school_id)},
                at=at,
                state=FAILED if failed else DELIVERED,
                attempts=8 if failed else 1,
                next_at=at,
                tried_at=at + timedelta(seconds=2),
                took=draw.randint(40, 900),
                status=503 if failed else 204,
            )
        )
    db.flush()
