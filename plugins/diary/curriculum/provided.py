"""Approved hours for the journal and others (capability `curriculum`)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.curricula import CurriculumHours
from core.database.session import Session
from core.organizations.models import Organization
from core.roles.access import reaches
from core.roles.actor import Actor
from plugins.diary.curriculum.curricula import VIEW
from plugins.diary.curriculum.year import YearOfHours, year_of_hours


class SchoolCurriculum:
    """Capability `curriculum`."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> Sequence[CurriculumHours]:
        """Hours of subjects by grade levels, classes and groups; empty for an actor who may not see them."""
        if not reaches(db, actor, VIEW, db.get_one(Organization, organization_id)):
            return []
        return hours_of(year_of_hours(db, organization_id, academic_year_id))


def hours_of(year: YearOfHours) -> list[CurriculumHours]:
    """A year's hours as the capability gives them."""
    grades = {
        (column.school_class_id, column.pupil_group_id): column.grade_level
        for version in year.held
        for column in version.table.columns
    }
    by_place = [
        CurriculumHours(
            subject_id=subject_id,
            grade_level=grades[place],
            school_class_id=place[0],
            pupil_group_id=place[1],
            half_hours_a_week=hours.week,
            half_hours_a_year=hours.year,
        )
        for (subject_id, place), hours in year.by_place.items()
    ]
    by_grade = [
        CurriculumHours(
            subject_id=subject_id,
            grade_level=grade,
            school_class_id=None,
            pupil_group_id=None,
            half_hours_a_week=hours.week,
            half_hours_a_year=hours.year,
        )
        for (subject_id, grade), hours in year.by_grade.items()
    ]
    return [*by_grade, *by_place]
