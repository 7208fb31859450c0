"""The table of marks from former schools."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

MARK_KIND, TERM_KIND = "mark", "term"


class JournalExternalMark(Keyed, Base):
    """A mark that a pupil got in a subject at another school in this academic year.

    `kind` is `mark` for one of a `day`, or `term` for the mark of a term, which stands for our `term_id`. `source` is
    the school; `work` what the mark was for. `score` is the number that counts, empty for words. What is taken out
    leaves no row: its history is in the audit record.
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
    value: Mapped[str] = mapped_column(String(16))
    score: Mapped[int | None]
    weight: Mapped[int] = mapped_column(default=1)
    work: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
