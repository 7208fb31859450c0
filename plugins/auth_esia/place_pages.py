"""«Роль по данным Госуслуг»: the request for a role that Gosuslugi suggest, filled in beforehand."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core.database.engine import Database
from core.errors import Invalid, NotFound
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.i18n import sentence
from core.web.pages import Page, redirect, render
from plugins.auth_esia import places
from plugins.auth_esia.addresses import ROLE_PATH

AnyRequest = Request[Any, Any, Any]
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
LONGEST_DOCUMENT = 300


@get(ROLE_PATH, guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def proposed_roles(
    request: AnyRequest, actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """What may be asked for, each with its form."""
    return _page(request, actor, database)


@post(ROLE_PATH, guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def ask_for_role(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Send the request for one of them."""
    organization, document = str(data.get("organization", "")), str(data.get("document", ""))
    document = document.replace("\x00", "").strip()
    try:
        if len(document) > LONGEST_DOCUMENT:
            raise Invalid(
                "Запрос не отправлен: слишком длинный текст.",
                fields={"document": sentence("Не длиннее %(most)s знаков.", most=LONGEST_DOCUMENT)},
            )
        with database.transaction() as db:
            sent = places.ask(db, actor, _as_id(organization), document)
    except Invalid as wrong:
        return _page(request, actor, database, chosen=organization, typed=document, wrong=wrong)
    return redirect(f"/requests/{sent.id}")


def _page(
    request: AnyRequest,
    actor: Actor,
    database: Database,
    *,
    chosen: str = "",
    typed: str = "",
    wrong: Invalid | None = None,
) -> Page:
    with database.reading() as db:
        offered = places.proposals(db, actor.account_id) if actor.account_id else ()
    return render(
        request,
        "auth_esia/roles.html",
        status=wrong.status if wrong else 200,
        offered=offered,
        chosen=chosen,
        typed=typed,
        errors=dict(wrong.fields) if wrong else {},
    )


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("Такой организации нет.", advice="Обновите страницу.") from None


place_routes: list[Any] = [proposed_roles, ask_for_role]
