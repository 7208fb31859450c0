"""The table of behaviour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class JournalBehaviour(Keyed, Base):
    """How a pupil behaved in a term, or in the year where `term_id` is empty; `value` is as the scale writes it.

    What is taken back leaves no row: its history is in the audit record.
    """

    __tablename__ = "journal_behaviour"
    __table_args__ = (
        Index(
            "uq_journal_behaviour_term",
            "school_class_id",
            "pupil_id",
            "term_id",
            unique=True,
            sqlite_where=text("term_id IS NOT NULL"),
            postgresql_where=text("term_id IS NOT NULL"),
        ),
        Index(
            "uq_journal_behaviour_year",
            "school_class_id",
            "pupil_id",
            unique=True,
            sqlite_where=text("term_id IS NULL"),
            postgresql_where=text("term_id IS NULL"),
        ),
        Index(None, "organization_id", "academic_year_id", "school_class_id"),
        Index(None, "organization_id", "academic_year_id", "pupil_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    school_class_id: Mapped[UUID] = mapped_column(ForeignKey("core_school_class.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_term.id"))
    value: Mapped[str] = mapped_column(String(8))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now)
