"""Journal pages that follow a plan: how they stand, how a plan is applied to several at once, and taken off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, insert, or_, select

from core.audit.record import Change, record
from core.database.session import Session
from core.errors import Forbidden, Invalid, NotFound
from core.identity.sessions import school_today
from core.organizations.models import PupilGroup, SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import EDIT, Opened, allowed, open_page
from plugins.journal.lessons.journal_pages import PageLine, list_pages
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.topics.layout import (
    STRETCHED,
    Held,
    Layout,
    Slot,
    Step,
    all_hours,
    covered_hours,
    lay_out,
    recognized,
    scheduled,
    slots_of,
    wanted_hours,
)
from plugins.journal.topics.models import GivenTopic, LessonPlan, LessonTopic, PlanUse, TopicException
from plugins.journal.topics.plans import OpenedPlan, open_plan

MOST_PAGES_AT_ONCE = 60


class Followed:
    """A page's plan with the page's exceptions, and the lessons from the day the plan holds on."""

    def __init__(self, use: Any, steps: Sequence[Step], lessons: Sequence[Held]) -> None:
        self.page_id: UUID = use.page_id
        self.plan_id: UUID = use.plan_id
        self.title: str = use.title
        self.from_day: date = use.from_day
        self.first_topic_id: UUID | None = use.first_topic_id
        self.schedule = [(UUID(topic_id), date.fromisoformat(day)) for topic_id, day in use.schedule]
        self.steps = steps
        self.lessons = lessons

    @cached_property
    def layout(self) -> Layout:
        """The plan laid over the lessons."""
        return lay_out(self.steps, self.lessons)

    @cached_property
    def planned_days(self) -> Mapping[UUID, Sequence[date]]:
        """The days on which each topic was to be given when the plan was applied."""
        days: dict[UUID, list[date]] = defaultdict(list)
        for topic_id, day in self.schedule:
            days[topic_id].append(day)
        return days

    def given_by(self, today: date) -> int:
        """Hours given up to `today`."""
        times = Counter(
            topic_id for lesson in self.lessons if lesson.day <= today for topic_id in lesson.given
        )
        return covered_hours(self.steps, times)

    @property
    def hours(self) -> int:
        """Hours of the plan as the page follows it."""
        return all_hours(self.steps)

    def lag(self, today: date) -> int:
        """Hours behind the schedule; below zero if ahead of it."""
        return wanted_hours(self.steps, self.schedule, today) - self.given_by(today)


def followed(db: Session, page_ids: Sequence[UUID]) -> dict[UUID, Followed]:
    """The plans of these pages, of those that follow one. Four statements, however many pages. The caller has
    asked for the rights."""
    uses = uses_of(db, page_ids)
    steps = steps_of(db, uses)
    lessons = lessons_of(db, {use.page_id: use.from_day for use in uses})
    return {use.page_id: Followed(use, steps[use.page_id], lessons[use.page_id]) for use in uses}


def uses_of(db: Session, page_ids: Sequence[UUID]) -> Sequence[Any]:
    """Which of these pages follow which plan, as rows."""
    return db.execute(
        select(*PlanUse.__table__.c, LessonPlan.title)
        .join(LessonPlan, LessonPlan.id == PlanUse.plan_id)
        .where(PlanUse.page_id.in_(page_ids))
    ).all()


def steps_of(db: Session, uses: Sequence[Any]) -> dict[UUID, list[Step]]:
    """The topics that each of these pages follows, with its exceptions; two statements."""
    pages = [use.page_id for use in uses]
    topics: dict[UUID, list[Any]] = defaultdict(list)
    for row in db.execute(
        select(*LessonTopic.__table__.c)
        .where(
            LessonTopic.plan_id.in_({use.plan_id for use in uses}),
            or_(LessonTopic.page_id.is_(None), LessonTopic.page_id.in_(pages)),
        )
        .order_by(LessonTopic.position, LessonTopic.id)
    ):
        topics[row.plan_id].append(row)
    exceptions = {
        (row.page_id, row.topic_id): row
        for row in db.execute(select(*TopicException.__table__.c).where(TopicException.page_id.in_(pages)))
    }
    return {
        use.page_id: _steps(use.page_id, use.first_topic_id, topics[use.plan_id], exceptions) for use in uses
    }


def _steps(
    page_id: UUID, first: UUID | None, rows: Sequence[Any], exceptions: Mapping[tuple[UUID, UUID], Any]
) -> list[Step]:
    steps: list[Step] = []
    number, begun = 0, first is None
    for row in rows:
        begun = begun or row.id == first
        if row.removed_at is not None or row.page_id not in (None, page_id):
            continue
        number += row.page_id is None
        if not begun:
            continue
        exception = exceptions.get((page_id, row.id))
        steps.append(
            Step(
                id=row.id,
                number=number if row.page_id is None else 0,
                section=row.section,
                title=row.title,
                hours=row.hours,
                homework=row.homework,
                control_kind=row.control_kind,
                links=row.links,
                remark=row.remark,
                own=row.page_id is not None,
                exception=exception.kind if exception else "",
                stretched_to=exception.lessons if exception and exception.kind == STRETCHED else 1,
            )
        )
    return steps


def lessons_of(db: Session, from_days: Mapping[UUID, date]) -> dict[UUID, list[Held]]:
    """The lessons of these pages from a day on, in order, without cancelled ones; one statement."""
    found: dict[UUID, dict[UUID, Held]] = {page_id: {} for page_id in from_days}
    if not from_days:
        return {}
    for row in db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.topic,
            GivenTopic.topic_id,
        )
        .outerjoin(GivenTopic, GivenTopic.lesson_id == JournalLesson.id)
        .where(
            JournalLesson.page_id.in_(list(from_days)),
            JournalLesson.day >= min(from_days.values()),
            JournalLesson.status.not_in(NOT_GIVEN),
        )
        .order_by(JournalLesson.day, JournalLesson.number, JournalLesson.id)
    ):
        if row.day < from_days[row.page_id]:
            continue
        held = found[row.page_id].get(row.id)
        given = (() if held is None else held.given) + ((row.topic_id,) if row.topic_id and row.topic else ())
        found[row.page_id][row.id] = Held(
            id=row.id, day=row.day, number=row.number, topic=row.topic, given=given
        )
    return {page_id: list(lessons.values()) for page_id, lessons in found.items()}


def plan_of_page(db: Session, page: Opened) -> Followed | None:
    """The plan that an opened page follows."""
    return followed(db, [page.id]).get(page.id)


def fitting_pages(db: Session, actor: Actor, plan: OpenedPlan) -> list[PageLine]:
    """The pages of the plan's subject, grade level and year to which the actor may apply it. One statement."""
    if not actor.can(EDIT):
        return []
    fits = and_(
        allowed(actor, EDIT),
        JournalPage.organization_id == plan.organization_id,
        JournalPage.academic_year_id == plan.academic_year_id,
        JournalPage.subject_id == plan.subject_id,
        or_(SchoolClass.grade_level == plan.grade_level, PupilGroup.grade_level == plan.grade_level),
    )
    return list_pages(db, actor, condition=fits)


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """To which pages a plan is to be applied, from which day and which topic on; the first of all if not said."""

    page_ids: Sequence[UUID]
    from_day: date | None = None
    first_topic_id: UUID | None = None


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a plan to a page would give: its lessons with the topics they take."""

    page: PageLine
    from_day: date
    rows: Sequence[tuple[Held, Slot, bool]]
    recognized: Sequence[tuple[UUID, tuple[UUID, ...]]]
    schedule: Sequence[tuple[UUID, date]]
    lesson_count: int
    wanted_lessons: int


def forecast(db: Session, actor: Actor, plan_id: UUID, wanted: Application) -> list[Forecast]:
    """What would come of applying the plan; nothing is changed.

    Raises `Invalid` if no page is chosen or the topic is not the plan's, `Forbidden` for a page that is not the
    actor's or of another subject or grade level.
    """
    plan = open_plan(db, actor, plan_id)
    fitting = {line.id: line for line in fitting_pages(db, actor, plan)}
    chosen = list(dict.fromkeys(wanted.page_ids))
    if not chosen:
        wrong = sentence("Отметьте хотя бы одну страницу.")
        raise Invalid("Страницы не выбраны.", advice=wrong, fields={"page": wrong})
    if len(chosen) > MOST_PAGES_AT_ONCE:
        raise Invalid("Страниц слишком много.", advice="Примените план к ним по частям.")
    if any(page_id not in fitting for page_id in chosen):
        raise Forbidden(
            "К этой странице журнала план применить нельзя.",
            advice="Подходят страницы того же предмета и параллели, которые ведёте вы; ко всем применяет завуч.",
        )
    days = dict.fromkeys(chosen, wanted.from_day or date.min)
    lessons = lessons_of(db, days)
    steps = steps_of(
        db,
        [_Use(page_id=page_id, plan_id=plan_id, first_topic_id=wanted.first_topic_id) for page_id in chosen],
    )
    if not steps[chosen[0]]:
        raise Invalid(
            "В плане нет тем, которые можно применить.",
            advice="Добавьте темы или выберите другую тему, с которой начать.",
            fields={"first_topic": "Выберите тему из списка."},
        )
    today = school_today(actor)
    return [
        _forecast(
            fitting[page_id],
            wanted.from_day or (lessons[page_id][0].day if lessons[page_id] else today),
            steps[page_id],
            lessons[page_id],
        )
        for page_id in chosen
    ]


class _Use(msgspec.Struct, frozen=True, kw_only=True):
    page_id: UUID
    plan_id: UUID
    first_topic_id: UUID | None


def _forecast(page: PageLine, from_day: date, steps: Sequence[Step], lessons: Sequence[Held]) -> Forecast:
    found = recognized(steps, lessons)
    ties = dict(found)
    tied = [
        msgspec.structs.replace(lesson, given=ties[lesson.id]) if lesson.id in ties else lesson
        for lesson in lessons
    ]
    layout = lay_out(steps, tied)
    by_id = {step.id: step for step in steps}
    ahead = {lesson.id: slot for lesson, slot in layout.ahead}
    rows = [
        (
            lesson,
            tuple(by_id[each] for each in lesson.given if each in by_id) or ahead.get(lesson.id, ()),
            bool(lesson.topic),
        )
        for lesson in tied
    ]
    return Forecast(
        page=page,
        from_day=from_day,
        rows=rows,
        recognized=found,
        schedule=scheduled(steps, lessons),
        lesson_count=len(lessons),
        wanted_lessons=len(slots_of(steps)),
    )


def apply_plan(db: Session, actor: Actor, plan_id: UUID, wanted: Application) -> list[Forecast]:
    """Let pages follow the plan; topics that are written stay as they are. Raises as `forecast`."""
    for page_id in sorted(set(wanted.page_ids)):
        open_page(db, actor, page_id, lock=True)
    made = forecast(db, actor, plan_id, wanted)
    plan = open_plan(db, actor, plan_id)
    pages = [each.page.id for each in made]
    before = {use.page_id: use.title for use in uses_of(db, pages)}
    db.execute(delete(PlanUse).where(PlanUse.page_id.in_(pages)))
    db.execute(
        insert(PlanUse),
        [
            {
                "page_id": each.page.id,
                "organization_id": plan.organization_id,
                "academic_year_id": plan.academic_year_id,
                "plan_id": plan_id,
                "first_topic_id": wanted.first_topic_id,
                "from_day": each.from_day,
                "schedule": [[str(topic_id), day.isoformat()] for topic_id, day in each.schedule],
            }
            for each in made
        ],
    )
    ties = [
        {"lesson_id": lesson_id, "topic_id": topic_id}
        for each in made
        for lesson_id, topics in each.recognized
        for topic_id in topics
    ]
    if ties:
        db.execute(insert(GivenTopic), ties)
    record(
        db,
        actor,
        plan.organization_id,
        *(
            Change(
                action="journal.plan.apply",
                subject_type="journal.page",
                subject_id=str(each.page.id),
                before={"plan": before[each.page.id]} if each.page.id in before else None,
                after={"plan": plan.title, "from_day": each.from_day.isoformat()},
            )
            for each in made
        ),
    )
    return made


def open_to_edit(db: Session, actor: Actor, page_id: UUID) -> tuple[Opened, Followed]:
    """A page that follows a plan, for its own teacher or the deputy head; its row is held.

    Raises `NotFound` if the page follows none, `Forbidden` for another teacher's page.
    """
    actor.require(EDIT)
    page = open_page(db, actor, page_id, lock=True)
    if not page.may_edit:
        raise Forbidden(
            "Эту страницу журнала ведёт другой учитель.",
            advice="План страницы меняют учитель предмета и завуч.",
        )
    found = plan_of_page(db, page)
    if found is None:
        raise NotFound(
            "У этой страницы журнала нет плана.",
            advice="Откройте «Планы уроков» и примените план к странице.",
        )
    return page, found


def leave_plan(db: Session, actor: Actor, page_id: UUID) -> None:
    """Let a page follow no plan any more; topics that are written stay. Raises as `open_to_edit`."""
    page, found = open_to_edit(db, actor, page_id)
    db.execute(delete(PlanUse).where(PlanUse.page_id == page_id))
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.plan.leave",
            subject_type="journal.page",
            subject_id=str(page_id),
            before={"plan": found.title},
        ),
    )
