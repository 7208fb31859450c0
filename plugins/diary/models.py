"""Tables of the plan: bell schedules, the weekly pattern, and the dated lessons made from it."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Dated, Keyed


class BellSchedule(Keyed, Dated, Base):
    """When lessons begin and end, for some classes and a part of the academic year.

    It holds for grade levels from `lowest_grade_level` to `highest_grade_level` of one `shift`, on one
    ISO `weekday` or, with None, on all; the narrower schedule wins over the wider one.
    """

    __tablename__ = "diary_bell_schedule"
    __table_args__ = (Index(None, "organization_id", "academic_year_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    name: Mapped[str]
    shift: Mapped[int] = mapped_column(default=1)
    weekday: Mapped[int | None]
    lowest_grade_level: Mapped[int] = mapped_column(default=1)
    highest_grade_level: Mapped[int] = mapped_column(default=12)


class Bell(Keyed, Base):
    """One lesson of a bell schedule, in the school's local time."""

    __tablename__ = "diary_bell"
    __table_args__ = (UniqueConstraint("bell_schedule_id", "number"),)

    bell_schedule_id: Mapped[UUID] = mapped_column(ForeignKey("diary_bell_schedule.id", ondelete="CASCADE"))
    number: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class PatternEntry(Keyed, Dated, Base):
    """A lesson of the weekly pattern: it makes dated lessons from `starts_on` to `ends_on`, nothing else.

    `school_class_id` is missing for a group across classes, `pupil_group_id` for a whole class.
    `weekday` is ISO: 1 is Monday.
    """

    __tablename__ = "diary_pattern_entry"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "school_class_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    pupil_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_pupil_group.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    room: Mapped[str] = mapped_column(default="")
    weekday: Mapped[int]
    number: Mapped[int]


class DiaryLesson(Keyed, Base):
    """A lesson of one school day. What stands here is true for that day; the pattern is not asked again.

    `status`: `planned`, `substituted`, `moved`, `cancelled`. The `planned_…` columns keep what an override
    replaced, so that the page can show both; they are empty while nothing was changed. `moved_from_…` is the
    place a moved lesson was taken from. `paired_lesson_id` is the lesson of the same day that an override goes
    with: of a subgroup taught together with the other one, of a lesson that another one came for.
    """

    __tablename__ = "diary_lesson"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "school_class_id", "day"),
        Index(None, "organization_id", "academic_year_id", "pupil_group_id", "day"),
        Index(None, "organization_id", "academic_year_id", "teacher_id", "day"),
        Index(None, "organization_id", "academic_year_id", "day"),
        Index(None, "pattern_entry_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    day: Mapped[date]
    number: Mapped[int]
    starts_at: Mapped[time | None]
    ends_at: Mapped[time | None]
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    pupil_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_pupil_group.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    room: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(12), default="planned")
    note: Mapped[str] = mapped_column(default="")
    pattern_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("diary_pattern_entry.id"))
    planned_subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_subject.id"))
    planned_teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    planned_room: Mapped[str | None]
    moved_from_day: Mapped[date | None]
    moved_from_number: Mapped[int | None]
    paired_lesson_id: Mapped[UUID | None]
