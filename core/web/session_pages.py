"""Signing in and out, choosing a role, and how one wants to see the portal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from sqlalchemy import update

from core.database.engine import Database
from core.identity import sessions
from core.identity.ended_sessions import REMEMBERED
from core.identity.models import Account, SignInSession
from core.identity.sessions import Visit
from core.portal import Portal
from core.roles.actor import Actor
from core.web import cookies, session_end
from core.web.frame import View, view_cookie
from core.web.guards import signed_in
from core.web.i18n import LOCALES
from core.web.pages import Page, local_path, redirect, render
from core.web.visit import form_token

FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)
SIGNED_OUT = "signed out twice is signed out"
FORGOTTEN_AT_SIGN_OUT = '"cache", "storage"'
"""What a browser forgets with the session: pages it kept, for whoever presses «back» next, and drafts.

Cookies stay: how the page looks is no secret, and the provider's own sign-out needs its cookie.
"""
LEFT_SECONDS = 600
"""How long the browser knows that one has signed out, for pages that were still open."""

CHOICE = "made twice, the choice is the same; made on an older page, it is a new one"


class RoleForm(msgspec.Struct, kw_only=True):
    """Which of one's roles to act in."""

    role_id: UUID
    next: str = "/"


class ViewForm(msgspec.Struct, kw_only=True):
    """The «версия для слабовидящих» panel; an unchecked box is simply not sent."""

    contrast: str = ""
    size: int = 100
    scheme: str = "white"
    spacing: str = "normal"
    images: str = ""
    appearance: str = "auto"
    next: str = "/"


class SessionNow(msgspec.Struct, kw_only=True):
    """The session that a page asks about."""

    account: str
    token: str


class LocaleForm(msgspec.Struct, kw_only=True):
    """The language of the pages."""

    locale: str
    next: str = "/"


@get("/sign-in", sync_to_thread=True, include_in_schema=False)
def sign_in(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
) -> Page:
    """The sign-in page: one button for each identity provider."""
    target = local_path(request.query_params.get("next"))
    if visit.actor is not None:
        return redirect(target)
    with portal.database.reading(autocommit=True) as db:
        portal.switches.refresh(db)
    providers = sorted(
        (
            provider
            for plugin, provider in portal.plugins.each("identity_providers")
            if portal.switches.is_on_anywhere(plugin.name)
        ),
        key=lambda p: p.order,
    )
    return render(
        request, "sign_in.html", providers=providers, next=target, cause=session_end.cause_of(request)
    )


@get("/session", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def session_now(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[SessionNow]:
    """For the scripts of a page: whether its session goes on, whose it is, and its form token of now."""
    return Response(
        SessionNow(account=str(actor.account_id), token=form_token(request)),
        headers={"cache-control": "no-store"},
    )


@get("/signed-in", sync_to_thread=True, include_in_schema=False)
def signed_in_again(request: Request[Any, Any, Any], visit: NamedDependency[Visit]) -> Page:
    """Where the small window of signing in again ends: it tells the page that opened it, and closes."""
    if visit.actor is None:
        return redirect("/sign-in?next=/signed-in")
    return render(request, "signed_in.html")


def sign_in_cookie(portal: Portal, token: str) -> Cookie:
    """The cookie of a session just begun, for identity providers' answers."""
    # It outlives the session: who comes back with it is told why that has ended.
    lasts = timedelta(hours=portal.config.session_absolute_hours) + REMEMBERED
    return cookies.keep(portal.config, cookies.SESSION, token, seconds=int(lasts.total_seconds()))


@post(
    "/auth/logout",
    sync_to_thread=True,
    opt={"public": "signing out is harmless for whoever is not signed in", "repeatable": SIGNED_OUT},
    include_in_schema=False,
)
def sign_out(
    visit: NamedDependency[Visit], portal: NamedDependency[Portal], database: NamedDependency[Database]
) -> Page:
    """End the session here first, then at the identity provider."""
    ended = None
    if visit.session_id is not None:
        with database.transaction() as db:
            ended = sessions.end(db, visit.token_hash)
    return signed_out(portal, ended)


def signed_out(portal: Portal, ended: SignInSession | None, *, everywhere: bool = False) -> Page:
    """The way out of a browser whose session has ended; `everywhere` if all others of the account have too."""
    target = "/sign-in"
    if ended is not None:
        for _plugin, provider in portal.plugins.each("identity_providers"):
            if provider.name == ended.provider and provider.logout_url is not None:
                target = provider.logout_url(ended.provider_state) or target
    left = session_end.EVERYWHERE if everywhere else session_end.HERE
    return redirect(
        target,
        cookies=[
            cookies.drop(portal.config, cookies.SESSION),
            cookies.keep(portal.config, cookies.LEFT, left, seconds=LEFT_SECONDS),
        ],
        headers={"clear-site-data": FORGOTTEN_AT_SIGN_OUT},
    )


@post(
    "/account/role",
    guards=[signed_in],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"repeatable": CHOICE},
)
def choose_role(
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[RoleForm, FormBody],
) -> Page:
    """Act in another role; the session's token changes with it."""
    with database.transaction() as db:
        token = sessions.choose_role(db, visit, data.role_id)
    return redirect(local_path(data.next), cookies=[sign_in_cookie(portal, token)])


@post(
    "/view",
    opt={"public": "how a page looks is the visitor's own business", "repeatable": CHOICE},
    sync_to_thread=True,
    include_in_schema=False,
)
def choose_view(
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[ViewForm, FormBody],
) -> Page:
    """Keep how the visitor wants to see the portal: with the account, and in this browser."""
    view = View(
        contrast=bool(data.contrast),
        size=data.size if data.size in (100, 150, 200) else 100,
        scheme=data.scheme if data.scheme in ("white", "black", "blue", "beige") else "white",
        spacing=data.spacing if data.spacing in ("normal", "wide") else "normal",
        images=bool(data.images),
        appearance=data.appearance if data.appearance in ("auto", "light", "dark") else "auto",
    )
    if visit.actor is not None:
        preferences = {**visit.preferences, "view": msgspec.to_builtins(view)}
        with database.transaction() as db:
            db.execute(
                update(Account).where(Account.id == visit.actor.account_id).values(preferences=preferences)
            )
    kept = cookies.keep(portal.config, cookies.VIEW, view_cookie(view), days=400)
    return redirect(local_path(data.next), cookies=[kept])


@post(
    "/locale",
    opt={"public": "the language is the visitor's own business", "repeatable": CHOICE},
    sync_to_thread=True,
    include_in_schema=False,
)
def choose_locale(
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[LocaleForm, FormBody],
) -> Page:
    """Keep the visitor's language."""
    locale = data.locale if data.locale in LOCALES else portal.config.locale
    if visit.actor is not None:
        with database.transaction() as db:
            db.execute(update(Account).where(Account.id == visit.actor.account_id).values(locale=locale))
    kept = cookies.keep(portal.config, cookies.LOCALE, locale, days=400)
    return redirect(local_path(data.next), cookies=[kept])


session_routes = [sign_in, session_now, signed_in_again, sign_out, choose_role, choose_view, choose_locale]
