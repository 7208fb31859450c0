"""The page «Бумаги и выгрузки»: ordering what takes long, and what has been ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Invalid, PortalError
from core.portal import Portal
from core.retention.rules import days_kept
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from plugins.journal.papers.orders import (
    ARCHIVE,
    JOURNAL,
    ORDER,
    call_off,
    delete_order,
    kinds_for,
    order_paper,
    orderable_classes,
    ordered_papers,
    repeat_order,
)
from plugins.journal.reports.tabs import tabs

HERE = "/journal/papers"
FORM = RequestEncodingType.URL_ENCODED
DONE = {
    "ordered": lazy("Заказано. Страницу можно закрыть: когда файл будет готов, придёт уведомление."),
    "stopped": lazy("Работа остановлена."),
    "deleted": lazy("Заказ и его файл удалены."),
}


@dataclass
class OrderForm:
    """What is to be made, and of which class."""

    kind: str = JOURNAL
    class_id: str = ""


@get(HERE, guards=[needs(ORDER)], sync_to_thread=True, include_in_schema=False)
def papers(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    done: FromQuery[str] = "",
    class_id: FromQuery[str] = "",
) -> Page:
    """What can be ordered and what has been."""
    return _page(request, actor, portal, database, OrderForm(class_id=class_id), done=done)


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    portal: Portal,
    database: Database,
    typed: OrderForm,
    *,
    done: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        classes = orderable_classes(db, actor)
        orders = ordered_papers(db, actor)
    return render(
        request,
        "journal/papers.html",
        status=error.status if error else 200,
        kinds=[(name, _(str(title))) for name, title in kinds_for(actor).items()],
        classes=[(str(each.id), each.name) for each in classes],
        orders=orders,
        waiting=any(each.waiting for each in orders),
        typed=typed,
        days=days_kept("papers", portal.config, datetime.now(UTC).date()),
        done=DONE.get(done, ""),
        message=_(error.message) if error else "",
        errors={"kind": "", "class_id": "", **(error.fields if error else {})},
        tabs=tabs(actor, HERE),
    )


@post(HERE, guards=[needs(ORDER)], sync_to_thread=True, include_in_schema=False)
def paper_ordered(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[OrderForm, Body(media_type=FORM)],
) -> Page:
    """Order a paper; the form comes back with its errors."""
    try:
        class_id = UUID(data.class_id) if data.class_id and data.kind != ARCHIVE else None
    except ValueError:
        class_id = None
    try:
        with database.transaction() as db:
            order_paper(db, actor, data.kind, class_id)
    except Invalid as error:
        return _page(request, actor, portal, database, data, error=error)
    return redirect(f"{HERE}?done=ordered")


@post(f"{HERE}/{{order_id:uuid}}/cancel", guards=[needs(ORDER)], sync_to_thread=True, include_in_schema=False)
def paper_called_off(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> Page:
    """Stop what is being made."""
    with database.transaction() as db:
        call_off(db, actor, order_id)
    return redirect(f"{HERE}?done=stopped")


@post(f"{HERE}/{{order_id:uuid}}/repeat", guards=[needs(ORDER)], sync_to_thread=True, include_in_schema=False)
def paper_repeated(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> Page:
    """Order the same again."""
    with database.transaction() as db:
        repeat_order(db, actor, order_id)
    return redirect(f"{HERE}?done=ordered")


@post(f"{HERE}/{{order_id:uuid}}/delete", guards=[needs(ORDER)], sync_to_thread=True, include_in_schema=False)
def paper_deleted(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> Page:
    """Delete an order with its file."""
    with database.transaction() as db:
        delete_order(db, actor, order_id)
    return redirect(f"{HERE}?done=deleted")


order_page_routes: list[Any] = [papers, paper_ordered, paper_called_off, paper_repeated, paper_deleted]
