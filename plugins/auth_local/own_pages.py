"""One's own login: password, code from an application, recovery codes, passkeys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError, TooMany
from core.identity import sessions
from core.identity.ended_sessions import Reason
from core.identity.sessions import Visit
from core.portal import Portal
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.devices import device_name
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.session_pages import sign_in_cookie
from core.web.visit import form_token
from plugins.auth_local import logins, passkeys, second_factor, waits
from plugins.auth_local.access import OWN
from plugins.auth_local.browsers import NOT_KEPT
from plugins.auth_local.models import LocalLogin
from plugins.auth_local.pages import Typed, text

OWN_PATH = "/account/login"
Made = TypeVar("Made")
AnyRequest = Request[Any, Any, Any]


class PasskeyForm(msgspec.Struct, kw_only=True):
    """Which passkey to forget."""

    passkey_id: UUID


@get(OWN_PATH, guards=[needs(OWN)], sync_to_thread=True, include_in_schema=False)
def own_login(
    request: AnyRequest, actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """One's own login."""
    return _page(request, actor, database)


@post(
    f"{OWN_PATH}/password",
    guards=[needs(OWN)],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"repeatable": "the session changes with the password: a repetition comes from one that has ended"},
)
def change_password(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Change the password: every other session ends, this one goes on under another token."""
    person_id = require_person(actor)
    try:
        attempt = waits.begin(portal, waits.at_subject(portal, "own", str(person_id)))
        with database.transaction() as db:
            logins.change_password(
                db, actor, text(data, "old"), text(data, "password"), text(data, "repeated")
            )
            waits.succeeded(db, attempt)
            logins.end_sessions(db, person_id, Reason.PASSWORD_CHANGED, keep=visit.session_id)
            token = sessions.rotate(db, visit)
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="password")
    return redirect(f"{OWN_PATH}?done=password", cookies=[sign_in_cookie(portal, token)])


@post(f"{OWN_PATH}/second-factor", guards=[needs(OWN)], sync_to_thread=True, include_in_schema=False)
def begin_second_factor(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Begin to set an application up."""

    def begin(db: Session, known: LocalLogin) -> None:
        if second_factor.wanted(db, known) == second_factor.OFF:
            raise Conflict("В вашей организации код из приложения не нужен.", advice="Обновите страницу.")
        second_factor.prepare(db, known)

    try:
        _with_password(request, portal, actor, data, begin)
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="begin")
    return redirect(f"{OWN_PATH}#second-factor")


@post(
    f"{OWN_PATH}/second-factor/confirm",
    guards=[needs(OWN)],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"not_kept": "its code is good for half a minute"},
)
def confirm_second_factor(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Switch codes on with a first one, and show recovery codes, this once."""
    person_id = require_person(actor)
    try:
        attempt = waits.begin(portal, waits.at_subject(portal, "own", str(person_id)))
        with database.transaction() as db:
            known = logins.of_person(db, person_id, locked=True)
            if known is None:
                raise logins.no_login()
            codes = second_factor.confirm(db, known, text(data, "code"))
            waits.succeeded(db, attempt)
            logins.note(db, actor, person_id, "auth_local.second_factor.on")
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="confirm")
    return _page(request, actor, database, codes=codes)


@post(f"{OWN_PATH}/second-factor/off", guards=[needs(OWN)], sync_to_thread=True, include_in_schema=False)
def end_second_factor(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Switch codes off, where the organization leaves that to its people."""

    def end(db: Session, known: LocalLogin) -> None:
        if second_factor.wanted(db, known) == second_factor.REQUIRED:
            raise Conflict(
                "В вашей организации код из приложения обязателен.",
                advice="Чтобы перенести его на другой телефон, попросите школу снять прежний.",
            )
        second_factor.remove(db, known)
        logins.note(db, actor, known.person_id, "auth_local.second_factor.off")

    try:
        _with_password(request, portal, actor, data, end)
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="off")
    return redirect(f"{OWN_PATH}?done=off#second-factor")


@post(f"{OWN_PATH}/recovery-codes", guards=[needs(OWN)], sync_to_thread=True, include_in_schema=False)
def renew_recovery_codes(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make new recovery codes and show them, this once."""

    def renew(db: Session, known: LocalLogin) -> Sequence[str]:
        if not second_factor.is_on(known):
            raise Conflict("Код из приложения не включён.", advice="Обновите страницу.")
        logins.note(db, actor, known.person_id, "auth_local.recovery.renew")
        return second_factor.fresh_recovery_codes(db, known)

    try:
        codes = _with_password(request, portal, actor, data, renew)
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="renew")
    return _page(request, actor, database, codes=codes)


@post(
    f"{OWN_PATH}/passkeys/begin",
    guards=[needs(OWN)],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"repeatable": "keeps nothing: shows a button with a challenge, another one each time"},
)
def begin_passkey(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Show the button that makes a passkey, to whoever knows the password."""
    here = _place(request, portal)

    def prepare(db: Session, known: LocalLogin) -> str:
        return passkeys.options_to_add(db, here, known, actor.name, form_token(request))

    try:
        options = _with_password(request, portal, actor, data, prepare)
    except (Invalid, TooMany) as error:
        return _page(request, actor, database, error, at="passkey")
    return _page(request, actor, database, passkey_options=options)


@post(
    f"{OWN_PATH}/passkeys",
    guards=[needs(OWN)],
    sync_to_thread=True,
    include_in_schema=False,
    opt={"repeatable": "its challenge is spent once"},
)
def add_passkey(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Keep a passkey that the browser has made."""
    here = _place(request, portal)
    try:
        with database.transaction() as db:
            known = logins.of_person(db, require_person(actor), locked=True)
            if known is None:
                raise logins.no_login()
            name = text(data, "name") or device_name(request.headers.get("user-agent", ""))
            passkeys.add(db, here, known, text(data, "credential"), name, form_token(request))
            logins.note(db, actor, known.person_id, "auth_local.passkey.add", {"name": name})
    except Invalid as error:
        return _page(request, actor, database, error, at="passkeys")
    return redirect(f"{OWN_PATH}?done=passkey#passkeys")


@post(f"{OWN_PATH}/passkeys/remove", guards=[needs(OWN)], sync_to_thread=True, include_in_schema=False)
def remove_passkey(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[PasskeyForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Forget a passkey."""
    person_id = require_person(actor)
    with database.transaction() as db:
        name = passkeys.remove(db, person_id, data.passkey_id)
        logins.note(db, actor, person_id, "auth_local.passkey.remove", before={"name": name})
    return redirect(f"{OWN_PATH}?done=passkey-removed#passkeys")


def _place(request: AnyRequest, portal: Portal) -> passkeys.Place:
    """Where passkeys belong. Raises `Conflict` where there are none."""
    here = passkeys.place(portal.config, request.url.netloc)
    if here is None:
        raise Conflict("Ключи входа на этом адресе не работают.", advice="Входите с паролем.")
    return here


def _with_password(
    request: AnyRequest,
    portal: Portal,
    actor: Actor,
    data: dict[str, Any],
    change: Callable[[Session, LocalLogin], Made],
) -> Made:
    """Make a change for which one's password is asked. Raises `Invalid` for a wrong one, `TooMany` for too many."""
    attempt = waits.begin(portal, waits.at_subject(portal, "own", str(require_person(actor))))
    with portal.database.transaction() as db:
        known = logins.own(db, actor, text(data, "password"))
        waits.succeeded(db, attempt)
        return change(db, known)


def _page(
    request: AnyRequest,
    actor: Actor,
    database: Database,
    error: PortalError | None = None,
    *,
    at: str = "",
    codes: Sequence[str] = (),
    passkey_options: str = "",
) -> Page:
    """One's own login; `at` names the form that comes back with an error."""
    person_id = require_person(actor)
    with database.reading(fresh=True) as db:
        known = logins.of_person(db, person_id)
        return render(
            request,
            "auth_local/own.html",
            status=error.status if error else 200,
            headers=NOT_KEPT,
            known=known,
            shortest=logins.shortest(db, person_id),
            wanted=second_factor.wanted(db, known) if known else second_factor.OFF,
            enrolment=second_factor.enrolment(db.portal, known) if known else None,
            codes_left=second_factor.recovery_codes_left(db, known) if known else 0,
            codes=codes,
            passkeys=passkeys.of_person(db, person_id),
            passkeys_work=passkeys.place(db.portal.config, request.url.netloc) is not None,
            passkey_options=passkey_options,
            error=error,
            at=at,
            done=request.query_params.get("done", ""),
        )


own_routes: list[Any] = [
    own_login,
    change_password,
    begin_second_factor,
    confirm_second_factor,
    end_second_factor,
    renew_recovery_codes,
    begin_passkey,
    add_passkey,
    remove_passkey,
]
