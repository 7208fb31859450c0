"""Pages of requests: one's own, those to decide, a new one, and the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request as HttpRequest
from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.requests import workflow
from core.requests.kinds import present_values
from core.roles.actor import Actor
from core.web.guards import needs, signed_in
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.struct_form import form_fields, parse_form

FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)
KIND_FIELD = "_kind"


class StepForm(msgspec.Struct, kw_only=True):
    """A step on a request, with what was said."""

    step: str = "comment"
    text: str = ""


@get("/requests", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def request_list(
    request: HttpRequest[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """One's own requests, or those that wait for a decision."""
    asked = request.query_params.get("tab", "")
    before = _as_id(request.query_params.get("before", ""))
    limit = workflow.PAGE_SIZE
    with database.reading() as db:
        may_decide = workflow.decides_anything(db, actor)
        tab = asked if asked in ("mine", "decide", "closed") and (may_decide or asked == "mine") else ""
        tab = tab or ("decide" if may_decide else "mine")
        if tab == "mine":
            lines = workflow.mine(db, actor, before, limit)
        else:
            lines = workflow.to_decide(db, actor, before, limit, closed=tab == "closed")
        more = len(lines) > limit
        lines = lines[:limit]
        return render(
            request,
            "requests/list.html",
            lines=lines,
            tab=tab,
            may_decide=may_decide,
            may_send=bool(workflow.kinds_for(db, actor)),
            has_role=actor.role is not None,
            next_url=f"?tab={tab}&before={lines[-1].request.id}" if more else "",
        )


@get("/requests/new", guards=[needs("core.requests.send")], sync_to_thread=True, include_in_schema=False)
def new_request(
    request: HttpRequest[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form of a kind, or the choice among the kinds."""
    name = request.query_params.get("kind", "")
    with database.reading() as db:
        if not name:
            return render(request, "requests/choose.html", kinds=workflow.kinds_for(db, actor))
        return _form(db, request, actor, name)


def _form(
    db: Session,
    request: HttpRequest[Any, Any, Any],
    actor: Actor,
    name: str,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Page:
    kind = workflow.kind_for(db, actor, name)
    fields = form_fields(kind.form, present_values(db, actor, name), typed=typed, errors=errors)
    return render(
        request,
        "requests/new.html",
        status=422 if errors else 200,
        kind=kind,
        fields=fields,
        errors=errors or {},
    )


@post("/requests", guards=[needs("core.requests.send")], sync_to_thread=True, include_in_schema=False)
def send_request(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[dict[str, Any], FormBody],
) -> Page:
    """Send a request; with errors the form comes back as it was typed."""
    name = str(data.get(KIND_FIELD, ""))
    with database.reading() as db:
        kind = workflow.kind_for(db, actor, name)
        try:
            values = parse_form(kind.form, data)
        except Invalid as wrong:
            return _form(db, request, actor, name, data, dict(wrong.fields))
    with database.transaction() as db:
        sent = workflow.send(db, actor, name, values)
    return redirect(f"/requests/{sent.id}")


@get("/requests/{request_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def request_card(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
) -> Page:
    """A request with its history."""
    with database.reading() as db:
        return _card(db, request, actor, request_id)


def _card(
    db: Session,
    request: HttpRequest[Any, Any, Any],
    actor: Actor,
    request_id: UUID,
    *,
    typed: str = "",
    errors: dict[str, str] | None = None,
) -> Page:
    card = workflow.card(db, actor, request_id)
    fields = form_fields(card.kind.form, card.request.values) if card.kind is not None else []
    return render(
        request,
        "requests/card.html",
        status=422 if errors else 200,
        card=card,
        asked=card.request,
        fields=fields,
        typed=typed,
        errors=errors or {},
    )


@post("/requests/{request_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def step(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: Annotated[StepForm, FormBody],
) -> Page:
    """Comment, begin to look at it, approve, reject or withdraw; who may is decided by the workflow."""
    steps: dict[str, Callable[[Session], None]] = {
        "comment": lambda db: workflow.comment(db, actor, request_id, data.text),
        "take": lambda db: workflow.take(db, actor, request_id),
        "approve": lambda db: workflow.approve(db, actor, request_id, data.text),
        "reject": lambda db: workflow.reject(db, actor, request_id, data.text),
        "withdraw": lambda db: workflow.withdraw(db, actor, request_id),
    }
    if data.step not in steps:
        raise Invalid(_("Такого шага нет."), advice=_("Обновите страницу."))
    try:
        with database.transaction() as db:
            steps[data.step](db)
    except Invalid as wrong:
        with database.reading() as db:
            return _card(db, request, actor, request_id, typed=data.text, errors=dict(wrong.fields))
    return redirect(f"/requests/{request_id}")


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


request_routes: list[Any] = [request_list, new_request, send_request, request_card, step]
