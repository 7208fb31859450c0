"""Who is absent on a day: the sheet for the head and the canteen, class by class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, func, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, PupilGroup
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import SHEET
from plugins.journal.attendance.models import JournalRollCall
from plugins.journal.attendance.reach import absent_codes, classes_of
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalPage
from plugins.journal.settings import settings_of


class Absentee(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil absent from lessons of a day; `reason` is that of the latest one, in words."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    lessons: Annotated[int, Meta(description="Сколько уроков пропущено.")]
    reason: Annotated[str, Meta(description="Причина последнего пропуска словами.")]
    at_first: Annotated[bool, Meta(description="Не был на первом отмеченном уроке.")]


class ClassSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A class on the sheet. Before the first noted lesson nobody can say who is there."""

    id: Annotated[UUID, Meta(description="Ключ класса.")]
    name: Annotated[str, Meta(description="Класс.")]
    size: Annotated[int, Meta(description="Сколько учеников в классе по списку.")]
    has_lessons: Annotated[bool, Meta(description="В этот день у класса есть уроки.")]
    first_noted: Annotated[
        int | None, Meta(description="Номер первого отмеченного урока; null, если ничего не отмечено.")
    ]
    absentees: Annotated[Sequence[Absentee], Meta(description="Кто пропускал уроки, по алфавиту.")]

    @property
    def absent(self) -> int:
        """How many were absent from the first noted lesson."""
        return sum(each.at_first for each in self.absentees)

    @property
    def present(self) -> int | None:
        """How many were there; None while nothing is noted."""
        return None if self.first_noted is None else self.size - self.absent


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The classes of a school on a day."""

    day: date
    classes: Annotated[Sequence[ClassSheet], Meta(description="Классы по порядку.")]

    @property
    def noted(self) -> list[ClassSheet]:
        """Classes of which something is noted."""
        return [each for each in self.classes if each.first_noted is not None]

    @property
    def silent(self) -> list[ClassSheet]:
        """Classes with lessons of which nothing is noted yet."""
        return [each for each in self.classes if each.has_lessons and each.first_noted is None]

    @property
    def present(self) -> int:
        """How many are there in the noted classes."""
        return sum(each.present or 0 for each in self.noted)

    @property
    def absent(self) -> int:
        """How many were absent from the first noted lesson of their class."""
        return sum(each.absent for each in self.noted)


def absent_sheet(db: Session, actor: Actor, day: date) -> Sheet:
    """The sheet of a day: the school's classes, or a class teacher's own; a constant number of statements.

    Raises `Forbidden` without the right to see who is absent.
    """
    reach = actor.require(SHEET)
    classes = classes_of(db, actor, SHEET, day)
    if not classes:
        return Sheet(day=day, classes=[])
    school, year = classes[0].organization_id, classes[0].academic_year_id
    ids = [each.id for each in classes]
    sizes = {
        row.school_class_id: row.size
        for row in db.execute(
            select(Enrollment.school_class_id, func.count(Enrollment.person_id.distinct()).label("size"))
            .where(
                Enrollment.organization_id == school,
                Enrollment.academic_year_id == year,
                in_force(Enrollment, day),
            )
            .group_by(Enrollment.school_class_id)
        )
    }
    taught = _taught(db, school, year, day)
    rows = _noted(db, actor, school, year, day, ids if reach is Reach.OWN else None)
    rolled = _rolled(db, school, day)
    by_class: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        by_class[row.school_class_id].append(row)
    absent = {code.code for code in absent_codes(settings_of(db, actor))}
    titles = {code.code: code.shown_title for code in settings_of(db, actor).codes.values()}
    return Sheet(
        day=day,
        classes=[
            _class_sheet(
                each.id,
                each.name,
                sizes.get(each.id, 0),
                by_class[each.id],
                rolled.get(each.id),
                absent,
                titles,
                has_lessons=each.id in taught or bool(by_class[each.id]),
            )
            for each in classes
        ],
    )


def _class_sheet(
    class_id: UUID,
    name: str,
    size: int,
    rows: Sequence[Any],
    rolled: int | None,
    absent: set[str],
    titles: Mapping[str, str],
    *,
    has_lessons: bool,
) -> ClassSheet:
    numbers = [row.number for row in rows] + ([rolled] if rolled is not None else [])
    first = min(numbers, default=None)
    found: dict[UUID, Absentee] = {}
    for row in rows:
        if row.code not in absent:
            continue
        before = found.get(row.pupil_id)
        found[row.pupil_id] = Absentee(
            pupil=row.pupil_id,
            name=short_name(row.last_name, row.first_name, row.middle_name),
            lessons=(before.lessons if before else 0) + 1,
            reason=titles.get(row.code, row.code),
            at_first=row.number == first or (before is not None and before.at_first),
        )
    return ClassSheet(
        id=class_id,
        name=name,
        size=size,
        has_lessons=has_lessons,
        first_noted=first,
        absentees=list(found.values()),
    )


def _taught(db: Session, school: UUID, year: UUID, day: date) -> set[UUID]:
    """The classes that have lessons on the day."""
    place = func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id)
    return set(
        db.scalars(
            select(place)
            .select_from(JournalLesson)
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
            .where(
                JournalLesson.organization_id == school,
                JournalLesson.academic_year_id == year,
                JournalLesson.day == day,
                JournalLesson.status.not_in(NOT_GIVEN),
            )
            .distinct()
        )
    )


def _noted(
    db: Session, actor: Actor, school: UUID, year: UUID, day: date, classes: Sequence[UUID] | None
) -> Sequence[Any]:
    statement = (
        select(
            JournalAttendance.pupil_id,
            JournalAttendance.code,
            JournalLesson.number,
            Enrollment.school_class_id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(JournalLesson, JournalLesson.id == JournalAttendance.lesson_id)
        .join(Person, Person.id == JournalAttendance.pupil_id)
        .join(
            Enrollment,
            and_(
                Enrollment.person_id == Person.id,
                Enrollment.organization_id == school,
                in_force(Enrollment, day),
            ),
        )
        .where(
            JournalAttendance.organization_id == school,
            JournalAttendance.academic_year_id == year,
            JournalAttendance.day == day,
        )
        .order_by(Person.name_key, Person.id, JournalLesson.number)
    )
    if classes is not None:
        statement = statement.where(Enrollment.school_class_id.in_(classes))
    return db.execute(statement).all()


def _rolled(db: Session, school: UUID, day: date) -> dict[UUID, int]:
    """The first lesson of each class whose roll has been called."""
    return {
        row.school_class_id: row.number
        for row in db.execute(
            select(JournalRollCall.school_class_id, func.min(JournalLesson.number).label("number"))
            .join(JournalLesson, JournalLesson.id == JournalRollCall.lesson_id)
            .where(JournalRollCall.organization_id == school, JournalRollCall.day == day)
            .group_by(JournalRollCall.school_class_id)
        )
    }
