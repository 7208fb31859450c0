"""Sign-in sessions that are over, and why: a browser that comes back with the old cookie is told.

All sessions end here. What is kept of one is the digest of its cookie, whose it was and the reason, for
`REMEMBERED`; the cookie lives as much longer than its session.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    bindparam,
    case,
    delete,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Timestamp, now
from core.database.session import Session
from core.identity.models import Account, SignInSession

REMEMBERED = timedelta(days=30)
"""How long the portal can say why a session ended."""


class Reason(StrEnum):
    """Why a session ended."""

    IDLE = "idle"
    LIMIT = "limit"
    ELSEWHERE = "elsewhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a reason, no password
    PASSWORD_RESET = "password_reset"  # noqa: S105
    SCHOOL = "school"
    BLOCKED = "blocked"
    PROFILE = "profile"
    WAY = "way"
    SIGNED_OUT = "signed_out"


class EndedSession(Base):
    """A session that is over. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "core_ended_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core_account.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the ended session whose cookie a browser has sent."""

    reason: Reason
    account_id: UUID
    token_hash: bytes


def end(db: Session, which: ColumnElement[bool], reason: Reason) -> int:
    """End the sessions that `which` describes, by columns of `SignInSession`. Returns how many ended."""
    return _move(db, which, literal(reason.value))


def end_over(db: Session, limit: int) -> int:
    """End up to `limit` sessions that were idle too long or have reached their limit; returns how many."""
    moment = now()
    over = or_(SignInSession.expires_at <= moment, SignInSession.seen_at <= _idle_since(db, moment))
    found = db.scalars(select(SignInSession.id).where(over).limit(limit)).all()
    at_limit = case(
        (SignInSession.expires_at <= moment, literal(Reason.LIMIT.value)), else_=literal(Reason.IDLE.value)
    )
    return _move(db, SignInSession.id.in_(found), at_limit)


def forget_old(db: Session, limit: int) -> int:
    """Delete up to `limit` ended sessions that need not be remembered any longer; returns how many."""
    old = select(EndedSession.token_hash).where(EndedSession.ended_at < now() - REMEMBERED).limit(limit)
    deleted = delete(EndedSession).where(EndedSession.token_hash.in_(old)).returning(EndedSession.token_hash)
    return len(db.execute(deleted).all())


_STANDING = (
    select(SignInSession.account_id, Account.status, SignInSession.seen_at, SignInSession.expires_at)
    .join(Account, Account.id == SignInSession.account_id)
    .where(SignInSession.token_hash == bindparam("token_hash", type_=LargeBinary()))
)
_MOVED = (
    select(EndedSession.account_id, Account.status, EndedSession.reason)
    .join(Account, Account.id == EndedSession.account_id)
    .where(EndedSession.token_hash == bindparam("token_hash", type_=LargeBinary()))
)


def find(db: Session, token_hash: bytes) -> Ended | None:
    """The ended session of a cookie that signs nobody in any more; None if there never was one."""
    moment = now()
    standing = db.rows(_STANDING, {"token_hash": token_hash}).first()
    if standing is not None:
        at_limit = standing.expires_at <= moment
        row, reason = standing, Reason.LIMIT if at_limit else Reason.IDLE
        over = at_limit or standing.seen_at <= _idle_since(db, moment)
        if not over and standing.status == "active":
            return None
    else:
        row = db.rows(_MOVED, {"token_hash": token_hash}).first()
        if row is None:
            return None
        reason = Reason(row.reason)
    if row.status != "active":
        reason = Reason.BLOCKED
    elif reason is Reason.BLOCKED:
        # Let in again meanwhile.
        reason = Reason.SCHOOL
    return Ended(reason=reason, account_id=row.account_id, token_hash=token_hash)


def _idle_since(db: Session, moment: datetime) -> datetime:
    return moment - timedelta(minutes=db.portal.config.session_idle_minutes)


def _move(db: Session, which: ColumnElement[bool], reason: ColumnElement[Any]) -> int:
    moment = literal(now(), Timestamp())
    columns = ["token_hash", "account_id", "reason", "ended_at"]
    over = select(SignInSession.token_hash, SignInSession.account_id, reason, moment).where(which)
    db.execute(insert(EndedSession).from_select(columns, over))
    ended = delete(SignInSession).where(which).returning(SignInSession.id)
    return len(db.execute(ended).all())
