"""An invented timetable for the demo school: bells, rooms, a weekly pattern and a whole year of lessons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import insert, select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import SchoolClass, TeachingAssignment
from core.roles.actor import Actor
from plugins.diary.changes.demo import teacher_away_today
from plugins.diary.models import Bell, BellSchedule, DiaryLesson, PatternEntry
from plugins.diary.timetable import cancel, generate, substitute
from plugins.diary.timetable_generator import Course, WeeklyTimetable, construct

BEGINNINGS = ("08:30", "09:20", "10:20", "11:20", "12:10", "13:00", "13:50", "14:40")
SECOND_SHIFT_BEGINS_AFTER = timedelta(hours=6)
LESSON_MINUTES = 40
FIRST_CLASS_MINUTES = 35
"""Lessons of class 1 until the new year (СанПиН 1.2.3685-21)."""

MOST_A_DAY = {1: 5, 2: 5, 3: 5, 4: 5, 5: 6, 6: 6}
MOST_A_DAY_OTHERWISE = 7
SUBSTITUTIONS, CANCELLATIONS = 6, 3


def fill(db: Session, actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]) -> None:
    """Bells, pattern and dated lessons until the end of the academic year, with a few changes around today."""
    advance(0, 4)
    _bells(db, school)
    courses, assignments = _courses(school)
    weekly = construct(
        courses,
        {each.id: each.days_per_week for each in school.classes},
        {each.id: MOST_A_DAY.get(each.grade_level, MOST_A_DAY_OTHERWISE) for each in school.classes},
    )
    advance(1, 4)
    _pattern(db, school, weekly, assignments)
    advance(2, 4)
    year = school.year
    generate(db, actor, school.organization.id, year.id, year.starts_on, year.ends_on)
    advance(3, 4)
    _changes(db, actor, school)
    teacher_away_today(db, actor, school)
    advance(4, 4)


def _bells(db: Session, school: DemoSchool) -> None:
    year = school.year
    new_year = date(year.starts_on.year + 1, 1, 1)
    shifts = sorted({each.shift for each in school.classes})
    for shift in shifts:
        later = SECOND_SHIFT_BEGINS_AFTER * (shift - 1)
        for name, lowest, highest, first, last, minutes in (
            ("Основные звонки", 1, 12, year.starts_on, None, LESSON_MINUTES),
            (
                "1 класс, до нового года",
                1,
                1,
                year.starts_on,
                new_year - timedelta(days=1),
                FIRST_CLASS_MINUTES,
            ),
        ):
            schedule = BellSchedule(
                id=new_id(),
                organization_id=school.organization.id,
                academic_year_id=year.id,
                name=name if len(shifts) == 1 else f"{name}, {shift} смена",
                shift=shift,
                weekday=None,
                lowest_grade_level=lowest,
                highest_grade_level=highest,
                starts_on=first,
                ends_on=last,
            )
            db.add(schedule)
            db.flush()
            db.add_all(
                Bell(
                    id=new_id(),
                    bell_schedule_id=schedule.id,
                    number=number,
                    starts_at=_later(beginning, later),
                    ends_at=_later(beginning, later + timedelta(minutes=minutes)),
                )
                for number, beginning in enumerate(BEGINNINGS, start=1)
            )


def _later(beginning: str, delay: timedelta) -> time:
    moment = timedelta(hours=int(beginning[:2]), minutes=int(beginning[3:])) + delay
    return time(moment.seconds // 3600, moment.seconds // 60 % 60)


def _courses(school: DemoSchool) -> tuple[list[Course], dict[str, list[TeachingAssignment]]]:
    """Courses for the constructor, and the teaching assignments behind each."""
    groups = {group.id: group for group in school.groups}
    class_of_pupil = {pupil.id: class_id for class_id, pupils in school.pupils.items() for pupil in pupils}
    of_split: dict[tuple[str, str], dict[UUID, list[TeachingAssignment]]] = defaultdict(dict)
    bundles: list[tuple[list[TeachingAssignment], int]] = []
    for assignment in school.assignments:
        group = groups.get(assignment.pupil_group_id) if assignment.pupil_group_id else None
        hours = school.weekly_hours.get(assignment.id, 0)
        if group is None:
            bundles.append(([assignment], hours))
        else:
            line = of_split[str(group.school_class_id or ""), group.split or str(group.id)]
            line.setdefault(group.id, []).extend([assignment] * hours)
    for lines in of_split.values():
        bundles += _parallel(list(lines.values()))
    courses: list[Course] = []
    assignments: dict[str, list[TeachingAssignment]] = {}
    for bundle, hours in bundles:
        classes: set[UUID] = set()
        for assignment in bundle:
            group_id = assignment.pupil_group_id
            own = assignment.school_class_id or (groups[group_id].school_class_id if group_id else None)
            if own is not None:
                classes.add(own)
            elif group_id is not None:
                classes |= {
                    class_of_pupil[pupil.id]
                    for pupil in school.group_pupils.get(group_id, ())
                    if pupil.id in class_of_pupil
                }
        if not classes or not hours:
            continue
        key = f"{len(courses):04}"
        assignments[key] = bundle
        courses.append(
            Course(
                key=key,
                classes=frozenset(classes),
                teachers=frozenset(each.teacher_id for each in bundle),
                subject=bundle[0].subject_id,
                hours=hours,
            )
        )
    return courses, assignments


def _parallel(lines: list[list[TeachingAssignment]]) -> list[tuple[list[TeachingAssignment], int]]:
    """Lessons of the subgroups of a split put side by side; equal rows become one bundle with hours.

    One teacher cannot be in two subgroups at once: such a row is taken apart.
    """
    counted: dict[tuple[UUID, ...], tuple[list[TeachingAssignment], int]] = {}
    for position in range(max((len(line) for line in lines), default=0)):
        row = [line[position] for line in lines if position < len(line)]
        together = len({each.teacher_id for each in row}) == len(row)
        for bundle in [row] if together else [[each] for each in row]:
            key = tuple(each.id for each in bundle)
            counted[key] = (bundle, counted.get(key, (bundle, 0))[1] + 1)
    return list(counted.values())


def _pattern(
    db: Session, school: DemoSchool, weekly: WeeklyTimetable, assignments: dict[str, list[TeachingAssignment]]
) -> None:
    class_of_group = {group.id: group.school_class_id for group in school.groups}
    rooms = _Rooms(school)
    rows: list[dict[str, object]] = []
    placed = sorted((slot, str(key)) for key, slots in weekly.slots.items() for slot in slots)
    for slot, key in placed:
        for assignment in assignments[key]:
            class_id = assignment.school_class_id or class_of_group.get(
                assignment.pupil_group_id or UUID(int=0)
            )
            rows.append(
                {
                    "id": new_id(),
                    "organization_id": school.organization.id,
                    "academic_year_id": school.year.id,
                    "school_class_id": class_id,
                    "pupil_group_id": assignment.pupil_group_id,
                    "subject_id": assignment.subject_id,
                    "teacher_id": assignment.teacher_id,
                    "room": rooms.take(slot, assignment, class_id),
                    "weekday": slot[0],
                    "number": slot[1],
                    "starts_on": school.year.starts_on,
                    "ends_on": None,
                }
            )
    if rows:
        db.execute(insert(PatternEntry), rows)


class _Rooms:
    """Gives every lesson a free room: primary classes stay in their own, teachers in theirs, PE in a gym."""

    def __init__(self, school: DemoSchool) -> None:
        self._names = {subject.id: subject.name.casefold() for subject in school.subjects.values()}
        self._gyms = [room for room in school.rooms if "зал" in room.casefold()]
        self._plain = [room for room in school.rooms if room not in self._gyms]
        self._primary = {each.id for each in school.classes if each.grade_level <= 4}
        small: Sequence[SchoolClass] = [each for each in school.classes if each.grade_level <= 4]
        self._of_class = dict(zip((each.id for each in small), self._plain, strict=False))
        rest = self._plain[len(self._of_class) :] or self._plain
        self._of_teacher = {
            teacher.id: rest[position % len(rest)] for position, teacher in enumerate(school.teachers) if rest
        }
        self._taken: set[tuple[tuple[int, int], str]] = set()

    def take(self, slot: tuple[int, int], assignment: TeachingAssignment, class_id: UUID | None) -> str:
        """A room that is free then, or an empty text if the school has none left."""
        wanted: list[str] = []
        subject = self._names.get(assignment.subject_id, "")
        if "физическая культура" in subject or "физкультура" in subject:
            # With every gym taken, the class goes out into the yard: no room is named.
            return self._first_free(slot, self._gyms)
        if class_id in self._primary and assignment.pupil_group_id is None:
            wanted.append(self._of_class.get(class_id, "") if class_id else "")
        wanted.append(self._of_teacher.get(assignment.teacher_id, ""))
        return self._first_free(slot, (*wanted, *reversed(self._plain)))

    def _first_free(self, slot: tuple[int, int], rooms: Sequence[str]) -> str:
        for room in rooms:
            if room and (slot, room) not in self._taken:
                self._taken.add((slot, room))
                return room
        return ""


def _changes(db: Session, actor: Actor, school: DemoSchool) -> None:
    """A few substitutions and cancellations in the weeks around the demo's today."""
    monday = school.today - timedelta(days=school.today.isoweekday() - 1)
    lessons = db.execute(
        select(
            DiaryLesson.id,
            DiaryLesson.day,
            DiaryLesson.number,
            DiaryLesson.teacher_id,
            DiaryLesson.school_class_id,
            DiaryLesson.subject_id,
        )
        .where(
            DiaryLesson.organization_id == school.organization.id,
            DiaryLesson.academic_year_id == school.year.id,
            DiaryLesson.day.between(monday, monday + timedelta(days=11)),
            DiaryLesson.pupil_group_id.is_(None),
        )
        .order_by(DiaryLesson.day, DiaryLesson.number, DiaryLesson.id)
    ).all()
    if not lessons:
        return
    busy: dict[tuple[date, int], set[UUID]] = defaultdict(set)
    last_number: dict[tuple[UUID, date], int] = {}
    for each in db.execute(
        select(
            DiaryLesson.day, DiaryLesson.number, DiaryLesson.teacher_id, DiaryLesson.school_class_id
        ).where(
            DiaryLesson.organization_id == school.organization.id,
            DiaryLesson.day.between(monday, monday + timedelta(days=11)),
        )
    ):
        busy[each.day, each.number].add(each.teacher_id)
        key = (each.school_class_id, each.day)
        last_number[key] = max(last_number.get(key, 0), each.number)
    colleagues = defaultdict[UUID, list[UUID]](list)
    for assignment in school.assignments:
        if assignment.teacher_id not in colleagues[assignment.subject_id]:
            colleagues[assignment.subject_id].append(assignment.teacher_id)
    step = max(1, len(lessons) // (SUBSTITUTIONS + CANCELLATIONS + 1))
    substituted = cancelled = 0
    for position, each in enumerate(lessons):
        if position % step:
            continue
        if cancelled < CANCELLATIONS and each.number == last_number[each.school_class_id, each.day]:
            cancel(db, actor, each.id, note="Класс уходит раньше")
            cancelled += 1
            continue
        free = [
            teacher
            for teacher in colleagues[each.subject_id]
            if teacher != each.teacher_id and teacher not in busy[each.day, each.number]
        ]
        if free and substituted < SUBSTITUTIONS:
            substitute(db, actor, each.id, teacher_id=free[0])
            busy[each.day, each.number].add(free[0])
            substituted += 1
    for each in lessons:
        if cancelled >= CANCELLATIONS:
            return
        if each.number == last_number[each.school_class_id, each.day] and each.day > school.today:
            lesson = db.get(DiaryLesson, each.id)
            if lesson is not None and lesson.status == "planned":
                cancel(db, actor, each.id, note="Класс уходит раньше")
                cancelled += 1
