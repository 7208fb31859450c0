"""Lessons with what an override has replaced, and the names that a page needs; one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from core.capabilities import PlannedLesson
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import AcademicYear, PupilGroup, SchoolClass, Subject
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import planned_lesson


class NamedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as it stands; `planned_…` is filled where an override has replaced something, else empty.

    Teachers are «Фамилия И. О.».
    """

    lesson: PlannedLesson
    subject: str
    teacher: str
    class_name: str
    group_name: str
    note: str
    planned_subject: str
    planned_teacher_id: UUID | None
    planned_teacher: str
    planned_room: str
    moved_from_day: date | None
    moved_from_number: int | None
    paired_lesson_id: UUID | None

    @property
    def where(self) -> str:
        """«7А», «7А, группа 1»."""
        return ", ".join(part for part in (self.class_name, self.group_name) if part)


_planned_subject, _planned_teacher = aliased(Subject), aliased(Person)
_LESSONS = (
    select(DiaryLesson, Subject, Person, SchoolClass, PupilGroup, _planned_subject, _planned_teacher)
    .join(Subject, Subject.id == DiaryLesson.subject_id)
    .outerjoin(Person, Person.id == DiaryLesson.teacher_id)
    .outerjoin(SchoolClass, SchoolClass.id == DiaryLesson.school_class_id)
    .outerjoin(PupilGroup, PupilGroup.id == DiaryLesson.pupil_group_id)
    .outerjoin(_planned_subject, _planned_subject.id == DiaryLesson.planned_subject_id)
    .outerjoin(_planned_teacher, _planned_teacher.id == DiaryLesson.planned_teacher_id)
)


def lessons_where(
    db: Session, organization_id: UUID, first: date, last: date, *conditions: ColumnElement[bool]
) -> Sequence[NamedLesson]:
    """Lessons of a school that stand on some days, or were taken from there, and satisfy `conditions`; in order."""
    years = select(AcademicYear.id).where(
        AcademicYear.organization_id == organization_id,
        AcademicYear.starts_on <= last,
        AcademicYear.ends_on >= first,
    )
    rows = db.execute(
        _LESSONS.where(
            DiaryLesson.organization_id == organization_id,
            DiaryLesson.academic_year_id.in_(years),
            or_(DiaryLesson.day.between(first, last), DiaryLesson.moved_from_day.between(first, last)),
            *conditions,
        )
    )
    found = [_named(*row) for row in rows]
    return sorted(found, key=_order)


def _order(each: NamedLesson) -> tuple[date, time, int, str, str]:
    lesson = each.lesson
    return lesson.day, lesson.starts_at or time.min, lesson.number, each.group_name, each.subject


def _named(
    lesson: DiaryLesson,
    subject: Subject,
    teacher: Person | None,
    school_class: SchoolClass | None,
    group: PupilGroup | None,
    planned_subject: Subject | None,
    planned_teacher: Person | None,
) -> NamedLesson:
    return NamedLesson(
        lesson=planned_lesson({each.name: getattr(lesson, each.name) for each in DiaryLesson.__table__.c}),
        subject=subject.name,
        teacher=_short(teacher),
        class_name=school_class.name if school_class else "",
        group_name=group.name if group else "",
        note=lesson.note,
        planned_subject=planned_subject.name if planned_subject else "",
        planned_teacher_id=lesson.planned_teacher_id,
        planned_teacher=_short(planned_teacher),
        planned_room=lesson.planned_room or "",
        moved_from_day=lesson.moved_from_day,
        moved_from_number=lesson.moved_from_number,
        paired_lesson_id=lesson.paired_lesson_id,
    )


def _short(person: Person | None) -> str:
    return short_name(person.last_name, person.first_name, person.middle_name) if person else ""
