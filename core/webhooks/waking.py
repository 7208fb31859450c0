"""Waking whoever sends deliveries: a task of the webhook, put into the queue once the deliveries are durable.

Not in their own transaction: all changes of a region would then wait for one row, the task of the region's webhook. If
the process ends between the two, the sweep (`core.webhooks.delivering`) finds what was left.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.database.base import now
from core.database.session import Session, witness
from core.tasks.models import QUEUED, Task

if TYPE_CHECKING:
    from core.portal import Portal

DELIVER = "core.webhooks.deliver"
WOKEN = "webhooks woken"

log = structlog.get_logger("webhooks")


def wake(db: Session, webhook_id: UUID) -> None:
    """Have the deliveries of a webhook sent once this transaction is durable."""
    db.after_commit(partial(_enqueue, db.portal, webhook_id, db.info.setdefault(WOKEN, set())))


def _enqueue(portal: Portal, webhook_id: UUID, woken: set[UUID]) -> None:
    if webhook_id in woken:
        return
    woken.add(webhook_id)
    key = f"{DELIVER}:{webhook_id}"
    waiting = select(Task.id).where(Task.key == key, Task.status == QUEUED, Task.run_at <= now())
    # The request has made its change: what follows is no part of it, and must not be refused in its name.
    watched = witness.set(None)
    try:
        with portal.database.reading(fresh=True) as db:
            if db.scalar(waiting) is not None:
                return
        with portal.database.transaction() as db:
            enqueue_at(db, webhook_id, None)
    except SQLAlchemyError as error:
        # The change itself is durable, and the sweep will find its deliveries: nobody is to see an error for it.
        log.warning("webhook not woken", webhook=str(webhook_id), error=str(error).splitlines()[0])
    finally:
        witness.reset(watched)


def enqueue_at(db: Session, webhook_id: UUID, moment: datetime | None) -> None:
    """Queue the sending of a webhook's deliveries: now, or at a moment to come, once for each minute."""
    from core.tasks.queue import enqueue

    key = f"{DELIVER}:{webhook_id}" + (f"@{moment:%Y%m%d%H%M}" if moment else "")
    enqueue(db, DELIVER, {"webhook": str(webhook_id)}, key=key, run_at=moment)
