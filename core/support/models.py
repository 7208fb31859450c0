"""Tables of questions to the support and of what was said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


def _number(context: Any) -> str:
    """Eight digits out of the random end of the key."""
    return number_of(context.get_current_parameters()["id"])


def number_of(message_id: UUID) -> str:
    """The number of a question as it is kept."""
    return f"{message_id.int % 10**8:08d}"


class SupportMessage(Keyed, Base):
    """Somebody's question. `organization_id` is where it is answered; without `author_id` nobody was signed in.

    `status`: open (waits for the support) → answered (waits for whoever asked) → closed; whoever asked opens it again
    by writing. `number` is what one says on the telephone. `contact` is where a stranger waits for the answer; of the
    stranger's network address only a keyed hash is kept, to slow down floods. `page` is a path of the portal,
    `error_id` the number an error page showed.
    """

    __tablename__ = "core_support_message"
    __table_args__ = (Index(None, "organization_id", "status", "id"), Index(None, "origin", "created_at"))

    number: Mapped[str] = mapped_column(String(8), default=_number, index=True)
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
    created_at: Mapped[datetime] = mapped_column(default=now)


class SupportReply(Keyed, Base):
    """What was said after the question, by whoever asked or by the support; `step` «closed» closes it."""

    __tablename__ = "core_support_reply"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_support_message.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    from_support: Mapped[bool]
    text: Mapped[str] = mapped_column(default="")
    step: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
