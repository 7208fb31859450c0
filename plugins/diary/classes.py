"""Classes and teachers one may choose on the timetable page."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Enrollment, SchoolClass, TeachingAssignment
from core.roles.actor import Actor
from plugins.diary.lessons import TIMETABLE
from plugins.diary.pupils import children_of


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a teacher in a list of choices."""

    id: UUID
    title: str


def classes_of_school(db: Session, actor: Actor, day: date) -> list[Choice]:
    """The classes of the acting school in the academic year of `day`, else in the one nearest before it."""
    actor.require(TIMETABLE)
    year = (
        select(AcademicYear.id)
        .where(AcademicYear.organization_id == actor.organization_id, AcademicYear.starts_on <= day)
        .order_by(AcademicYear.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.execute(
        select(SchoolClass.id, SchoolClass.name)
        .where(
            SchoolClass.organization_id == actor.organization_id,
            SchoolClass.academic_year_id == year,
        )
        .order_by(SchoolClass.name_key)
    ).all()
    return [Choice(id=row.id, title=row.name) for row in rows]


def teachers_of_school(db: Session, actor: Actor, day: date) -> list[Choice]:
    """Those who teach something in the acting school on `day`, in the order of their names."""
    actor.require(TIMETABLE)
    teaching = select(TeachingAssignment.teacher_id).where(
        TeachingAssignment.organization_id == actor.organization_id,
        in_force(TeachingAssignment, day),
    )
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name)
        .where(Person.id.in_(teaching))
        .order_by(Person.name_key, Person.id)
    ).all()
    return [
        Choice(id=row.id, title=short_name(row.last_name, row.first_name, row.middle_name)) for row in rows
    ]


def own_class(db: Session, actor: Actor) -> UUID | None:
    """The class whose timetable concerns the actor: the own one, or that of the first child in this school."""
    role = actor.role
    if role is None or actor.person_id is None:
        return None
    if role.school_class_id is not None:
        return role.school_class_id
    if role.kind not in ("pupil", "guardian"):
        return None
    today = school_today(actor)
    whose = [actor.person_id] if role.kind == "pupil" else children_of(actor.person_id, today)
    return db.scalar(
        select(Enrollment.school_class_id)
        .join(Person, Person.id == Enrollment.person_id)
        .where(
            Enrollment.person_id.in_(whose),
            Enrollment.organization_id == role.organization_id,
            in_force(Enrollment, today),
        )
        .order_by(Person.birth_date.desc(), Person.name_key)
        .limit(1)
    )


def title_of_choice(db: Session, actor: Actor, school_class_id: UUID | None, teacher_id: UUID | None) -> str:
    """What is shown, in words; empty where nothing is chosen.

    Classes of other years and former teachers have their timetables too. Raises `NotFound` for those of
    another school.
    """
    if teacher_id is not None:
        row = db.execute(
            select(Person.last_name, Person.first_name, Person.middle_name)
            .join(TeachingAssignment, TeachingAssignment.teacher_id == Person.id)
            .where(TeachingAssignment.organization_id == actor.organization_id, Person.id == teacher_id)
            .limit(1)
        ).one_or_none()
        if row is not None:
            return short_name(row.last_name, row.first_name, row.middle_name)
    elif school_class_id is None:
        return ""
    else:
        name = db.scalar(
            select(SchoolClass.name).where(
                SchoolClass.id == school_class_id, SchoolClass.organization_id == actor.organization_id
            )
        )
        if name is not None:
            return name
    raise NotFound("Такого класса или учителя в школе нет.", advice="Выберите класс или учителя из списка.")
