"""Browsers that somebody has signed in with a login in: each counts its own failed attempts (`waits`).

The browser keeps a signed cookie with a number of its own for each login. It lets nobody in, and without the right
password it is of no use: whoever guesses from a known browser has to wait like everybody else.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from core.database.base import now
from core.portal import Portal
from plugins.auth_local.settings import configuration_of

MOST = 10
"""Logins that one browser remembers, as at home or in a classroom; the one used longest ago gives way."""

_NUMBER = 9
_SIGNATURE = 16


class Known(msgspec.Struct, frozen=True, array_like=True):
    """That this browser, under a `number` of its own, has signed in with a login, kept as a digest; when last."""

    login: bytes
    number: bytes
    since: int


def number_of(portal: Portal, kept: str, login: str, moment: datetime | None = None) -> str:
    """This browser's number with a login, out of what its cookie keeps; empty if it is not known, or no more."""
    digest = _digest(portal, login)
    found = (each for each in _read(portal, kept, moment or now()) if each.login == digest)
    return next((each.number.hex() for each in found), "")


def remembered(portal: Portal, kept: str, login: str, moment: datetime | None = None) -> str:
    """What the cookie is to keep after a sign-in with a login; empty where no browser is remembered."""
    moment, digest = moment or now(), _digest(portal, login)
    if not lifetime(portal):
        return ""
    before = _read(portal, kept, moment)
    # The number stays: whoever signs in again gets no fresh counter by it.
    numbers = [each.number for each in before if each.login == digest]
    number = numbers[0] if numbers else secrets.token_bytes(_NUMBER)
    others = [each for each in before if each.login != digest][: MOST - 1]
    payload = msgspec.msgpack.encode([Known(digest, number, int(moment.timestamp())), *others])
    return urlsafe_b64encode(_signature(portal, payload) + payload).decode().rstrip("=")


def lifetime(portal: Portal) -> timedelta:
    """How long a browser is known after the last sign-in; nothing where none is remembered."""
    return timedelta(days=configuration_of(portal).known_device_days)


def _read(portal: Portal, kept: str, moment: datetime) -> Sequence[Known]:
    """What a cookie of ours says, without what is too old; nothing of anybody else's."""
    try:
        signed = urlsafe_b64decode(kept + "=" * (-len(kept) % 4))
    except (ValueError, binascii.Error):
        return []
    signature, payload = signed[:_SIGNATURE], signed[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(portal, payload)):
        return []
    oldest = (moment - lifetime(portal)).timestamp()
    return [each for each in msgspec.msgpack.decode(payload, type=list[Known]) if each.since > oldest]


def _digest(portal: Portal, login: str) -> bytes:
    return hmac.new(portal.secret, b"known-login:" + login.encode(), hashlib.sha256).digest()[:_NUMBER]


def _signature(portal: Portal, payload: bytes) -> bytes:
    return hmac.new(portal.secret, b"known-devices:" + payload, hashlib.sha256).digest()[:_SIGNATURE]
