"""Hours of a lesson plan held against the curriculum, whoever keeps it (capability `curriculum`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.capabilities import ask_for
from core.curricula import CurriculumHours, CurriculumOfYear
from core.database.session import Session
from core.organizations.models import Organization
from core.roles.actor import Actor


class CurriculumCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What the curriculum gives a subject in a year and what its lesson plan has."""

    half_hours: Annotated[int, Meta(description="Сколько половин часа даёт учебный план за год.")]
    plan_hours: Annotated[int, Meta(description="Сколько часов в КТП.")]

    @property
    def hours(self) -> str:
        """The curriculum's hours as they are written: «102», «84,5»."""
        return f"{self.half_hours // 2}{',5' if self.half_hours % 2 else ''}"

    @property
    def lacking(self) -> int:
        """Whole hours that the lesson plan lacks; below zero if it has too many. Half an hour is no fault."""
        difference = self.half_hours - self.plan_hours * 2
        return difference // 2 if difference > 0 else -(-difference // 2)


def of_page(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    academic_year_id: UUID,
    subject_id: UUID,
    school_class_id: UUID | None,
    pupil_group_id: UUID | None,
    plan_hours: int,
) -> CurriculumCheck | None:
    """The check of a journal page's plan: by its group, else by its class. None where nobody knows its hours."""
    hours = _of_subject(db, actor, organization_id, academic_year_id, subject_id)
    own = [
        each for each in hours if each.pupil_group_id is not None and each.pupil_group_id == pupil_group_id
    ]
    of_class = [
        each
        for each in hours
        if each.pupil_group_id is None
        and each.school_class_id is not None
        and each.school_class_id == school_class_id
    ]
    found = own or of_class
    return CurriculumCheck(half_hours=found[0].half_hours_a_year, plan_hours=plan_hours) if found else None


def of_grade(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    academic_year_id: UUID,
    subject_id: UUID,
    grade_level: int,
    plan_hours: int,
) -> CurriculumCheck | None:
    """The check of a plan written for a grade level. None where nobody knows its hours."""
    for each in _of_subject(db, actor, organization_id, academic_year_id, subject_id):
        if each.grade_level == grade_level and each.school_class_id is None and each.pupil_group_id is None:
            return CurriculumCheck(half_hours=each.half_hours_a_year, plan_hours=plan_hours)
    return None


def _of_subject(
    db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID, subject_id: UUID
) -> Sequence[CurriculumHours]:
    role = actor.role
    path = (
        role.organization_path
        if role is not None and role.organization_id == organization_id
        else db.scalars(select(Organization.path).where(Organization.id == organization_id)).one()
    )
    known: CurriculumOfYear | None = ask_for(db, path, "curriculum")
    if known is None:
        return ()
    return [
        each
        for each in known.of_year(db, actor, organization_id, academic_year_id)
        if each.subject_id == subject_id
    ]
