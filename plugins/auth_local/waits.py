"""Guessing slowed down: after a few failures the next attempt has to wait.

What others do must not keep the owner out. A login is counted for each network it is tried from, and for all
together with a much higher threshold, which slows whoever tries from many networks. A browser that its owner has
signed in with is counted by itself alone (`known_devices`).

An attempt counts as failed before it is tried and is taken back if it succeeds: so attempts made at the same
time, by several workers too, do not slip through. The waits are kept in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database.base import now
from core.database.session import Session
from core.errors import TooMany
from core.portal import Portal
from core.web.i18n import Sentence, counted, sentence
from plugins.auth_local.models import Attempts
from plugins.auth_local.settings import configuration_of

KEPT = timedelta(days=2)
"""After so long without an attempt nothing is left to remember."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How attempts are slowed: the first `free` are not, then the wait doubles from `first` to `longest`.

    One failure is forgotten after each `forgotten` without another; a success forgets its own, or all
    (`clears`).
    """

    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta
    clears: bool = False

    def wait(self, failures: int) -> timedelta:
        """How long the attempt after so many failures has to wait."""
        if failures < self.free:
            return timedelta()
        doubled = min(failures - self.free, 16)
        return min(self.first * 2**doubled, self.longest)


ONE_PERSON = Pace(
    free=5,
    first=timedelta(seconds=15),
    longest=timedelta(minutes=15),
    forgotten=timedelta(minutes=30),
    clears=True,
)
"""Who tries here is most likely one person."""

ALL_TOGETHER = Pace(
    free=100,
    first=timedelta(seconds=15),
    longest=timedelta(minutes=15),
    forgotten=timedelta(minutes=10),
)
"""Everybody who tries at one login; `free` as the installation says."""

FROM_NETWORK = Pace(
    free=50,
    first=timedelta(seconds=15),
    longest=timedelta(minutes=5),
    forgotten=timedelta(seconds=30),
)
"""A whole school may come from one network; `free` as the installation says."""


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """One row of attempts with its pace; those of the same `subject_hash` can be forgotten together."""

    key: bytes
    pace: Pace
    subject_hash: bytes | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that is being made; `others_count` if somebody else's failures may have slowed it."""

    counters: Sequence[Counter]
    others_count: bool = False


def at_login(portal: Portal, login: str, address: str, device: str) -> Attempt:
    """An attempt at a login, from a browser that has signed in with it (`device`) or from any other."""
    subject = _key(portal, "login", login)

    def counter(kind: str, place: str, pace: Pace) -> Counter:
        return Counter(key=_key(portal, kind, f"{login}\n{place}"), pace=pace, subject_hash=subject)

    if device:
        return Attempt(counters=[counter("login-device", device, ONE_PERSON)])
    all_together = msgspec.structs.replace(ALL_TOGETHER, free=configuration_of(portal).attempts_per_login)
    return Attempt(
        counters=[
            _of_network(portal, address),
            counter("login-network", _network(address), ONE_PERSON),
            Counter(key=subject, pace=all_together, subject_hash=subject),
        ],
        others_count=True,
    )


def at_subject(portal: Portal, kind: str, subject: str, *, address: str = "", device: str = "") -> Attempt:
    """An attempt of `kind` at what others than its owner hardly reach: a code after the password, one's own password.

    With an `address`, whoever else tries from there counts too; a known `device` is counted by itself.
    """
    key = _key(portal, f"{kind}-device", f"{subject}\n{device}") if device else _key(portal, kind, subject)
    of_subject = Counter(key=key, pace=ONE_PERSON)
    if not address or device:
        return Attempt(counters=[of_subject])
    return Attempt(counters=[_of_network(portal, address), of_subject])


def from_address(portal: Portal, address: str) -> Attempt:
    """An attempt at nothing in particular."""
    return Attempt(counters=[_of_network(portal, address)])


def begin(portal: Portal, attempt: Attempt) -> Attempt:
    """Count an attempt.

    Raises `TooMany`, saying how long to wait, if it comes too early; then it is not counted.
    """
    moment = now()
    with portal.database.transaction() as db:
        rows = list(_locked(db, attempt, moment))
        blocked = max((row.blocked_until for row, _pace in rows if row.blocked_until), default=moment)
        if blocked > moment:
            raise TooMany(
                sentence(
                    "Слишком много неудачных попыток. Попробуйте через %(wait)s.",
                    wait=in_words(blocked - moment),
                ),
                advice=_other_ways(portal, attempt),
            )
        for row, pace in rows:
            gone = int((moment - row.last_at) / pace.forgotten)
            row.failures = max(0, row.failures - gone) + 1
            row.last_at = moment
            wait = pace.wait(row.failures)
            row.blocked_until = moment + wait if wait else None
    return attempt


def _other_ways(portal: Portal, attempt: Attempt) -> str:
    if attempt.others_count and configuration_of(portal).known_device_days:
        return sentence(
            "С телефона или компьютера, с которого вы уже входили с этим логином, войти можно и сейчас. Забыли "
            "пароль – попросите школу выдать новый: с ним ждать не придётся."
        )
    return sentence("Если забыли пароль, попросите школу выдать новый.")


def succeeded(db: Session, attempt: Attempt) -> None:
    """Take an attempt back: where one person tries, all failures, else this one."""
    for row, pace in _locked(db, attempt, now()):
        row.failures = 0 if pace.clears else max(0, row.failures - 1)
        row.blocked_until = None


def forget_login(db: Session, login: str) -> None:
    """Forget the failures at a login wherever they came from, as after the school has issued another password."""
    db.execute(delete(Attempts).where(Attempts.subject_hash == _key(db.portal, "login", login)))


def next_wait(db: Session, attempt: Attempt) -> timedelta:
    """How long the next attempt has to wait after this one failed."""
    keys = [counter.key for counter in attempt.counters]
    until = db.scalars(select(Attempts.blocked_until).where(Attempts.key_hash.in_(keys))).all()
    return max((each - now() for each in until if each), default=timedelta())


def in_words(wait: timedelta) -> Sentence:
    """A wait as it is said, rounded up: «15 секунд», «2 минуты»."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    if seconds < 90:
        return counted("%(count)s секунду", "%(count)s секунд", seconds)
    return counted("%(count)s минуту", "%(count)s минут", -(-seconds // 60))


def _of_network(portal: Portal, address: str) -> Counter:
    pace = msgspec.structs.replace(FROM_NETWORK, free=configuration_of(portal).attempts_per_address)
    return Counter(key=_key(portal, "network", _network(address)), pace=pace)


def _network(address: str) -> str:
    """What one subscriber has: an address, of IPv6 its first half, for the rest they choose at will."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _key(portal: Portal, kind: str, subject: str) -> bytes:
    return hmac.new(portal.secret, f"attempts:{kind}:{subject}".encode(), hashlib.sha256).digest()


def _locked(db: Session, attempt: Attempt, moment: datetime) -> Iterator[tuple[Attempts, Pace]]:
    """The rows of an attempt, made if not there; always in the same order, lest two wait for each other."""
    dialect: Any = sqlite if db.portal.database.is_sqlite else postgresql
    for counter in sorted(attempt.counters, key=lambda each: each.key):
        values = {
            "key_hash": counter.key,
            "subject_hash": counter.subject_hash,
            "failures": 0,
            "last_at": moment,
        }
        db.execute(dialect.insert(Attempts).values(values).on_conflict_do_nothing())
        row = db.scalars(select(Attempts).where(Attempts.key_hash == counter.key).with_for_update()).one()
        yield row, counter.pace
