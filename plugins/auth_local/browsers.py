"""What a browser that signs in is told to keep, and the way on."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from core.identity.sessions import Visit
from core.portal import Portal
from core.web import cookies
from core.web.pages import Page, redirect, render
from core.web.session_pages import sign_in_cookie
from core.web.visit import client_address, portal_of
from plugins.auth_local import known_devices, steps
from plugins.auth_local.sign_in import Browser, Progress

LOGIN_PATH = "/auth/local"
STEP, KNOWN = "moyashkola_local", "moyashkola_known"
NOT_KEPT = {"cache-control": "no-store"}
AnyRequest = Request[Any, Any, Any]


def browser_of(request: AnyRequest, visit: Visit) -> Browser:
    """Where this visitor comes from."""
    return Browser(
        user_agent=request.headers.get("user-agent", ""),
        address=client_address(request),
        replaces=visit.token_hash,
        known=cookies.sent(portal_of(request).config, request, KNOWN),
    )


def forward(portal: Portal, progress: Progress) -> Page:
    """On to where the person was going, or to the next thing to be done."""
    if not progress.session:
        kept = [step_cookie(portal, progress.step)]
        return redirect(f"{LOGIN_PATH}/{progress.todo}", cookies=kept, headers=NOT_KEPT)
    kept = [sign_in_cookie(portal, progress.session), step_cookie(portal, "")]
    if progress.known:
        days = known_devices.lifetime(portal).days
        kept.append(cookies.keep(portal.config, KNOWN, progress.known, days=days))
    return redirect(progress.next_address, cookies=kept, headers=NOT_KEPT)


def too_late(request: AnyRequest) -> Page:
    """The step is over: it took too long, is done already, or was begun in another browser."""
    return render(request, "auth_local/too_late.html", status=410, headers=NOT_KEPT)


def step_cookie(portal: Portal, token: str) -> Cookie:
    """What ties a step to this browser; an empty one forgets it."""
    seconds = int(steps.LIFETIME.total_seconds()) if token else 0
    return cookies.keep(portal.config, STEP, token, seconds=seconds)


def step_token(request: AnyRequest) -> str:
    """What ties this browser to a step it has begun; empty without one."""
    return cookies.sent(portal_of(request).config, request, STEP)
