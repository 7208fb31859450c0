"""Sign-ins that were refused: what the portal remembers so that their owner may read why and ask the school."""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select

from core.database.base import now
from core.database.session import Session
from core.errors import Invalid
from core.identity import refused
from core.identity.linking import Outcome, Profile
from core.web.i18n import sentence
from plugins.auth_esia.logins import digest
from plugins.auth_esia.models import RefusedSignIn

LIFETIME = timedelta(minutes=15)
LONGEST_CONTACT = 300


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refused sign-in of one browser; `asked` says that a request was sent from here.

    By its `number` the support finds it in the log.
    """

    profile: Profile
    outcome: Outcome
    asked: bool
    number: str

    @property
    def may_ask(self) -> bool:
        """Whether a request to the school can help."""
        return refused.may_ask(self.profile, self.outcome)


def keep(db: Session, browser: str, profile: Profile, outcome: Outcome) -> Refusal:
    """Remember a refusal in place of the browser's former one; forgets those that are too old."""
    db.execute(
        delete(RefusedSignIn).where(
            (RefusedSignIn.created_at < now() - LIFETIME) | (RefusedSignIn.browser_hash == digest(browser))
        )
    )
    told: dict[str, Any] = msgspec.to_builtins(profile)
    kept = RefusedSignIn(
        browser_hash=digest(browser), outcome=outcome.value, profile=told, asked=False, created_at=now()
    )
    db.add(kept)
    return _refusal(kept)


def forget(db: Session, browser: str) -> None:
    """Forget what was refused to a browser in which somebody is signed in now: it is nobody else's business."""
    db.execute(delete(RefusedSignIn).where(RefusedSignIn.browser_hash == digest(browser)))


def find(db: Session, browser: str) -> Refusal | None:
    """What was refused to this browser within a quarter of an hour."""
    kept = _kept(db, browser)
    return _refusal(kept) if kept is not None else None


def ask(db: Session, browser: str, contact: str) -> Refusal | None:
    """Send the request of whoever was refused in this browser; None if that is too long ago.

    Raises `Invalid` for a contact that is too long.
    """
    kept = _kept(db, browser)
    if kept is None:
        return None
    said = contact.replace("\x00", "").strip()
    if len(said) > LONGEST_CONTACT:
        raise Invalid(
            "Запрос не отправлен: контакт слишком длинный.",
            fields={"contact": sentence("Не длиннее %(most)s знаков.", most=LONGEST_CONTACT)},
        )
    refusal = _refusal(kept)
    refused.ask(db, refusal.profile, refusal.outcome, said)
    kept.asked = refusal.may_ask
    return refusal


def _kept(db: Session, browser: str) -> RefusedSignIn | None:
    return db.scalar(
        select(RefusedSignIn).where(
            RefusedSignIn.browser_hash == digest(browser), RefusedSignIn.created_at >= now() - LIFETIME
        )
    )


def _refusal(kept: RefusedSignIn) -> Refusal:
    return Refusal(
        profile=msgspec.convert(kept.profile, Profile),
        outcome=Outcome(kept.outcome),
        asked=kept.asked,
        number=_number(kept),
    )


def _number(kept: RefusedSignIn) -> str:
    """The same however often the page is opened, another after the next sign-in."""
    moment = kept.created_at.astimezone(UTC).isoformat().encode()
    return hashlib.sha256(kept.browser_hash + moment).hexdigest()[:8]
