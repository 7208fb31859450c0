"""Guessing slowed down: after a few failures at a login or from an address the next attempt has to wait.

An attempt counts as failed before it is tried and is taken back if it succeeds: so attempts made at the same
time, by several workers too, do not slip through. The waits are kept in the database.
"""

from __future__ import annotations

import hashlib
import hmac
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

KEPT = timedelta(days=2)
"""After so long without an attempt nothing is left to remember."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How attempts are slowed: the first `free` are not, then the wait doubles from `first` to `longest`.

    One failure is forgotten after each `forgotten` without another.
    """

    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long the attempt after so many failures has to wait."""
        if failures < self.free:
            return timedelta()
        doubled = min(failures - self.free, 16)
        return min(self.first * 2**doubled, self.longest)


AT_LOGIN = Pace(
    free=5,
    first=timedelta(seconds=15),
    longest=timedelta(minutes=15),
    forgotten=timedelta(minutes=30),
)
FROM_ADDRESS = Pace(
    free=50,
    first=timedelta(seconds=15),
    longest=timedelta(minutes=5),
    forgotten=timedelta(seconds=30),
)
"""A whole school may come from one address."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that is being made: `keys` with their pace."""

    keys: Sequence[tuple[bytes, Pace]]


def begin(portal: Portal, kind: str, subject: str, address: str) -> Attempt:
    """Count an attempt of `kind` at `subject` from `address`; without a subject, from the address only.

    Raises `TooMany`, saying how long to wait, if it comes too early; then it is not counted.
    """
    keys = [(_key(portal, "address", address), FROM_ADDRESS)]
    if subject:
        keys.append((_key(portal, kind, subject), AT_LOGIN))
    attempt = Attempt(keys=keys)
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
                advice="Если забыли пароль, попросите школу выдать новый.",
            )
        for row, pace in rows:
            gone = int((moment - row.last_at) / pace.forgotten)
            row.failures = max(0, row.failures - gone) + 1
            row.last_at = moment
            wait = pace.wait(row.failures)
            row.blocked_until = moment + wait if wait else None
    return attempt


def succeeded(db: Session, attempt: Attempt) -> None:
    """Take an attempt back: of the login all failures, of the address this one."""
    for row, pace in _locked(db, attempt, now()):
        row.failures = 0 if pace is AT_LOGIN else max(0, row.failures - 1)
        row.blocked_until = None


def forget(db: Session, portal: Portal, kind: str, subject: str) -> None:
    """Forget the failures at a subject, as after the school has issued another password."""
    db.execute(delete(Attempts).where(Attempts.key_hash == _key(portal, kind, subject)))


def next_wait(db: Session, attempt: Attempt) -> timedelta:
    """How long the next attempt has to wait after this one failed."""
    keys = [key for key, _pace in attempt.keys]
    until = db.scalars(select(Attempts.blocked_until).where(Attempts.key_hash.in_(keys))).all()
    return max((each - now() for each in until if each), default=timedelta())


def in_words(wait: timedelta) -> Sentence:
    """A wait as it is said, rounded up: «15 секунд», «2 минуты»."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    if seconds < 90:
        return counted("%(count)s секунду", "%(count)s секунд", seconds)
    return counted("%(count)s минуту", "%(count)s минут", -(-seconds // 60))


def _key(portal: Portal, kind: str, subject: str) -> bytes:
    return hmac.new(portal.secret, f"attempts:{kind}:{subject}".encode(), hashlib.sha256).digest()


def _locked(db: Session, attempt: Attempt, moment: datetime) -> Iterator[tuple[Attempts, Pace]]:
    """The rows of an attempt, made if not there; always in the same order, lest two wait for each other."""
    dialect: Any = sqlite if db.portal.database.is_sqlite else postgresql
    for key, pace in sorted(attempt.keys, key=lambda pair: pair[0]):
        values = {"key_hash": key, "failures": 0, "last_at": moment}
        db.execute(dialect.insert(Attempts).values(values).on_conflict_do_nothing())
        row = db.scalars(select(Attempts).where(Attempts.key_hash == key).with_for_update()).one()
        yield row, pace
