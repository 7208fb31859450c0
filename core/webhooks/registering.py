"""What an administrator does with webhooks: connects, changes, pauses, tries, gives a new secret, disconnects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.organizations import switches
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.web.i18n import sentence
from core.webhooks import sending, signing
from core.webhooks.hearing import put
from core.webhooks.kinds import TEST
from core.webhooks.models import FAILED, MANAGE, ON, PAUSED, WAITING, Webhook, WebhookDelivery
from core.webhooks.waking import wake

LONGEST_NAME = 120
OLD_SECRET = timedelta(hours=24)
"""How long the secret before the present one goes on signing."""

MOST = 20
"""How many webhooks one organization may have."""


class WebhookWish(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it is to be."""

    name: str
    url: str
    events: Sequence[str]


def webhook_rows(actor: Actor) -> Any:
    """The webhooks of organizations in reach, as a statement."""
    return select(Webhook).where(within(actor, MANAGE, Webhook.organization_id))


def webhook_for(db: Session, actor: Actor, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """A webhook in reach. Raises `Forbidden`, `NotFound`."""
    actor.require(MANAGE)
    statement = webhook_rows(actor).where(Webhook.id == webhook_id)
    # Whoever publishes an event meanwhile need not wait: the key stays.
    found: Webhook | None = db.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if found is None:
        raise NotFound("Такой отправки событий нет.", advice="Обновите список.")
    return found


def deliveries_of(
    db: Session, webhook: Webhook, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> Sequence[WebhookDelivery]:
    """Deliveries of a webhook, the latest first; `before` is the last of the page before. One more than `limit`."""
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    if state:
        statement = statement.where(WebhookDelivery.state == state)
    if before is not None:
        statement = statement.where(WebhookDelivery.id < before)
    return db.scalars(statement.order_by(WebhookDelivery.id.desc()).limit(limit + 1)).all()


def waiting_count(db: Session, webhook: Webhook) -> int:
    """How many deliveries wait to be sent."""
    waiting = select(func.count(WebhookDelivery.id)).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == WAITING
    )
    return db.scalar(waiting) or 0


def connect(db: Session, actor: Actor, wish: WebhookWish) -> tuple[Webhook, str]:
    """Have events of the acting organization, and of all below it, sent to an address; returns its secret too.

    The secret is shown this once. Raises `Invalid`, and `Conflict` for an organization that has too many.
    """
    organization_id = actor.organization_id
    authorize(db, actor, MANAGE, organization_id)
    wish = _checked(db, wish)
    count = db.scalar(select(func.count(Webhook.id)).where(Webhook.organization_id == organization_id)) or 0
    if count >= MOST:
        raise Conflict(
            sentence("У организации уже %(count)s адресов для событий: больше нельзя.", count=MOST),
            advice="Удалите ненужные.",
        )
    webhook_id, secret = new_id(), signing.new_secret()
    made = Webhook(
        id=webhook_id,
        organization_id=organization_id,
        name=wish.name,
        url=wish.url,
        events=list(wish.events),
        secret=signing.seal(db.portal.secret, webhook_id, secret),
        state=ON,
    )
    db.add(made)
    db.flush()
    _changed(db, actor, made, "create", None, _facts(made))
    return made, secret


def change(db: Session, actor: Actor, webhook_id: UUID, wish: WebhookWish) -> Webhook:
    """Change name, address or events; what waits goes to the new address. Raises `Invalid`, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    wish = _checked(db, wish)
    before = _facts(webhook)
    webhook.name, webhook.url, webhook.events = wish.name, wish.url, list(wish.events)
    after = _facts(webhook)
    if before != after:
        db.flush()
        differing = [name for name in after if before[name] != after[name]]
        _changed(
            db,
            actor,
            webhook,
            "update",
            {name: before[name] for name in differing},
            {name: after[name] for name in differing},
        )
    return webhook


def pause(db: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """Send nothing until it is resumed; what happens meanwhile is never sent. Raises `Conflict`, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    if webhook.state != ON:
        raise Conflict("Отправка уже остановлена.", advice="Обновите страницу.")
    webhook.state = PAUSED
    db.flush()
    _changed(db, actor, webhook, "pause", None, {"name": webhook.name})
    return webhook


def resume(db: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """Send again, what waited first. Raises `Conflict`, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    if webhook.state == ON:
        raise Conflict("Отправка уже идёт.", advice="Обновите страницу.")
    webhook.state, webhook.reason = ON, ""
    webhook.failing_since = webhook.rests_until = None
    db.flush()
    _changed(db, actor, webhook, "resume", None, {"name": webhook.name})
    wake(db, webhook.id)
    return webhook


def rotate(db: Session, actor: Actor, webhook_id: UUID) -> tuple[Webhook, str]:
    """Give the webhook a new secret, shown this once; the present one signs beside it for a day."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    secret = signing.new_secret()
    webhook.old_secret, webhook.old_until = webhook.secret, now() + OLD_SECRET
    webhook.secret = signing.seal(db.portal.secret, webhook.id, secret)
    db.flush()
    _changed(db, actor, webhook, "rotate", None, {"name": webhook.name})
    return webhook, secret


def disconnect(db: Session, actor: Actor, webhook_id: UUID) -> None:
    """Delete a webhook with the record of its deliveries. Raises `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    before = _facts(webhook)
    db.delete(webhook)
    db.flush()
    _changed(db, actor, webhook, "delete", before, None)


def try_out(db: Session, actor: Actor, webhook_id: UUID) -> UUID:
    """Send a test event now; returns its delivery. Raises `Conflict` for a webhook that is not on, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    _require_on(webhook)
    webhook.rests_until = None
    content = {"webhook_id": str(webhook.id), "organization_id": str(webhook.organization_id)}
    return put(db, [webhook.id], TEST, content)[0]


def repeat(db: Session, actor: Actor, webhook_id: UUID, delivery_id: UUID) -> None:
    """Send a delivery again now, however it ended before. Raises `Conflict`, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    _require_on(webhook)
    moment = now()
    found = db.scalar(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook.id)
        .values(state=WAITING, attempts=0, next_at=moment)
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise NotFound("Такой доставки уже нет.", advice="Обновите страницу.")
    webhook.rests_until = None
    wake(db, webhook.id)


def repeat_failed(db: Session, actor: Actor, webhook_id: UUID) -> int:
    """Send everything again that could not be delivered; returns how many. Raises `Conflict`, `NotFound`."""
    webhook = webhook_for(db, actor, webhook_id, lock=True)
    _require_on(webhook)
    found = db.scalars(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == webhook.id,
            WebhookDelivery.state == FAILED,
            WebhookDelivery.event != TEST,
        )
        .values(state=WAITING, attempts=0, next_at=now())
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not found:
        raise Conflict("Недоставленных событий нет.", advice="Обновите страницу.")
    webhook.rests_until = None
    wake(db, webhook.id)
    return len(found)


def _require_on(webhook: Webhook) -> None:
    if webhook.state != ON:
        raise Conflict("Отправка остановлена.", advice="Сначала возобновите её.")


def _checked(db: Session, wish: WebhookWish) -> WebhookWish:
    name, url = wish.name.replace("\x00", "").strip(), wish.url.strip()
    events = list(dict.fromkeys(wish.events))
    errors: dict[str, str] = {}
    if not name:
        errors["name"] = sentence("Назовите систему, которая получает события.")
    elif len(name) > LONGEST_NAME:
        errors["name"] = sentence("Не длиннее %(count)s знаков.", count=LONGEST_NAME)
    if wrong := sending.objection(db.portal.config, url):
        errors["url"] = wrong
    unknown = sorted(set(events) - db.portal.webhooks.kinds.keys())
    if not events:
        errors["events"] = sentence("Отметьте хотя бы одно событие.")
    elif unknown:
        errors["events"] = sentence("Нет такого события: %(names)s.", names=", ".join(unknown)[:200])
    if errors:
        raise Invalid(
            "Не сохранено: в форме есть ошибки.",
            advice="Исправьте отмеченное и отправьте снова.",
            fields=errors,
        )
    return WebhookWish(name=name, url=url, events=events)


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {"name": webhook.name, "url": webhook.url, "events": list(webhook.events)}


def _changed(
    db: Session,
    actor: Actor,
    webhook: Webhook,
    step: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    switches.raise_version(db)
    record(
        db,
        actor,
        webhook.organization_id,
        Change(
            action=f"core.webhook.{step}",
            subject_type="webhook",
            subject_id=str(webhook.id),
            before=before,
            after=after,
        ),
    )
