"""Tables of the canteen; every name begins with the plugin's."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Dated, Keyed, SortText, now


class DayMenu(Keyed, Base):
    """The menu of one school for one day. `updated_by` is empty once that person's data was erased."""

    __tablename__ = "school_canteen_menu"
    __table_args__ = (UniqueConstraint("organization_id", "day"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    day: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)


class Dish(Keyed, Base):
    """A dish of a menu. `name_key` is the normalized name, for the search."""

    __tablename__ = "school_canteen_dish"
    __table_args__ = (Index(None, "menu_id", "meal", "position"),)

    menu_id: Mapped[UUID] = mapped_column(ForeignKey("school_canteen_menu.id", ondelete="CASCADE"))
    meal: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText)
    portion: Mapped[str] = mapped_column(default="")


class FreeMeal(Keyed, Dated, Base):
    """A pupil's right to eat free of charge, as a request granted it."""

    __tablename__ = "school_canteen_free_meal"
    __table_args__ = (Index(None, "organization_id", "pupil_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("core_request.id"), unique=True)
    basis: Mapped[str] = mapped_column(String(24))
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    granted_at: Mapped[datetime] = mapped_column(default=now)
