"""Pages of webhooks: the list, the card with its deliveries, the form, the secret that is shown once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext, lazy
from core.web.pages import Page, redirect, render
from core.webhooks import registering
from core.webhooks.delivering import body_of
from core.webhooks.kinds import TEST
from core.webhooks.models import (
    DELIVERED,
    FAILED,
    MANAGE,
    OFF,
    ON,
    PAUSED,
    WAITING,
    Webhook,
    WebhookDelivery,
)
from core.webhooks.registering import WebhookWish

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
SHOWN = 10
PAGE_SIZE = 50
MOST_SHOWN = 200
STATES: Mapping[str, tuple[str, str, str]] = {
    ON: (lazy("Отправляется"), "positive", ""),
    PAUSED: (lazy("Приостановлена"), "", "pause"),
    OFF: (lazy("Выключена порталом"), "danger", ""),
}
"""Of a webhook: words, tone, picture."""

OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    WAITING: (lazy("Ждёт"), "", "clock"),
    DELIVERED: (lazy("Доставлено"), "positive", ""),
    FAILED: (lazy("Не доставлено"), "danger", ""),
}
"""Of a delivery: words, tone, picture."""


class StepForm(msgspec.Struct, kw_only=True):
    """What is to be done with a webhook; `delivery` is the one to repeat."""

    step: str
    delivery: str = ""


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with the words for it and the text that is sent."""

    row: WebhookDelivery
    title: str
    state: tuple[str, str, str]
    body: str


@get("/webhooks", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def webhook_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Webhooks of the organization and of those below it."""
    with database.reading() as db:
        rows = db.execute(
            registering.webhook_rows(actor)
            .add_columns(Organization.short_name)
            .join(Organization, Organization.id == Webhook.organization_id)
            .order_by(Organization.search_key, Webhook.name, Webhook.id)
            .limit(MOST_SHOWN)
        ).all()
        return render(
            request,
            "webhooks/list.html",
            rows=rows,
            states=STATES,
            own=actor.organization_id,
            done=request.query_params.get("done", ""),
        )


@get("/webhooks/new", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def new_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form of a new webhook."""
    actor.require(MANAGE)
    with database.reading() as db:
        return _form(db, request, None)


@post("/webhooks/new", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def create(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make a webhook and show its secret, this once."""
    wish = _wish(data)
    try:
        with database.transaction() as db:
            made, secret = registering.connect(db, actor, wish)
            name, webhook_id = made.name, made.id
    except Invalid as wrong:
        with database.reading() as db:
            return _form(db, request, None, typed=wish, errors=wrong.fields)
    return _secret(request, webhook_id, name, secret, is_new=True)


@get("/webhooks/{webhook_id:uuid}", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def webhook_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
) -> Page:
    """A webhook: where it leads, what it hears, what was sent of late."""
    with database.reading(fresh=True) as db:
        webhook = registering.webhook_for(db, actor, webhook_id)
        return render(
            request,
            "webhooks/card.html",
            webhook=webhook,
            keeper=db.get_one(Organization, webhook.organization_id),
            state=STATES[webhook.state],
            titles=[title for name, title in _events(db) if name in webhook.events],
            waiting=registering.waiting_count(db, webhook),
            deliveries=_shown(db, registering.deliveries_of(db, webhook, limit=SHOWN)[:SHOWN]),
            has_failed=bool(registering.deliveries_of(db, webhook, state=FAILED, limit=1)),
            done=request.query_params.get("done", ""),
        )


@post("/webhooks/{webhook_id:uuid}", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def webhook_step(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
    data: Annotated[StepForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Try, pause, resume, repeat, give a new secret, delete once that is confirmed."""
    card = f"/webhooks/{webhook_id}"
    with database.transaction() as db:
        match data.step:
            case "test":
                registering.try_out(db, actor, webhook_id)
            case "pause":
                registering.pause(db, actor, webhook_id)
            case "resume":
                registering.resume(db, actor, webhook_id)
            case "repeat":
                registering.repeat(db, actor, webhook_id, _id(data.delivery))
            case "repeat_failed":
                registering.repeat_failed(db, actor, webhook_id)
            case "rotate":
                webhook, secret = registering.rotate(db, actor, webhook_id)
                return _secret(request, webhook_id, webhook.name, secret, is_new=False)
            case "ask_delete" | "ask_rotate":
                webhook = registering.webhook_for(db, actor, webhook_id)
                waiting = registering.waiting_count(db, webhook)
                return render(
                    request, "webhooks/sure.html", webhook=webhook, waiting=waiting, step=data.step[4:]
                )
            case "delete":
                registering.disconnect(db, actor, webhook_id)
                return redirect("/webhooks?done=deleted")
            case _:
                raise Invalid("Не указано, что сделать.", advice="Обновите страницу.")
    return redirect(f"{card}?done={data.step}#deliveries-title")


@get("/webhooks/{webhook_id:uuid}/edit", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False)
def edit_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
) -> Page:
    """The form of a webhook."""
    with database.reading() as db:
        return _form(db, request, registering.webhook_for(db, actor, webhook_id))


@post(
    "/webhooks/{webhook_id:uuid}/edit", guards=[needs(MANAGE)], sync_to_thread=True, include_in_schema=False
)
def save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Change a webhook."""
    wish = _wish(data)
    try:
        with database.transaction() as db:
            registering.change(db, actor, webhook_id, wish)
    except Invalid as wrong:
        with database.reading() as db:
            webhook = registering.webhook_for(db, actor, webhook_id)
            return _form(db, request, webhook, typed=wish, errors=wrong.fields)
    return redirect(f"/webhooks/{webhook_id}?done=saved")


@get(
    "/webhooks/{webhook_id:uuid}/deliveries",
    guards=[needs(MANAGE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def delivery_list(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    webhook_id: FromPath[UUID],
) -> Page:
    """Everything that was sent of late, or is still to be sent."""
    state = request.query_params.get("state", "")
    state = state if state in OUTCOMES else ""
    before = request.query_params.get("before", "")
    with database.reading(fresh=True) as db:
        webhook = registering.webhook_for(db, actor, webhook_id)
        rows = registering.deliveries_of(
            db, webhook, state=state, before=_id(before) if before else None, limit=PAGE_SIZE
        )
        return render(
            request,
            "webhooks/deliveries.html",
            webhook=webhook,
            deliveries=_shown(db, rows[:PAGE_SIZE]),
            outcomes=[("", gettext("Все")), *((name, gettext(words[0])) for name, words in OUTCOMES.items())],
            state=state,
            next=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("Такой доставки нет.", advice="Обновите страницу.") from error


def _events(db: Session) -> list[tuple[str, str]]:
    return [(name, gettext(kind.title)) for name, kind in db.portal.webhooks.kinds.items()]


def _wish(data: Mapping[str, Any]) -> WebhookWish:
    chosen = data.get("events", [])
    events = cast("list[Any]", chosen) if isinstance(chosen, list) else [chosen]
    return WebhookWish(
        name=str(data.get("name", "")), url=str(data.get("url", "")), events=[str(each) for each in events]
    )


def _form(
    db: Session,
    request: Request[Any, Any, Any],
    webhook: Webhook | None,
    *,
    typed: WebhookWish | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    return render(
        request,
        "webhooks/form.html",
        status=422 if errors else 200,
        webhook=webhook,
        shown=typed or webhook or WebhookWish(name="", url="", events=()),
        choices=_events(db),
        errors=errors or {},
    )


def _secret(
    request: Request[Any, Any, Any], webhook_id: UUID, name: str, secret: str, *, is_new: bool
) -> Page:
    return render(
        request, "webhooks/secret.html", webhook_id=webhook_id, name=name, secret=secret, is_new=is_new
    )


def _shown(db: Session, rows: Sequence[WebhookDelivery]) -> list[DeliveryShown]:
    titles = {**dict(_events(db)), TEST: gettext("Проверка")}
    return [
        DeliveryShown(
            row=row,
            title=titles.get(row.event, row.event),
            state=OUTCOMES[row.state],
            body=body_of(row.event, row.at, row.content).decode(),
        )
        for row in rows
    ]


webhook_routes: list[Any] = [
    webhook_list,
    new_form,
    create,
    webhook_card,
    webhook_step,
    edit_form,
    save,
    delivery_list,
]
