"""The diary and the timetable for programs, under `/api/v1`."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.classes import title_of_choice
from plugins.diary.lessons import TIMETABLE
from plugins.diary.planned import ShownLesson, lessons_of_class, lessons_of_teacher
from plugins.diary.pupils import VIEW
from plugins.diary.school_days import day_named, monday_of
from plugins.diary.week import WeekDay, WeekLine, pupil_week


class MarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a lesson."""

    value: str
    work: str
    comment: str


class DiaryLessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a pupil's day. `id` is missing for what the timetable does not know."""

    id: UUID | None
    number: int
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    subject: str
    teacher: str
    room: str
    group: str
    status: str
    note: str
    planned_subject: str
    planned_teacher: str
    topic: str
    homework: str
    absence: str
    absence_title: str
    marks: list[MarkOut]


class DiaryDayOut(msgspec.Struct, frozen=True, kw_only=True):
    """A day; `day_off` is `holidays`, `holiday`, `weekend`, or empty for an ordinary school day."""

    day: date
    day_off: str
    day_off_name: str
    holidays_until: date | None
    lessons: list[DiaryLessonOut]


class DiaryWeekOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's week from Monday to Saturday."""

    pupil_id: UUID
    pupil: str
    school_class_id: UUID
    school_class: str
    monday: date
    days: list[DiaryDayOut]


class TimetableLessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of a class or a teacher."""

    id: UUID
    day: date
    number: int
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    subject: str
    teacher_id: UUID | None
    teacher: str
    school_class_id: UUID | None
    school_class: str
    pupil_group_id: UUID | None
    group: str
    room: str
    status: str
    note: str
    planned_subject: str
    planned_teacher: str
    planned_room: str


class TimetableOut(msgspec.Struct, frozen=True, kw_only=True):
    """The week of a class or a teacher from Monday to Saturday."""

    title: str
    monday: date
    lessons: list[TimetableLessonOut]


@get("/api/v1/diary/pupils/{pupil_id:uuid}/week", guards=[needs(VIEW)], sync_to_thread=True, tags=["diary"])
def week_of_pupil(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    week: FromQuery[str | None] = None,
) -> DiaryWeekOut:
    """A pupil's week with lessons, homework, marks and absences; `week` is any day of it, `2026-11-23`."""
    with database.reading() as db:
        found, _circle = pupil_week(db, actor, pupil_id, day_named(week) if week else None)
    return DiaryWeekOut(
        pupil_id=found.pupil.id,
        pupil=found.pupil.full_name,
        school_class_id=found.pupil.school_class_id,
        school_class=found.pupil.class_name,
        monday=found.monday,
        days=[_day_out(day) for day in found.days],
    )


def _day_out(day: WeekDay) -> DiaryDayOut:
    return DiaryDayOut(
        day=day.day,
        day_off=day.off.kind,
        day_off_name=day.off.name,
        holidays_until=day.off.until,
        lessons=[_line_out(line) for line in day.lines],
    )


def _line_out(line: WeekLine) -> DiaryLessonOut:
    return DiaryLessonOut(
        id=line.lesson_id,
        number=line.number,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        subject_id=line.subject_id,
        subject=line.subject,
        teacher=line.teacher,
        room=line.room,
        group=line.group,
        status=line.status,
        note=line.note,
        planned_subject=line.planned_subject,
        planned_teacher=line.planned_teacher,
        topic=line.topic,
        homework=line.homework,
        absence=line.absence,
        absence_title=line.absence_title,
        marks=[MarkOut(value=mark.value, work=mark.work, comment=mark.comment) for mark in line.marks],
    )


@get(
    "/api/v1/timetable/classes/{school_class_id:uuid}",
    guards=[needs(TIMETABLE)],
    sync_to_thread=True,
    tags=["timetable"],
)
def timetable_of_class(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class_id: FromPath[UUID],
    week: FromQuery[str | None] = None,
) -> TimetableOut:
    """The lessons of a class of the acting school in a week; `week` is any day of it."""
    monday = monday_of(day_named(week) if week else school_today(actor))
    with database.reading() as db:
        title = title_of_choice(db, actor, school_class_id, None)
        lessons = lessons_of_class(
            db, actor.organization_id, school_class_id, monday, monday + timedelta(days=5)
        )
    return TimetableOut(title=title, monday=monday, lessons=[_lesson_out(each) for each in lessons])


@get(
    "/api/v1/timetable/teachers/{teacher_id:uuid}",
    guards=[needs(TIMETABLE)],
    sync_to_thread=True,
    tags=["timetable"],
)
def timetable_of_teacher(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_id: FromPath[UUID],
    week: FromQuery[str | None] = None,
) -> TimetableOut:
    """The lessons of a teacher in the acting school in a week; `week` is any day of it."""
    monday = monday_of(day_named(week) if week else school_today(actor))
    with database.reading() as db:
        title = title_of_choice(db, actor, None, teacher_id)
        lessons = lessons_of_teacher(
            db, actor.organization_id, teacher_id, monday, monday + timedelta(days=5)
        )
    return TimetableOut(title=title, monday=monday, lessons=[_lesson_out(each) for each in lessons])


def _lesson_out(each: ShownLesson) -> TimetableLessonOut:
    lesson = each.lesson
    return TimetableLessonOut(
        id=lesson.id,
        day=lesson.day,
        number=lesson.number,
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
        subject_id=lesson.subject_id,
        subject=each.subject,
        teacher_id=lesson.teacher_id,
        teacher=each.teacher,
        school_class_id=lesson.school_class_id,
        school_class=each.class_name,
        pupil_group_id=lesson.pupil_group_id,
        group=each.group_name,
        room=lesson.room,
        status=lesson.status,
        note=each.note,
        planned_subject=each.planned_subject,
        planned_teacher=each.planned_teacher,
        planned_room=each.planned_room,
    )


api_routes: list[Any] = [week_of_pupil, timetable_of_class, timetable_of_teacher]
