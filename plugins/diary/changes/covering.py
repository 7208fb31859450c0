"""«Разложить всё»: the best way out for every open lesson of an absence, proposed at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.identity.sessions import school_today
from core.roles.actor import Actor
from plugins.diary.changes.absences import own_absence
from plugins.diary.changes.day_facts import Facts, Standing, away, read_facts
from plugins.diary.changes.hit_lessons import HitLesson, hit_lessons
from plugins.diary.changes.option import Option
from plugins.diary.changes.override import Override
from plugins.diary.changes.rearrangements import days_around, options
from plugins.diary.school_days import monday_of

DAYS_AT_ONCE = timedelta(days=14)
"""Proposed for so many days from today on; the rest when they come nearer."""

CHOICES = 6
"""So many ways out beside the best one can be chosen in the list."""


class LessonProposal(msgspec.Struct, frozen=True, kw_only=True):
    """An open lesson with its best ways out; the first one is proposed, given all that is proposed before it."""

    lesson: Annotated[HitLesson, Meta(description="Открытый урок.")]
    options: Annotated[Sequence[Option], Meta(description="Варианты; первый предложен.")]


def propose(db: Session, actor: Actor, absence_id: UUID) -> list[LessonProposal]:
    """Ways out for the open lessons of the absence in the next two weeks; the statements do not grow with them.

    Raises `NotFound` for an absence of another school.
    """
    absence = own_absence(db, actor, absence_id)
    today = school_today(actor)
    lessons = [
        each
        for each in hit_lessons(db, absence.organization_id, away(absence))
        if not each.solved and today <= each.day_now <= today + DAYS_AT_ONCE
    ]
    if not lessons:
        return []
    days = {day for each in lessons for day in days_around(each.day_now, today)}
    facts = read_facts(db, absence.organization_id, absence.academic_year_id, days)
    found: list[LessonProposal] = []
    for each in lessons:
        here = facts.lessons[each.id]
        ways = options(facts, here, today)
        if ways:
            _suppose(facts, here, ways[0])
        kept = [*ways[:CHOICES], *(way for way in ways[CHOICES:] if way.kind != "substitute")]
        found.append(LessonProposal(lesson=each, options=kept))
    return found


def override_of(option: Option, stamp: str) -> Override:
    """What choosing an option means."""
    return Override(
        kind=option.kind,
        teacher_id=option.teacher_id,
        other_lesson_id=option.other_lesson_id,
        day=option.day,
        number=option.number,
        room=option.room if option.kind in ("merge", "pull", "move") else None,
        stamp=stamp,
    )


def _suppose(facts: Facts, lesson: Standing, option: Option) -> None:
    """Count what is proposed as standing: the next lesson does not get the same teacher at the same time."""
    if option.kind in ("substitute", "merge"):
        lesson.teacher_id = option.teacher_id
        if option.teacher_id is not None:
            week = (option.teacher_id, monday_of(lesson.day))
            facts.substitutions[week] = facts.substitutions.get(week, 0) + 1
        return
    moved = facts.lessons[option.other_lesson_id] if option.other_lesson_id else lesson
    if option.kind in ("pull", "cancel"):
        lesson.status = "cancelled"
    if option.kind == "cancel":
        return
    day, number = (option.day or lesson.day), (option.number or lesson.number)
    times = facts.calendar.times(facts.calendar.class_of(moved), day, number)
    moved.day, moved.number, moved.room = day, number, option.room
    moved.starts_at, moved.ends_at = times or (None, None)
