"""The table of marks from former schools."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

MARK_KIND, TERM_KIND, YEAR_KIND = "mark", "term", "year"


class JournalExternalMark(Keyed, Base):
    """A mark that a pupil got in a subject at another school.

    `kind` is `mark` for one of a `day`, `term` for the mark of a term, which stands for our `term_id`, or `year`. Marks
    of this academic year have no `grade_level`; those of an earlier grade are of its year or of its `half_year`, 1 or
    2, and count for the final mark where that goes by two years. `source` is the school; `work` what the mark was for.
    `score` is the number that counts, empty for words. What is taken out leaves no row: its history is in the audit
    record.
    """

    __tablename__ = "journal_external_mark"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "subject_id"),
        Index(None, "organization_id", "academic_year_id", "pupil_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    kind: Mapped[str] = mapped_column(String(8))
    day: Mapped[date | None]
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_term.id"))
    grade_level: Mapped[int | None]
    half_year: Mapped[int | None]
    value: Mapped[str] = mapped_column(String(16))
    score: Mapped[int | None]
    weight: Mapped[int] = mapped_column(default=1)
    work: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
