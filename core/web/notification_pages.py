"""The bell's page, and notifications for programs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from core import notifications
from core.api.lists import problems
from core.database.engine import Database
from core.notifications import NotificationPage
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import Connection, signed_in
from core.web.pages import Page, redirect, render
from core.web.visit import visit_of


class UnreadOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many notifications are unread."""

    unread: Annotated[int, Meta(description="Сколько уведомлений не прочитано.")]


class MarkedOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many notifications were marked as read."""

    marked: Annotated[int, Meta(description="Сколько уведомлений отмечено прочитанными.")]


async def own_notifications(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: a browser reads its own person's notifications; a token needs the scope for it."""
    visit = visit_of(connection)
    if visit.by_token and visit.actor is not None:
        visit.actor.require(notifications.READ_PERMISSION)


@get("/notifications", guards=[signed_in, own_notifications], sync_to_thread=True, include_in_schema=False)
def notifications_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    unread: FromQuery[bool] = False,
    before: FromQuery[UUID | None] = None,
) -> Page:
    """The person's notifications, the newest first; `?unread=true` keeps those not read yet."""
    with database.reading() as db:
        page = notifications.list_notifications(db, actor, unread_only=unread, before=before)
        count = notifications.unread_count(db, actor)
    kinds = notifications.kinds_of(portal)
    filtered = "unread=true&" if unread else ""
    return render(
        request,
        "notifications.html",
        lines=page.items,
        kinds=kinds,
        unread_only=unread,
        unread_count=count,
        later=before is not None,
        first_url=f"/notifications{'?unread=true' if unread else ''}",
        next_url=f"/notifications?{filtered}before={page.next}" if page.next else "",
    )


@get(
    "/notifications/unread",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    include_in_schema=False,
)
def count_unread(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> UnreadOut:
    """The bell's number."""
    with database.reading(fresh=True) as db:
        return UnreadOut(unread=notifications.unread_count(db, actor))


@post(
    "/notifications/{notification_id:uuid}/read",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    include_in_schema=False,
)
def read_one(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    notification_id: FromPath[UUID],
) -> Page:
    """Mark a notification as read and go where it leads."""
    with database.transaction() as db:
        url = notifications.mark_read(db, actor, notification_id)
    return redirect(url or "/notifications")


@post(
    "/notifications/read-all",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    include_in_schema=False,
)
def read_all(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> Page:
    """Mark everything as read."""
    with database.transaction() as db:
        notifications.mark_all_read(db, actor)
    return redirect("/notifications")


@get(
    "/api/v1/notifications",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    tags=["notifications"],
    summary="Свои уведомления",
    description="Сначала новые. Чтобы читать дальше, передайте `next` ответа в `before`.",
    responses=problems(422),
)
def list_for_program(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    unread: Annotated[bool, QueryParameter(description="Только непрочитанные.")] = False,
    before: Annotated[
        UUID | None, QueryParameter(description="Уведомления раньше этого: значение `next` прошлого ответа.")
    ] = None,
    limit: Annotated[
        int, QueryParameter(description="Сколько уведомлений вернуть, не больше 200.")
    ] = notifications.PAGE_SIZE,
) -> NotificationPage:
    """One's own notifications, the newest first; pass `next` as `before` for the older ones."""
    with database.reading() as db:
        return notifications.list_notifications(db, actor, unread_only=unread, before=before, limit=limit)


@post(
    "/api/v1/notifications/{notification_id:uuid}/read",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    tags=["notifications"],
    summary="Отметить уведомление прочитанным",
    description="Отвечает, сколько непрочитанных осталось.",
    responses=problems(404, 409, 422),
)
def read_one_for_program(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    notification_id: FromPath[UUID],
) -> UnreadOut:
    """Mark one of one's own notifications as read; returns how many are left."""
    with database.transaction() as db:
        notifications.mark_read(db, actor, notification_id)
        db.flush()
        return UnreadOut(unread=notifications.unread_count(db, actor))


@post(
    "/api/v1/notifications/read-all",
    guards=[signed_in, own_notifications],
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    tags=["notifications"],
    summary="Отметить прочитанными все уведомления",
    responses=problems(409, 422),
)
def read_all_for_program(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> MarkedOut:
    """Mark all of one's own notifications as read."""
    with database.transaction() as db:
        return MarkedOut(marked=notifications.mark_all_read(db, actor))


notification_routes = [
    notifications_page,
    count_unread,
    read_one,
    read_all,
    list_for_program,
    read_one_for_program,
    read_all_for_program,
]
