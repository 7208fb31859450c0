"""The sign-in itself: a password checked, what is still missing, a session begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from core.database.base import now
from core.database.session import Session
from core.errors import Forbidden, Invalid
from core.identity import sessions
from core.identity.models import Person
from core.portal import Portal
from core.web.i18n import Sentence, sentence
from plugins.auth_local import (
    access,
    known_devices,
    login_names,
    logins,
    passkeys,
    passwords,
    second_factor,
    steps,
    waits,
)
from plugins.auth_local.models import LocalLogin, Step

PROVIDER = "local"
CODE, NEW_PASSWORD, ENROL = "code", "new-password", "second-factor"
"""What may be missing, each named like the last part of its address."""

PASSKEY = "passkey"

log = structlog.get_logger("auth_local")


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody signs in from; `replaces` is the session that the browser had.

    `known` is what its cookie keeps of those who have signed in with it (`known_devices`).
    """

    user_agent: str
    address: str
    replaces: bytes = b""
    known: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sign-in has come: a session's token, or what is to be done next and the step's token.

    `known` is what the browser keeps from now on, to be known again.
    """

    session: str = ""
    known: str = ""
    todo: str = ""
    step: str = ""
    next_address: str = "/"


def with_password(portal: Portal, browser: Browser, login: str, password: str, next_address: str) -> Progress:
    """Sign in with login and password.

    Raises `Invalid` if they do not agree, `TooMany` if it comes too early, and `Forbidden` where login and password
    are right but do not let in.
    """
    typed = login_names.normalized(login)
    device = known_devices.number_of(portal, browser.known, typed)
    attempt = waits.begin(portal, waits.at_login(portal, typed, browser.address, device))
    with portal.database.reading(fresh=True) as db:
        known = logins.of_login(db, login)
    # Outside of any transaction: hashing takes long on purpose.
    if not logins.agrees(known, password) or known is None:
        log.info("sign-in", outcome="wrong")
        raise Invalid("Логин или пароль не подходят.", advice=_advice(portal, attempt))
    outdated = passwords.is_outdated(known.password_hash)
    fresh_hash = passwords.hashed(logins.as_kept(known, password)) if outdated else ""
    with portal.database.transaction() as db:
        waits.succeeded(db, attempt)
    with portal.database.transaction() as db:
        known = db.get_one(LocalLogin, known.person_id)
        _let_in(db, known)
        if fresh_hash:
            known.password_hash = fresh_hash
        token = steps.begin(db, steps.SIGN_IN, known.person_id, next_address)
        step = steps.find(db, steps.SIGN_IN, token)
        assert step is not None  # noqa: S101 -- just begun
        return go_on(db, step, token, browser)


def _advice(portal: Portal, attempt: waits.Attempt) -> str:
    with portal.database.reading(fresh=True) as db:
        wait = waits.next_wait(db, attempt)
    if not wait:
        return sentence("Проверьте раскладку и Caps Lock. Новый пароль выдаёт школа.")
    return sentence(
        "Следующая попытка – через %(wait)s. Новый пароль выдаёт школа.", wait=waits.in_words(wait)
    )


def _let_in(db: Session, known: LocalLogin, *, by_passkey: bool = False) -> None:
    """Raise `Forbidden`, saying why, if a right password, or a passkey, does not let in."""
    reason: str | Sentence = ""
    advice = sentence("Войдите через Госуслуги или обратитесь в школу.")
    if known.is_demo and db.portal.config.production:
        reason = sentence("Логины для пробы в рабочей установке не действуют.")
    elif not by_passkey and known.expires_at is not None and known.expires_at <= now():
        reason, advice = (
            sentence("Срок одноразового пароля истёк."),
            sentence("Попросите школу выдать новый."),
        )
    else:
        reason = access.refusal(access.roles_of(db, known.person_id))
    if reason:
        log.info("sign-in", outcome="refused")
        raise Forbidden(reason, advice=advice)


def todo(db: Session, known: LocalLogin, step: Step) -> str:
    """What is still to be done before somebody is in; «» if nothing: a passkey is two factors in one."""
    if step.state.get(PASSKEY):
        return ""
    if second_factor.is_on(known) and not step.state.get(CODE):
        return CODE
    if known.one_time:
        return NEW_PASSWORD
    if not second_factor.is_on(known) and second_factor.wanted(db, known) == second_factor.REQUIRED:
        return ENROL
    return ""


def go_on(db: Session, step: Step, token: str, browser: Browser) -> Progress:
    """Begin the session if nothing is left to do. Raises `Forbidden` for a blocked account."""
    known = db.get_one(LocalLogin, step.person_id)
    if missing := todo(db, known, step):
        if missing == ENROL:
            second_factor.prepare(db, known)
        return Progress(todo=missing, step=token, next_address=step.next_address)
    next_address = step.next_address
    by_passkey = bool(step.state.get(PASSKEY))
    steps.end(db, step)
    return Progress(
        session=begin_session(db, known, browser, by_passkey=by_passkey),
        known=known_devices.remembered(db.portal, browser.known, known.login),
        next_address=next_address,
    )


def begin_session(db: Session, known: LocalLogin, browser: Browser, *, by_passkey: bool) -> str:
    """The cookie's token of a new session. Raises `Forbidden` for a blocked account."""
    account = logins.give_account(db, known.person_id)
    known.used_at = now()
    token = sessions.begin(
        db,
        account.id,
        provider=PROVIDER,
        provider_state={PASSKEY: "yes"} if by_passkey else {},
        user_agent=browser.user_agent,
        address=browser.address,
        replaces=browser.replaces or None,
    )
    log.info("sign-in", outcome="in")
    return token


def way_of(state: Mapping[str, Any]) -> str:
    """How a session with this state of ours began."""
    return sentence("ключ входа (passkey)") if state.get(PASSKEY) else sentence("логин школы")


def choose_password(
    portal: Portal, browser: Browser, token: str, password: str, repeated: str
) -> Progress | None:
    """Another password instead of a one-time one; None if the step is over.

    Raises `Invalid` saying by field what is wrong.
    """
    with portal.database.transaction() as db:
        step = steps.find(db, steps.SIGN_IN, token)
        known = logins.of_person(db, step.person_id) if step else None
        if step is None or known is None or todo(db, known, step) != NEW_PASSWORD:
            return None
        person = db.get_one(Person, step.person_id)
        fields = logins.problems(db, person, known.login, password, repeated)
        if not fields and logins.agrees(known, password):
            fields["password"] = sentence("Это пароль, который выдала школа. Придумайте свой.")
        if fields:
            raise Invalid("Пароль не сохранён.", advice="Исправьте отмеченное.", fields=fields)
        logins.set_password(known, password)
        logins.note_by_owner(db, person, "auth_local.password.change")
        return go_on(db, step, token, browser)


def after_invitation(db: Session, step: Step, browser: Browser) -> Progress:
    """Sign in whoever has just made a login with an invitation. Raises `Forbidden` where that does not let in."""
    known = db.get_one(LocalLogin, step.person_id)
    _let_in(db, known)
    steps.end(db, step)
    token = steps.begin(db, steps.SIGN_IN, known.person_id, step.next_address)
    begun = steps.find(db, steps.SIGN_IN, token)
    assert begun is not None  # noqa: S101 -- just begun
    return go_on(db, begun, token, browser)


def with_code(portal: Portal, browser: Browser, token: str, code: str) -> Progress | None:
    """Go on with a code from the application or a recovery code; None if the step is over.

    Raises `Invalid` for a wrong one, `TooMany` if it comes too early.
    """
    attempt = _begin_code(portal, browser, token)
    if attempt is None:
        return None
    with portal.database.transaction() as db:
        step = steps.find(db, steps.SIGN_IN, token)
        known = logins.of_person(db, step.person_id, locked=True) if step else None
        if step is None or known is None or todo(db, known, step) != CODE:
            return None
        left = second_factor.recovery_codes_left(db, known)
        if not second_factor.check(db, known, code):
            raise second_factor.wrong_code()
        waits.succeeded(db, attempt)
        if second_factor.recovery_codes_left(db, known) < left:
            person = db.get_one(Person, known.person_id)
            logins.note_by_owner(db, person, "auth_local.recovery.use")
        steps.put_down(step, **{CODE: True})
        return go_on(db, step, token, browser)


def _begin_code(portal: Portal, browser: Browser, token: str) -> waits.Attempt | None:
    """Count an attempt at a code; None if the step is over. Raises `TooMany` if it comes too early."""
    with portal.database.reading(fresh=True) as db:
        step = steps.find(db, steps.SIGN_IN, token)
        known = logins.of_person(db, step.person_id) if step else None
    if step is None or known is None:
        return None
    device = known_devices.number_of(portal, browser.known, known.login)
    attempt = waits.at_subject(portal, CODE, str(step.person_id), address=browser.address, device=device)
    return waits.begin(portal, attempt)


def enrol(portal: Portal, browser: Browser, token: str, code: str) -> Sequence[str] | None:
    """Confirm the application that an organization requires; returns recovery codes, None if the step is over.

    Raises `Invalid` for a wrong code, `TooMany` if it comes too early.
    """
    attempt = _begin_code(portal, browser, token)
    if attempt is None:
        return None
    with portal.database.transaction() as db:
        step = steps.find(db, steps.SIGN_IN, token)
        known = logins.of_person(db, step.person_id, locked=True) if step else None
        if step is None or known is None or todo(db, known, step) != ENROL:
            return None
        codes = second_factor.confirm(db, known, code)
        waits.succeeded(db, attempt)
        steps.put_down(step, **{CODE: True})
        logins.note_by_owner(db, db.get_one(Person, known.person_id), "auth_local.second_factor.on")
        return codes


def resume(portal: Portal, browser: Browser, token: str) -> Progress | None:
    """Go on after something has been shown; None if the step is over."""
    with portal.database.transaction() as db:
        step = steps.find(db, steps.SIGN_IN, token)
        if step is None or logins.of_person(db, step.person_id) is None:
            return None
        return go_on(db, step, token, browser)


def with_passkey(
    portal: Portal, browser: Browser, here: passkeys.Place, written: str, visitor: str, next_address: str
) -> Progress:
    """Sign in with what a passkey has answered.

    Raises `Invalid` if it is none of this portal's, `Forbidden` where it does not let in, `TooMany` after many wrong
    ones from one address.
    """
    attempt = waits.begin(portal, waits.from_address(portal, browser.address))
    with portal.database.transaction() as db:
        person_id = passkeys.check(db, here, written, visitor)
        waits.succeeded(db, attempt)
    with portal.database.transaction() as db:
        known = db.get_one(LocalLogin, person_id)
        _let_in(db, known, by_passkey=True)
        token = steps.begin(db, steps.SIGN_IN, person_id, next_address)
        step = steps.find(db, steps.SIGN_IN, token)
        assert step is not None  # noqa: S101 -- just begun
        steps.put_down(step, **{PASSKEY: True})
        return go_on(db, step, token, browser)
