"""Sending deliveries in the background: at least once, again after growing pauses, for up to three days.

A webhook has one task at a time. It sends what is due, the longest waiting first; a delivery that fails waits for its
next attempt and lets the others pass. After `IN_A_ROW` failures the webhook rests, so that a receiver that is away does
not keep the workers busy. One that has taken nothing for `LONGEST_FAILURE`, or says that it is gone (410), is switched
off, and those who may connect it again are told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, func, or_, select, update

from core.contributions import ScheduledTask, TaskKind
from core.database.base import now
from core.database.session import Session
from core.notifications import notify
from core.organizations import switches
from core.requests.reading import deciders
from core.tasks.run import TaskRun
from core.web.i18n import sentence
from core.webhooks import sending, signing
from core.webhooks.kinds import TEST
from core.webhooks.models import DELIVERED, FAILED, MANAGE, OFF, ON, WAITING, Webhook, WebhookDelivery
from core.webhooks.sending import Answer
from core.webhooks.waking import DELIVER, enqueue_at

NEWS = "core.webhook.off"
SWEEP = "core.webhooks.sweep"

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 18000, 36000, 50400, 64800, 79200)
)
"""After which pauses a failed delivery is tried again: three days in all; then it has failed."""

IN_A_ROW = 3
LONGEST_REST = timedelta(minutes=10)
LONGEST_FAILURE = timedelta(days=3)
GONE = 410
HELD = timedelta(seconds=60)
"""For how long a delivery is taken; if the worker dies meanwhile, it is sent again afterwards."""

RUN_SECONDS = 120
"""How long one task sends before it makes room for others."""

KEEP_DELIVERED = timedelta(days=3)
KEEP_FAILED = timedelta(days=30)
BATCH = 1000
"""Rows deleted in one transaction: the write lock of SQLite is held briefly."""

log = structlog.get_logger("webhooks")


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be sent, with everything that sending takes."""

    id: UUID
    url: str
    event: str
    content: dict[str, Any]
    at: datetime
    attempts: int
    secrets: Sequence[str]


def deliver(task: TaskRun) -> None:
    """Send what is due for one webhook, then queue what waits for later."""
    webhook_id = UUID(task.payload["webhook"])
    until = time.monotonic() + RUN_SECONDS
    failures = 0
    while not task.cancelled and time.monotonic() < until and failures < IN_A_ROW:
        with task.portal.database.transaction() as db:
            due = _take(db, webhook_id)
        if due is None:
            break
        answer = _attempt(task, due)
        with task.portal.database.transaction() as db:
            _note(db, webhook_id, due, answer)
        failures = 0 if answer.is_success else failures + 1
    with task.portal.database.transaction() as db:
        _go_on(db, webhook_id, rests=failures >= IN_A_ROW)


def _take(db: Session, webhook_id: UUID) -> _Due | None:
    """The next delivery to be sent; nobody else takes it for as long as an attempt may last."""
    moment = now()
    row = db.execute(
        select(WebhookDelivery, Webhook)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == WAITING,
            WebhookDelivery.next_at <= moment,
            Webhook.state == ON,
            or_(Webhook.rests_until.is_(None), Webhook.rests_until <= moment),
        )
        .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
        .limit(1)
        .with_for_update(of=WebhookDelivery, skip_locked=True)
    ).first()
    if row is None:
        return None
    delivery, webhook = row
    delivery.next_at = moment + HELD
    return _Due(
        id=delivery.id,
        url=webhook.url,
        event=delivery.event,
        content=delivery.content,
        at=delivery.at,
        attempts=delivery.attempts,
        secrets=secrets_of(db, webhook, moment),
    )


def secrets_of(db: Session, webhook: Webhook, moment: datetime) -> list[str]:
    """The secrets that sign at a moment, the newest first."""
    sealed = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_until is not None and webhook.old_until > moment:
        sealed.append(webhook.old_secret)
    return [signing.unseal(db.portal.secret, webhook.id, each) for each in sealed]


def body_of(event: str, at: datetime, content: dict[str, Any]) -> bytes:
    """What is sent: the type of the event, when it happened, and its ids."""
    return msgspec.json.encode({"type": event, "timestamp": at, "data": content})


def _attempt(task: TaskRun, due: _Due) -> Answer:
    body = body_of(due.event, due.at, due.content)
    headers = signing.signed_headers(due.secrets, str(due.id), now(), body)
    answer = sending.send(task.portal.config, due.url, body, headers)
    log.info("webhook attempt", delivery=str(due.id), status=answer.status, took=answer.took)
    return answer


def _note(db: Session, webhook_id: UUID, due: _Due, answer: Answer) -> None:
    """Put down how an attempt ended, and what follows from it for the webhook."""
    moment = now()
    attempts = due.attempts + 1
    tried: dict[str, Any] = {
        "attempts": attempts,
        "tried_at": moment,
        "took": answer.took,
        "status": answer.status or None,
        "answer": answer.text,
        "error": answer.error,
    }
    if answer.is_success:
        tried["state"] = DELIVERED
    elif attempts > len(PAUSES) or due.event == TEST:
        tried["state"] = FAILED
    else:
        spread = random.uniform(0.9, 1.1)  # noqa: S311 -- spreads load, hides nothing
        tried["next_at"] = moment + PAUSES[attempts - 1] * spread
    db.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == due.id, WebhookDelivery.state == WAITING)
        .values(tried)
        .execution_options(synchronize_session=False)
    )
    webhook = db.get(Webhook, webhook_id, with_for_update={"key_share": True})
    if webhook is None:
        return
    if answer.is_success:
        webhook.failing_since = webhook.rests_until = None
    elif due.event != TEST:
        since = webhook.failing_since or moment
        webhook.failing_since = since
        if answer.status == GONE:
            _switch_off(db, webhook, sentence("Сервер ответил, что такого адреса больше нет (410)."))
        elif moment - since >= LONGEST_FAILURE:
            _switch_off(db, webhook, sentence("Три дня подряд не удалось доставить ни одного события."))


def _switch_off(db: Session, webhook: Webhook, reason: str) -> None:
    if webhook.state != ON:
        return
    webhook.state, webhook.reason, webhook.rests_until = OFF, reason, None
    switches.raise_version(db)
    people = deciders(db, webhook.organization_id, MANAGE, None)
    title = sentence("Отправка событий выключена: %(name)s", name=webhook.name)
    notify(db, people, NEWS, title, reason, f"/webhooks/{webhook.id}")


def _go_on(db: Session, webhook_id: UUID, *, rests: bool) -> None:
    """Queue the next round for when something is due again."""
    webhook = db.get(Webhook, webhook_id, with_for_update={"key_share": True})
    if webhook is None or webhook.state != ON:
        return
    moment = now()
    if rests:
        since = moment - (webhook.failing_since or moment)
        webhook.rests_until = moment + min(max(since, timedelta(seconds=10)), LONGEST_REST)
    first = db.scalar(
        select(func.min(WebhookDelivery.next_at)).where(
            WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == WAITING
        )
    )
    if first is None:
        return
    later = max(first, webhook.rests_until or first)
    enqueue_at(db, webhook_id, later if later > moment else None)


def sweep(task: TaskRun) -> None:
    """Wake webhooks whose deliveries nobody was woken for; forget old deliveries."""
    moment = now()
    with task.portal.database.transaction() as db:
        waiting = (
            select(WebhookDelivery.webhook_id)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(
                WebhookDelivery.state == WAITING,
                WebhookDelivery.next_at <= moment,
                Webhook.state == ON,
                or_(Webhook.rests_until.is_(None), Webhook.rests_until <= moment),
            )
            .distinct()
        )
        for webhook_id in db.scalars(waiting).all():
            enqueue_at(db, webhook_id, None)
    for state, kept in ((DELIVERED, KEEP_DELIVERED), (FAILED, KEEP_FAILED), (WAITING, KEEP_FAILED)):
        deleted = BATCH
        while deleted == BATCH and not task.cancelled:
            with task.portal.database.transaction() as db:
                deleted = _forget(db, state, moment - kept)


def _forget(db: Session, state: str, before: datetime) -> int:
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.state == state, WebhookDelivery.at < before)
        .limit(BATCH)
    )
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)).returning(WebhookDelivery.id)
    return len(db.execute(gone).all())


WEBHOOK_TASKS = (TaskKind(name=DELIVER, run=deliver), TaskKind(name=SWEEP, run=sweep))
WEBHOOK_SCHEDULE = (ScheduledTask(kind=SWEEP, every=timedelta(minutes=10)),)
