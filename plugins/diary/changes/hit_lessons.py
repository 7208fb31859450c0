"""The lessons that an absence hits, and which of them are solved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import or_, select

from core.database.session import Session
from plugins.diary.changes.day_facts import Away, away
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.changes.named_lessons import NamedLesson, lessons_where
from plugins.diary.changes.override import stamp_of
from plugins.diary.models import DiaryLesson


class HitLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of a teacher who is away; `day` and `number` are where it was planned."""

    id: UUID
    day: date
    number: Annotated[int, Meta(description="Который урок в этот день, считая с 1.")]
    starts_at: time | None
    subject: Annotated[str, Meta(description="Предмет по расписанию.")]
    school_class: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    solved: Annotated[bool, Meta(description="Что делать с уроком, решено.")]
    status: Annotated[str, Meta(description="`planned`, `substituted`, `moved` или `cancelled`.")]
    teacher_id: Annotated[UUID | None, Meta(description="Ключ того, кто проведёт урок.")]
    teacher: Annotated[str, Meta(description="Кто проведёт урок.")]
    subject_now: Annotated[str, Meta(description="Предмет, который будет.")]
    room: Annotated[str, Meta(description="Кабинет; может быть пусто.")]
    day_now: Annotated[date, Meta(description="День, когда урок будет.")]
    number_now: Annotated[int, Meta(description="Номер урока, когда он будет.")]
    merged: Annotated[bool, Meta(description="Подгруппы учатся вместе.")]
    stamp: Annotated[str, Meta(description="Метка урока: передайте её с изменением.")]


def hit_lessons(db: Session, organization_id: UUID, absence: Away) -> list[HitLesson]:
    """The lessons an absence hits, solved and open, in the order of the days. One statement."""
    return _hit(
        lessons_where(
            db,
            organization_id,
            absence.first[0],
            absence.last[0],
            or_(
                DiaryLesson.teacher_id == absence.teacher_id,
                DiaryLesson.planned_teacher_id == absence.teacher_id,
            ),
        ),
        [absence],
    )


def open_lessons(db: Session, organization_id: UUID, first: date, last: date) -> list[HitLesson]:
    """The lessons of some days whose teachers are away and that nothing has been decided about. Two statements."""
    absences = db.scalars(
        select(TeacherAbsence).where(
            TeacherAbsence.organization_id == organization_id,
            TeacherAbsence.first_day <= last,
            TeacherAbsence.last_day >= first,
        )
    ).all()
    if not absences:
        return []
    teachers = {each.teacher_id for each in absences}
    found = _hit(
        lessons_where(db, organization_id, first, last, DiaryLesson.teacher_id.in_(teachers)),
        [away(each) for each in absences],
    )
    return [each for each in found if not each.solved and first <= each.day_now <= last]


def _hit(lessons: Sequence[NamedLesson], absences: Sequence[Away]) -> list[HitLesson]:
    found: list[HitLesson] = []
    for each in lessons:
        lesson = each.lesson
        day = each.moved_from_day or lesson.day
        number = each.moved_from_number or lesson.number
        about = [one for one in absences if one.teacher_id in (lesson.teacher_id, each.planned_teacher_id)]
        here = any(
            one.teacher_id == lesson.teacher_id and one.covers(lesson.day, lesson.number) for one in about
        )
        if not here and not any(one.covers(day, number) for one in about):
            continue
        found.append(
            HitLesson(
                id=lesson.id,
                day=day,
                number=number,
                starts_at=lesson.starts_at,
                subject=each.planned_subject or each.subject,
                school_class=each.where,
                solved=lesson.status == "cancelled" or not here,
                status=lesson.status,
                teacher_id=lesson.teacher_id,
                teacher=each.teacher,
                subject_now=each.subject,
                room=lesson.room,
                day_now=lesson.day,
                number_now=lesson.number,
                merged=each.paired_lesson_id is not None and lesson.status == "substituted",
                stamp=stamp_of(lesson),
            )
        )
    return sorted(found, key=lambda each: (each.day, each.number, each.school_class))
