"""The timetable: dated lessons made from the weekly pattern, and what is changed on single days.

Whoever keeps the record hears of every change by `core.capabilities.LessonsPlanned`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from core.audit.record import Change, record
from core.capabilities import LessonsPlanned, PlannedLesson
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.organizations.models import AcademicYear, PupilGroup, SchoolClass, Term
from core.roles.access import authorize
from core.roles.actor import Actor
from plugins.diary.bells import Bells, read_bells
from plugins.diary.models import DiaryLesson, PatternEntry
from plugins.diary.school_days import Period, is_school_day

EDIT = "diary.timetable.edit"
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class ClassDays:
    """What of a class decides on which days and hours it has lessons."""

    grade_level: int
    shift: int
    days_per_week: int
    terms: Sequence[Period]


def generate(
    db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID, first: date, last: date
) -> int:
    """Make the lessons that the pattern asks for from `first` to `last`; returns how many are new.

    Days outside the terms of a class, public holidays and weekends stay free. Lessons that exist already,
    with whatever was changed in them, are left alone, so it may be run again. Raises `NotFound` for a year
    of another school.
    """
    authorize(db, actor, EDIT, organization_id)
    year = db.get(AcademicYear, academic_year_id)
    if year is None or year.organization_id != organization_id:
        raise NotFound("Такого учебного года у школы нет.", advice="Выберите учебный год из списка.")
    entries = db.execute(
        select(*PatternEntry.__table__.c).where(
            PatternEntry.organization_id == organization_id,
            PatternEntry.academic_year_id == academic_year_id,
            PatternEntry.starts_on <= last,
        )
    ).all()
    calendar = SchoolCalendar(db, organization_id, academic_year_id)
    existing = {
        (row.pattern_entry_id, row.moved_from_day or row.day)
        for row in db.execute(
            select(DiaryLesson.pattern_entry_id, DiaryLesson.day, DiaryLesson.moved_from_day).where(
                DiaryLesson.organization_id == organization_id,
                DiaryLesson.academic_year_id == academic_year_id,
                DiaryLesson.pattern_entry_id.is_not(None),
            )
        )
    }
    by_weekday: dict[int, list[Any]] = {}
    for entry in sorted(entries, key=lambda each: (each.number, str(each.id))):
        by_weekday.setdefault(entry.weekday, []).append(entry)
    rows: list[dict[str, Any]] = []
    day = max(first, year.starts_on)
    while day <= min(last, year.ends_on):
        for entry in by_weekday.get(day.isoweekday(), ()):
            if not (entry.starts_on <= day and (entry.ends_on is None or day <= entry.ends_on)):
                continue
            if (entry.id, day) in existing or not calendar.has_lessons(entry, day):
                continue
            rows.append(calendar.lesson(entry, day))
        day += timedelta(days=1)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        db.execute(insert(DiaryLesson), rows[start : start + ROWS_AT_ONCE])
    if rows:
        record(
            db,
            actor,
            organization_id,
            Change(
                action="diary.timetable.generate",
                subject_type="academic_year",
                subject_id=str(academic_year_id),
                after={"first": str(first), "last": str(last), "lessons": len(rows)},
            ),
        )
        db.publish(LessonsPlanned(lessons=[planned_lesson(row) for row in rows]))
    return len(rows)


class SchoolCalendar:
    """School days and bells of all classes of a year."""

    def __init__(self, db: Session, organization_id: UUID, academic_year_id: UUID) -> None:
        """Read them, in four statements."""
        by_kind: dict[str, list[Period]] = {}
        for term in db.execute(
            select(Term.kind, Term.name, Term.starts_on, Term.ends_on).where(
                Term.academic_year_id == academic_year_id
            )
        ):
            by_kind.setdefault(term.kind, []).append(
                Period(name=term.name, starts_on=term.starts_on, ends_on=term.ends_on)
            )
        self._classes: dict[UUID, ClassDays] = {
            row.id: ClassDays(row.grade_level, row.shift, row.days_per_week, by_kind.get(row.term_kind, []))
            for row in db.execute(
                select(
                    SchoolClass.id,
                    SchoolClass.grade_level,
                    SchoolClass.shift,
                    SchoolClass.days_per_week,
                    SchoolClass.term_kind,
                ).where(
                    SchoolClass.organization_id == organization_id,
                    SchoolClass.academic_year_id == academic_year_id,
                )
            )
        }
        self._class_of_group: dict[UUID, UUID | None] = {
            row.id: row.school_class_id
            for row in db.execute(
                select(PupilGroup.id, PupilGroup.school_class_id).where(
                    PupilGroup.organization_id == organization_id,
                    PupilGroup.academic_year_id == academic_year_id,
                )
            )
        }
        # A group across classes learns when any kind of term runs.
        self._across = ClassDays(10, 1, 6, [term for terms in by_kind.values() for term in terms])
        self._bells: Bells = read_bells(db, organization_id, academic_year_id)
        self._days: dict[tuple[UUID | None, date], bool] = {}
        self._times: dict[tuple[UUID | None, date, int], tuple[time, time] | None] = {}

    def of_class(self, class_id: UUID | None) -> ClassDays:
        """What decides about the days of a class; of a group across classes without one."""
        return self._classes.get(class_id, self._across) if class_id else self._across

    def class_of(self, entry: Any) -> UUID | None:
        """The class of an entry or a lesson, also of one for a subgroup; None for a group across classes."""
        return entry.school_class_id or self._class_of_group.get(entry.pupil_group_id)

    def times(self, class_id: UUID | None, day: date, number: int) -> tuple[time, time] | None:
        """When lesson `number` of a class begins and ends on `day`; None where no bell schedule says it."""
        key = (class_id, day, number)
        if key not in self._times:
            known = self.of_class(class_id)
            self._times[key] = self._bells.times(day, number, known.grade_level, known.shift)
        return self._times[key]

    def has_lessons(self, entry: Any, day: date) -> bool:
        """Whether the class or group of this entry learns on `day`."""
        key = (self.class_of(entry), day)
        found = self._days.get(key)
        if found is None:
            known = self.of_class(key[0])
            found = self._days[key] = is_school_day(day, known.terms, known.days_per_week)
        return found

    def lesson(self, entry: Any, day: date) -> dict[str, Any]:
        """The row of a lesson that the entry makes on `day`."""
        times = self.times(self.class_of(entry), day, entry.number)
        return {
            "id": new_id(),
            "organization_id": entry.organization_id,
            "academic_year_id": entry.academic_year_id,
            "day": day,
            "number": entry.number,
            "starts_at": times[0] if times else None,
            "ends_at": times[1] if times else None,
            "school_class_id": entry.school_class_id,
            "pupil_group_id": entry.pupil_group_id,
            "subject_id": entry.subject_id,
            "teacher_id": entry.teacher_id,
            "room": entry.room,
            "status": "planned",
            "note": "",
            "pattern_entry_id": entry.id,
        }


def planned_lesson(row: Mapping[str, Any]) -> PlannedLesson:
    """A row of `diary_lesson` as others hear of it."""
    return PlannedLesson(
        id=row["id"],
        organization_id=row["organization_id"],
        academic_year_id=row["academic_year_id"],
        day=row["day"],
        number=row["number"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        subject_id=row["subject_id"],
        teacher_id=row["teacher_id"],
        school_class_id=row["school_class_id"],
        pupil_group_id=row["pupil_group_id"],
        room=row["room"],
        status=row["status"],
    )


def substitute(
    db: Session,
    actor: Actor,
    lesson_id: UUID,
    *,
    teacher_id: UUID,
    subject_id: UUID | None = None,
    room: str | None = None,
    note: str = "",
) -> None:
    """Give one lesson to another teacher, perhaps with another subject or room; what was planned is kept.

    Raises `NotFound` for a lesson of another school, `Conflict` for a cancelled one.
    """
    lesson = _changeable(db, actor, lesson_id)
    before = _overridable(lesson)
    if lesson.status == "planned":
        lesson.planned_subject_id = lesson.subject_id
        lesson.planned_teacher_id = lesson.teacher_id
        lesson.planned_room = lesson.room
    lesson.teacher_id = teacher_id
    lesson.subject_id = subject_id or lesson.subject_id
    lesson.room = lesson.room if room is None else room
    lesson.status, lesson.note = "substituted", note
    _say(db, actor, lesson, "diary.lesson.substitute", before)


def cancel(db: Session, actor: Actor, lesson_id: UUID, *, note: str = "") -> None:
    """Take one lesson out of its day; it stays visible, struck through. Raises as `substitute`."""
    lesson = _changeable(db, actor, lesson_id)
    before = _overridable(lesson)
    lesson.status, lesson.note = "cancelled", note
    _say(db, actor, lesson, "diary.lesson.cancel", before)


def _changeable(db: Session, actor: Actor, lesson_id: UUID) -> DiaryLesson:
    lesson = db.get(DiaryLesson, lesson_id)
    if lesson is None:
        raise NotFound("Такого урока в расписании нет.", advice="Обновите расписание и выберите урок.")
    authorize(db, actor, EDIT, lesson.organization_id)
    if lesson.status == "cancelled":
        raise Conflict("Этот урок уже отменён.", advice="Обновите расписание.")
    return lesson


def _overridable(lesson: DiaryLesson) -> dict[str, Any]:
    return {
        "status": lesson.status,
        "subject_id": str(lesson.subject_id),
        "teacher_id": str(lesson.teacher_id or ""),
        "room": lesson.room,
        "note": lesson.note,
    }


def _say(db: Session, actor: Actor, lesson: DiaryLesson, action: str, before: Mapping[str, Any]) -> None:
    db.flush()
    record(
        db,
        actor,
        lesson.organization_id,
        Change(
            action=action,
            subject_type="diary_lesson",
            subject_id=str(lesson.id),
            before=before,
            after=_overridable(lesson),
        ),
    )
    columns = {column.name: getattr(lesson, column.name) for column in DiaryLesson.__table__.c}
    db.publish(LessonsPlanned(lessons=[planned_lesson(columns)]))
