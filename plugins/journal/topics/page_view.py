"""The plan of one page as it is shown: topics with planned and actual days, and the lag in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from plugins.journal.topics.following import Followed
from plugins.journal.topics.layout import SKIPPED, Step


class LessonDay(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson in which a topic was given."""

    lesson_id: UUID
    day: date


class TopicLine(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as the page follows it."""

    topic_id: Annotated[UUID, Meta(description="Ключ темы.")]
    number: Annotated[int, Meta(description="Номер в плане; 0 у темы, вставленной в эту страницу.")]
    section: Annotated[str, Meta(description="Раздел плана.")]
    title: Annotated[str, Meta(description="Тема.")]
    hours: Annotated[int, Meta(description="Часов по плану.")]
    lessons: Annotated[int, Meta(description="Сколько уроков тема занимает на этой странице.")]
    exception: Annotated[
        str, Meta(description="Отступление страницы: `skipped`, `joined`, `stretched`; пусто, если его нет.")
    ]
    own: Annotated[bool, Meta(description="Тема вставлена только в эту страницу.")]
    planned: Annotated[
        Sequence[date], Meta(description="Дни по плану: какими они были, когда план применили.")
    ]
    actual: Annotated[Sequence[LessonDay], Meta(description="Уроки, на которых тема дана.")]
    expected: Annotated[Sequence[date], Meta(description="Дни уроков, на которые тема приходится теперь.")]


class PagePlanView(msgspec.Struct, frozen=True, kw_only=True):
    """How a page stands with its plan."""

    plan_id: Annotated[UUID, Meta(description="Ключ плана.")]
    title: Annotated[str, Meta(description="Название плана.")]
    from_day: Annotated[date, Meta(description="С какого дня страница идёт по плану.")]
    given: Annotated[int, Meta(description="Сколько часов плана дано.")]
    hours: Annotated[int, Meta(description="Сколько часов в плане страницы.")]
    lag: Annotated[int, Meta(description="На сколько часов отстаёт; меньше нуля – опережает.")]
    unplaced: Annotated[int, Meta(description="Скольким часам плана не хватает уроков до конца года.")]
    waiting: Annotated[int, Meta(description="Скольким прошедшим урокам тема ещё не записана.")]
    off_plan: Annotated[int, Meta(description="На скольких уроках записаны темы не из плана.")]
    topics: Annotated[Sequence[TopicLine], Meta(description="Темы по порядку.")]


def view_of(followed: Followed, today: date) -> PagePlanView:
    """The page's plan as it stands today."""
    layout = followed.layout
    expected: dict[UUID, list[date]] = {}
    for lesson, slot in layout.ahead:
        for step in slot:
            expected.setdefault(step.id, []).append(lesson.day)
    return PagePlanView(
        plan_id=followed.plan_id,
        title=followed.title,
        from_day=followed.from_day,
        given=followed.given_by(today),
        hours=followed.hours,
        lag=followed.lag(today),
        unplaced=len(layout.unplaced),
        waiting=sum(1 for lesson, _slot in layout.ahead if lesson.day <= today),
        off_plan=len(layout.off_plan),
        topics=[_line(followed, step, expected.get(step.id, [])) for step in followed.steps],
    )


def _line(followed: Followed, step: Step, expected: Sequence[date]) -> TopicLine:
    return TopicLine(
        topic_id=step.id,
        number=step.number,
        section=step.section,
        title=step.title,
        hours=step.hours,
        lessons=step.lessons,
        exception=step.exception,
        own=step.own,
        planned=followed.planned_days.get(step.id, []),
        actual=[
            LessonDay(lesson_id=lesson.id, day=lesson.day)
            for lesson in followed.layout.given.get(step.id, [])
        ],
        expected=[] if step.exception == SKIPPED else expected,
    )
