"""Table of structural roles: what a person is, where, from when to when."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class StructuralRole(Keyed, Base):
    """A person's position in an organization.

    `status`: requested → active or refused; active ⇄ suspended; → terminated. Only `active` gives rights,
    and only between `starts_on` and `ends_on`. `school_class_id` narrows a class teacher's role.
    """

    __tablename__ = "core_structural_role"
    __table_args__ = (Index(None, "organization_id", "kind", "status"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    status: Mapped[str] = mapped_column(String(16), default="active")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    basis: Mapped[str] = mapped_column(default="")
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
