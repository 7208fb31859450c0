"""Pages of sign-ins that let nobody in: what happened, what to do, and the request to the school."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core.database.engine import Database
from core.errors import Invalid
from core.identity.identifiers import show_phone
from core.identity.linking import Outcome
from core.identity.refused import Standing, standing
from core.portal import Portal
from core.web import cookies
from core.web.pages import Page, redirect, render
from core.web.visit import portal_of
from plugins.auth_esia import refusals
from plugins.auth_esia.addresses import (
    COOKIE,
    LEAVE_PATH,
    LOGIN_PATH,
    NOT_KEPT,
    PUBLIC,
    REFUSED_PATH,
    logout_target,
)
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.installation import installation
from plugins.auth_esia.outcomes import compared
from plugins.auth_esia.refusals import Refusal

log = structlog.get_logger("auth_esia")
AnyRequest = Request[Any, Any, Any]
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(REFUSED_PATH, opt=PUBLIC, sync_to_thread=True, include_in_schema=False)
def refused_page(request: AnyRequest, database: NamedDependency[Database]) -> Page:
    """Why this browser was not let in, and how it stands with the request to the school."""
    browser = _browser(request)
    with database.reading(fresh=True) as db:
        refusal = refusals.find(db, browser) if browser else None
        stands = standing(db, refusal.profile) if refusal else Standing()
    return _refused(request, refusal, stands) if refusal else failed(request, EsiaError("state-lost"), "/")


@post(REFUSED_PATH, opt=PUBLIC, sync_to_thread=True, include_in_schema=False)
def ask_school(request: AnyRequest, database: NamedDependency[Database], data: Typed) -> Page:
    """Send the request of whoever was refused; the page then tells how it stands."""
    browser, typed = _browser(request), str(data.get("contact", ""))
    try:
        with database.transaction() as db:
            refusal = refusals.ask(db, browser, typed) if browser else None
    except Invalid as wrong:
        with database.reading(fresh=True) as db:
            refusal = refusals.find(db, browser)
            stands = standing(db, refusal.profile) if refusal else Standing()
        if refusal is not None:
            return _refused(request, refusal, stands, typed=typed, wrong=wrong)
    if refusal is None:
        return failed(request, EsiaError("state-lost"), "/")
    return redirect(REFUSED_PATH, headers=NOT_KEPT)


def _browser(request: AnyRequest) -> str:
    return cookies.sent(portal_of(request).config, request, COOKIE)


def _refused(
    request: AnyRequest, refusal: Refusal, stands: Standing, *, typed: str = "", wrong: Invalid | None = None
) -> Page:
    """A page for somebody whom Gosuslugi know, but the portal cannot let in."""
    unconfirmed = EsiaError("007055") if refusal.outcome is Outcome.UNCONFIRMED else None
    return render(
        request,
        "auth_esia/outcome.html" if unconfirmed else "auth_esia/not_linked.html",
        status=wrong.status if wrong else 403,
        headers=NOT_KEPT,
        error=unconfirmed,
        error_id=refusal.number,
        again=LOGIN_PATH,
        outcome=refusal.outcome.value,
        may_ask=refusal.may_ask,
        asked=refusal.asked or stands.waits,
        stands=stands,
        contact=typed or show_phone(refusal.profile.phone or "") or refusal.profile.email or "",
        errors=dict(wrong.fields) if wrong else {},
        compared=compared(refusal.profile),
        another=_another(portal_of(request)),
    )


def _another(portal: Portal) -> str:
    """Where one leaves Gosuslugi, to come back as somebody else."""
    try:
        return logout_target(installation(portal)) or LEAVE_PATH
    except EsiaError:
        return LEAVE_PATH


def failed(request: AnyRequest, error: EsiaError, target: str) -> Page:
    """Log the fact, show the sentence."""
    error_id = secrets.token_hex(4)
    report = log.error if error.kind in ("operator", "unavailable") else log.info
    report("sign-in failed", code=error.shown_code, detail=error.detail, error_id=error_id)
    return render(
        request,
        "auth_esia/outcome.html",
        status=error.status,
        headers=NOT_KEPT,
        error=error,
        error_id=error_id,
        again=f"{LOGIN_PATH}?{urlencode({'next': target})}",
        another="",
        may_ask=False,
    )


outcome_routes: list[Any] = [refused_page, ask_school]
