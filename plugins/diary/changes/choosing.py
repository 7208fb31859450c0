"""A lesson with all its ways out, for whoever decides what becomes of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.roles.access import authorize
from core.roles.actor import Actor
from plugins.diary.changes.day_facts import read_facts
from plugins.diary.changes.named_lessons import NamedLesson, lessons_where
from plugins.diary.changes.option import Option
from plugins.diary.changes.override import is_changed, stamp_of
from plugins.diary.changes.rearrangements import days_around, options
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import EDIT


class LessonOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson and what may become of it; a cancelled one has to be put back first and has no options."""

    lesson: NamedLesson
    changed: Annotated[bool, Meta(description="Урок уже изменён: его можно вернуть по расписанию.")]
    stamp: Annotated[str, Meta(description="Метка урока: передайте её с изменением.")]
    options: Annotated[list[Option], Meta(description="Варианты, лучшие первыми.")]
    teacher_away: Annotated[bool, Meta(description="Учитель этого урока отсутствует.")]


def read_options(db: Session, actor: Actor, lesson_id: UUID) -> LessonOptions:
    """A lesson with its ways out. Raises `NotFound` for one of another school."""
    actor.require(EDIT)
    lesson = db.get(DiaryLesson, lesson_id)
    if lesson is None:
        raise NotFound("Такого урока в расписании нет.", advice="Обновите расписание и выберите урок.")
    authorize(db, actor, EDIT, lesson.organization_id)
    shown = lessons_where(db, lesson.organization_id, lesson.day, lesson.day, DiaryLesson.id == lesson_id)[0]
    today = school_today(actor)
    facts = read_facts(db, lesson.organization_id, lesson.academic_year_id, days_around(lesson.day, today))
    here = facts.lessons[lesson_id]
    return LessonOptions(
        lesson=shown,
        changed=is_changed(lesson),
        stamp=stamp_of(lesson),
        options=[] if lesson.status == "cancelled" else options(facts, here, today),
        teacher_away=here.teacher_id is not None and facts.is_away(here.teacher_id, here.day, here.number),
    )
