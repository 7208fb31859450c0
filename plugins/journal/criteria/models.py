"""Tables of criteria and of the points given for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class JournalCriterion(Keyed, Base):
    """What a work is judged by, in the order of `position` from 0; `greatest` is the most points it may bring."""

    __tablename__ = "journal_criterion"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "page_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    greatest: Mapped[int]


class JournalPoints(Keyed, Base):
    """Points of a pupil for a criterion. Points taken back leave no row: their history is in the audit record."""

    __tablename__ = "journal_points"
    __table_args__ = (
        UniqueConstraint("criterion_id", "pupil_id"),
        Index(None, "organization_id", "academic_year_id", "pupil_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id"), index=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("journal_criterion.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    points: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now)
