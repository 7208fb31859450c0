"""The way to Gosuslugi and back: two addresses, and a page for each way it may end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from litestar import Request, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from sqlalchemy.exc import SQLAlchemyError

from core.database.base import now
from core.errors import NotFound
from core.identity import linking, sessions
from core.identity.linking import Level, Link
from core.identity.sessions import Visit
from core.portal import Portal
from core.web import cookies
from core.web.i18n import sentence
from core.web.pages import Page, redirect, render
from core.web.session_pages import sign_in_cookie
from core.web.visit import client_address, portal_of
from plugins.auth_esia import logins, refusals
from plugins.auth_esia.addresses import (
    COOKIE,
    LEAVE_PATH,
    LOGIN_PATH,
    NOT_KEPT,
    PUBLIC,
    REFUSED_PATH,
    logout_target,
)
from plugins.auth_esia.children import tie_children
from plugins.auth_esia.driver import Driver, Login
from plugins.auth_esia.errors import EsiaError, from_description, from_oauth
from plugins.auth_esia.installation import CALLBACK_PATHS, PLUGIN, Installation, installation
from plugins.auth_esia.models import LoginUnderWay
from plugins.auth_esia.next_address import safe_next
from plugins.auth_esia.outcome_pages import failed, outcome_routes
from plugins.auth_esia.outcomes import welcome
from plugins.auth_esia.place_pages import place_routes
from plugins.auth_esia.places import PROVIDER, places_of
from plugins.auth_esia.profile import ChildRecord, Profile
from plugins.auth_esia.stand.routes import stand_routes
from plugins.auth_esia.stand.service import Stand
from plugins.auth_esia.waiting import wait_for

log = structlog.get_logger("auth_esia")
AnyRequest = Request[Any, Any, Any]


@get(LOGIN_PATH, opt=PUBLIC, include_in_schema=False)
async def begin_sign_in(
    request: AnyRequest, visit: NamedDependency[Visit], portal: NamedDependency[Portal]
) -> Page:
    """Send the browser to Gosuslugi."""
    asked = _parameters(request)
    target = safe_next(asked.get("next"))
    if visit.actor is not None:
        return redirect(target)
    try:
        here = await sync_to_thread(installation, portal)
    except EsiaError as error:
        return await sync_to_thread(failed, request, error, target)
    if "here" not in asked and request.url.netloc != urlsplit(here.portal_address).netloc:
        # The cookie must be set where Gosuslugi send the browser back to: localhost is not 127.0.0.1.
        return redirect(f"{here.portal_address}{LOGIN_PATH}?{urlencode({'next': target, 'here': 1})}")
    return await _send_away(request, here, target, repeated=False)


@get(list(CALLBACK_PATHS.values()), opt=PUBLIC, include_in_schema=False)
async def finish_sign_in(
    request: AnyRequest, visit: NamedDependency[Visit], portal: NamedDependency[Portal]
) -> Page:
    """Take the browser back: spend the state, exchange the code, link the account, begin a session."""
    answer = _parameters(request)
    login = await sync_to_thread(_spend, request, answer.get("state", ""))
    if login is None:
        return await sync_to_thread(_not_expected, request, visit)
    target = safe_next(login.next_address)
    try:
        here = await sync_to_thread(installation, portal)
    except EsiaError as error:
        return await sync_to_thread(failed, request, error, target)
    try:
        profile = await wait_for(_ask, here.driver, answer, login)
    except EsiaError as error:
        if error.kind == "restart" and not login.repeated:
            log.info("sign-in begun anew", code=error.shown_code)
            return await _send_away(request, here, target, repeated=True)
        return await sync_to_thread(failed, request, error, target)
    return await sync_to_thread(_welcome, request, visit, here, profile, target)


@get(LEAVE_PATH, opt=PUBLIC, include_in_schema=False)
async def leave(request: AnyRequest, portal: NamedDependency[Portal]) -> Page:
    """After the sign-out from the portal: on to the sign-out from Gosuslugi.

    A page of its own, because browsers apply `form-action` to redirects and would stop one to another site.
    """
    try:
        here = await sync_to_thread(installation, portal)
        address = await wait_for(here.driver.logout_address, f"{here.portal_address}/sign-in")
    except EsiaError as error:
        log.warning("no sign-out from Gosuslugi", code=error.shown_code, detail=error.detail)
        address = None
    if address is None:
        return redirect("/sign-in")
    return await sync_to_thread(render, request, "auth_esia/leave.html", headers=NOT_KEPT, address=address)


async def _send_away(request: AnyRequest, here: Installation, target: str, *, repeated: bool) -> Page:
    try:
        login = await wait_for(here.driver.begin)
    except EsiaError as error:
        return await sync_to_thread(failed, request, error, target)
    config = portal_of(request).config
    browser = cookies.sent(config, request, COOKIE) or secrets.token_urlsafe(32)
    await sync_to_thread(_remember, request, here, login, browser, target, repeated)
    cookie = cookies.keep(config, COOKIE, browser, seconds=int(logins.LIFETIME.total_seconds()))
    return redirect(login.address, cookies=[cookie], headers=NOT_KEPT)


def _remember(
    request: AnyRequest, here: Installation, login: Login, browser: str, target: str, repeated: bool
) -> None:
    with portal_of(request).database.transaction() as db:
        logins.remember(
            db,
            login,
            provider=here.driver.name,
            browser=browser,
            next_address=target,
            repeated=repeated,
        )


def _spend(request: AnyRequest, state: str) -> LoginUnderWay | None:
    """The sign-in that this answer belongs to; the address it came to names the driver."""
    portal = portal_of(request)
    provider = next(name for name, path in CALLBACK_PATHS.items() if path == request.url.path)
    with portal.database.transaction() as db:
        return logins.spend(
            db, state=state, provider=provider, browser=cookies.sent(portal.config, request, COOKIE)
        )


def _ask(driver: Driver, answer: dict[str, str], login: LoginUnderWay) -> Profile:
    """Who came back; raises EsiaError."""
    if driver.name != login.provider:
        raise EsiaError("state-lost", "the driver was changed meanwhile")
    if answer.get("iss", driver.issuer) != driver.issuer:
        # RFC 9207: an answer of another provider's.
        raise EsiaError("bad-token", "the answer names another issuer")
    if "error" in answer or not answer.get("code"):
        if driver.name == "oidc":
            raise from_oauth(answer.get("error", ""))
        raise from_description(answer.get("error", ""), answer.get("error_description", ""))
    return driver.sign_in(answer["code"], login.verifier, nonce=login.nonce)


def _not_expected(request: AnyRequest, visit: Visit) -> Page:
    """Nobody began this sign-in here: it was finished, took too long, or belongs to another browser."""
    if visit.actor is not None:
        return _signed_in_already(request, visit, somebody_else=False)
    return failed(request, EsiaError("state-lost"), "/")


def _signed_in_already(request: AnyRequest, visit: Visit, *, somebody_else: bool) -> Page:
    """Who is signed in in this browser; `somebody_else` means that Gosuslugi have just named another person."""
    return render(
        request,
        "auth_esia/already.html",
        status=409 if somebody_else else 200,
        headers=NOT_KEPT,
        name=visit.actor.name if visit.actor is not None else "",
        somebody_else=somebody_else,
    )


def _welcome(request: AnyRequest, visit: Visit, here: Installation, profile: Profile, target: str) -> Page:
    """Link the account and begin the session, or say why not.

    Where another person has signed in meanwhile, in another tab, that session goes on and nothing is changed.
    """
    portal, token = portal_of(request), ""
    with portal.database.transaction() as db:
        with db.begin_nested() as attempt:
            link = linking.link(db, _for_linking(profile))
            somebody_else = visit.actor is not None and link.account_id != visit.actor.account_id
            if somebody_else:
                attempt.rollback()
        if link.account_id is not None and not somebody_else:
            token = sessions.begin(
                db,
                link.account_id,
                provider=PROVIDER,
                provider_state={"logout": logout_target(here), "places": places_of(profile)},
                user_agent=request.headers.get("user-agent", ""),
                address=client_address(request),
                replaces=visit.token_hash or None,
            )
            refusals.forget(db, cookies.sent(portal.config, request, COOKIE))
    if somebody_else:
        log.info("sign-in", outcome="somebody_else", subject=profile.subject)
        return _signed_in_already(request, visit, somebody_else=True)
    log.info("sign-in", outcome=link.outcome.value, subject=profile.subject, missing=list(profile.missing))
    if not token:
        return _refuse(request, link, profile)
    children: Sequence[tuple[ChildRecord, str]] = ()
    if link.account_id is not None and profile.children:
        try:
            with portal.database.transaction() as db:
                children = tie_children(db, link.account_id, profile)
        except SQLAlchemyError as error:
            # The parent is signed in all the same; the next sign-in tries again.
            portal.plugins.fence(PLUGIN, sentence("связь с детьми"), error)
    # The cookie of sign-ins under way stays until its time is over: other tabs may have begun theirs.
    set_now = [sign_in_cookie(portal, token)]
    with portal.database.reading(fresh=True) as db:
        said = welcome(db, link, profile, children, now().date())
    if said is None:
        return redirect(target, cookies=set_now, headers=NOT_KEPT)
    return render(request, said.template, cookies=set_now, headers=NOT_KEPT, said=said, target=target)


def _refuse(request: AnyRequest, link: Link, profile: Profile) -> Page:
    """Lead on to the page that says why, and lets ask the school."""
    portal = portal_of(request)
    browser = cookies.sent(portal.config, request, COOKIE)
    with portal.database.transaction() as db:
        refusal = refusals.keep(db, browser, _for_linking(profile), link.outcome)
    log.info("sign-in refused", outcome=link.outcome.value, error_id=refusal.number)
    cookie = cookies.keep(portal.config, COOKIE, browser, seconds=int(refusals.LIFETIME.total_seconds()))
    return redirect(REFUSED_PATH, cookies=[cookie], headers=NOT_KEPT)


def _for_linking(profile: Profile) -> linking.Profile:
    levels = {"PR": Level.CONFIRMED, "KD": Level.CHILD}
    return linking.Profile(
        issuer=profile.issuer,
        subject=profile.subject,
        level=levels.get(profile.level, Level.UNCONFIRMED),
        last_name=profile.last_name,
        first_name=profile.first_name,
        middle_name=profile.middle_name,
        birth_date=profile.birth_date,
        gender=profile.gender,
        snils=profile.snils,
        birth_certificate=profile.birth_certificate,
        phone=profile.phone,
        email=profile.email,
    )


def _parameters(request: AnyRequest) -> dict[str, str]:
    """Query parameters; a doubled one counts as absent, broken bytes as no parameters at all."""
    try:
        pairs = parse_qsl(bytes(request.scope["query_string"]).decode("ascii"), max_num_fields=30)
    except ValueError:
        return {}
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def find_stand(request: AnyRequest) -> Stand:
    """The stand of this portal; raises NotFound where it is switched off."""
    try:
        stand = installation(portal_of(request)).stand
    except EsiaError:
        stand = None
    if stand is None:
        raise NotFound("Стенд входа не включён.", advice="Он работает только на пробных установках.")
    return stand


esia_routes: list[Any] = [
    begin_sign_in,
    finish_sign_in,
    leave,
    *outcome_routes,
    *place_routes,
    stand_routes(
        find_stand,
        opt={
            "public": "the stand is a system of its own with sessions of its own",
            "open_to_other_sites": "its forms carry its own one-time ids, its token address serves servers",
        },
    ),
]
