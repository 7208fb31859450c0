"""«Вопросы в поддержку»: a question with its conversation for those who answer, and their answers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.portal import Portal
from core.roles.actor import Actor
from core.support import answering
from core.support.attached import ANSWER
from core.web.devices import device_name
from core.web.guards import needs
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.support.support_list import STATES, support_list_routes
from core.web.uploads import received

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
DONE = {"answered": lazy("Ответ отправлен."), "closed": lazy("Вопрос закрыт.")}


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
    """A question with what the portal knows of its circumstances, the conversation, and the form of the answer."""
    with database.reading() as db:
        return _message(db, request, actor, message_id)


def _message(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    message_id: UUID,
    typed: str = "",
    wrong: PortalError | None = None,
) -> Page:
    card = answering.message_card(db, actor, message_id)
    return render(
        request,
        "support/message.html",
        status=wrong.status if wrong else 200,
        card=card,
        conversation=card.conversation,
        state=STATES[card.line.status],
        device=device_name(card.conversation.message.program),
        typed=typed,
        errors=dict(wrong.fields) if wrong else {},
        wrong=wrong,
        done=DONE.get(request.query_params.get("done", ""), ""),
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
    portal: NamedDependency[Portal],
    message_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Answer a question, or close it; with errors the form comes back as it was typed."""
    text, close = str(data.get("text", "")), data.get("step") == "close"
    with database.reading() as db:
        answering.message_card(db, actor, message_id)
    try:
        files = received(portal.files, data)
        with database.transaction() as db:
            answering.answer(db, actor, message_id, text, files, close=close)
    except PortalError as wrong:
        with database.reading(fresh=True) as db:
            return _message(db, request, actor, message_id, text, wrong)
    return redirect(f"/support/messages/{message_id}?done={'closed' if close else 'answered'}")


answering_routes: list[Any] = [*support_list_routes, show_message, answer]
