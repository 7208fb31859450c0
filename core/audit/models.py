"""Tables of the audit record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Json, Keyed, SortText


class AuditRecord(Keyed, Base):
    """One change: who, in which role, when, what, before and after.

    `sequence` counts within the organization's chain from 1; `hash` covers the record and the hash
    before it. `chain` is the organization's id, or the text `portal` for changes above all organizations.
    """

    __tablename__ = "core_audit_record"
    __table_args__ = (
        UniqueConstraint("chain", "sequence"),
        Index(None, "subject_type", "subject_id", "sequence"),
    )

    chain: Mapped[str] = mapped_column(String(36))
    sequence: Mapped[int]
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    person_name: Mapped[str]
    role: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(SortText)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="")
    hash: Mapped[str] = mapped_column(String(64))


class AuditChain(Base):
    """The last link of a chain; its row is the lock that orders the chain's writers."""

    __tablename__ = "core_audit_chain"

    chain: Mapped[str] = mapped_column(String(36), primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class CardView(Keyed, Base):
    """That somebody looked at personal data of `person_id`: `what` is a card, or a field that was shown.

    In no chain: such records are many, and are deleted when they have served their time.
    """

    __tablename__ = "core_card_view"
    __table_args__ = (Index(None, "person_id", "viewer_id", "at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    viewer_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    role: Mapped[str] = mapped_column(String(60))
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization.id"))
    what: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(index=True)
