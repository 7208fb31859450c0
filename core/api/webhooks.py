"""Webhooks for programs: who hears of events, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext
from core.webhooks import registering
from core.webhooks.models import MANAGE, Webhook, WebhookDelivery
from core.webhooks.registering import WebhookWish

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        description="Как называется система, которая получает события.",
        examples=["Региональная аналитика"],
    ),
]
Url = Annotated[
    str,
    Meta(
        max_length=1000,
        description="Куда отправлять: https://, без имени и пароля, не внутрь сети портала.",
        examples=["https://analytics.example.ru/portal"],
    ),
]
Events = Annotated[
    list[Annotated[str, Meta(max_length=80)]],
    Meta(max_length=100, description="События из `/api/v1/webhook-events`.", examples=[["marks.set"]]),
]
Secret = Annotated[
    str, Meta(description="Секрет для проверки подписи, `whsec_…`. Больше его нигде не увидеть: сохраните.")
]
State = Annotated[
    str,
    Meta(
        description="`on` – отправляется, `paused` – приостановлена, `off` – выключена порталом после долгой неудачи."
    ),
]


class WebhookEventOut(msgspec.Struct, frozen=True, kw_only=True):
    """An event that can be heard of."""

    name: Annotated[str, Meta(description="Имя события: поле `type` того, что приходит.")]
    title: Annotated[str, Meta(description="Что происходит, словами.")]
    fields: Annotated[list[str], Meta(description="Что приходит в `data`: ключи, дни, версии.")]


class WebhookOut(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, without its secret."""

    id: UUID
    organization_id: Annotated[
        UUID, Meta(description="Ключ организации: приходят её события и всех, что ниже неё.")
    ]
    name: Name
    url: Url
    events: Events
    state: State
    reason: Annotated[str, Meta(description="Почему портал выключил отправку; пусто, если не выключал.")]
    failing_since: Annotated[
        datetime | None, Meta(description="С какого времени ничего не доставлено; null – доставляется.")
    ]
    old_secret_until: Annotated[
        datetime | None, Meta(description="До какого времени подписывает и прежний секрет; null – его нет.")
    ]
    created_at: datetime


class WebhookMadeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with a secret that was made just now."""

    webhook: Annotated[WebhookOut, Meta(description="Куда и что отправляется.")]
    secret: Secret


class WebhookIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook as it is to be."""

    name: Name
    url: Url
    events: Events


class DeliveryOut(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: Annotated[UUID, Meta(description="Ключ: заголовок `webhook-id`, один и тот же при повторах.")]
    event: Annotated[str, Meta(description="Имя события.")]
    data: Annotated[dict[str, Any], Meta(description="Что сказано о событии: ключи, дни, версии.")]
    at: Annotated[datetime, Meta(description="Когда произошло.")]
    state: Annotated[
        str, Meta(description="`waiting` – ждёт, `delivered` – доставлено, `failed` – не доставлено.")
    ]
    attempts: Annotated[int, Meta(description="Сколько раз отправляли.")]
    next_at: Annotated[datetime | None, Meta(description="Когда следующая попытка; null, если её не будет.")]
    tried_at: Annotated[datetime | None, Meta(description="Когда была последняя; null – ещё не было.")]
    took_ms: Annotated[int | None, Meta(description="Сколько миллисекунд она заняла.")]
    status: Annotated[int | None, Meta(description="Код ответа HTTP; null, если ответа не было.")]
    answer: Annotated[str, Meta(description="Начало ответа сервера, если это был отказ.")]
    error: Annotated[str, Meta(description="Что не получилось, словами; пусто, если получилось.")]


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries, the latest first; `next` is what to pass as `before` for the earlier ones."""

    items: list[DeliveryOut]
    next: Annotated[UUID | None, Meta(description="Значение `before` для более ранних; null, если их нет.")]


@get(
    "/api/v1/webhook-events",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="События, о которых портал сообщает",
    description="События ядра и включённых плагинов.",
    responses=problems(),
)
def list_events(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[WebhookEventOut]:
    """What can be heard of."""
    actor.require(MANAGE)
    with database.reading() as db:
        return [
            WebhookEventOut(name=kind.name, title=gettext(kind.title), fields=list(kind.fields))
            for kind in db.portal.webhooks.kinds.values()
        ]


@get(
    "/api/v1/webhooks",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Куда отправляются события",
    description="Адреса вашей организации и тех, что ниже.",
    responses=problems(422),
)
def list_webhooks(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[WebhookOut]:
    """Webhooks in reach."""
    with database.reading() as db:
        rows = db.scalars(by_key(registering.webhook_rows(actor), Webhook.id, after, limit)).all()
        return Page(
            items=[_out(row) for row in rows[:limit]],
            next=rows[limit - 1].id if len(rows) > limit else None,
        )


@post(
    "/api/v1/webhooks",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Добавить адрес для событий",
    description="Приходят события организации вашей роли и всех, что ниже неё. Секрет показывается один раз.",
    responses=problems(409, 422),
)
def create_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[WebhookIn]
) -> WebhookMadeOut:
    """Make a webhook."""
    with database.transaction() as db:
        made, secret = registering.connect(db, actor, _wish(data))
        return WebhookMadeOut(webhook=_out(made), secret=secret)


@get(
    "/api/v1/webhooks/{webhook_id:uuid}",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Один адрес для событий",
    description="Без секрета.",
    responses=problems(404),
)
def one_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> WebhookOut:
    """A webhook in reach."""
    with database.reading() as db:
        return _out(registering.webhook_for(db, actor, webhook_id))


@put(
    "/api/v1/webhooks/{webhook_id:uuid}",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Изменить адрес для событий",
    description="Название, адрес и события становятся такими, как в запросе; то, что ждёт, уйдёт на новый адрес.",
    responses=problems(404, 409, 422),
)
def change_webhook(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
    data: JSONBody[WebhookIn],
) -> WebhookOut:
    """Change a webhook."""
    with database.transaction() as db:
        return _out(registering.change(db, actor, webhook_id, _wish(data)))


@delete(
    "/api/v1/webhooks/{webhook_id:uuid}",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Удалить адрес для событий",
    description="Вместе с журналом доставок; то, что ждёт отправки, не уйдёт.",
    responses=problems(404, 409, 422),
)
def delete_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> None:
    """Delete a webhook."""
    with database.transaction() as db:
        registering.disconnect(db, actor, webhook_id)


@post(
    "/api/v1/webhooks/{webhook_id:uuid}/pause",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Приостановить отправку событий",
    description="Новые события не копятся и потом не придут. 409 – уже остановлена.",
    responses=problems(404, 409, 422),
)
def pause_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> WebhookOut:
    """Pause a webhook."""
    with database.transaction() as db:
        return _out(registering.pause(db, actor, webhook_id))


@post(
    "/api/v1/webhooks/{webhook_id:uuid}/resume",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Возобновить отправку событий",
    description="Приостановленную вами или выключенную порталом. 409 – отправка идёт.",
    responses=problems(404, 409, 422),
)
def resume_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> WebhookOut:
    """Resume a webhook."""
    with database.transaction() as db:
        return _out(registering.resume(db, actor, webhook_id))


@post(
    "/api/v1/webhooks/{webhook_id:uuid}/secret",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Сменить секрет",
    description="Новый показывается один раз; прежний сутки подписывает вместе с ним.",
    responses=problems(404, 409, 422),
)
def rotate_secret(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> WebhookMadeOut:
    """Give a webhook a new secret."""
    with database.transaction() as db:
        webhook, secret = registering.rotate(db, actor, webhook_id)
        return WebhookMadeOut(webhook=_out(webhook), secret=secret)


@post(
    "/api/v1/webhooks/{webhook_id:uuid}/test",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    status_code=202,
    tags=["webhooks"],
    summary="Отправить проверочное событие",
    description="Событие `webhook.test` уходит в фоне, один раз; что вышло, видно в доставках. 409 – остановлена.",
    responses=problems(404, 409, 422),
)
def test_webhook(
    actor: NamedDependency[Actor], database: NamedDependency[Database], webhook_id: FromPath[UUID]
) -> DeliveryOut:
    """Try a webhook out."""
    with database.transaction() as db:
        delivery_id = registering.try_out(db, actor, webhook_id)
        return _delivery(db.get_one(WebhookDelivery, delivery_id))


@get(
    "/api/v1/webhooks/{webhook_id:uuid}/deliveries",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    tags=["webhooks"],
    summary="Доставки событий",
    description="Последние сначала. Доставленное хранится три дня, остальное – тридцать.",
    responses=problems(404, 422),
)
def list_deliveries(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
    outcome: Annotated[
        Literal["waiting", "delivered", "failed"] | None,
        QueryParameter(description="Только такие: `waiting`, `delivered`, `failed`."),
    ] = None,
    before: Annotated[UUID | None, QueryParameter(description="Значение `next` прошлой страницы.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DeliveryPage:
    """Deliveries of a webhook."""
    with database.reading(fresh=True) as db:
        webhook = registering.webhook_for(db, actor, webhook_id)
        rows = registering.deliveries_of(db, webhook, state=outcome or "", before=before, limit=limit)
        return DeliveryPage(
            items=[_delivery(row) for row in rows[:limit]],
            next=rows[limit - 1].id if len(rows) > limit else None,
        )


@post(
    "/api/v1/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/repeat",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    status_code=202,
    tags=["webhooks"],
    summary="Отправить событие ещё раз",
    description="Чем бы ни кончилось раньше; с тем же ключом. 409 – отправка остановлена.",
    responses=problems(404, 409, 422),
)
def repeat_delivery(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
    delivery_id: FromPath[UUID],
) -> DeliveryOut:
    """Send a delivery again."""
    with database.transaction() as db:
        registering.repeat(db, actor, webhook_id, delivery_id)
        return _delivery(db.get_one(WebhookDelivery, delivery_id))


def _wish(data: WebhookIn) -> WebhookWish:
    return WebhookWish(name=data.name, url=data.url, events=data.events)


def _out(webhook: Webhook) -> WebhookOut:
    return WebhookOut(
        id=webhook.id,
        organization_id=webhook.organization_id,
        name=webhook.name,
        url=webhook.url,
        events=webhook.events,
        state=webhook.state,
        reason=webhook.reason,
        failing_since=webhook.failing_since,
        old_secret_until=webhook.old_until,
        created_at=webhook.created_at,
    )


def _delivery(row: WebhookDelivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        event=row.event,
        data=row.content,
        at=row.at,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at if row.state == "waiting" else None,
        tried_at=row.tried_at,
        took_ms=row.took,
        status=row.status,
        answer=row.answer,
        error=row.error,
    )


webhook_api: list[Any] = [
    list_events,
    list_webhooks,
    create_webhook,
    one_webhook,
    change_webhook,
    delete_webhook,
    pause_webhook,
    resume_webhook,
    rotate_secret,
    test_webhook,
    list_deliveries,
    repeat_delivery,
]
