"""Tables of the sign-in: what is under way, and what the stand remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, now


class LoginUnderWay(Base):
    """A sign-in that was begun and has not come back; it lives ten minutes and serves once.

    Only hashes of the state and of the browser's cookie are kept, so that a copy of the table signs
    nobody in.
    """

    __tablename__ = "auth_esia_login"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    provider: Mapped[str] = mapped_column(String(16), default="esia")
    """The driver that began it: an answer of another one's does not fit."""
    verifier: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str] = mapped_column(String(64), default="")
    next_address: Mapped[str]
    repeated: Mapped[bool] = mapped_column(default=False)
    """Whether the portal already began anew by itself: it does so once."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class RefusedSignIn(Base):
    """Who came back from Gosuslugi and was not let in; that browser is told why for a quarter of an hour."""

    __tablename__ = "auth_esia_refused"

    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))
    profile: Mapped[dict[str, Any]]
    """`core.identity.linking.Profile`."""
    asked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class StandEntry(Base):
    """One thing the stand remembers until its time."""

    __tablename__ = "auth_esia_stand_entry"

    shelf: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)
