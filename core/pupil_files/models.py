"""The table of what another installation has told of pupils who came from there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Json, Keyed, now

INCOMING = "pupil-file"
"""Subject of a stored file that was uploaded and nobody was taken in by yet."""


class FormerSchool(Keyed, Base):
    """A school of another installation where a pupil of `organization_id` was before, as its signed file tells.

    `fingerprint` is that of the key the file was signed with; `parts` is what went along, by title (marks, say).
    """

    __tablename__ = "core_former_school"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    school: Mapped[str]
    installation: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String(64))
    school_class: Mapped[str] = mapped_column(default="")
    left_on: Mapped[date | None]
    parts: Mapped[dict[str, Any]] = mapped_column(Json)
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id", ondelete="SET NULL"))
    taken_at: Mapped[datetime] = mapped_column(default=now)
