"""The table of term marks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class JournalTermMark(Keyed, Base):
    """A mark for a term (`kind` is `term`), the year, an exam, or the final one: the teacher's decision.

    `proposed` and the sums are what the portal proposed at that time and from which marks; `reason` is why the
    teacher set another. `score` is the number, empty for «н/а», «осв», «зач». `revision` tells how often the mark
    has been changed since it was first set. A mark taken back leaves no row: its history is in the audit record.
    """

    __tablename__ = "journal_term_mark"
    __table_args__ = (
        Index(
            "uq_journal_term_mark_term",
            "page_id",
            "pupil_id",
            "term_id",
            unique=True,
            sqlite_where=text("term_id IS NOT NULL"),
            postgresql_where=text("term_id IS NOT NULL"),
        ),
        Index(
            "uq_journal_term_mark_kind",
            "page_id",
            "pupil_id",
            "kind",
            unique=True,
            sqlite_where=text("term_id IS NULL"),
            postgresql_where=text("term_id IS NULL"),
        ),
        Index(None, "organization_id", "academic_year_id", "term_id", "page_id"),
        Index(None, "organization_id", "academic_year_id", "pupil_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    kind: Mapped[str] = mapped_column(String(8))
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_term.id"))
    value: Mapped[str] = mapped_column(String(16))
    score: Mapped[int | None]
    proposed: Mapped[str] = mapped_column(String(16), default="")
    proposed_total: Mapped[int] = mapped_column(default=0)
    proposed_weights: Mapped[int] = mapped_column(default=0)
    proposed_count: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
