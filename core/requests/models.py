"""Tables of requests and of what was said about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class Request(Keyed, Base):
    """Something a person asks an organization for.

    `status`: draft → sent → in_review → approved / rejected / withdrawn. `values` holds the fields of
    the kind's struct. `handler_id` is whoever has it, since `taken_at`: took it up, returned or decided it last.
    `reminded_for` and `late_for` are the deadlines of which those concerned have been told that they are near, and
    that they have passed: a request that is sent again with another one is told of again.
    """

    __tablename__ = "core_request"
    __table_args__ = (Index(None, "organization_id", "status", "id"), Index(None, "status", "deadline"))

    kind: Mapped[str] = mapped_column(String(80))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="sent")
    values: Mapped[dict[str, Any]]
    deadline: Mapped[date | None]
    handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    taken_at: Mapped[datetime | None]
    reminded_for: Mapped[date | None]
    late_for: Mapped[date | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class RequestComment(Keyed, Base):
    """A remark on a request, or the trace of one of its steps (`step` is then the new status)."""

    __tablename__ = "core_request_comment"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("core_request.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    text: Mapped[str] = mapped_column(default="")
    step: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
