"""Logins that the school issues."""

from dataclasses import replace

from pyotp.totp import TOTP
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account
from plugins.auth_local import passwords, second_factor
from plugins.auth_local.models import LocalLogin, Passkey

from .world import Sent, World, sends


def with_login(world: World, *, codes: bool = False) -> Sent:
    """The teacher with a login, perhaps with codes from an application switched on; signed in anew."""
    with world.portal.portal.database.transaction() as db:
        known = db.get(LocalLogin, world.teacher.person_id)
        if known is None:
            known = LocalLogin(person_id=world.teacher.person_id, login="kleine", password_hash="")
            db.add(known)
        known.password_hash, known.one_time = passwords.hashed("лиловый трактор едет"), False
        second_factor.remove(db, known)
        account = db.scalars(select(Account).where(Account.person_id == world.teacher.person_id)).one()
        account.status = "active"
        if codes:
            second_factor.prepare(db, known)
            known.totp_since = known.created_at
    visitor = world.portal.sign_in("teacher", person_id=world.teacher.person_id)
    return Sent(visitor, "", "/account/login", {"password": "лиловый трактор едет"})


@sends("POST /account/login/second-factor")
def second_factor_begun(world: World) -> Sent:
    return replace(with_login(world), action="/account/login/second-factor")


@sends("POST /account/login/second-factor/confirm")
def second_factor_confirmed(world: World) -> Sent:
    begun = with_login(world)
    with world.portal.portal.database.transaction() as db:
        known = db.get_one(LocalLogin, world.teacher.person_id)
        second_factor.prepare(db, known)
        shown = second_factor.enrolment(world.portal.portal, known)
        assert shown is not None
    code = TOTP(shown.secret.replace(" ", "")).now()
    return replace(begun, action="/account/login/second-factor/confirm", fields={"code": code})


@sends("POST /account/login/second-factor/off")
def second_factor_ended(world: World) -> Sent:
    return replace(with_login(world, codes=True), action="/account/login/second-factor/off")


@sends("POST /account/login/recovery-codes")
def recovery_codes_renewed(world: World) -> Sent:
    return replace(with_login(world, codes=True), action="/account/login/recovery-codes")


def with_passkey(world: World) -> Sent:
    """The teacher with a login and a passkey, as far as tables go."""
    begun = with_login(world)
    key = Passkey(
        id=new_id(),
        person_id=world.teacher.person_id,
        credential_id=new_id().bytes,
        public_key=b"",
        sign_count=0,
        name="Телефон",
    )
    with world.portal.portal.database.transaction() as db:
        db.add(key)
    return replace(begun, fields={"passkey_id": str(key.id)})


@sends("POST /account/login/passkeys/remove")
def passkey_removed(world: World) -> Sent:
    return replace(with_passkey(world), action="/account/login/passkeys/remove")


@sends("POST /accounts/{person_id:uuid}/login/passkeys")
def passkeys_taken_away(world: World) -> Sent:
    with_passkey(world)
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/passkeys", page)


@sends("POST /accounts/{person_id:uuid}/login/second-factor")
def second_factor_taken_away(world: World) -> Sent:
    with_login(world, codes=True)
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/second-factor", page)


@sends("POST /accounts/{person_id:uuid}/login/invitation")
def invitation_issued(world: World) -> Sent:
    page = f"/accounts/{world.guardian_id}"
    return Sent(world.head, f"{page}/login/invitation", page)


@sends("POST /classes/{class_id:uuid}/invitations")
def class_invited(world: World) -> Sent:
    page = f"/classes/{world.found.school_class_id}/invitations"
    return Sent(world.head, page, page)


@sends("POST /accounts/{person_id:uuid}/login/password")
def password_issued(world: World) -> Sent:
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/password", page)


@sends("POST /accounts/{person_id:uuid}/login/remove")
def login_taken_away(world: World) -> Sent:
    page = f"/accounts/{world.teacher.person_id}"
    world.head.post(f"{page}/login/password")
    return Sent(world.head, f"{page}/login/remove", page)
