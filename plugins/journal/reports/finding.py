"""Finding what is not filled in, for the whole school at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, func, literal, or_, select, union_all

from core.database.base import in_force
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import VIEW
from plugins.journal.attendance.models import JournalRollCall
from plugins.journal.attendance.statistics import TermDays
from plugins.journal.exemptions.models import APART, EXEMPT_KIND, JournalExemption
from plugins.journal.homework.models import GivenItem
from plugins.journal.lessons.journal_pages import PageLine, list_pages
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.reports.remarks import KINDS, Asked, Kind, Remark
from plugins.journal.settings import JournalSettings, settings_of
from plugins.journal.topics.progress import teachers_of_pages

LONGEST = 400
DAY, MONTH = timedelta(days=1), timedelta(days=30)


def days_asked(
    actor: Actor, terms: Sequence[TermDays], first: date | None, last: date | None
) -> tuple[date, date]:
    """The days asked for; without any, the present term until today, or a month where there is none."""
    today = school_today(actor)
    present = next((term for term in terms if term.first <= today <= term.last), None)
    return first or (present.first if present else today - MONTH), last or today


def find_remarks(db: Session, actor: Actor, asked: Asked) -> list[Remark]:
    """Everything not filled in on the pages in reach, by teacher and page; seven statements for the whole school.

    Only lessons of past days count, and cancelled ones do not. A lesson is «unsigned» here, in the paper journal's
    word, where nobody has called the roll and no attendance code stands: the portal asks for no other signature.
    A lesson's remark is its own teacher's, a substitute's too; remarks about marks are those of whoever teaches the
    page today. Few marks are fewer than the settings ask for in a term, of pupils who are in the class on the last
    day and not exempt for more than half of the days, on pages with at least as many lessons. Classes without marks
    get no remarks about marks.

    Raises `Invalid` for days that are no period, `NotFound` for a page out of reach, `Forbidden` without the right to
    see the journal.
    """
    actor.require(VIEW)
    if asked.last < asked.first or (asked.last - asked.first).days > LONGEST:
        words = sentence("Последний день не может быть раньше первого, а дней – больше года.")
        raise Invalid("Такого периода нет.", advice=words, fields={"last": words})
    pages = [
        page
        for page in list_pages(db, actor)
        if (asked.page_id is None or page.id == asked.page_id)
        and (not asked.class_name or page.class_name == asked.class_name)
    ]
    if not pages and asked.page_id is not None:
        raise NotFound(
            "Такой страницы журнала нет или она вам не доступна.",
            advice="Откройте контроль журнала и выберите страницу из списка.",
        )
    if not pages:
        return []
    found = _Finder(db, actor, pages, asked).remarks()
    order = {kind: at for at, kind in enumerate(KINDS)}
    places = {page.id: at for at, page in enumerate(pages)}
    return sorted(
        (remark for remark in found if asked.about(remark)),
        key=lambda each: (
            each.teacher,
            str(each.teacher_id),
            places[each.page_id],
            order[each.kind],
            each.day or date.max,
        ),
    )


class _Finder:
    """Reads the lessons and marks of some pages at once and names what is missing."""

    def __init__(self, db: Session, actor: Actor, pages: Sequence[PageLine], asked: Asked) -> None:
        self._db, self._actor = db, actor
        self._pages = {page.id: page for page in pages}
        self._settings: JournalSettings = settings_of(db, actor)
        self._first = asked.first
        self._last = min(asked.last, school_today(actor) - DAY)
        self._year = pages[0].academic_year_id
        self._assigned = teachers_of_pages(db, actor, pages, school_today(actor))

    def remarks(self) -> list[Remark]:
        """Everything, in no order."""
        marked = self._marked()
        lessons: dict[UUID, list[Any]] = defaultdict(list)
        for row in self._lessons():
            if row.page_id in self._pages:
                lessons[row.page_id].append(row)
        names = self._names({row.teacher_id for rows in lessons.values() for row in rows if row.teacher_id})
        found: list[Remark] = []
        for page_id, rows in lessons.items():
            page = self._pages[page_id]
            found += self._of_lessons(page, rows, names)
            if page_id in marked:
                found += self._silent(page, rows)
        held = {page_id: len(rows) for page_id, rows in lessons.items() if page_id in marked}
        return found + list(self._few(held))

    def _about(self, page: PageLine, kind: Kind, teacher: tuple[UUID | None, str], **more: Any) -> Remark:
        return Remark(
            kind=kind,
            teacher_id=teacher[0],
            teacher=teacher[1],
            page_id=page.id,
            page=page.title,
            class_name=page.class_name,
            subject=page.subject,
            **more,
        )

    def _teacher(self, page: PageLine) -> tuple[UUID | None, str]:
        """Whoever teaches the page today; of several the first by name."""
        place = page.pupil_group_id or page.school_class_id
        found = self._assigned.get((page.subject_id, place)) if place else None
        return found[0] if found else (None, "")

    def _of_lessons(self, page: PageLine, rows: Sequence[Any], names: Mapping[UUID, str]) -> Iterator[Remark]:
        for row in rows:
            own = (row.teacher_id, names[row.teacher_id]) if row.teacher_id else self._teacher(page)
            missing: tuple[tuple[Kind, bool], ...] = (
                ("topic", not row.topic),
                ("homework", not row.homework),
                ("roll", not row.noted),
            )
            for kind, lacks in missing:
                if lacks:
                    yield self._about(page, kind, own, lesson_id=row.id, day=row.day)

    def _silent(self, page: PageLine, rows: Sequence[Any]) -> Iterator[Remark]:
        least = self._settings.lessons_without_marks
        for has_marks, each in groupby(rows, key=lambda row: bool(row.has_marks)):
            run = list(each)
            if least and not has_marks and len(run) >= least:
                yield self._about(
                    page,
                    "silent",
                    self._teacher(page),
                    lesson_id=run[-1].id,
                    day=run[-1].day,
                    since=run[0].day,
                    count=len(run),
                )

    def _few(self, held: Mapping[UUID, int]) -> Iterator[Remark]:
        least = self._settings.least_marks_in_term
        pages = [page_id for page_id, lessons in held.items() if lessons >= least]
        if not least or not pages:
            return
        exempt = self._mostly_exempt()
        for row in self._pupils_with_few(least):
            page = self._pages[row.page_id]
            kinds = exempt.get((row.id, page.subject_id), ())
            if EXEMPT_KIND in kinds or (APART in kinds and page.pupil_group_id is None):
                continue
            if row.page_id in held and held[row.page_id] >= least:
                pupil = short_name(row.last_name, row.first_name, row.middle_name)
                yield self._about(page, "few", self._teacher(page), pupil=pupil, count=row.marks)

    def _mostly_exempt(self) -> Mapping[tuple[UUID, UUID], Collection[str]]:
        """Who is exempt from which subject for more than half of the days, and how."""
        rows = self._db.execute(
            select(
                JournalExemption.pupil_id,
                JournalExemption.subject_id,
                JournalExemption.kind,
                JournalExemption.first_day,
                JournalExemption.last_day,
            ).where(
                JournalExemption.organization_id == self._actor.organization_id,
                JournalExemption.academic_year_id == self._year,
                JournalExemption.withdrawn_at.is_(None),
                JournalExemption.first_day <= self._last,
                JournalExemption.last_day >= self._first,
            )
        )
        days: dict[tuple[UUID, UUID, str], timedelta] = defaultdict(timedelta)
        for row in rows:
            length = min(row.last_day, self._last) - max(row.first_day, self._first) + DAY
            days[row.pupil_id, row.subject_id, row.kind] += length
        found: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
        for (pupil_id, subject_id, kind), length in days.items():
            if 2 * length > self._last - self._first + DAY:
                found[pupil_id, subject_id].add(kind)
        return found

    def _lessons(self) -> Sequence[Any]:
        def of_lesson(table: Any) -> Any:
            return exists().where(table.lesson_id == JournalLesson.id)

        def yes(condition: Any) -> Any:
            return case((condition, literal(1)), else_=literal(0))

        return self._db.execute(
            select(
                JournalLesson.id,
                JournalLesson.page_id,
                JournalLesson.day,
                JournalLesson.teacher_id,
                yes(JournalLesson.topic != "").label("topic"),
                yes(
                    or_(
                        JournalLesson.homework != "", JournalLesson.homework_links != "", of_lesson(GivenItem)
                    )
                ).label("homework"),
                yes(of_lesson(JournalMark)).label("has_marks"),
                yes(or_(of_lesson(JournalRollCall), of_lesson(JournalAttendance))).label("noted"),
            )
            .where(
                JournalLesson.organization_id == self._actor.organization_id,
                JournalLesson.academic_year_id == self._year,
                self._on(JournalLesson.page_id),
                JournalLesson.day.between(self._first, self._last),
                JournalLesson.status.not_in(NOT_GIVEN),
            )
            .order_by(JournalLesson.page_id, JournalLesson.day, JournalLesson.number)
        ).all()

    def _on(self, column: Any) -> Any:
        """The condition that a row is of the pages asked for."""
        return column.in_(list(self._pages))

    def _marked(self) -> Collection[UUID]:
        """The pages of classes that are taught with marks; groups across classes are."""
        grade = (
            select(JournalPage.id, SchoolClass.grade_level)
            .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
            .outerjoin(
                SchoolClass,
                SchoolClass.id == func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id),
            )
            .where(self._on(JournalPage.id))
        )
        return {
            row.id for row in self._db.execute(grade) if not self._settings.without_marks(row.grade_level)
        }

    def _names(self, people: Collection[UUID]) -> Mapping[UUID, str]:
        rows = self._db.execute(
            select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
                Person.id.in_(people)
            )
        )
        return {row.id: short_name(row.last_name, row.first_name, row.middle_name) for row in rows}

    def _pupils_with_few(self, least: int) -> Sequence[Any]:
        members = union_all(
            select(JournalPage.id.label("page_id"), Enrollment.person_id)
            .join(
                Enrollment,
                and_(
                    JournalPage.pupil_group_id.is_(None),
                    Enrollment.school_class_id == JournalPage.school_class_id,
                ),
            )
            .where(self._on(JournalPage.id), in_force(Enrollment, self._last)),
            select(JournalPage.id, PupilGroupMembership.person_id)
            .join(PupilGroupMembership, PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id)
            .where(self._on(JournalPage.id), in_force(PupilGroupMembership, self._last)),
        ).subquery()
        counted = (
            select(JournalMark.page_id, JournalMark.pupil_id, func.count().label("marks"))
            .where(
                JournalMark.organization_id == self._actor.organization_id,
                JournalMark.academic_year_id == self._year,
                self._on(JournalMark.page_id),
                JournalMark.day.between(self._first, self._last),
            )
            .group_by(JournalMark.page_id, JournalMark.pupil_id)
            .subquery()
        )
        marks = func.coalesce(counted.c.marks, 0)
        return self._db.execute(
            select(
                members.c.page_id,
                Person.id,
                Person.last_name,
                Person.first_name,
                Person.middle_name,
                marks.label("marks"),
            )
            .join(Person, Person.id == members.c.person_id)
            .outerjoin(
                counted,
                and_(counted.c.page_id == members.c.page_id, counted.c.pupil_id == members.c.person_id),
            )
            .where(marks < least)
            .order_by(Person.name_key, Person.id)
        ).all()
