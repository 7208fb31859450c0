"""Three months of an invented school's journal: topics, homework, marks, attendance, with their history.

Everything is written in bulk and drawn from the school's own random numbers, so the same seed gives the
same journal. Lessons come from the timetable; without one, a simple week is laid out here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, select, update

from core.audit.record import Change, record
from core.capabilities import LessonsPlanned
from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment, PupilGroupMembership
from core.organizations.switches import save_settings
from core.roles.actor import Actor
from plugins.journal.demo.absences import announce
from plugins.journal.demo.behaviour import fill_behaviour
from plugins.journal.demo.criteria import fill_criteria
from plugins.journal.demo.exemptions import exempt_some
from plugins.journal.demo.homework import fill_homework
from plugins.journal.demo.newcomers import bring_newcomers, fill_former_marks
from plugins.journal.demo.ordered import order_journal
from plugins.journal.demo.outside import fill_outside
from plugins.journal.demo.plans import fill_plans
from plugins.journal.demo.settings import OWN, SETTINGS
from plugins.journal.demo.term_marks import term_mark_rows
from plugins.journal.demo.topics import Course, course_for, year_topics
from plugins.journal.demo.week import beginning, simple_week
from plugins.journal.grid.cell_text import cell_text, score_of
from plugins.journal.grid.stored_cells import CELL, subject_id_of
from plugins.journal.lessons.planned import take_over
from plugins.journal.models import (
    NOT_GIVEN,
    JournalAttendance,
    JournalCell,
    JournalLesson,
    JournalMark,
    JournalPage,
)
from plugins.journal.scales import FAILED, PASSED
from plugins.journal.terms.models import JournalTermMark

CHUNK = 4000
MARKED_SHARE = 0.34
"""How often a pupil gets a mark in a lesson that is no control work."""

ABSENT_SHARE = 0.035
CORRECTED_SHARE = 0.02
CONTROL_EVERY = 9
ANY_GRADE = 10
"""Whose topics a group across classes gets."""

COMMENTS = (
    "Отличный ответ у доски.",
    "Нужно повторить правило и выполнить работу над ошибками.",
    "Не была готова домашняя работа.",
    "Самостоятельно решил задачу повышенной сложности.",
    "Работа выполнена аккуратно.",
    "Ошибки по невнимательности.",
)


def fill_journal(db: Session, actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]) -> None:
    """Write the journal from the beginning of the year to `school.today`."""
    db.flush()
    save_settings(db, "journal", school.organization.id, OWN)
    newcomers = bring_newcomers(db, school)
    writer = _Writer(db, school)
    if not writer.lessons():
        take_over(db, LessonsPlanned(lessons=list(simple_week(school))))
    pages = writer.pages()
    by_page: dict[UUID, list[Any]] = defaultdict(list)
    for lesson in writer.lessons():
        by_page[lesson.page_id].append(lesson)
    for done, page in enumerate(pages):
        writer.write_page(page, by_page[page.id])
        advance(done + 1, len(pages) + 1)
    writer.finish(actor, pages)
    announce(db, school, writer.away)
    fill_plans(db, school)
    fill_homework(db, school)
    fill_behaviour(db, actor, school, Random(school.random.getrandbits(64)))  # noqa: S311 -- invented data
    fill_criteria(db, school, Random(school.random.getrandbits(64)))  # noqa: S311 -- invented data
    exempt_some(db, school)
    fill_former_marks(db, actor, school, newcomers, Random(school.random.getrandbits(64)))  # noqa: S311
    fill_outside(db, actor, school, Random(school.random.getrandbits(64)))  # noqa: S311 -- invented data
    db.flush()
    order_journal(db, actor, school)
    advance(len(pages) + 1, len(pages) + 1)


class _Writer:
    """Collects the rows of all pages and writes them in large portions."""

    def __init__(self, db: Session, school: DemoSchool) -> None:
        self._db = db
        self._school = school
        self._random = Random(school.random.getrandbits(64))  # noqa: S311 -- invented data
        self._settings = SETTINGS
        self._zone = ZoneInfo(school.organization.timezone or db.portal.config.timezone)
        self._subjects = {subject.id: subject for subject in school.subjects.values()}
        self._classes = {school_class.id: school_class for school_class in school.classes}
        self._groups = {group.id: group for group in school.groups}
        self._teachers = {person.id: person.short_name for person in school.teachers}
        self._enrolled, self._grouped = self._memberships()
        self._talent: dict[UUID, float] = {}
        self._away: dict[UUID, dict[date, str]] = {}
        self._lesson_rows: list[dict[str, Any]] = []
        self._rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        self._changes: list[Change] = []

    def _memberships(self) -> tuple[dict[UUID, list[Any]], dict[UUID, list[Any]]]:
        enrolled: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._db.execute(
            select(Enrollment.school_class_id, Enrollment.person_id, Enrollment.starts_on, Enrollment.ends_on)
            .where(
                Enrollment.organization_id == self._school.organization.id,
                Enrollment.academic_year_id == self._school.year.id,
            )
            .order_by(Enrollment.school_class_id, Enrollment.person_id)
        ):
            enrolled[row.school_class_id].append(row)
        grouped: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._db.execute(
            select(
                PupilGroupMembership.pupil_group_id,
                PupilGroupMembership.person_id,
                PupilGroupMembership.starts_on,
                PupilGroupMembership.ends_on,
            )
            .where(PupilGroupMembership.pupil_group_id.in_(list(self._groups)))
            .order_by(PupilGroupMembership.pupil_group_id, PupilGroupMembership.person_id)
        ):
            grouped[row.pupil_group_id].append(row)
        return enrolled, grouped

    @property
    def away(self) -> dict[UUID, dict[date, str]]:
        """Who was absent on which days, and why."""
        return self._away

    def pages(self) -> Sequence[Any]:
        """The school's journal pages."""
        return self._db.execute(
            select(
                JournalPage.id,
                JournalPage.subject_id,
                JournalPage.school_class_id,
                JournalPage.pupil_group_id,
            )
            .where(
                JournalPage.organization_id == self._school.organization.id,
                JournalPage.academic_year_id == self._school.year.id,
            )
            .order_by(JournalPage.id)
        ).all()

    def lessons(self) -> Sequence[Any]:
        """Lessons of the year up to today."""
        return self._db.execute(
            select(
                JournalLesson.id,
                JournalLesson.page_id,
                JournalLesson.day,
                JournalLesson.number,
                JournalLesson.teacher_id,
                JournalLesson.starts_at,
            )
            .where(
                JournalLesson.organization_id == self._school.organization.id,
                JournalLesson.academic_year_id == self._school.year.id,
                JournalLesson.day <= self._school.today,
                JournalLesson.status.not_in(NOT_GIVEN),
            )
            .order_by(JournalLesson.day, JournalLesson.number, JournalLesson.id)
        ).all()

    def write_page(self, page: Any, lessons: Sequence[Any]) -> None:
        """Draw everything that stands on one page."""
        group = self._groups.get(page.pupil_group_id) if page.pupil_group_id else None
        class_id = page.school_class_id or (group.school_class_id if group else None)
        school_class = self._classes.get(class_id) if class_id else None
        grade = school_class.grade_level if school_class else ANY_GRADE
        course = course_for(self._subjects[page.subject_id].name, grade)
        pupils = (
            self._grouped[page.pupil_group_id] if group else self._enrolled[page.school_class_id or page.id]
        )
        topics = [title for _section, title in year_topics(course)]
        # Half of the lessons go on with the topic before, as they do in schools.
        at = self._random.randrange(3)
        last_number = len(lessons) - 1
        for number, lesson in enumerate(lessons):
            kind = self._kind(course, number)
            recent = lesson.day == self._school.today and number == last_number
            self._lesson(lesson, course, topics[at % len(topics)], kind, blank=recent)
            if number % 2 or self._random.random() < 0.5:
                at += 1
            if not recent or self._random.random() < 0.5:
                self._cells(page, lesson, pupils, kind, grade)

    def _kind(self, course: Course, number: int) -> str:
        if course.subject == "физическая":
            return ""
        if number and number % CONTROL_EVERY == 0:
            return "dictation" if course.subject == "русский" else "control"
        draw = self._random.random()
        return "independent" if draw < 0.08 else "test" if draw < 0.12 else ""

    def _lesson(self, lesson: Any, course: Course, topic: str, kind: str, *, blank: bool) -> None:
        draw = self._random
        homework = ""
        if not kind.startswith(("control", "dictation")) and draw.random() < 0.85:
            homework = draw.choice(course.homework_list).format(
                n=draw.randint(20, 480), k=draw.randint(1, 19), m=draw.randint(12, 180), p=draw.randint(2, 30)
            )
        self._lesson_rows.append(
            {
                "b_id": lesson.id,
                "topic": "" if blank else topic,
                "homework": "" if blank else homework,
                "homework_minutes": draw.choice((15, 20, 30, 40)) if homework and not blank else None,
                "control_kind": kind,
            }
        )

    def _cells(self, page: Any, lesson: Any, pupils: Sequence[Any], kind: str, grade: int) -> None:
        without_marks = self._settings.without_marks(grade)
        passes = self._settings.mark_scale(self._subjects[page.subject_id].name, grade).passes
        draw = self._random.random
        begins: time = lesson.starts_at or beginning(lesson.number)
        at = datetime.combine(lesson.day, begins, self._zone).astimezone(UTC) + timedelta(minutes=30)
        share = 0.95 if kind in ("control", "dictation") else 0.6 if kind else MARKED_SHARE
        weight = self._settings.weight_of(kind)
        for pupil in pupils:
            if pupil.starts_on > lesson.day or (pupil.ends_on is not None and pupil.ends_on < lesson.day):
                continue
            code, minutes = self._attendance(pupil.person_id, lesson.day), None
            if not code and draw() < 0.006:
                code, minutes = "оп", self._random.choice((None, 5, 10))
            marks: list[str] = []
            if not without_marks and code in ("", "оп") and draw() < share:
                marks.append(self._mark(pupil.person_id))
                if draw() < 0.03:
                    marks.append(self._mark(pupil.person_id))
            if passes:
                marks = [_in_words(mark) for mark in marks]
            if code or marks:
                self._cell(page, lesson, pupil.person_id, at, code, minutes, marks, kind, weight)

    def _mark(self, pupil_id: UUID) -> str:
        talent = self._talent.get(pupil_id)
        if talent is None:
            talent = self._talent[pupil_id] = self._random.gauss(4.1, 0.55)
        return str(min(5, max(2, round(self._random.gauss(talent, 0.65)))))

    def _attendance(self, pupil_id: UUID, day: date) -> str:
        """Absences last for days: a pupil who is ill is ill in every lesson."""
        days = self._away.setdefault(pupil_id, {})
        found = days.get(day)
        if found is None:
            found = ""
            if self._random.random() < ABSENT_SHARE / 3:
                found = self._random.choice(("б", "б", "б", "уп", "н"))
                for later in range(1, self._random.randint(2, 6) if found == "б" else 1):
                    days[day + timedelta(days=later)] = found
            days[day] = found
        return found

    def _cell(
        self,
        page: Any,
        lesson: Any,
        pupil_id: UUID,
        at: datetime,
        code: str,
        minutes: int | None,
        marks: list[str],
        kind: str,
        weight: int,
    ) -> None:
        place = {
            "organization_id": self._school.organization.id,
            "academic_year_id": self._school.year.id,
            "page_id": page.id,
            "lesson_id": lesson.id,
            "pupil_id": pupil_id,
            "day": lesson.day,
            "author_id": lesson.teacher_id,
        }
        text = cell_text(code, minutes, marks)
        corrected = bool(marks) and self._random.random() < CORRECTED_SHARE
        revision = 2 if corrected else 1
        changed = at + timedelta(hours=5) if corrected else at
        for position, value in enumerate(marks):
            comment = self._random.choice(COMMENTS) if self._random.random() < 0.012 else ""
            self._rows[JournalMark].append(
                {
                    **place,
                    "id": new_id(),
                    "position": position,
                    "value": value,
                    "score": score_of(value),
                    "control_kind": kind,
                    "weight": weight,
                    "comment": comment,
                    "revision": revision,
                    "created_at": at,
                    "changed_at": changed,
                }
            )
        if code:
            self._rows[JournalAttendance].append(
                {
                    **place,
                    "id": new_id(),
                    "code": code,
                    "minutes": minutes,
                    "revision": 1,
                    "created_at": at,
                    "changed_at": at,
                }
            )
        author = self._teachers.get(lesson.teacher_id, "")
        self._rows[JournalCell].append(
            {
                "lesson_id": lesson.id,
                "pupil_id": pupil_id,
                "page_id": page.id,
                "version": 1,
                "changes": revision,
                "author_name": author,
                "request_key": "",
            }
        )
        first = self._mark(pupil_id) if corrected else text
        if not (marks and marks[0].isdigit()) and first.isdigit():
            first = _in_words(first)
        if first != text:
            self._note(lesson, pupil_id, at, author, None, first)
        self._note(lesson, pupil_id, changed, author, None if first == text else first, text)

    def _note(
        self, lesson: Any, pupil_id: UUID, at: datetime, author: str, before: str | None, after: str
    ) -> None:
        self._changes.append(
            Change(
                action="journal.cell.set",
                subject_type=CELL,
                subject_id=subject_id_of(lesson.id, pupil_id),
                before={"value": before} if before else None,
                after={"value": after},
                at=at,
                person_id=lesson.teacher_id,
                person_name=author,
                role="teacher",
            )
        )

    def finish(self, actor: Actor, pages: Sequence[Any]) -> None:
        """Write what was drawn, then term marks from it; the history in the order in which it happened."""
        db = self._db
        lessons: Any = JournalLesson.__table__
        for part in _parts(self._lesson_rows):
            db.connection().execute(update(lessons).where(lessons.c.id == bindparam("b_id")), part)
        for table in (JournalMark, JournalAttendance, JournalCell):
            for part in _parts(self._rows[table]):
                db.connection().execute(insert(table), part)
        pupils = {**self._enrolled, **self._grouped}
        for row, change in term_mark_rows(db, self._school, pages, pupils, self._random):
            self._rows[JournalTermMark].append(row)
            self._changes.append(change)
        for part in _parts(self._rows[JournalTermMark]):
            db.connection().execute(insert(JournalTermMark), part)
        self._changes.sort(key=lambda change: change.at or datetime.min.replace(tzinfo=UTC))
        for part in _parts(self._changes):
            record(db, actor, self._school.organization.id, *part)


def _in_words(mark: str) -> str:
    return PASSED if int(mark) > 2 else FAILED


def _parts(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
