"""Tables of the sign-in with the school's login. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

LONGEST_LOGIN = 40
TRIAL_PASSWORD = "demo-school-2026"  # noqa: S105 -- shown to everybody on purpose
"""The one password of the invented logins."""


class LocalLogin(Base):
    """A person's login and password. `login` is lower case and unique in the portal.

    A password that the school has issued is `one_time`: it lets in once, until `expires_at`, to choose
    another. `is_demo` marks invented logins with a well-known password: a portal in production refuses them.
    `totp_secret` is sealed with the portal's secret; it counts once a code has confirmed it, `totp_since` then.
    `totp_period` is the period of the code used last: none serves twice.
    """

    __tablename__ = "auth_local_login"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_person.id", ondelete="CASCADE"), primary_key=True
    )
    login: Mapped[str] = mapped_column(String(LONGEST_LOGIN), unique=True)
    password_hash: Mapped[str]
    one_time: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_since: Mapped[datetime | None]
    totp_period: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Keyed, Base):
    """A code that lets in instead of one from the application, once."""

    __tablename__ = "auth_local_recovery_code"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("auth_local_login.person_id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Passkey(Keyed, Base):
    """A key in a phone or computer that signs in instead of the password; only its public half is here."""

    __tablename__ = "auth_local_passkey"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("auth_local_login.person_id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class SpentChallenge(Base):
    """A challenge that a passkey has answered: it cannot be answered again."""

    __tablename__ = "auth_local_spent_challenge"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Invitation(Keyed, Base):
    """A code with which a person makes a login; it serves once. A person has one at a time.

    `wrong` counts birth dates that did not agree: after a few the code is void.
    """

    __tablename__ = "auth_local_invitation"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id", ondelete="CASCADE"), unique=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    wrong: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Attempts(Base):
    """Failed attempts of one kind: at a login, from a network. Both are kept as keyed digests.

    `subject_hash` is the same for all attempts at one login: they are forgotten together.
    """

    __tablename__ = "auth_local_attempts"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    subject_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]


class Step(Base):
    """A sign-in that has begun and is not finished: the password agreed, something else is still to be done.

    It belongs to one browser by a cookie, of which only the digest is kept. `kind` is `sign_in` or `invitation`.
    """

    __tablename__ = "auth_local_step"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id", ondelete="CASCADE"), index=True)
    next_address: Mapped[str]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    expires_at: Mapped[datetime] = mapped_column(index=True)
