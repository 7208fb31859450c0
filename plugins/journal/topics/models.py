"""Tables of lesson plans: plans, their topics, which page follows which plan, and what was given of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Json, Keyed, now


class LessonPlan(Keyed, Base):
    """A calendar-thematic plan (КТП): the topics of a subject in a grade level for an academic year.

    `hours` is what the curriculum gives to the subject in the year, empty where nobody has said.
    """

    __tablename__ = "journal_lesson_plan"
    __table_args__ = (Index(None, "organization_id", "academic_year_id", "subject_id", "grade_level"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    grade_level: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    title: Mapped[str]
    hours: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class LessonTopic(Keyed, Base):
    """A topic of a plan; `position` orders them, `hours` is how many lessons it takes.

    With `page_id` it was put in for one journal page only. A topic taken out keeps its row with `removed_at`, so
    that it can be put back and lessons already given keep their tie. `version` grows with each change: an editor
    that saw an older one is told.
    """

    __tablename__ = "journal_lesson_topic"
    __table_args__ = (Index(None, "plan_id", "position"),)

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson_plan.id", ondelete="CASCADE"))
    page_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("journal_page.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    section: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    hours: Mapped[int] = mapped_column(default=1)
    homework: Mapped[str] = mapped_column(default="")
    control_kind: Mapped[str] = mapped_column(String(24), default="")
    links: Mapped[str] = mapped_column(default="")
    remark: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None]


class PlanUse(Base):
    """The plan a journal page follows, from a day and a topic on.

    `schedule` keeps which topic was to be given on which day when the plan was applied: pairs of a topic's id
    and a day, one for each hour. The lag is measured against it.
    """

    __tablename__ = "journal_plan_use"
    __table_args__ = (Index(None, "organization_id", "academic_year_id"),)

    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson_plan.id"), index=True)
    first_topic_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_lesson_topic.id"))
    from_day: Mapped[date]
    schedule: Mapped[list[Any]] = mapped_column(Json, default=list[Any])
    applied_at: Mapped[datetime] = mapped_column(default=now)


class TopicException(Base):
    """How a page departs from its plan at a topic: `skipped`, `joined` to the one before, `stretched`.

    `lessons` is how many lessons a stretched topic takes.
    """

    __tablename__ = "journal_topic_exception"

    page_id: Mapped[UUID] = mapped_column(ForeignKey("journal_page.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson_topic.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    lessons: Mapped[int] = mapped_column(default=1)


class GivenTopic(Base):
    """A topic of the plan was given in a lesson. `batch_id` names the bulk writing that noted it, for its undo."""

    __tablename__ = "journal_given_topic"

    lesson_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    topic_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson_topic.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    batch_id: Mapped[UUID | None] = mapped_column(index=True)
