"""What a version does, or would do, to the timetable and the journals: told before it is approved.

Nothing is changed here. Lessons that were given, and their marks, stay whatever the plan says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.capabilities import ask_for
from core.curricula import LessonPlans, PlannedPage
from core.database.base import in_force
from core.database.session import Session
from core.organizations.models import Subject
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import DRAFT, SUBMITTED, CurriculumLine, open_curriculum, path_of
from plugins.diary.curriculum.hours import show_sum
from plugins.diary.curriculum.models import Curriculum
from plugins.diary.curriculum.table import Table, read_table
from plugins.diary.curriculum.year import Place, YearOfHours, place_of, units_of, year_of_hours
from plugins.diary.models import PatternEntry


class TimetableDiffers(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that has fewer or more lessons in the week's timetable than hours in the plan."""

    place: Annotated[str, Meta(description="Класс или группа.")]
    subject: Annotated[str, Meta(description="Предмет.")]
    hours: Annotated[str, Meta(description="Часов в неделю по плану.")]
    lessons: Annotated[int, Meta(description="Уроков в неделю в расписании.")]
    text: Annotated[str, Meta(description="Что не сходится.")]
    by_this_plan: Annotated[
        bool, Meta(description="Расхождение появилось с этой версией: прежняя сходилась.")
    ]


class JournalDiffers(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page that would appear, would get no more lessons, or whose lesson plan has other hours."""

    kind: Annotated[
        str,
        Meta(
            description="`appears` – страница появится, `ends` – новых уроков не будет, `plan` – часы КТП другие."
        ),
    ]
    place: Annotated[str, Meta(description="Класс или группа.")]
    subject: Annotated[str, Meta(description="Предмет.")]
    text: Annotated[str, Meta(description="Что произойдёт.")]
    url: Annotated[str, Meta(description="Страница журнала или её КТП; пусто, если страницы ещё нет.")]


class Consequences(msgspec.Struct, frozen=True, kw_only=True):
    """What a version does."""

    is_applied: Annotated[
        bool, Meta(description="Версия уже утверждена; иначе – что будет, если её утвердить.")
    ]
    timetable: Annotated[Sequence[TimetableDiffers], Meta(description="Расхождения с расписанием недели.")]
    timetable_known: Annotated[bool, Meta(description="Расписание недели составлено.")]
    journals: Annotated[Sequence[JournalDiffers], Meta(description="Страницы журнала.")]
    journals_known: Annotated[
        bool, Meta(description="Журнал школы ответил; иначе о страницах ничего не известно.")
    ]


def consequences(db: Session, actor: Actor, curriculum_id: UUID) -> Consequences:
    """What a version does, or would do once approved. Raises as `open_curriculum`."""
    line = open_curriculum(db, actor, curriculum_id)
    open_draft = line.state in (DRAFT, SUBMITTED)
    draft = db.get_one(Curriculum, curriculum_id) if open_draft else None
    after = year_of_hours(db, line.organization_id, line.academic_year_id, draft=draft)
    before = year_of_hours(db, line.organization_id, line.academic_year_id) if open_draft else after
    table = read_table(db, curriculum_id, with_pupils=False)
    known: LessonPlans | None = ask_for(db, path_of(db, line.organization_id), "lesson_plans")
    pages = known.of_year(db, actor, line.organization_id, line.academic_year_id) if known else ()
    lessons = Lessons(db, line)
    return Consequences(
        is_applied=not open_draft,
        timetable=_timetable(table, lessons, before),
        timetable_known=bool(lessons.counted),
        journals=list(_journals(table, line, pages, before, after)) if known else [],
        journals_known=known is not None,
    )


def _timetable(table: Table, lessons: Lessons, before: YearOfHours) -> list[TimetableDiffers]:
    if not lessons.counted:
        return []
    found: list[TimetableDiffers] = []
    units = units_of(table)
    for (subject_id, column), halves in units.items():
        place = place_of(column)
        count = lessons.of(subject_id, place)
        text = _text(count, halves)
        if text:
            held = before.of(subject_id, *place)
            found.append(
                TimetableDiffers(
                    place=column.title,
                    subject=table.subject(subject_id),
                    hours=show_sum(halves),
                    lessons=count,
                    text=text,
                    by_this_plan=held is None or not _text(count, held.week),
                )
            )
    return [*found, *_superfluous(table, lessons, before)]


def _superfluous(table: Table, lessons: Lessons, before: YearOfHours) -> Iterator[TimetableDiffers]:
    """Lessons of the timetable for classes of the plan that it gives no hours."""
    titles = {place_of(column): column for column in table.columns if column.kind in ("class", "group")}
    classes = {column.school_class_id for column in table.columns if column.kind == "class"}
    planned = {(subject_id, column.school_class_id) for subject_id, column in units_of(table)}
    told: set[tuple[UUID, UUID | None]] = set()
    for (subject_id, place), count in lessons.counted.items():
        key = (subject_id, place[0])
        if place[0] not in classes or key in planned or key in told:
            continue
        told.add(key)
        held = before.of(subject_id, place[0], None)
        yield TimetableDiffers(
            place=titles[place[0], None].title,
            subject=lessons.subjects[subject_id],
            hours="0",
            lessons=count,
            text=sentence("в плане нет, в расписании %(count)s в неделю", count=count),
            by_this_plan=held is not None and bool(held.week),
        )


def _text(lessons: int, halves: int) -> str:
    """What is wrong between lessons and hours; half an hour is a lesson every other week."""
    least, most = halves // 2, (halves + 1) // 2
    if lessons < least:
        return sentence("не хватает уроков: %(count)s", count=least - lessons)
    if lessons > most:
        return sentence("лишних уроков: %(count)s", count=lessons - most)
    return ""


class Lessons:
    """Lessons of the weekly pattern on the first day of a version, by subject and place."""

    def __init__(self, db: Session, line: CurriculumLine) -> None:
        rows = db.execute(
            select(
                PatternEntry.subject_id,
                PatternEntry.school_class_id,
                PatternEntry.pupil_group_id,
                Subject.name,
                func.count().label("lessons"),
            )
            .join(Subject, Subject.id == PatternEntry.subject_id)
            .where(
                PatternEntry.organization_id == line.organization_id,
                PatternEntry.academic_year_id == line.academic_year_id,
                in_force(PatternEntry, line.starts_on),
            )
            .group_by(
                PatternEntry.subject_id,
                PatternEntry.school_class_id,
                PatternEntry.pupil_group_id,
                Subject.name,
            )
            .order_by(Subject.name, PatternEntry.subject_id)
        ).all()
        self.counted: Counter[tuple[UUID, Place]] = Counter()
        self.subjects: dict[UUID, str] = {}
        self._groups: dict[tuple[UUID, UUID], list[int]] = defaultdict(list)
        for row in rows:
            self.counted[row.subject_id, (row.school_class_id, row.pupil_group_id)] += row.lessons
            self.subjects[row.subject_id] = row.name
            if row.pupil_group_id is not None and row.school_class_id is not None:
                self._groups[row.subject_id, row.school_class_id].append(row.lessons)

    def of(self, subject_id: UUID, place: Place) -> int:
        """Lessons a week of a class with those of its fullest group, or of a group with those of its class."""
        class_id, group_id = place
        whole = self.counted[subject_id, (class_id, None)]
        if group_id is None:
            groups = self._groups.get((subject_id, class_id), []) if class_id else []
            return whole + max(groups, default=0)
        return self.counted[subject_id, place] + (whole if class_id else 0)


def _journals(
    table: Table, line: CurriculumLine, pages: Sequence[PlannedPage], before: YearOfHours, after: YearOfHours
) -> Iterator[JournalDiffers]:
    classes = {column.school_class_id for column in table.columns if column.kind == "class"}
    known = {(page.subject_id, page.school_class_id, page.pupil_group_id) for page in pages}
    of_class = {(page.subject_id, page.school_class_id) for page in pages}
    for subject_id, column in units_of(table):
        key = (subject_id, column.school_class_id, column.pupil_group_id)
        if key not in known and (column.pupil_group_id or key[:2] not in of_class):
            yield JournalDiffers(
                kind="appears",
                place=column.title,
                subject=table.subject(subject_id),
                text=sentence("страница появится с расписанием или назначением учителя"),
                url="",
            )
    for page in pages:
        if page.school_class_id is not None and page.school_class_id not in classes:
            continue
        hours = after.of(page.subject_id, page.school_class_id, page.pupil_group_id)
        if hours is None or not hours.week:
            held = before.of(page.subject_id, page.school_class_id, page.pupil_group_id)
            if line.state in (DRAFT, SUBMITTED) and (held is None or not held.week):
                continue
            yield JournalDiffers(
                kind="ends",
                place=page.title,
                subject=page.subject,
                text=sentence(
                    "новых уроков не будет; данных уроков с отметками останется: %(count)s",
                    count=page.lessons_given,
                ),
                url=page.url,
            )
        elif page.plan_hours is not None and abs(page.plan_hours * 2 - hours.year) > 1:
            yield JournalDiffers(
                kind="plan",
                place=page.title,
                subject=page.subject,
                text=sentence(
                    "в КТП %(plan)s ч, по учебному плану за год %(hours)s ч",
                    plan=page.plan_hours,
                    hours=show_sum(hours.year),
                ),
                url=page.plan_url,
            )
