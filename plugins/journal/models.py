"""Tables of the class journal: pages, lessons, marks, attendance."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

OUTSIDE = "outside"
NOT_GIVEN = ("cancelled", OUTSIDE)
"""Lessons that are none: taken out of the timetable, or a column for marks that were given outside of lessons."""


class JournalPage(Keyed, Base):
    """A page of the journal: one subject in one class or pupil group, a whole academic year.

    `version` is raised by every transaction that changes anything on the page: lessons, marks, attendance.
    `lessons_version` is what it was when lessons were last added, changed or taken away.
    """

    __tablename__ = "journal_page"
    __table_args__ = (
        Index(
            "uq_journal_page_class",
            "academic_year_id",
            "subject_id",
            "school_class_id",
            unique=True,
            sqlite_where=text("pupil_group_id IS NULL"),
            postgresql_where=text("pupil_group_id IS NULL"),
        ),
        Index(
            "uq_journal_page_group",
            "academic_year_id",
            "subject_id",
            "pupil_group_id",
            unique=True,
            sqlite_where=text("pupil_group_id IS NOT NULL"),
            postgresql_where=text("pupil_group_id IS NOT NULL"),
        ),
        Index(None, "organization_id", "academic_year_id", "subject_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"), index=True)
    pupil_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_pupil_group.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    lessons_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)


class JournalLesson(Keyed, Base):
    """A lesson on a page: what was taught and what was given to prepare for the next one.

    `number` counts the lessons of the day, `starts_at` is the school's local time. `control_kind` is a code
    of the settings, empty for an ordinary lesson. `status`: `planned`, `substituted`, `moved`, `cancelled`
    as the timetable has it, `manual` for a lesson added by hand, or `outside` for a column of
    marks given outside of lessons, whose title is its topic. `homework_minutes` is an estimate,
    `homework_links` has one address to a line.
    """

    __tablename__ = "journal_lesson"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "page_id", "day"),
        Index(None, "organization_id", "academic_year_id", "teacher_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"), index=True)
    day: Mapped[date]
    number: Mapped[int]
    starts_at: Mapped[time | None]
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    planned_lesson_id: Mapped[UUID | None] = mapped_column(unique=True)
    topic: Mapped[str] = mapped_column(default="")
    homework: Mapped[str] = mapped_column(default="")
    homework_minutes: Mapped[int | None]
    homework_links: Mapped[str] = mapped_column(default="")
    control_kind: Mapped[str] = mapped_column(String(24), default="")
    status: Mapped[str] = mapped_column(String(16), default="planned")


class JournalMark(Keyed, Base):
    """One mark. A cell's marks stand in the order of `position`, from 0.

    `score` is the number that counts for the average, empty for words such as «зач» and where the school counts
    only the retake. `is_retake` says that the mark before it in the cell was retaken. `day` is the lesson's.
    `revision` tells how often the cell had been changed when the mark got its value; more than 1 means that
    there is a history to show.
    """

    __tablename__ = "journal_mark"
    __table_args__ = (
        UniqueConstraint("lesson_id", "pupil_id", "position"),
        Index(None, "organization_id", "academic_year_id", "page_id", "day"),
        Index(None, "organization_id", "academic_year_id", "pupil_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    day: Mapped[date]
    position: Mapped[int] = mapped_column(default=0)
    value: Mapped[str] = mapped_column(String(16))
    score: Mapped[int | None]
    is_retake: Mapped[bool] = mapped_column(default=False)
    control_kind: Mapped[str] = mapped_column(String(24), default="")
    weight: Mapped[int] = mapped_column(default=1)
    comment: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class JournalAttendance(Keyed, Base):
    """What was noted about a pupil's presence at a lesson: a code of the settings, minutes if late."""

    __tablename__ = "journal_attendance"
    __table_args__ = (
        UniqueConstraint("lesson_id", "pupil_id"),
        Index(None, "organization_id", "academic_year_id", "page_id", "day"),
        Index(None, "organization_id", "academic_year_id", "pupil_id", "day"),
        Index(None, "organization_id", "academic_year_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    day: Mapped[date]
    code: Mapped[str] = mapped_column(String(16))
    minutes: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class JournalCell(Base):
    """The latest change of a cell, kept although the cell may be empty again.

    `version` is the page's after the change: browsers ask for cells newer than what they show. `changes`
    counts the changes; `request_key` is the key of the request that made the latest one, so that a request
    repeated after a lost answer is not done twice.
    """

    __tablename__ = "journal_cell"
    __table_args__ = (Index(None, "page_id", "version"),)

    lesson_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), primary_key=True)
    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id"))
    version: Mapped[int]
    changes: Mapped[int] = mapped_column(default=1)
    author_name: Mapped[str] = mapped_column(default="")
    request_key: Mapped[str] = mapped_column(String(64), default="")
