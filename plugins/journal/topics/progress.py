"""How far the journal's pages are with their plans: hours given of hours planned, and the lag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import TeachingAssignment
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.lessons.journal_pages import PageLine, list_pages
from plugins.journal.models import NOT_GIVEN, JournalLesson
from plugins.journal.topics.following import steps_of, uses_of
from plugins.journal.topics.layout import all_hours, covered_hours, wanted_hours
from plugins.journal.topics.models import GivenTopic

LAGGING, NO_PLAN = "lag", "none"


class ProgressLine(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page and how far it is with its plan."""

    page_id: UUID
    page: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    subject_id: UUID
    subject: str
    teachers: Annotated[Sequence[str], Meta(description="Кто ведёт предмет сегодня: «Семёнов А. П.».")]
    plan_id: Annotated[UUID | None, Meta(description="Ключ плана; null, если страница идёт без плана.")]
    plan: Annotated[str, Meta(description="Название плана; пусто, если страница идёт без плана.")]
    given: Annotated[int, Meta(description="Сколько часов плана дано.")]
    hours: Annotated[int, Meta(description="Сколько часов в плане страницы.")]
    lag: Annotated[int, Meta(description="На сколько часов отстаёт от плана; меньше нуля – опережает.")]
    teacher_ids: Annotated[Sequence[UUID], Meta(description="Ключи этих учителей.")] = ()


class ProgressAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the progress is asked for. `state`: `lag` – behind only, `none` – without a plan only."""

    teacher_id: UUID | None = None
    subject_id: UUID | None = None
    class_name: str = ""
    state: str = ""


def progress(db: Session, actor: Actor) -> list[ProgressLine]:
    """All pages of this academic year in reach; six statements, however many pages there are."""
    pages = list_pages(db, actor)
    today = school_today(actor)
    uses = {use.page_id: use for use in uses_of(db, [page.id for page in pages])}
    steps = steps_of(db, list(uses.values()))
    times: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in db.execute(
        select(JournalLesson.page_id, GivenTopic.topic_id, func.count().label("times"))
        .join(GivenTopic, GivenTopic.lesson_id == JournalLesson.id)
        .where(
            JournalLesson.page_id.in_(list(uses)),
            JournalLesson.day <= today,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.topic != "",
        )
        .group_by(JournalLesson.page_id, GivenTopic.topic_id)
    ):
        times[row.page_id][row.topic_id] = row.times
    teachers = teachers_of_pages(db, actor, pages, today)
    return [_line(page, uses.get(page.id), steps, times, teachers, today) for page in pages]


def _line(page: PageLine, use: Any, steps: Any, times: Any, teachers: Any, today: date) -> ProgressLine:
    who = teachers.get((page.subject_id, page.pupil_group_id or page.school_class_id), [])
    given = hours = lag = 0
    if use is not None:
        followed = steps[page.id]
        given, hours = covered_hours(followed, times[page.id]), all_hours(followed)
        schedule = [(UUID(topic_id), date.fromisoformat(day)) for topic_id, day in use.schedule]
        lag = wanted_hours(followed, schedule, today) - given
    return ProgressLine(
        page_id=page.id,
        page=page.title,
        subject_id=page.subject_id,
        subject=page.subject,
        teachers=[name for _id, name in who],
        teacher_ids=[teacher_id for teacher_id, _name in who],
        plan_id=use.plan_id if use else None,
        plan=use.title if use else "",
        given=given,
        hours=hours,
        lag=lag,
    )


def teachers_of_pages(
    db: Session, actor: Actor, pages: Sequence[PageLine], today: date
) -> dict[tuple[UUID, UUID], list[tuple[UUID, str]]]:
    """Who teaches a subject in a class or group today: keys and short names, by subject and place."""
    found: dict[tuple[UUID, UUID], list[tuple[UUID, str]]] = defaultdict(list)
    for row in db.execute(
        select(
            TeachingAssignment.subject_id,
            TeachingAssignment.school_class_id,
            TeachingAssignment.pupil_group_id,
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == TeachingAssignment.teacher_id)
        .where(
            TeachingAssignment.organization_id == actor.organization_id,
            TeachingAssignment.academic_year_id.in_({page.academic_year_id for page in pages}),
            in_force(TeachingAssignment, today),
        )
        .order_by(Person.last_name, Person.first_name, Person.id)
    ):
        place = row.pupil_group_id or row.school_class_id
        found[row.subject_id, place].append(
            (row.id, short_name(row.last_name, row.first_name, row.middle_name))
        )
    return found


def chosen(lines: Sequence[ProgressLine], asked: ProgressAsked) -> list[ProgressLine]:
    """The lines that are asked for, the greatest lag first."""
    kept = [
        line
        for line in lines
        if (asked.teacher_id is None or asked.teacher_id in line.teacher_ids)
        and (asked.subject_id is None or asked.subject_id == line.subject_id)
        and (not asked.class_name or line.page.split(", ")[0] == asked.class_name)
        and (asked.state != LAGGING or line.lag > 0)
        and (asked.state != NO_PLAN or line.plan_id is None)
    ]
    return sorted(kept, key=lambda line: -line.lag)


def progress_rows(lines: Sequence[ProgressLine]) -> Iterator[Sequence[Any]]:
    """The lines as a table for a file."""
    yield [
        _("Класс"),
        _("Предмет"),
        _("Учитель"),
        _("План"),
        _("Дано часов"),
        _("Часов в плане"),
        _("Отставание"),
    ]
    for line in lines:
        figures = [line.given, line.hours, line.lag] if line.plan_id else ["", "", ""]
        yield [line.page, line.subject, ", ".join(line.teachers), line.plan, *figures]
