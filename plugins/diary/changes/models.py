"""Tables of the changes: absences of teachers, and the addresses of corridor screens."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class TeacherAbsence(Keyed, Base):
    """A teacher who gives no lessons from `first_day` to `last_day`, both included.

    With `first_number` the absence begins with that lesson of the first day, with `last_number` it ends with that
    lesson of the last day. `reason` is a name out of `plugins.diary.changes.absences.REASONS`; it and the `note` are
    for those who change the timetable, nobody else. `version` counts the changes.
    """

    __tablename__ = "diary_teacher_absence"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "first_day"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    first_number: Mapped[int | None]
    last_number: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)


class CorridorScreen(Base):
    """The secret address at which a school's screen shows the changes; without a row there is none.

    Only a digest of the secret is kept: the address itself is shown once.
    """

    __tablename__ = "diary_corridor_screen"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
