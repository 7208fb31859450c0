"""Signing in: login and password, an invitation, a new password instead of a one-time one."""

from __future__ import annotations

import contextlib
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core.database.engine import Database
from core.errors import Forbidden, Invalid, PortalError, TooMany
from core.identity.models import Person
from core.identity.sessions import Visit
from core.portal import Portal
from core.web.i18n import sentence
from core.web.pages import Page, local_path, redirect, render
from core.web.visit import client_address, form_token, portal_of
from plugins.auth_local import invitations, logins, passkeys, passwords, second_factor, sign_in, steps, waits
from plugins.auth_local.browsers import (
    LOGIN_PATH,
    NOT_KEPT,
    AnyRequest,
    browser_of,
    forward,
    step_cookie,
    step_token,
    too_late,
)
from plugins.auth_local.models import TRIAL_PASSWORD

INVITATION_PATH = "/invitation"  # Short, for it stands on paper.
NEW_LOGIN_PATH = f"{LOGIN_PATH}/new-login"
NEW_PASSWORD_PATH = f"{LOGIN_PATH}/{sign_in.NEW_PASSWORD}"
PASSKEY_PATH = f"{LOGIN_PATH}/{sign_in.PASSKEY}"
CODE_PATH = f"{LOGIN_PATH}/{sign_in.CODE}"
ENROL_PATH = f"{LOGIN_PATH}/{sign_in.ENROL}"
PUBLIC = {"public": "people sign in here"}
ATTEMPT = {
    **PUBLIC,
    "repeatable": "every attempt is counted, and one that succeeds begins a session of its own",
}
SENT_ONCE = {**PUBLIC, "repeatable": "the step that allows it is over once it is done"}
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(LOGIN_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def sign_in_page(request: AnyRequest, visit: NamedDependency[Visit]) -> Page:
    """Ask for login and password."""
    target = _target(request.query_params.get("next"))
    if visit.actor is not None:
        return redirect(target)
    return _sign_in_form(request, target)


@post(LOGIN_PATH, sync_to_thread=True, opt=ATTEMPT, include_in_schema=False)
def enter(
    request: AnyRequest, visit: NamedDependency[Visit], portal: NamedDependency[Portal], data: Typed
) -> Page:
    """Check login and password; go where the person was going, or on to what is still to be done."""
    target, login = _target(text(data, "next")), text(data, "login")
    try:
        progress = sign_in.with_password(
            portal, browser_of(request, visit), login, text(data, "password"), target
        )
    except (Invalid, TooMany, Forbidden) as error:
        return _sign_in_form(request, target, login=login.strip(), error=error)
    return forward(portal, progress)


def _sign_in_form(
    request: AnyRequest, target: str, *, login: str = "", error: PortalError | None = None
) -> Page:
    portal = portal_of(request)
    here = passkeys.place(portal.config, request.url.netloc)
    with portal.database.reading() as db:
        trial = logins.for_trial(db)
    return render(
        request,
        "auth_local/sign_in.html",
        status=error.status if error else 200,
        headers=NOT_KEPT,
        next=target,
        login=login,
        error=error,
        trial=trial,
        trial_password=TRIAL_PASSWORD,
        passkey_options=passkeys.options_to_sign_in(portal, here, form_token(request)) if here else "",
        suffix=f"?{urlencode({'next': target})}",
    )


@post(PASSKEY_PATH, sync_to_thread=True, opt=ATTEMPT, include_in_schema=False)
def enter_with_passkey(
    request: AnyRequest, visit: NamedDependency[Visit], portal: NamedDependency[Portal], data: Typed
) -> Page:
    """Sign in with what a passkey has answered."""
    target, here = _target(text(data, "next")), passkeys.place(portal.config, request.url.netloc)
    try:
        if here is None:
            raise Invalid("Ключи входа на этом адресе не работают.", advice="Войдите с паролем.")
        progress = sign_in.with_passkey(
            portal, browser_of(request, visit), here, text(data, "credential"), form_token(request), target
        )
    except (Invalid, TooMany, Forbidden) as error:
        return _sign_in_form(request, target, error=error)
    return forward(portal, progress)


@get(NEW_PASSWORD_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def new_password_page(request: AnyRequest, database: NamedDependency[Database]) -> Page:
    """Ask for a password of one's own instead of the school's."""
    return _new_password_form(request, database)


@post(NEW_PASSWORD_PATH, sync_to_thread=True, opt=SENT_ONCE, include_in_schema=False)
def choose_password(
    request: AnyRequest,
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Keep the password, then on."""
    token = step_token(request)
    try:
        progress = sign_in.choose_password(
            portal, browser_of(request, visit), token, text(data, "password"), text(data, "repeated")
        )
    except Invalid as error:
        return _new_password_form(request, database, error)
    return forward(portal, progress) if progress else too_late(request)


def _new_password_form(request: AnyRequest, database: Database, error: Invalid | None = None) -> Page:
    with database.reading(fresh=True) as db:
        step = steps.find(db, steps.SIGN_IN, step_token(request))
        known = logins.of_person(db, step.person_id) if step else None
        if step is None or known is None:
            return too_late(request)
        return render(
            request,
            "auth_local/new_password.html",
            status=error.status if error else 200,
            headers=NOT_KEPT,
            login=known.login,
            shortest=logins.shortest(db, step.person_id),
            errors=error.fields if error else {},
        )


@get(CODE_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def code_page(request: AnyRequest, database: NamedDependency[Database]) -> Page:
    """Ask for a code from the application."""
    return _code_form(request, database)


@post(CODE_PATH, sync_to_thread=True, opt=ATTEMPT, include_in_schema=False)
def check_code(
    request: AnyRequest,
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Check the code, then on."""
    token = step_token(request)
    try:
        progress = sign_in.with_code(portal, browser_of(request, visit), token, text(data, "code"))
    except (Invalid, TooMany) as error:
        return _code_form(request, database, error)
    return forward(portal, progress) if progress else too_late(request)


def _code_form(request: AnyRequest, database: Database, error: PortalError | None = None) -> Page:
    with database.reading(fresh=True) as db:
        step = steps.find(db, steps.SIGN_IN, step_token(request))
    if step is None:
        return too_late(request)
    return render(
        request,
        "auth_local/code.html",
        status=error.status if error else 200,
        headers=NOT_KEPT,
        error=error,
    )


@get(ENROL_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def enrol_page(request: AnyRequest, database: NamedDependency[Database]) -> Page:
    """Show what to set the application up with, for those whose organization requires it."""
    return _enrol_form(request, database)


@post(ENROL_PATH, sync_to_thread=True, opt=ATTEMPT, include_in_schema=False)
def enrol(
    request: AnyRequest,
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Check the first code and show recovery codes, this once."""
    token = step_token(request)
    try:
        codes = sign_in.enrol(portal, browser_of(request, visit), token, text(data, "code"))
    except (Invalid, TooMany) as error:
        return _enrol_form(request, database, error)
    if codes is None:
        return too_late(request)
    return render(request, "auth_local/enrolled.html", headers=NOT_KEPT, codes=codes)


def _enrol_form(request: AnyRequest, database: Database, error: PortalError | None = None) -> Page:
    with database.reading(fresh=True) as db:
        step = steps.find(db, steps.SIGN_IN, step_token(request))
        known = logins.of_person(db, step.person_id) if step else None
        enrolment = second_factor.enrolment(db.portal, known) if known else None
    if enrolment is None:
        return too_late(request)
    return render(
        request,
        "auth_local/enrol.html",
        status=error.status if error else 200,
        headers=NOT_KEPT,
        enrolment=enrolment,
        error=error,
    )


@post(f"{LOGIN_PATH}/go-on", sync_to_thread=True, opt=SENT_ONCE, include_in_schema=False)
def resume(request: AnyRequest, visit: NamedDependency[Visit], portal: NamedDependency[Portal]) -> Page:
    """On, after the recovery codes have been seen."""
    progress = sign_in.resume(portal, browser_of(request, visit), step_token(request))
    return forward(portal, progress) if progress else too_late(request)


@get(INVITATION_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def invitation_page(request: AnyRequest) -> Page:
    """Ask for the code and the birth date."""
    return _invitation_form(request, text(dict(request.query_params), "code"))


@post(INVITATION_PATH, sync_to_thread=True, opt=ATTEMPT, include_in_schema=False)
def open_invitation(request: AnyRequest, portal: NamedDependency[Portal], data: Typed) -> Page:
    """Check code and birth date; on to choosing a login."""
    code, born = text(data, "code").strip(), text(data, "birth_date").strip()
    try:
        birth_date = _day(born)
        attempt = waits.begin(
            portal,
            waits.at_subject(
                portal, "invitation", passwords.from_paper(code), address=client_address(request)
            ),
        )
        with portal.database.transaction() as db:
            person_id = invitations.opened(db, code, birth_date)
            token = ""
            if person_id is not None:
                waits.succeeded(db, attempt)
                token = steps.begin(db, steps.INVITATION, person_id, "/")
        if not token:
            raise Invalid(
                "Код и дата рождения не подходят друг к другу, или приглашение уже не действует.",
                advice="Сверьте их с листком. Новое приглашение выдаёт школа.",
            )
    except (Invalid, TooMany) as error:
        return _invitation_form(request, code, born, error)
    return redirect(NEW_LOGIN_PATH, cookies=[step_cookie(portal, token)], headers=NOT_KEPT)


def _invitation_form(
    request: AnyRequest, code: str, birth_date: str = "", error: PortalError | None = None
) -> Page:
    return render(
        request,
        "auth_local/invitation.html",
        status=error.status if error else 200,
        headers=NOT_KEPT,
        code=code,
        birth_date=birth_date,
        error=error,
    )


@get(NEW_LOGIN_PATH, sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def new_login_page(request: AnyRequest, database: NamedDependency[Database]) -> Page:
    """Say whose account it is and ask for a login and a password."""
    return _new_login_form(request, database)


@post(NEW_LOGIN_PATH, sync_to_thread=True, opt=SENT_ONCE, include_in_schema=False)
def create_login(
    request: AnyRequest,
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make the login and sign in."""
    token = step_token(request)
    try:
        with database.transaction() as db:
            step = steps.find(db, steps.INVITATION, token)
            if step is None:
                return too_late(request)
            invitations.accept(
                db, step.person_id, text(data, "login"), text(data, "password"), text(data, "repeated")
            )
            progress = sign_in.after_invitation(db, step, browser_of(request, visit))
    except Invalid as error:
        if not error.fields:
            raise
        return _new_login_form(request, database, text(data, "login"), error)
    return forward(portal, progress)


def _new_login_form(
    request: AnyRequest, database: Database, typed: str = "", error: Invalid | None = None
) -> Page:
    with database.reading(fresh=True) as db:
        step = steps.find(db, steps.INVITATION, step_token(request))
        if step is None:
            return too_late(request)
        person = db.get_one(Person, step.person_id)
        return render(
            request,
            "auth_local/new_login.html",
            status=error.status if error else 200,
            headers=NOT_KEPT,
            person=person,
            roles=invitations.described(db, person.id),
            login=typed if error else logins.proposed(db, person),
            shortest=logins.shortest(db, person.id),
            errors=error.fields if error else {},
        )


def text(data: dict[str, Any], name: str) -> str:
    """What was typed into a field, as it was typed; a field sent twice counts as empty."""
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def _target(address: str | None) -> str:
    """Where to go after the sign-in: only to pages of the portal, not round in a circle."""
    target = local_path(address)
    return "/" if target.startswith(("/auth/", "/sign-in")) else target


def _day(written: str) -> date:
    """A day as a browser sends it or as people write it. Raises `Invalid`."""
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        with contextlib.suppress(ValueError):
            return datetime.strptime(written, form).date()  # noqa: DTZ007 -- a day has no zone
    raise Invalid("Укажите дату рождения полностью.", advice=sentence("Например, %(day)s.", day="07.11.2014"))


sign_in_routes: list[Any] = [
    sign_in_page,
    enter,
    enter_with_passkey,
    new_password_page,
    choose_password,
    code_page,
    check_code,
    enrol_page,
    enrol,
    resume,
    invitation_page,
    open_invitation,
    new_login_page,
    create_login,
]
