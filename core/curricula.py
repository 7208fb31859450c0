"""Capabilities `curriculum` and `lesson_plans`: hours that are to be taught, and hours that are written down as topics.

Whoever keeps the curriculum gives the first, whoever keeps the journal the second; each holds its own against the
other's. Hours are whole halves, as curricula have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor


class CurriculumHours(msgspec.Struct, frozen=True, kw_only=True):
    """What a subject has in a class or a group; without either, in the whole grade level.

    `half_hours_a_year` adds up what held before and after a change in mid-year.
    """

    subject_id: UUID
    grade_level: int
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    half_hours_a_week: int
    half_hours_a_year: int


class CurriculumOfYear(Protocol):
    """Capability `curriculum`: approved hours of an academic year."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> Sequence[CurriculumHours]:
        """Hours of subjects by grade levels, classes and groups; empty for an actor who may not see them."""
        ...


class PlannedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page: how many lessons it has been given, and how many hours its lesson plan (КТП) has.

    `plan_hours` is missing where the page follows no plan; `url` is the page, `plan_url` its plan.
    """

    page_id: UUID
    title: str
    subject_id: UUID
    subject: str
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    lessons_given: int
    plan_hours: int | None
    url: str
    plan_url: str


class LessonPlans(Protocol):
    """Capability `lesson_plans`: journal pages with the hours of their lesson plans."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> Sequence[PlannedPage]:
        """All pages of a year, by class and subject; empty for an actor who may not see all of the school's."""
        ...
