"""Tables of attendance: absences that families announce, periods recoded at one stroke, roll calls."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class JournalAbsence(Keyed, Base):
    """An absence that a guardian announces: from `first_day` to `last_day`, with a reason of the school's codes.

    `state`: announced → confirmed or refused by the class teacher, or withdrawn by the guardian. `comment` is the
    guardian's, `answer` the class teacher's. Its papers are stored files of the purpose `journal.absence`.
    """

    __tablename__ = "journal_absence"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "pupil_id", "last_day"),
        Index(None, "organization_id", "academic_year_id", "state", "last_day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    code: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(16), default="announced")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")


class JournalRecoding(Keyed, Base):
    """A pupil's absences of some days given another code at one stroke, on the grounds of `basis`.

    `absence_id` is the announcement whose confirmation did it. `undone_at` says that the cells are as before.
    """

    __tablename__ = "journal_recoding"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "pupil_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    code: Mapped[str] = mapped_column(String(16))
    basis: Mapped[str] = mapped_column(default="")
    absence_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_absence.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class JournalRecodedCell(Keyed, Base):
    """A cell that a recoding changed: `code` is what stood there, `changes` how often it had been changed then.

    A cell with more changes since has been touched by somebody else, and is not undone.
    """

    __tablename__ = "journal_recoded_cell"
    __table_args__ = (UniqueConstraint("recoding_id", "lesson_id"),)

    recoding_id: Mapped[UUID] = mapped_column(ForeignKey("journal_recoding.id", ondelete="CASCADE"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(16))
    changes: Mapped[int]


class JournalRollCall(Base):
    """A lesson whose attendance has been looked at: who has nothing in the cell was there.

    Without it, a lesson with no code at all may be one where everybody came, or one nobody has noted yet.
    """

    __tablename__ = "journal_roll_call"
    __table_args__ = (Index(None, "organization_id", "day"),)

    lesson_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    school_class_id: Mapped[UUID] = mapped_column(ForeignKey("core_school_class.id"), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    day: Mapped[date]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
