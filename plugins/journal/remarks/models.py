"""The table of praise and remarks."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

PRAISE, REMARK = "praise", "remark"


class JournalRemark(Keyed, Base):
    """What a teacher says of a pupil at a lesson, for the family to read. `kind` is `praise` or `remark`."""

    __tablename__ = "journal_remark"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "page_id", "day"),
        Index(None, "organization_id", "academic_year_id", "pupil_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id"), index=True)
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
