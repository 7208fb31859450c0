"""Codes from an application (TOTP, RFC 6238) as a second factor for staff, and recovery codes for a lost phone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

import msgspec
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import delete, func, select

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.portal import Portal
from core.web.i18n import gettext, sentence
from plugins.auth_local import access, passwords
from plugins.auth_local.models import LocalLogin, RecoveryCode

OFF, OFFERED, REQUIRED = "off", "offered", "required"
STRICTER = (OFF, OFFERED, REQUIRED)
SECONDS = 30
TOLERATED = 1
"""Periods before and after the present one whose codes are taken: clocks differ."""

RECOVERY_CODES, RECOVERY_LENGTH = 10, 12
NONCE = 12


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What one needs to set an application up: a picture to point at, and the same to type."""

    picture: str
    secret: str


def wanted(db: Session, known: LocalLogin) -> str:
    """What the organizations where the person works say: `off`, `offered` or `required`; the strictest holds."""
    said = [
        access.settings_of(db, role.path).second_factor
        for role in access.roles_of(db, known.person_id)
        if role.is_staff and role.is_on
    ]
    return max(said, key=STRICTER.index, default=OFF)


def is_on(known: LocalLogin) -> bool:
    """Whether codes are asked for."""
    return known.totp_since is not None


def prepare(db: Session, known: LocalLogin) -> None:
    """Make a secret to be confirmed with a first code, unless there is one. Raises `Conflict` if codes are on."""
    if is_on(known):
        raise Conflict("Код из приложения уже включён.", advice="Обновите страницу.")
    if known.totp_secret is None:
        known.totp_secret = _sealed(db.portal, random_base32())


def enrolment(portal: Portal, known: LocalLogin) -> Enrolment | None:
    """The secret that waits to be confirmed; None if none does."""
    if known.totp_secret is None or is_on(known):
        return None
    secret = _opened(portal, known.totp_secret)
    address = TOTP(secret, interval=SECONDS).provisioning_uri(
        name=known.login, issuer_name=gettext("Моя школа")
    )
    picture = segno.make(address, error="l", micro=False).svg_data_uri(scale=4, border=3, light="#fff")
    return Enrolment(picture=picture, secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)))


def confirm(db: Session, known: LocalLogin, code: str) -> Sequence[str]:
    """Switch codes on with a first one; returns fresh recovery codes. Raises `Invalid` for a wrong code."""
    if known.totp_secret is None or is_on(known):
        raise Conflict("Настройка кода уже закончена.", advice="Обновите страницу.")
    if not _fits(db.portal, known, code):
        raise wrong_code()
    known.totp_since = now()
    return fresh_recovery_codes(db, known)


def check(db: Session, known: LocalLogin, code: str) -> bool:
    """Whether a code, or a recovery code, lets in; either serves once."""
    if _fits(db.portal, known, code):
        return True
    spent = db.execute(
        delete(RecoveryCode)
        .where(
            RecoveryCode.person_id == known.person_id,
            RecoveryCode.code_hash == _digest(db.portal, known, code),
        )
        .returning(RecoveryCode.id)
    ).first()
    return spent is not None


def remove(db: Session, known: LocalLogin) -> None:
    """Codes are asked for no more; secret and recovery codes are forgotten."""
    known.totp_secret, known.totp_since, known.totp_period = None, None, 0
    db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == known.person_id))


def fresh_recovery_codes(db: Session, known: LocalLogin) -> Sequence[str]:
    """New recovery codes, shown this once; earlier ones stop working."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == known.person_id))
    codes = [passwords.in_groups(passwords.spoken(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.add_all(
        RecoveryCode(id=new_id(), person_id=known.person_id, code_hash=_digest(db.portal, known, code))
        for code in codes
    )
    return codes


def recovery_codes_left(db: Session, known: LocalLogin) -> int:
    """How many recovery codes are not spent."""
    found = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == known.person_id)
    return db.scalar(found) or 0


def wrong_code() -> Invalid:
    """What is said to a code that does not fit."""
    return Invalid(
        "Код не подходит.",
        advice="Введите тот, что сейчас в приложении. Проверьте, что время на телефоне ставится само.",
        fields={"code": sentence("Код не подходит. Введите тот, что сейчас в приложении.")},
    )


def _fits(portal: Portal, known: LocalLogin, code: str) -> bool:
    """Whether it is a code of about now that was not used yet; it counts as used then."""
    digits = "".join(code.split())
    if known.totp_secret is None or not (digits.isascii() and digits.isdigit()):
        return False
    totp = TOTP(_opened(portal, known.totp_secret), interval=SECONDS)
    present = int(now().timestamp()) // SECONDS
    for period in range(present - TOLERATED, present + TOLERATED + 1):
        if hmac.compare_digest(totp.generate_otp(period), digits) and period > known.totp_period:
            known.totp_period = period
            return True
    return False


def _key(portal: Portal) -> bytes:
    return hmac.new(portal.secret, b"auth_local:totp", hashlib.sha256).digest()


def _sealed(portal: Portal, secret: str) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_key(portal)).encrypt(nonce, secret.encode(), None)


def _opened(portal: Portal, sealed: bytes) -> str:
    """The secret in plain. Raises `Conflict` if the portal's secret has been changed since."""
    try:
        return AESGCM(_key(portal)).decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
    except InvalidTag as error:
        raise Conflict(
            "Код из приложения больше не проверить: секрет портала сменился.",
            advice="Попросите школу снять код на карточке учётной записи.",
        ) from error


def _digest(portal: Portal, known: LocalLogin, code: str) -> bytes:
    plain = passwords.from_paper(code)
    return hmac.new(portal.secret, f"recovery:{known.person_id}:{plain}".encode(), hashlib.sha256).digest()
