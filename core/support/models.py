"""The table of messages to the support."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class SupportMessage(Keyed, Base):
    """Somebody's question. `organization_id` is where it is answered; without `author_id` nobody was signed in.

    `contact` is where a stranger waits for the answer; of the stranger's network address only a keyed hash is
    kept, to slow down floods. `page` is a path of the portal, `error_id` the number an error page showed.
    """

    __tablename__ = "core_support_message"
    __table_args__ = (Index(None, "organization_id", "status", "id"), Index(None, "origin", "created_at"))

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    role: Mapped[str] = mapped_column(String(60), default="")
    contact: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    text: Mapped[str]
    error_id: Mapped[str] = mapped_column(String(16), default="")
    page: Mapped[str] = mapped_column(default="")
    program: Mapped[str] = mapped_column(default="")
    origin: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    status: Mapped[str] = mapped_column(String(16), default="open")
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
