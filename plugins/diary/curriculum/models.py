"""Tables of the curriculum: a version, its rows and columns, and the hours where they meet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Dated, Keyed, now


class Curriculum(Keyed, Dated, Base):
    """One version of a school's curriculum for an academic year and a range of grade levels.

    `state`: `draft`, `submitted`, `approved`, `superseded`. An approved version holds from `starts_on` until a later
    one is approved, which sets `ends_on`; one superseded before it ever held has none. `revision` grows with each
    change of its content. `template` is the code of the federal curriculum it was begun from.
    """

    __tablename__ = "diary_curriculum"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "state"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    title: Mapped[str]
    lowest_grade_level: Mapped[int]
    highest_grade_level: Mapped[int]
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    template: Mapped[str] = mapped_column(String(40), default="")
    based_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("diary_curriculum.id"))
    revision: Mapped[int] = mapped_column(default=1)
    remark: Mapped[str] = mapped_column(default="")
    """What the head said when returning it to its authors."""

    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    approved_at: Mapped[datetime | None]


class CurriculumRow(Keyed, Base):
    """A subject in one part of the curriculum: `mandatory`, `school` or `extracurricular`."""

    __tablename__ = "diary_curriculum_row"
    __table_args__ = (UniqueConstraint("curriculum_id", "subject_id", "part"),)

    curriculum_id: Mapped[UUID] = mapped_column(ForeignKey("diary_curriculum.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    part: Mapped[str] = mapped_column(String(16))
    position: Mapped[int] = mapped_column(default=0)


class CurriculumColumn(Keyed, Base):
    """Whom hours are for: a whole grade level, or one class, group or pupil (an individual plan) of it.

    `weeks` is how many weeks of lessons the year has for them.
    """

    __tablename__ = "diary_curriculum_column"
    __table_args__ = (Index(None, "curriculum_id"),)

    curriculum_id: Mapped[UUID] = mapped_column(ForeignKey("diary_curriculum.id", ondelete="CASCADE"))
    grade_level: Mapped[int]
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    pupil_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_pupil_group.id", ondelete="CASCADE"))
    pupil_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    weeks: Mapped[int]


class CurriculumHours(Base):
    """Hours a week of a row in a column, as whole halves; None where they were taken back.

    A cell without a number has that of the grade level or class above it. `revision` is the curriculum's after the
    change: an editor asks for what is newer than what it has seen.
    """

    __tablename__ = "diary_curriculum_hours"

    row_id: Mapped[UUID] = mapped_column(
        ForeignKey("diary_curriculum_row.id", ondelete="CASCADE"), primary_key=True
    )
    column_id: Mapped[UUID] = mapped_column(
        ForeignKey("diary_curriculum_column.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    half_hours: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)
