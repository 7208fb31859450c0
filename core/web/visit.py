"""Middleware of every request: who visits, in which language, and whether a change may come from there."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import structlog
from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from core.database.base import new_id
from core.errors import Forbidden, SignInNeeded
from core.identity.sessions import TOKEN_PREFIX, Visit, csrf_token, digest, visit_by_cookie, visit_by_token
from core.web import cookies, unsent_forms
from core.web.i18n import LOCALES, current_locale
from core.web.unsent_forms import CSRF_FIELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

    from core.config import Config
    from core.portal import Portal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
CSRF_HEADER = "x-csrf-token"
API = "/api/"
QUIET = ("/static/", "/healthz", "/readyz")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'; form-action 'self'{form_targets}"
)

log = structlog.get_logger("request")


def portal_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Portal:
    """The portal that serves this connection."""
    return connection.app.state.portal


def visit_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """Who is behind this connection; an empty visit where nobody has looked yet."""
    visit: Visit | None = connection.scope.get("state", {}).get("visit")
    return visit if visit is not None else Visit()


def may_change(scope: Scope) -> bool:
    """Whether the method of an HTTP request lets it change something."""
    return cast("HTTPScope", scope)["method"] not in SAFE_METHODS


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's network address; what a proxy says counts only if we trust the proxy."""
    peer = connection.client.host if connection.client else ""
    if peer not in portal_of(connection).config.trusted_proxies:
        return peer
    forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or peer


def form_token(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The token that forms of this visitor must send back."""
    state = connection.scope["state"]
    visitor: bytes = visit_of(connection).token_hash or digest(state.get("visitor", ""))
    return csrf_token(portal_of(connection).secret, visitor)


class VisitMiddleware(ASGIMiddleware):
    """Finds the visitor, chooses the language, refuses foreign changes."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope, receive, send)
        if connection.url.path.startswith(QUIET):
            await next_app(scope, receive, send)
            return
        portal = portal_of(connection)
        state: Any = scope["state"]
        request_id = state["request_id"] = new_id().hex[-12:]
        structlog.contextvars.bind_contextvars(request=request_id)
        visit = await sync_to_thread(_identify, portal, connection)
        state["visit"] = visit
        self._know_visitor(connection, visit)
        current_locale.set(_locale(connection, visit, portal.config))
        try:
            if may_change(scope) and not visit.by_token and not _open_to_others(scope):
                await _refuse_foreign(scope, receive)
            await next_app(scope, receive, send)
        finally:
            structlog.contextvars.unbind_contextvars("request")

    @staticmethod
    def _know_visitor(connection: ASGIConnection[Any, Any, Any, Any], visit: Visit) -> None:
        """Give somebody who is not signed in a name for form tokens."""
        known = cookies.sent(portal_of(connection).config, connection, cookies.VISITOR)
        state: Any = connection.scope["state"]
        state["visitor"] = known or secrets.token_urlsafe(18)
        state["fresh_visitor"] = not known and visit.actor is None


PROTECTING: Sequence[tuple[bytes, bytes]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"private, no-cache"),
)
"""What every answer tells the browser, unless its route says otherwise."""


async def add_headers(message: Message, scope: Scope) -> None:
    """Give every answer, refusals and «no such page» too, the headers that protect it."""
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    portal: Portal = scope["litestar_app"].state.portal
    state: Any = scope.get("state", {})
    wanted = [*PROTECTING, (b"content-security-policy", _policy(portal, state).encode())]
    if "request_id" in state:
        wanted.append((b"x-request-id", state["request_id"].encode()))
    if portal.config.production:
        wanted.append((b"strict-transport-security", b"max-age=31536000"))
    present = {name for name, _value in message["headers"]}
    headers = [*message["headers"], *(each for each in wanted if each[0] not in present)]
    if state.get("fresh_visitor") and state.get("form_shown"):
        cookie = cookies.keep(portal.config, cookies.VISITOR, state["visitor"])
        headers.append((b"set-cookie", cookie.to_header(header="").encode()))
    message["headers"] = headers


def _policy(portal: Portal, state: Any) -> str:
    """What a page may load: its own, and the counter of those who agreed to it."""
    policy = CONTENT_SECURITY_POLICY.format(form_targets=_form_targets(portal))
    if counter := state.get("counter_sources"):
        policy = policy.replace("img-src 'self'", f"img-src 'self' {counter}", 1)
        policy += f"; script-src 'self' {counter}; connect-src 'self' {counter}"
    return policy


def _identify(portal: Portal, connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    token = credentials.strip() if scheme.lower() == "bearer" else ""
    cookie = cookies.sent(portal.config, connection, cookies.SESSION)
    # Elsewhere a narrow token would open what only a browser's session may: making a wide token, for one.
    if token.startswith(TOKEN_PREFIX) and connection.url.path.startswith(API):
        with portal.database.reading(autocommit=True) as db:
            visit = visit_by_token(db, token)
        visit.by_token = True
        return visit
    if cookie:
        with portal.database.reading(autocommit=True) as db:
            return visit_by_cookie(db, cookie)
    return Visit()


def _locale(connection: ASGIConnection[Any, Any, Any, Any], visit: Visit, config: Config) -> str:
    chosen = visit.locale or cookies.sent(config, connection, cookies.LOCALE)
    if chosen in LOCALES:
        return chosen
    return config.locale


def _open_to_others(scope: Scope) -> bool:
    """Whether the route takes changes from elsewhere: `opt={"open_to_other_sites": "why"}`."""
    return bool(scope["route_handler"].opt.get("open_to_other_sites"))


def _form_targets(portal: Portal) -> str:
    targets = " ".join(sorted(portal.form_targets))
    return f" {targets}" if targets else ""


async def _refuse_foreign(scope: Scope, receive: Receive) -> None:
    """Raise `Forbidden` unless the change comes from a page of ours.

    Two lines of defence: what the browser says of the page's origin, and the form token.
    """
    request: Request[Any, Any, Any] = Request(scope, receive)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _foreign()
    origin = request.headers.get("origin")
    if origin and origin != "null" and not _is_ours(request, origin):
        raise _foreign()
    sent = request.headers.get(CSRF_HEADER, "")
    if not sent and request.content_type[0] in ("application/x-www-form-urlencoded", "multipart/form-data"):
        with contextlib.suppress(UnicodeDecodeError):
            sent = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(sent.encode(), form_token(request).encode()):
        had_one = cookies.sent(portal_of(request).config, request, cookies.SESSION)
        ended = had_one or not request.route_handler.opt.get("public")
        if visit_of(request).actor is None and ended:
            # The page is ours, its session has ended: its form must learn that, to keep what was typed.
            await _keep_typed(request, sent)
            raise SignInNeeded(
                "Вы не вошли или сеанс завершился.",
                advice="Войдите снова: страница откроется на том же месте.",
            )
        raise _foreign()


async def _keep_typed(request: Request[Any, Any, Any], token: str) -> None:
    """Keep a form for the next sign-in, if it is certainly one of the session that the browser's cookie names."""
    portal, ended = portal_of(request), visit_of(request).ended
    if ended is None or not hmac.compare_digest(
        token.encode(), csrf_token(portal.secret, ended.token_hash).encode()
    ):
        return
    state: Any = request.scope["state"]
    state["unsent"] = await unsent_forms.keep(portal, ended, request, page_of_form(request))


def _is_ours(connection: ASGIConnection[Any, Any, Any, Any], url: str) -> bool:
    """Whether an address leads to this portal, as the visitor or as the settings name it."""
    own = (connection.headers.get("host", ""), urlsplit(portal_of(connection).config.address).netloc)
    return urlsplit(url).netloc in own


def page_of_form(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The page from which a change was sent, as a path of this site; empty if the browser does not say."""
    url = connection.headers.get("referer", "")
    if not url or not _is_ours(connection, url):
        return ""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _foreign() -> Forbidden:
    return Forbidden(
        "Портал не узнал страницу, с которой пришло изменение, и ничего не сохранил.",
        advice="Вернитесь назад, обновите страницу и повторите действие.",
    )
