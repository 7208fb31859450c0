"""Settings of one's own account: roles, look, sessions, access tokens, one's own data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core import personal_data
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.identity import directory as people
from core.identity import sessions, tokens
from core.identity.models import SignInSession
from core.identity.sessions import Visit
from core.portal import Portal
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.own import own_roles, resting_roles
from core.web.devices import device_name
from core.web.guards import signed_in
from core.web.i18n import gettext as _
from core.web.pages import Page, local_path, redirect, render
from core.web.session_pages import signed_out
from core.web.slots import render_slot

FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)
Typed = Annotated[dict[str, Any], FormBody]
DAYS = (30, 90, 365)


class EndForm(msgspec.Struct, kw_only=True):
    """Which session to end; without one, all but the present, or with `everywhere` that one too."""

    session_id: UUID | None = None
    everywhere: str = ""


class RevokeForm(msgspec.Struct, kw_only=True):
    """Which token to end."""

    token_id: UUID


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in; `way` is how, in words, empty if that is not known."""

    id: UUID
    device: str
    way: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


class ShownToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, with its scopes in plain words."""

    id: UUID
    name: str
    scopes: list[str]
    used_at: Any
    expires_at: Any


@get("/account", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def account(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Page:
    """One's own account."""
    with database.reading() as db:
        return _page(db, request, actor, visit)


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    visit: Visit,
    *,
    new_token: str = "",
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Page:
    scopes = db.portal.grants.scopes
    card = people.card(db, actor, require_person(actor))
    usable = [scope for scope in scopes.values() if any(actor.can(each) for each in scope.permissions)]
    return render(
        request,
        "account/page.html",
        status=422 if errors else 200,
        headers={"cache-control": "no-store"} if new_token else None,
        card=card,
        pieces=render_slot(request, db, actor, "account.page", card.person),
        sessions=own_sessions(db, actor, visit),
        tokens=[
            ShownToken(
                id=each.id,
                name=each.name,
                scopes=[str(scopes[name].title) if name in scopes else name for name in each.scopes],
                used_at=each.used_at,
                expires_at=each.expires_at,
            )
            for each in tokens.tokens_of(db, actor)
        ],
        scopes=usable,
        own_roles={each.id: each for each in own_roles(db, actor)},
        resting_roles=resting_roles(db, actor),
        choosing=not visit.role_chosen,
        next=local_path(request.query_params.get("next")) if not visit.role_chosen else "/account",
        new_token=new_token,
        typed=typed or {},
        errors=errors or {},
        done={
            "sessions": _("Сеанс завершён."),
            "revoked": _("Ключ отозван и больше не действует."),
            "lent": _("Права переданы. Коллега узнает об этом из уведомления."),
            "returned": _("Права возвращены."),
        }.get(request.query_params.get("done", ""), ""),
    )


def own_sessions(db: Session, actor: Actor, visit: Visit) -> list[ShownSession]:
    """Where one is signed in, this browser first."""
    providers = {each.name: each for _plugin, each in db.portal.plugins.each("identity_providers")}

    def way(session: SignInSession) -> str:
        provider = providers.get(session.provider)
        if provider is None:
            return ""
        return _(provider.way(session.provider_state) if provider.way else provider.title)

    found = [
        ShownSession(
            id=each.id,
            device=device_name(each.user_agent),
            way=way(each),
            address=each.address,
            created_at=each.created_at,
            seen_at=each.seen_at,
            current=each.id == visit.session_id,
        )
        for each in sessions.sessions_of(db, actor)
    ]
    return sorted(found, key=lambda each: not each.current)


@post("/account/sessions/end", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def end_sessions(
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[EndForm, FormBody],
) -> Page:
    """End one session, or all but the present one; `everywhere` is signing out here too."""
    with database.transaction() as db:
        sessions.end_other(db, actor, data.session_id, visit.session_id)
        own = sessions.end(db, visit.token_hash) if data.everywhere else None
    if own is not None:
        return signed_out(portal, own, everywhere=True)
    return redirect("/account?done=sessions#sessions-title")


@post("/account/tokens", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def create_token(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make a token and show it, this once."""
    chosen = data.get("scopes", [])
    scopes: list[str] = [str(each) for each in chosen] if isinstance(chosen, list) else [str(chosen)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    try:
        days = int(str(data.get("days", "")))
        if days not in DAYS:
            raise ValueError
    except ValueError:
        days = 0
    try:
        with database.transaction() as db:
            if not days:
                raise Invalid(_("Ключ доступа не создан."), fields={"days": _("Выберите срок из списка.")})
            _token, text = tokens.create(db, actor, str(data.get("name", "")), scopes, days)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _page(
                db, request, actor, visit, typed={**data, "scopes": scopes}, errors=dict(wrong.fields)
            )
    with database.reading(fresh=True) as db:
        return _page(db, request, actor, visit, new_token=text)


@post("/account/tokens/revoke", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def revoke_token(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[RevokeForm, FormBody],
) -> Page:
    """End a token at once."""
    with database.transaction() as db:
        tokens.revoke(db, actor, data.token_id)
    return redirect("/account?done=revoked#tokens-title")


@post(
    "/account/data",
    guards=[signed_in],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"repeatable": "the page stays open, and each download is a fresh one"},
)
def download_own_data(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> Response[bytes]:
    """Everything the portal knows about the visitor, as a zip."""
    with database.transaction() as db:
        packed = personal_data.export_own(db, actor)
    return Response(
        packed,
        media_type="application/zip",
        headers={
            "content-disposition": 'attachment; filename="my-data.zip"',
            "cache-control": "no-store",
        },
        status_code=200,
    )


account_routes: list[Any] = [
    account,
    end_sessions,
    create_token,
    revoke_token,
    download_own_data,
]
