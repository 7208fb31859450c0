"""A pupil's week: the plan and the record side by side, as the family sees it.

The plan is the diary's own; marks, absences and homework come from whoever provides them in the pupil's
school. With our journal a page costs one statement for the pupils, one for their lessons, one for what is recorded of
them, and two for homework, however many pupils there are; items of the content library cost what the library takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from core.capabilities import (
    GivenHomework,
    LessonHomework,
    MarkCriterion,
    PupilAbsence,
    PupilExemption,
    PupilMark,
    PupilRemark,
)
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import Subject
from core.pupil_records import PupilRecord
from core.roles.actor import Actor
from plugins.diary.planned import ShownLesson, lessons_of_pupils
from plugins.diary.pupils import Circle, DiaryPupil, ties
from plugins.diary.records import records_of
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
    seen, monday = _circle_and_monday(db, actor, pupil_id, day, today or school_today(actor))
    return _weeks(db, actor, [seen.shown], monday)[0], seen


def family_weeks(
    db: Session, actor: Actor, day: date | None, *, today: date | None = None
) -> tuple[Sequence[PupilWeek], Circle]:
    """The same week of all pupils the actor has a tie to: a guardian's children, of whatever schools.

    Otherwise as `pupil_week`.
    """
    seen, monday = _circle_and_monday(db, actor, None, day, today or school_today(actor))
    return _weeks(db, actor, seen.pupils, monday), seen


def _circle_and_monday(
    db: Session, actor: Actor, pupil_id: UUID | None, day: date | None, today: date
) -> tuple[Circle, date]:
    """Whom the actor may turn to in the week to be shown, and its Monday."""
    known = ties(db, actor, pupil_id)
    monday = monday_of(day or today)
    seen = known.circle(monday, monday + timedelta(days=5))
    shown = seen.pupils if pupil_id is None else (seen.shown,)
    if day is None and today.isoweekday() > max(pupil.days_per_week for pupil in shown):
        following = monday + timedelta(days=7)
        # A pupil who has left is shown the week that was; one who changes schools, the new school's.
        with suppress(NotFound):
            seen = known.circle(following, following + timedelta(days=5))
            monday = following
    return seen, monday


def _weeks(db: Session, actor: Actor, pupils: Sequence[DiaryPupil], monday: date) -> Sequence[PupilWeek]:
    days = days_of_pupils(db, actor, pupils, monday, monday + timedelta(days=5))
    return [
        PupilWeek(
            pupil=pupil,
            monday=monday,
            days=days.get(pupil.id, ()),
            connected=db.portal.switches.is_on("diary", pupil.organization_path),
        )
        for pupil in pupils
    ]


def days_of_pupils(
    db: Session, actor: Actor, pupils: Sequence[DiaryPupil], first: date, last: date
) -> dict[UUID, tuple[WeekDay, ...]]:
    """Some days of pupils that `circle` has let the actor see, both days included, by pupil.

    Pupils no school of whom has the diary on are left out. The number of statements does not depend on how many
    pupils there are.
    """
    switches = db.portal.switches
    shown = [
        replace(pupil, schools=schools)
        for pupil in pupils
        if (schools := tuple(each for each in pupil.schools if switches.is_on("diary", each.path)))
    ]
    if not shown:
        return {}
    organizations = {school.id for pupil in shown for school in pupil.schools}
    planned = lessons_of_pupils(db, [pupil.id for pupil in shown], organizations, first, last)
    records = records_of(db, actor, shown, first, last)
    lines = {pupil.id: _lines_of(pupil, planned.get(pupil.id, ()), records[pupil.id]) for pupil in shown}
    names = _names(db, [line for own in lines.values() for line in own])
    today = school_today(actor)
    return {pupil.id: _days(pupil, lines[pupil.id], names, first, last, today) for pupil in shown}


def _lines_of(pupil: DiaryPupil, planned: Sequence[ShownLesson], record: PupilRecord) -> list[_Line]:
    """The plan of a pupil's schools with what the record says at its lessons."""
    schools = {school.id for school in pupil.schools}
    places = _Places(
        [
            _Line(each, each.lesson.day, each.lesson.subject_id, each.lesson.number)
            for each in planned
            if each.lesson.organization_id in schools
        ]
    )
    for given in record.homework:
        if given.homework or given.topic or given.given:
            places.of(given).homework = given
    for missed in record.attendance:
        places.of(missed).absence = missed
    for mark in record.marks:
        places.of(mark).marks.append(mark)
    for remark in record.remarks:
        places.of(remark).remarks.append(remark)
    for exemption in record.exemptions:
        places.exempt(exemption)
    return places.lines


def _days(
    pupil: DiaryPupil,
    lines: Sequence[_Line],
    names: Mapping[UUID, str],
    first: date,
    last: date,
    today: date,
) -> tuple[WeekDay, ...]:
    by_day: dict[date, list[_Line]] = {}
    for line in lines:
        by_day.setdefault(line.day, []).append(line)
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


def _names(db: Session, lines: Iterable[_Line]) -> Mapping[UUID, str]:
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


def _shown(line: _Line, names: Mapping[UUID, str]) -> WeekLine:
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
