"""The table of steps that somebody has confirmed by hand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class SetupConfirmation(Keyed, Base):
    """Somebody's word that a step of setting an organization up is fine as it is.

    Only for steps whose state the data cannot tell: a region may want the usual look.
    """

    __tablename__ = "core_setup_confirmation"
    __table_args__ = (UniqueConstraint("organization_id", "step"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    step: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
