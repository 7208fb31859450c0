"""Sign-ins under way: what the portal remembers between sending a browser away and its coming back."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, select

from core.database.base import now
from core.database.session import Session
from plugins.auth_esia.driver import Login
from plugins.auth_esia.models import LoginUnderWay

LIFETIME = timedelta(minutes=10)


def digest(text: str) -> bytes:
    """What is kept of a secret of the browser."""
    return sha256(text.encode()).digest()


def remember(
    db: Session, login: Login, *, provider: str, browser: str, next_address: str, repeated: bool = False
) -> None:
    """Keep a sign-in that begins now; forgets those that are too old. Several may be under way (tabs)."""
    db.execute(delete(LoginUnderWay).where(LoginUnderWay.created_at < now() - LIFETIME))
    db.add(
        LoginUnderWay(
            state_hash=digest(login.state),
            browser_hash=digest(browser),
            provider=provider,
            verifier=login.verifier,
            nonce=login.nonce,
            next_address=next_address,
            repeated=repeated,
        )
    )


def spend(db: Session, *, state: str, provider: str, browser: str) -> LoginUnderWay | None:
    """The sign-in of this state, if this browser began it here within ten minutes; it cannot be had again."""
    found = db.scalar(
        select(LoginUnderWay).where(
            LoginUnderWay.state_hash == digest(state), LoginUnderWay.created_at >= now() - LIFETIME
        )
    )
    if (
        found is None
        or found.provider != provider
        or not hmac.compare_digest(found.browser_hash, digest(browser))
    ):
        return None
    taken = db.execute(
        delete(LoginUnderWay)
        .where(LoginUnderWay.state_hash == found.state_hash)
        .returning(LoginUnderWay.state_hash)
        .execution_options(synchronize_session=False)
    ).first()
    db.expunge(found)
    return found if taken else None
