"""A pupil's week: the plan and the record side by side, as the family sees it.

The plan is the diary's own; marks, absences and homework come from whoever provides them in the pupil's
school. A page costs one statement for the pupil, one for the lessons, one for marks, absences,
remarks and exemptions each, and two for homework: of the class, files. Tasks of the pupil's own and items of the
content library cost one more each where there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.capabilities import (
    Attendance,
    Exemptions,
    GivenHomework,
    Homework,
    LessonHomework,
    MarkCriterion,
    Marks,
    PupilAbsence,
    PupilExemption,
    PupilMark,
    PupilRemark,
    Remarks,
)
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import Subject
from core.roles.actor import Actor
from plugins.diary.planned import ShownLesson, lessons_of_pupil
from plugins.diary.pupils import Circle, DiaryPupil, circle, reader_in
from plugins.diary.school_days import DayOff, day_off, monday_of

BAD_MARKS = ("1", "2", "н/а", "нз", "незачёт", "•")


class WeekMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as it stands in the diary; `bad` ones are shown as such. `source` is the former school that gave it."""

    value: str
    work: str
    comment: str
    bad: bool
    is_retake: bool = False
    criteria: Sequence[MarkCriterion] = ()
    source: str = ""


def joint_of(mark: WeekMark, at: int) -> str:
    """What stands before the mark number `at` of a lesson: nothing, `/`, or `→` if the one before was retaken."""
    return ("→" if mark.is_retake else "/") if at else ""


class WeekLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a day. `number` 0 and no times: something in the record that the plan does not know."""

    lesson_id: UUID | None
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
    planned_subject: str = ""
    planned_teacher: str = ""
    planned_room: str = ""
    topic: str = ""
    homework: str = ""
    given: tuple[GivenHomework, ...] = ()
    absence: str = ""
    absence_title: str = ""
    absent: bool = False
    marks: tuple[WeekMark, ...] = ()
    remarks: tuple[PupilRemark, ...] = ()
    exemption: PupilExemption | None = None

    @property
    def marks_text(self) -> str:
        """`5`, `4/5`, `2→4` after a retake."""
        return "".join(f"{joint_of(mark, at)}{mark.value}" for at, mark in enumerate(self.marks))


class WeekDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day with its lines, or with the reason for having none."""

    day: date
    lines: tuple[WeekLine, ...]
    off: DayOff
    is_today: bool

    @property
    def homework_count(self) -> int:
        """How many lessons of the day have something to be prepared."""
        return sum(1 for line in self.lines if line.given and line.status != "cancelled")

    @property
    def has_marks(self) -> bool:
        """Whether a mark was given on this day."""
        return any(line.marks for line in self.lines)


class PupilWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's school week from Monday to Saturday. `connected`: the pupil's school has the diary on."""

    pupil: DiaryPupil
    monday: date
    days: tuple[WeekDay, ...]
    connected: bool = True


@dataclass
class _Line:
    shown: ShownLesson | None
    day: date
    subject_id: UUID
    number: int
    homework: LessonHomework | None = None
    absence: PupilAbsence | None = None
    marks: list[PupilMark] = field(default_factory=list[PupilMark])
    remarks: list[PupilRemark] = field(default_factory=list[PupilRemark])
    exemption: PupilExemption | None = None


def pupil_week(
    db: Session, actor: Actor, pupil_id: UUID | None, day: date | None, *, today: date | None = None
) -> tuple[PupilWeek, Circle]:
    """The week `day` lies in, and the circle of pupils the actor may turn to.

    Without `day` it is the present week; on days off at its end already the next one, which the family
    prepares for. `today` is the day on which it is asked, at school if not given.

    Raises `Forbidden` without the permission `diary.view`, `NotFound` for somebody else's child.
    """
    today = today or school_today(actor)
    monday = monday_of(day or today)
    saturday = monday + timedelta(days=5)
    seen = circle(db, actor, pupil_id, monday, saturday)
    if day is None and today.isoweekday() > seen.shown.days_per_week:
        following = monday + timedelta(days=7), saturday + timedelta(days=7)
        # A pupil who has left is shown the week that was; one who changes schools, the new school's.
        with suppress(NotFound):
            seen = circle(db, actor, seen.shown.id, *following)
            monday, saturday = following
    days = days_of_pupil(db, actor, seen.shown, monday, saturday)
    connected = db.portal.switches.is_on("diary", seen.shown.organization_path)
    return PupilWeek(pupil=seen.shown, monday=monday, days=days, connected=connected), seen


def days_of_pupil(
    db: Session, actor: Actor, pupil: DiaryPupil, first: date, last: date
) -> tuple[WeekDay, ...]:
    """Some days of a pupil that `circle` has let the actor see, both days included."""
    switches = db.portal.switches
    schools = [school for school in pupil.schools if switches.is_on("diary", school.path)]
    if not schools:
        return ()
    lines = [
        _Line(each, each.lesson.day, each.lesson.subject_id, each.lesson.number)
        for each in lessons_of_pupil(db, pupil.id, [school.id for school in schools], first, last)
    ]
    places = _Places(lines)
    for school in schools:
        reader = reader_in(school, actor)
        homework: Homework | None = switches.implementation("homework", school.path)
        attendance: Attendance | None = switches.implementation("attendance", school.path)
        marks: Marks | None = switches.implementation("marks", school.path)
        for given in homework.of_pupil(db, reader, pupil.id, first, last) if homework else ():
            if given.homework or given.topic or given.given:
                places.of(given).homework = given
        for missed in attendance.of_pupil(db, reader, pupil.id, first, last) if attendance else ():
            places.of(missed).absence = missed
        for mark in marks.of_pupil(db, reader, pupil.id, first, last) if marks else ():
            places.of(mark).marks.append(mark)
        remarks: Remarks | None = switches.implementation("remarks", school.path)
        for remark in remarks.of_pupil(db, reader, pupil.id, first, last) if remarks else ():
            places.of(remark).remarks.append(remark)
        exemptions: Exemptions | None = switches.implementation("exemptions", school.path)
        for exemption in exemptions.of_pupil(db, reader, pupil.id, first, last) if exemptions else ():
            places.exempt(exemption)
    names = _names(db, places.lines)
    by_day: dict[date, list[_Line]] = {}
    for line in places.lines:
        by_day.setdefault(line.day, []).append(line)
    today = school_today(actor)
    found: list[WeekDay] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        own = sorted(by_day.get(day, ()), key=lambda line: (line.number or 99, line.shown is None))
        found.append(
            WeekDay(
                day=day,
                lines=tuple(_shown(line, names) for line in own),
                off=day_off(day, pupil.terms, pupil.days_per_week),
                is_today=day == today,
            )
        )
    return tuple(found)


class _Places:
    """Finds the line of a day that something in the record belongs to; makes one where the plan has none."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        self._by_lesson: dict[UUID, _Line] = {}
        self._by_number: dict[tuple[date, int, UUID], _Line] = {}
        self._by_subject: dict[tuple[date, UUID], _Line] = {}
        for line in lines:
            self._enter(line)

    def _enter(self, line: _Line) -> None:
        if line.shown is not None:
            self._by_lesson[line.shown.lesson.id] = line
        self._by_number.setdefault((line.day, line.number, line.subject_id), line)
        self._by_subject.setdefault((line.day, line.subject_id), line)

    def of(self, entry: LessonHomework | PupilAbsence | PupilMark | PupilRemark) -> _Line:
        found = (
            (self._by_lesson.get(entry.lesson_id) if entry.lesson_id else None)
            or self._by_number.get((entry.day, entry.lesson_number, entry.subject_id))
            or self._by_subject.get((entry.day, entry.subject_id))
        )
        if found is None:
            found = _Line(None, entry.day, entry.subject_id, entry.lesson_number)
            self.lines.append(found)
            self._enter(found)
        return found

    def exempt(self, exemption: PupilExemption) -> None:
        """Say so at the lessons of the subject on its days."""
        for line in self.lines:
            if (
                line.subject_id == exemption.subject_id
                and exemption.first_day <= line.day <= exemption.last_day
            ):
                line.exemption = exemption


def _names(db: Session, lines: Iterable[_Line]) -> dict[UUID, str]:
    """Names of the subjects that only the record knows; asks the database for those alone."""
    missing = {line.subject_id for line in lines if line.shown is None}
    if not missing:
        return {}
    rows: Sequence[Any] = db.execute(select(Subject.id, Subject.name).where(Subject.id.in_(missing))).all()
    return {row.id: row.name for row in rows}


def _given(homework: LessonHomework | None) -> tuple[GivenHomework, ...]:
    """The pieces of homework; a provider that knows only a text gives one."""
    if homework is None:
        return ()
    return tuple(homework.given) or ((GivenHomework(text=homework.homework),) if homework.homework else ())


def _shown(line: _Line, names: dict[UUID, str]) -> WeekLine:
    shown, absence, homework = line.shown, line.absence, line.homework
    lesson = shown.lesson if shown else None
    return WeekLine(
        lesson_id=lesson.id if lesson else None,
        number=line.number,
        starts_at=lesson.starts_at if lesson else None,
        ends_at=lesson.ends_at if lesson else None,
        subject_id=line.subject_id,
        subject=shown.subject if shown else names.get(line.subject_id, ""),
        teacher=shown.teacher if shown else "",
        room=lesson.room if lesson else "",
        group=shown.group_name if shown else "",
        status=lesson.status if lesson else "planned",
        note=shown.note if shown else "",
        planned_subject=shown.planned_subject if shown else "",
        planned_teacher=shown.planned_teacher if shown else "",
        planned_room=shown.planned_room if shown else "",
        topic=homework.topic if homework else "",
        homework=homework.homework if homework else "",
        given=_given(homework),
        absence=absence.code if absence else "",
        absence_title=absence.title if absence else "",
        absent=absence.absent if absence else False,
        marks=tuple(
            WeekMark(
                value=mark.value,
                work=mark.work,
                comment=mark.comment,
                bad=mark.value in BAD_MARKS,
                is_retake=mark.is_retake,
                criteria=mark.criteria,
                source=mark.source,
            )
            for mark in line.marks
        ),
        remarks=tuple(line.remarks),
        exemption=line.exemption,
    )
