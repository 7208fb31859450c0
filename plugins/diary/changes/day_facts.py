"""What is known of a school on some days: who is where, who is away, who might stand in. A fixed number of statements.

Choosing several substitutions at once works on these facts: what has been chosen already counts as standing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import (
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
)
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.models import DiaryLesson
from plugins.diary.school_days import monday_of, public_holiday
from plugins.diary.timetable import SchoolCalendar


@dataclass
class Standing:
    """A lesson as it stands, or would stand after what has been chosen so far."""

    id: UUID
    day: date
    number: int
    starts_at: time | None
    ends_at: time | None
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    subject_id: UUID
    teacher_id: UUID | None
    room: str
    status: str

    def meets(self, day: date, number: int, times: tuple[time, time] | None) -> bool:
        """Whether it is given at the same time as lesson `number` of `day`; by the numbers where no bells are known."""
        if self.status == "cancelled" or self.day != day:
            return False
        if self.starts_at is None or self.ends_at is None or times is None:
            return self.number == number
        return self.starts_at < times[1] and times[0] < self.ends_at


@dataclass
class Teacher:
    """Somebody who teaches in the school: `subjects` by name, and in `classes` which of them."""

    id: UUID
    name: str
    name_key: str
    subjects: dict[UUID, str] = field(default_factory=dict[UUID, str])
    classes: dict[UUID, dict[UUID, str]] = field(default_factory=dict[UUID, dict[UUID, str]])


@dataclass(frozen=True)
class Away:
    """When a teacher is away: lessons from `first` to `last`, both (day, number) and included."""

    teacher_id: UUID
    first: tuple[date, int]
    last: tuple[date, int]

    def covers(self, day: date, number: int) -> bool:
        """Whether lesson `number` of `day` falls into it."""
        return self.first <= (day, number) <= self.last


LAST_OF_DAY = 99


def away(absence: TeacherAbsence) -> Away:
    """The lessons an absence is about."""
    return Away(
        absence.teacher_id,
        (absence.first_day, absence.first_number or 0),
        (absence.last_day, absence.last_number or LAST_OF_DAY),
    )


@dataclass
class Facts:
    """A school on some days."""

    calendar: SchoolCalendar
    lessons: dict[UUID, Standing]
    teachers: dict[UUID, Teacher]
    away: list[Away]
    substitutions: dict[tuple[UUID, date], int]
    """How many lessons somebody gives for others in the week of a Monday."""

    class_names: dict[UUID, str]
    group_names: dict[UUID, str]
    streams: dict[UUID, set[UUID]]
    """The groups across classes that pupils of a class are in."""

    def times_of(self, lesson: Standing) -> tuple[time, time] | None:
        """When a lesson is given, if it is known."""
        known = lesson.starts_at is not None and lesson.ends_at is not None
        return (lesson.starts_at, lesson.ends_at) if known else None  # pyright: ignore[reportReturnType]

    def meeting(
        self, day: date, number: int, times: tuple[time, time] | None, but: Collection[UUID] = ()
    ) -> Iterator[Standing]:
        """Lessons given at that time, all classes; those in `but` do not count."""
        for each in self.lessons.values():
            if each.id not in but and each.meets(day, number, times):
                yield each

    def is_away(self, teacher_id: UUID, day: date, number: int) -> bool:
        """Whether an absence of the teacher covers the lesson."""
        return any(each.teacher_id == teacher_id and each.covers(day, number) for each in self.away)

    def numbers_of_teacher(self, teacher_id: UUID, day: date, but: Collection[UUID] = ()) -> list[int]:
        """Which lessons of a day somebody gives."""
        return sorted(
            each.number
            for each in self.lessons.values()
            if each.teacher_id == teacher_id
            and each.day == day
            and each.status != "cancelled"
            and each.id not in but
        )

    def concerns(self, lesson: Standing, class_id: UUID) -> bool:
        """Whether pupils of the class are in a lesson."""
        return self.calendar.class_of(lesson) == class_id or (
            lesson.pupil_group_id is not None and lesson.pupil_group_id in self.streams.get(class_id, ())
        )

    def lessons_of_class(self, class_id: UUID, day: date, but: Collection[UUID] = ()) -> list[Standing]:
        """What a class has on a day, its subgroups and streams included, without what is cancelled."""
        return sorted(
            (
                each
                for each in self.lessons.values()
                if each.day == day
                and each.status != "cancelled"
                and each.id not in but
                and self.concerns(each, class_id)
            ),
            key=lambda each: (each.number, str(each.id)),
        )

    def where(self, lesson: Standing) -> str:
        """«7А», «7А, группа 1»."""
        class_id = self.calendar.class_of(lesson)
        group = self.group_names.get(lesson.pupil_group_id, "") if lesson.pupil_group_id else ""
        name = self.class_names.get(class_id, "") if class_id else ""
        return ", ".join(part for part in (name, group) if part)

    def is_school_day(self, class_id: UUID, day: date) -> bool:
        """Whether the class learns on `day`."""
        days = self.calendar.of_class(class_id)
        if day.isoweekday() > days.days_per_week or public_holiday(day):
            return False
        return any(term.starts_on <= day <= term.ends_on for term in days.terms)


def read_facts(db: Session, organization_id: UUID, academic_year_id: UUID, days: Collection[date]) -> Facts:
    """What is known of the school on `days`."""
    first, last = min(days), max(days)
    calendar = SchoolCalendar(db, organization_id, academic_year_id)
    lessons = {
        row.id: Standing(*row)
        for row in db.execute(
            select(
                DiaryLesson.id,
                DiaryLesson.day,
                DiaryLesson.number,
                DiaryLesson.starts_at,
                DiaryLesson.ends_at,
                DiaryLesson.school_class_id,
                DiaryLesson.pupil_group_id,
                DiaryLesson.subject_id,
                DiaryLesson.teacher_id,
                DiaryLesson.room,
                DiaryLesson.status,
            )
            .where(
                DiaryLesson.organization_id == organization_id,
                DiaryLesson.academic_year_id == academic_year_id,
                DiaryLesson.day.in_(sorted(days)),
            )
            .order_by(DiaryLesson.day, DiaryLesson.number, DiaryLesson.id)
        )
    }
    names = db.execute(
        select(SchoolClass.id, SchoolClass.name).where(
            SchoolClass.organization_id == organization_id, SchoolClass.academic_year_id == academic_year_id
        )
    )
    groups = db.execute(
        select(PupilGroup.id, PupilGroup.name).where(
            PupilGroup.organization_id == organization_id, PupilGroup.academic_year_id == academic_year_id
        )
    )
    return Facts(
        calendar=calendar,
        lessons=lessons,
        teachers=_teachers(db, organization_id, academic_year_id, first, last, calendar),
        away=_away(db, organization_id, academic_year_id, first, last),
        substitutions=_substitutions(db, organization_id, academic_year_id, first, last),
        class_names={row.id: row.name for row in names},
        group_names={row.id: row.name for row in groups},
        streams=_streams(db, academic_year_id, first),
    )


def _teachers(
    db: Session,
    organization_id: UUID,
    academic_year_id: UUID,
    first: date,
    last: date,
    calendar: SchoolCalendar,
) -> dict[UUID, Teacher]:
    found: dict[UUID, Teacher] = {}
    for row in db.execute(
        select(
            TeachingAssignment.teacher_id,
            TeachingAssignment.subject_id,
            TeachingAssignment.school_class_id,
            TeachingAssignment.pupil_group_id,
            Subject.name.label("subject"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.name_key,
        )
        .join(Person, Person.id == TeachingAssignment.teacher_id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .where(
            TeachingAssignment.organization_id == organization_id,
            TeachingAssignment.academic_year_id == academic_year_id,
            in_force(TeachingAssignment, first, last),
        )
        .order_by(Person.name_key, TeachingAssignment.teacher_id, Subject.name_key)
    ):
        teacher = found.get(row.teacher_id)
        if teacher is None:
            name = short_name(row.last_name, row.first_name, row.middle_name)
            teacher = found[row.teacher_id] = Teacher(row.teacher_id, name, row.name_key)
        teacher.subjects[row.subject_id] = row.subject
        class_id = calendar.class_of(row)
        if class_id is not None:
            teacher.classes.setdefault(class_id, {})[row.subject_id] = row.subject
    return found


def _away(db: Session, organization_id: UUID, academic_year_id: UUID, first: date, last: date) -> list[Away]:
    return [
        away(each)
        for each in db.scalars(
            select(TeacherAbsence).where(
                TeacherAbsence.organization_id == organization_id,
                TeacherAbsence.academic_year_id == academic_year_id,
                TeacherAbsence.first_day <= last,
                TeacherAbsence.last_day >= first,
            )
        )
    ]


def _substitutions(
    db: Session, organization_id: UUID, academic_year_id: UUID, first: date, last: date
) -> dict[tuple[UUID, date], int]:
    counted: dict[tuple[UUID, date], int] = defaultdict(int)
    for row in db.execute(
        select(DiaryLesson.teacher_id, DiaryLesson.day, func.count().label("lessons"))
        .where(
            DiaryLesson.organization_id == organization_id,
            DiaryLesson.academic_year_id == academic_year_id,
            DiaryLesson.day.between(monday_of(first), monday_of(last) + timedelta(days=6)),
            DiaryLesson.status == "substituted",
            DiaryLesson.teacher_id.is_not(None),
        )
        .group_by(DiaryLesson.teacher_id, DiaryLesson.day)
    ):
        counted[row.teacher_id, monday_of(row.day)] += row.lessons
    return counted


def _streams(db: Session, academic_year_id: UUID, day: date) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in db.execute(
        select(Enrollment.school_class_id, PupilGroupMembership.pupil_group_id)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(
            PupilGroup.academic_year_id == academic_year_id,
            PupilGroup.school_class_id.is_(None),
            Enrollment.academic_year_id == academic_year_id,
            in_force(Enrollment, day),
            in_force(PupilGroupMembership, day),
        )
        .distinct()
    ):
        found[row.school_class_id].add(row.pupil_group_id)
    return found
