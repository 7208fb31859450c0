"""Answering with pages: rendering, redirects, and conditional requests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType

from core.web.cookies import SETUP, sent
from core.web.frame import frame
from core.web.visit import form_token, portal_of, visit_of

Page = Response[str]


def render(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **context: Any,
) -> Page:
    """A page in the visitor's theme and language; call it inside the handler, not on the event loop.

    The template sees `frame`, `csrf_token`, `actor` and `context`.
    """
    request.scope["state"]["form_shown"] = True
    shown = frame(request)
    text = portal_of(request).templates.render(
        shown.theme.name,
        template,
        {
            "frame": shown,
            "csrf_token": form_token(request),
            "actor": visit_of(request).actor,
            "timezone": timezone_of(request),
            **context,
        },
    )
    return Response(
        text, media_type=MediaType.HTML, status_code=status, headers=headers, cookies=list(cookies)
    )


def fragment(request: Request[Any, Any, Any], template: str, *, status: int = 200, **context: Any) -> Page:
    """A piece of a page for htmx: the same context without the frame."""
    visit = visit_of(request)
    from core.web.frame import theme_of

    portal = portal_of(request)
    text = portal.templates.render(
        theme_of(portal, visit.actor),
        template,
        {
            "csrf_token": form_token(request),
            "actor": visit.actor,
            "timezone": timezone_of(request),
            **context,
        },
    )
    return Response(text, media_type=MediaType.HTML, status_code=status)


def redirect(url: str, *, cookies: Sequence[Cookie] = (), headers: dict[str, str] | None = None) -> Page:
    """Send the browser to another page after a form (303)."""
    return Response(
        "",
        status_code=303,
        media_type=MediaType.HTML,
        headers={"location": url, **(headers or {})},
        cookies=list(cookies),
    )


def timezone_of(request: Request[Any, Any, Any]) -> str:
    """The zone in which this visitor's moments are shown."""
    actor = visit_of(request).actor
    return actor.role.timezone if actor and actor.role else portal_of(request).config.timezone


def page_tag(request: Request[Any, Any, Any], *stamps: object) -> str:
    """An ETag for a page that depends on `stamps` and on everything its frame shows."""
    visit, portal = visit_of(request), portal_of(request)
    from core.web.i18n import current_locale

    parts = (
        visit.token_hash,
        visit.unread,
        visit.preferences.get("view"),
        sent(portal.config, request, SETUP),
        current_locale.get(),
        portal.switches.version,
        portal.templates.assets.version,
        *stamps,
    )
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def unchanged(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the browser already has the page with this tag."""
    return tag in request.headers.get("if-none-match", "")


def not_modified(tag: str) -> Page:
    """The answer to a conditional request whose page has not changed."""
    return Response("", status_code=304, media_type=MediaType.HTML, headers={"etag": tag})


def local_path(next_url: str | None, default: str = "/") -> str:
    """`next_url` if it stays on this site, else `default`: no open redirect."""
    if not next_url or not next_url.startswith("/") or next_url.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 32 or character == "\\" for character in next_url):
        return default
    return next_url
