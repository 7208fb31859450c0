"""Capability `lessons`: the plan, for whoever asks, as far as the asking role may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.capabilities import PlannedLesson
from core.database.session import Session
from core.errors import NotFound
from core.organizations.models import Enrollment, SchoolClass
from core.roles.access import authorize
from core.roles.actor import Actor
from plugins.diary import planned
from plugins.diary.pupils import circle

TIMETABLE = "diary.timetable.view"


class TimetableLessons:
    """The timetable as provider of the capability (`core.capabilities.Lessons`)."""

    def of_teacher(
        self, db: Session, actor: Actor, teacher_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """A teacher's lessons in the acting organization. Raises `Forbidden` without the permission."""
        actor.require(TIMETABLE)
        found = planned.lessons_of_teacher(db, actor.organization_id, teacher_id, first, last)
        return [each.lesson for each in found]

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """A pupil's lessons with the subgroups he is in. Raises `NotFound` for somebody else's child."""
        if not actor.is_system:
            schools = [each.id for each in circle(db, actor, pupil_id, first, last).shown.schools]
        elif actor.role is not None:
            schools = [actor.organization_id]
        else:
            schools = list(
                db.scalars(
                    select(Enrollment.organization_id).where(Enrollment.person_id == pupil_id).distinct()
                )
            )
        return [each.lesson for each in planned.lessons_of_pupil(db, pupil_id, schools, first, last)]

    def of_class(
        self, db: Session, actor: Actor, school_class_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """Everything a class has. Raises `NotFound` for a class of another school."""
        school_class = db.get(SchoolClass, school_class_id)
        if school_class is None:
            raise NotFound("Такого класса нет.", advice="Выберите класс из списка.")
        authorize(db, actor, TIMETABLE, school_class.organization_id)
        found = planned.lessons_of_class(db, school_class.organization_id, school_class_id, first, last)
        return [each.lesson for each in found]
