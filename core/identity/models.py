"""Tables of people and of the ways they sign in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Dated, Keyed, SortText, now
from core.database.words import Words
from core.identity.names import full_name, short_name, sort_key


class Person(Keyed, Base):
    """A human being known to the portal, with or without an account.

    СНИЛС is eleven digits, unique where present; many people (foreign children) have none.
    `birth_certificate` is a Russian one's series and number, «III-ДН 710107».
    """

    __tablename__ = "core_person"

    last_name: Mapped[str]
    first_name: Mapped[str]
    middle_name: Mapped[str | None]
    name_key: Mapped[str] = mapped_column(SortText, index=True)
    birth_date: Mapped[date | None]
    gender: Mapped[str | None] = mapped_column(String(1))
    snils: Mapped[str | None] = mapped_column(String(11), unique=True)
    birth_certificate: Mapped[str | None] = mapped_column(String(20), unique=True)
    phone: Mapped[str | None]
    email: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="portal")
    external_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.name_key = sort_key(self.full_name)

    @property
    def full_name(self) -> str:
        """«Фамилия Имя Отчество»."""
        return full_name(self.last_name, self.first_name, self.middle_name)

    @property
    def short_name(self) -> str:
        """«Фамилия И. О.»."""
        return short_name(self.last_name, self.first_name, self.middle_name)


class Account(Keyed, Base):
    """A person's right to sign in. `status` is `active` or `blocked`."""

    __tablename__ = "core_account"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="active", index=True)
    locale: Mapped[str | None] = mapped_column(String(8))
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_role_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_sign_in_at: Mapped[datetime | None]


class ExternalIdentity(Keyed, Base):
    """An account at an outside identity provider: the pair (issuer, subject) that signs in to ours.

    `level` is the provider's trust: `confirmed`, `child` or `unconfirmed`.
    """

    __tablename__ = "core_external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(100))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core_account.id"), index=True)
    level: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class SignInSession(Keyed, Base):
    """A browser that is signed in. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "core_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core_account.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID | None]
    provider: Mapped[str] = mapped_column(String(40), default="")
    provider_state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    user_agent: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AccessToken(Keyed, Base):
    """A personal access token for `/api/v1`; only its SHA-256 is kept."""

    __tablename__ = "core_access_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core_account.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID | None]
    name: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Guardianship(Keyed, Dated, Base):
    """A guardian's tie to a child.

    `rights`: «full» – acts for the child; «view» – sees, but does not act; «none» – a tie on record that lets
    see nothing (court decision). `basis` is the document the rights rest on.
    """

    __tablename__ = "core_guardianship"
    __table_args__ = (UniqueConstraint("guardian_id", "child_id"),)

    guardian_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    child_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    relation: Mapped[str] = mapped_column(String(32), default="parent")
    rights: Mapped[str] = mapped_column(String(8), default="full")
    basis: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="portal")


class Notification(Keyed, Base):
    """A line in a person's bell. `kind` is declared by the core or a plugin."""

    __tablename__ = "core_notification"
    __table_args__ = (Index(None, "person_id", "read_at", "id"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(Words(300))
    body: Mapped[str] = mapped_column(Words(4000), default="")
    url: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    read_at: Mapped[datetime | None]


class LikelyPair(Keyed, Base):
    """Two people who may be one: found by the portal, or looked at by somebody.

    `first_id` is the smaller key of the two. `reasons` are those of `core.identity.likeness`, none where somebody
    compared the two of their own accord. `status` is `likely`, or `different`: not to be shown again.
    """

    __tablename__ = "core_likely_pair"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        Index(None, "status", "id"),
    )

    first_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id", ondelete="CASCADE"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id", ondelete="CASCADE"), index=True)
    reasons: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(String(16), default="likely")
    found_at: Mapped[datetime] = mapped_column(default=now)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id", ondelete="SET NULL"))


class PersonMerge(Keyed, Base):
    """Two people who were made one. The absorbed row of `core_person` is gone; `kept_id` has all that was its.

    `organization_id` is where it was decided, `undone_at` says that it was taken back.
    """

    __tablename__ = "core_person_merge"

    kept_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    absorbed_id: Mapped[UUID] = mapped_column(index=True)
    absorbed_name: Mapped[str]
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization.id"))
    merged_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    merged_by_name: Mapped[str] = mapped_column(default="")
    merged_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class MergeStep(Keyed, Base):
    """One thing a merge did to rows of a table, as it has to be known to undo it (`core.identity.merge_log`).

    Thrown away together with the possibility to undo: it holds data of people.
    """

    __tablename__ = "core_merge_step"
    __table_args__ = (UniqueConstraint("merge_id", "number"),)

    merge_id: Mapped[UUID] = mapped_column(ForeignKey("core_person_merge.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    table: Mapped[str] = mapped_column(String(63))
    content: Mapped[dict[str, Any]]
