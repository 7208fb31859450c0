"""«Поддержка»: the contact of the region, a form that takes the error's number along, one's own conversations."""

from __future__ import annotations

import re
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
from core.portal import Portal
from core.roles.actor import Actor
from core.support import asking, conversation
from core.support.asking import Circumstances, Question, StrangersQuestion
from core.web.guards import signed_in
from core.web.pages import Page, local_path, redirect, render
from core.web.struct_form import form_fields, parse_form
from core.web.support.answer_pages import answering_routes
from core.web.support.support_list import STATES
from core.web.uploads import received
from core.web.visit import client_address

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
NUMBER = re.compile(r"\d{8}")


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
        takes_files=actor is not None and actor.person_id is not None,
        file_error=wrong.fields.get("file", "") if wrong else "",
        number=number if NUMBER.fullmatch(number := request.query_params.get("sent", "")) else "",
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
    portal: NamedDependency[Portal],
    data: Typed,
) -> Page:
    """Send a question; with errors the form comes back as it was typed."""
    try:
        wanted = parse_form(Question if visit.actor else StrangersQuestion, data)
        known = Circumstances(
            error_id=str(data.get("error_id", "")),
            page=local_path(str(data.get("page", "")), ""),
            program=request.headers.get("user-agent", ""),
            address=client_address(request),
        )
        # Whoever is not signed in gives no files: a form open to the world would be a place to leave them.
        known_person = visit.actor is not None and visit.actor.person_id is not None
        files = received(portal.files, data) if known_person else ()
        with database.transaction() as db:
            made = asking.ask(db, visit.actor, wanted, known, files)
    except PortalError as wrong:
        with database.reading(fresh=True) as db:
            return _page(db, request, visit.actor, data, data, wrong)
    return redirect(
        f"/support/questions/{made.id}?sent=yes" if known_person else f"/support?sent={made.number}"
    )


@get("/support/questions/{message_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def question(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    message_id: FromPath[UUID],
) -> Page:
    """A question of one's own with everything said about it, and the form to write again."""
    with database.reading() as db:
        return _question(db, request, actor, message_id)


def _question(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    message_id: UUID,
    typed: str = "",
    wrong: PortalError | None = None,
) -> Page:
    found = conversation.own_conversation(db, actor, message_id)
    return render(
        request,
        "support/question.html",
        status=wrong.status if wrong else 200,
        conversation=found,
        state=STATES[found.message.status],
        typed=typed,
        errors=dict(wrong.fields) if wrong else {},
        wrong=wrong,
        sent=request.query_params.get("sent", ""),
    )


@post(
    "/support/questions/{message_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False
)
def write_again(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    message_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write to a question of one's own; with errors the form comes back as it was typed."""
    text = str(data.get("text", ""))
    with database.reading() as db:
        conversation.own_conversation(db, actor, message_id)
    try:
        files = received(portal.files, data)
        with database.transaction() as db:
            conversation.write_again(db, actor, message_id, text, files)
    except PortalError as wrong:
        with database.reading(fresh=True) as db:
            return _question(db, request, actor, message_id, text, wrong)
    return redirect(f"/support/questions/{message_id}?sent=more")


support_routes: list[Any] = [support, ask, question, write_again, *answering_routes]
