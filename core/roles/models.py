"""Tables of structural roles: what a person is, where, from when to when, and what that allows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class StructuralRole(Keyed, Base):
    """A person's position in an organization.

    `status`: requested → active or refused; active ⇄ suspended; → terminated. Only `active` gives rights,
    and only between `starts_on` and `ends_on`. `school_class_id` narrows a class teacher's role;
    `delegated_from` is the role whose rights were handed over for a time. One with `group_id` reaches, of all below
    its organization, only the members of that group of organizations.
    """

    __tablename__ = "core_structural_role"
    __table_args__ = (Index(None, "organization_id", "kind", "status"), Index(None, "kind", "status"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"), index=True)
    group_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("core_organization_group.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(String(16), default="active")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None] = mapped_column(index=True)
    basis: Mapped[str] = mapped_column(default="")
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    delegated_from: Mapped[UUID | None] = mapped_column(
        ForeignKey("core_structural_role.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class RoleStep(Keyed, Base):
    """A step in a role's life: the new status, from which day, on what basis, by whom (None: by the portal)."""

    __tablename__ = "core_role_step"

    role_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_structural_role.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    basis: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class RoleGrant(Keyed, Base):
    """What an organization has changed in the rights of a role kind, for itself and all below it.

    `reach` is the value of `Reach`, or 0: the permission is taken away.
    """

    __tablename__ = "core_role_grant"
    __table_args__ = (UniqueConstraint("organization_id", "role_kind", "permission"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    role_kind: Mapped[str] = mapped_column(String(40))
    permission: Mapped[str] = mapped_column(String(80))
    reach: Mapped[int]
