"""«Поддержка»: the contact of the region and a form that takes the error's number along; and answering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.identity.sessions import Visit
from core.roles.actor import Actor
from core.support import answering, asking
from core.support.answering import Answer
from core.support.asking import ANSWER, Circumstances, Question, StrangersQuestion
from core.web.devices import device_name
from core.web.guards import needs
from core.web.pages import Page, local_path, redirect, render
from core.web.struct_form import form_fields, parse_form
from core.web.support_list import STATES, support_list_routes
from core.web.visit import client_address

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/support", sync_to_thread=True, include_in_schema=False)
def support(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Page:
    """Whom to ask, and the form; an error page leads here with its number."""
    asked = request.query_params
    with database.reading() as db:
        return _page(
            db, request, visit.actor, {"error_id": asked.get("error", ""), "page": asked.get("page", "")}
        )


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor | None,
    known: Mapping[str, Any],
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    error_id, page = str(known.get("error_id", "")), str(known.get("page", ""))
    return render(
        request,
        "support/ask.html",
        status=wrong.status if wrong else 200,
        help=asking.help_for(db, actor),
        error_id=error_id if asking.ERROR_ID.fullmatch(error_id) else "",
        page=local_path(page, "")[: asking.LONGEST_PAGE],
        fields=form_fields(
            Question if actor else StrangersQuestion, typed=typed, errors=wrong.fields if wrong else None
        ),
        wrong=wrong,
        mine=asking.own_messages(db, actor) if actor and actor.person_id else [],
        states=STATES,
        sent=request.query_params.get("sent", ""),
    )


@post(
    "/support",
    sync_to_thread=True,
    opt={"public": "whoever cannot sign in needs help most; floods are slowed down"},
    include_in_schema=False,
)
def ask(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Send a question; with errors the form comes back as it was typed."""
    try:
        question = parse_form(Question if visit.actor else StrangersQuestion, data)
        known = Circumstances(
            error_id=str(data.get("error_id", "")),
            page=local_path(str(data.get("page", "")), ""),
            program=request.headers.get("user-agent", ""),
            address=client_address(request),
        )
        with database.transaction() as db:
            asking.ask(db, visit.actor, question, known)
    except PortalError as wrong:
        with database.reading() as db:
            return _page(db, request, visit.actor, data, data, wrong)
    return redirect("/support?sent=yes")


@get(
    "/support/messages/{message_id:uuid}",
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    include_in_schema=False,
)
def show_message(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    message_id: FromPath[UUID],
) -> Page:
    """A question with what the portal knows of its circumstances, and the form of the answer."""
    with database.reading() as db:
        return _message(db, request, actor, message_id)


def _message(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    message_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    card = answering.message_card(db, actor, message_id)
    return render(
        request,
        "support/message.html",
        status=wrong.status if wrong else 200,
        card=card,
        state=STATES[card.line.status],
        device=device_name(card.message.program),
        fields=form_fields(Answer, typed=typed, errors=wrong.fields if wrong else None),
        done=request.query_params.get("done", ""),
    )


@post(
    "/support/messages/{message_id:uuid}",
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    include_in_schema=False,
)
def answer(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    message_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Answer a question."""
    try:
        wanted = parse_form(Answer, data)
        with database.transaction() as db:
            answering.answer(db, actor, message_id, wanted)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _message(db, request, actor, message_id, data, wrong)
    return redirect(f"/support/messages/{message_id}?done=answered")


support_routes: list[Any] = [support, ask, *support_list_routes, show_message, answer]
