"""Passkeys (WebAuthn): a key in the phone or computer signs in instead of the password.

A challenge is made out of the time, something random and the form token of the visitor, and signed by the portal: it
needs no row of its own until it is spent.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.config import Config
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.portal import Portal
from core.web.i18n import gettext, sentence
from plugins.auth_local.models import LocalLogin, Passkey, SpentChallenge

ADDING, SIGNING_IN = b"adding", b"signing in"
LIFETIME = timedelta(minutes=10)
MOST = 10
LONGEST_NAME = 60
_STAMP, _NONCE = 8, 16


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys belong: the host they are made for, and the address pages have."""

    host: str
    origin: str


def place(config: Config, asked: str) -> Place | None:
    """Where passkeys of this portal belong; None where browsers allow none: an address without a name or HTTPS.

    `asked` is host and port of the request: for trying out, `localhost` is as good as the portal's own name.
    """
    address = urlsplit(config.address)
    if not config.production and asked.partition(":")[0] == "localhost":
        address = urlsplit(f"http://{asked}")
    host = address.hostname or ""
    if host != "localhost" and (address.scheme != "https" or _is_number(host)):
        return None
    return Place(host=host, origin=f"{address.scheme}://{address.netloc}")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def challenge(portal: Portal, purpose: bytes, visitor: str) -> bytes:
    """A challenge for one page of one visitor, whose form token is `visitor`."""
    start = int(now().timestamp()).to_bytes(_STAMP, "big") + secrets.token_bytes(_NONCE)
    return start + _signature(portal, purpose, visitor, start)


def _signature(portal: Portal, purpose: bytes, visitor: str, start: bytes) -> bytes:
    signed = b"|".join((b"passkey", purpose, visitor.encode(), start))
    return hmac.new(portal.secret, signed, hashlib.sha256).digest()


def _spend(db: Session, purpose: bytes, visitor: str, credential: dict[str, Any]) -> bytes:
    """The challenge that a browser has answered; it cannot be answered again. Raises `Invalid` for any other."""
    try:
        client = msgspec.json.decode(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        answered = base64url_to_bytes(client["challenge"])
    except (KeyError, TypeError, ValueError, msgspec.DecodeError) as error:
        raise _refused() from error
    start = answered[: _STAMP + _NONCE]
    made = int.from_bytes(start[:_STAMP], "big")
    fresh = now().timestamp() - LIFETIME.total_seconds() <= made <= now().timestamp()
    if not fresh or not hmac.compare_digest(
        answered[_STAMP + _NONCE :], _signature(db.portal, purpose, visitor, start)
    ):
        raise _refused()
    dialect: Any = sqlite if db.portal.database.is_sqlite else postgresql
    spent = (
        dialect.insert(SpentChallenge)
        .values(digest=hashlib.sha256(answered).digest(), expires_at=now() + LIFETIME)
        .on_conflict_do_nothing()
        .returning(SpentChallenge.digest)
    )
    if db.execute(spent).first() is None:
        raise _refused()
    return answered


def _refused() -> Invalid:
    return Invalid("Ключ входа не подошёл.", advice="Обновите страницу и повторите или войдите с паролем.")


def of_person(db: Session, person_id: UUID) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    return db.scalars(select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)).all()


def options_to_add(db: Session, here: Place, known: LocalLogin, name: str, visitor: str) -> str:
    """What the browser needs to make a passkey, as JSON. Raises `Conflict` for one too many."""
    present = of_person(db, known.person_id)
    if len(present) >= MOST:
        raise Conflict("Ключей входа уже слишком много.", advice="Удалите те, которыми не пользуетесь.")
    return options_to_json(
        generate_registration_options(
            rp_id=here.host,
            rp_name=gettext("Моя школа"),
            user_id=known.person_id.bytes,
            user_name=known.login,
            user_display_name=name,
            challenge=challenge(db.portal, ADDING, visitor),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in present],
        )
    )


def add(db: Session, here: Place, known: LocalLogin, written: str, name: str, visitor: str) -> None:
    """Keep a passkey that the browser has made. Raises `Invalid` if it does not answer our challenge."""
    credential = _credential(written)
    answered = _spend(db, ADDING, visitor, credential)
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=answered,
            expected_rp_id=here.host,
            expected_origin=here.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise _refused() from error
    taken = select(Passkey.id).where(Passkey.credential_id == verified.credential_id)
    if db.scalar(taken) is not None:
        raise Conflict("Этот ключ уже добавлен.", advice="Обновите страницу.")
    db.add(
        Passkey(
            id=new_id(),
            person_id=known.person_id,
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            name=name.strip()[:LONGEST_NAME] or sentence("Ключ входа"),
        )
    )


def remove(db: Session, person_id: UUID, passkey_id: UUID) -> str:
    """Forget one passkey of a person; returns its name. Raises `NotFound` for any other."""
    name = db.scalar(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.person_id == person_id)
        .returning(Passkey.name)
    )
    if name is None:
        raise NotFound("Такого ключа входа нет.", advice="Возможно, он уже удалён. Обновите страницу.")
    return name


def options_to_sign_in(portal: Portal, here: Place, visitor: str) -> str:
    """What the browser needs to sign in with any passkey of this portal, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=here.host,
            challenge=challenge(portal, SIGNING_IN, visitor),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def check(db: Session, here: Place, written: str, visitor: str) -> UUID:
    """Whose passkey has answered our challenge. Raises `Invalid` if none of this portal has."""
    credential = _credential(written)
    answered = _spend(db, SIGNING_IN, visitor, credential)
    try:
        sent = base64url_to_bytes(str(credential["id"]))
    except (KeyError, ValueError) as error:
        raise _refused() from error
    known = db.scalar(select(Passkey).where(Passkey.credential_id == sent).with_for_update())
    if known is None:
        raise _refused()
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=answered,
            expected_rp_id=here.host,
            expected_origin=here.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise _refused() from error
    known.sign_count, known.used_at = verified.new_sign_count, now()
    return known.person_id


def _credential(written: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(written, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise _refused() from error
