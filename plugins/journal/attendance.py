"""Attendance: who is absent today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, SchoolClass
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import VIEW
from plugins.journal.models import JournalAttendance, JournalLesson
from plugins.journal.settings import settings_of


class Absentee(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil absent from lessons of a day; `latest` is the code of the latest one, in words."""

    pupil_id: UUID
    name: str
    school_class: str
    lessons: int
    latest: str


def absent_on(db: Session, actor: Actor, day: date) -> Sequence[Absentee]:
    """Pupils of the acting organization who missed lessons on `day`, by class and name.

    A class teacher sees his class. Raises `Forbidden` without the right to see the journal.
    """
    reach = actor.require(VIEW)
    own_class = actor.acting_role.school_class_id
    if reach is Reach.OWN and own_class is None:
        return ()
    settings = settings_of(db, actor)
    absent = [code.code for code in settings.codes.values() if code.absent]
    statement = (
        select(
            JournalAttendance.pupil_id,
            JournalAttendance.code,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            SchoolClass.name.label("class_name"),
        )
        .join(JournalLesson, JournalLesson.id == JournalAttendance.lesson_id)
        .join(Person, Person.id == JournalAttendance.pupil_id)
        .outerjoin(
            Enrollment,
            and_(
                Enrollment.person_id == Person.id,
                Enrollment.organization_id == JournalAttendance.organization_id,
                in_force(Enrollment, day),
            ),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            JournalAttendance.organization_id == actor.organization_id,
            JournalAttendance.day == day,
            JournalAttendance.code.in_(absent),
        )
        .order_by(SchoolClass.name_key, Person.name_key, JournalLesson.number)
    )
    if reach is Reach.OWN:
        statement = statement.where(Enrollment.school_class_id == own_class)
    found: dict[UUID, Absentee] = {}
    for row in db.execute(statement):
        before = found.get(row.pupil_id)
        found[row.pupil_id] = Absentee(
            pupil_id=row.pupil_id,
            name=short_name(row.last_name, row.first_name, row.middle_name),
            school_class=row.class_name or "",
            lessons=(before.lessons if before else 0) + 1,
            latest=settings.codes[row.code].shown_title,
        )
    return list(found.values())


def noted_lessons(db: Session, actor: Actor, day: date) -> int:
    """How many lessons of the organization have attendance of `day`: nothing noted is not "all present"."""
    return (
        db.scalar(
            select(func.count(JournalAttendance.lesson_id.distinct())).where(
                JournalAttendance.organization_id == actor.organization_id, JournalAttendance.day == day
            )
        )
        or 0
    )
