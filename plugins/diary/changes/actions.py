"""The ways in which a lesson is changed, each with what forbids it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from core.database.session import Session
from core.errors import Conflict, Invalid
from core.web.i18n import sentence, show_short_day
from plugins.diary.changes.day_facts import Facts, Standing
from plugins.diary.changes.override import Override, overridable
from plugins.diary.changes.rearrangements import merges, obstacle, pulls
from plugins.diary.models import DiaryLesson

Changed = list[tuple[DiaryLesson, dict[str, Any], str]]
"""Lessons that have changed, what they were before, and what the record of changes calls it."""

Action = Callable[[Session, Facts, DiaryLesson, Override], Changed]


def standing_words(facts: Facts, lesson: DiaryLesson) -> str:
    """What stands now: «Сейчас его ведёт Соколов И. Л. (замена).»"""
    teacher = facts.teachers.get(lesson.teacher_id) if lesson.teacher_id else None
    state = {
        "substituted": sentence("замена"),
        "moved": sentence(
            "перенесён на %(day)s, %(number)s-й урок", day=show_short_day(lesson.day), number=lesson.number
        ),
        "cancelled": sentence("отменён"),
    }.get(lesson.status, sentence("по расписанию"))
    if lesson.status == "cancelled" or teacher is None:
        return sentence("Сейчас этот урок: %(state)s.", state=state)
    return sentence("Сейчас его ведёт %(name)s (%(state)s).", state=state, name=teacher.name)


def _substitute(_db: Session, facts: Facts, lesson: DiaryLesson, what: Override) -> Changed:
    teacher = facts.teachers.get(what.teacher_id) if what.teacher_id else None
    if teacher is None:
        raise Invalid(
            "Урок не изменён: такого учителя в школе нет.",
            fields={"teacher_id": sentence("Выберите учителя из списка.")},
        )
    here = facts.lessons[lesson.id]
    subject_id = what.subject_id or lesson.subject_id
    known = {*teacher.subjects, lesson.subject_id, lesson.planned_subject_id}
    if subject_id not in known:
        raise Invalid(
            "Урок не изменён: этот учитель такой предмет не ведёт.",
            fields={"subject_id": sentence("Выберите предмет из списка.")},
        )
    if teacher.id == lesson.teacher_id and subject_id == lesson.subject_id:
        raise Conflict(standing_words(facts, lesson), advice="Выберите другого учителя.")
    if facts.is_away(teacher.id, lesson.day, lesson.number):
        raise Conflict(
            sentence("%(name)s в это время отсутствует.", name=teacher.name),
            advice="Выберите другого учителя.",
        )
    for other in facts.meeting(here.day, here.number, facts.times_of(here), {here.id}):
        if other.teacher_id == teacher.id:
            raise Conflict(
                sentence(
                    "%(name)s в это время уже ведёт урок: %(where)s.",
                    name=teacher.name,
                    where=facts.where(other),
                ),
                advice="Выберите другого учителя.",
            )
    before = overridable(lesson)
    keep(lesson)
    lesson.teacher_id, lesson.subject_id = teacher.id, subject_id
    lesson.paired_lesson_id = None
    set_room(lesson, what.room)
    set_state(facts, lesson, "substituted")
    return [(lesson, before, "substitute")]


def _merge(_db: Session, facts: Facts, lesson: DiaryLesson, what: Override) -> Changed:
    option = next(
        (
            each
            for each in merges(facts, facts.lessons[lesson.id])
            if each.other_lesson_id == what.other_lesson_id
        ),
        None,
    )
    if option is None or option.teacher_id is None:
        raise Conflict(
            "Объединить подгруппы уже нельзя: у другой подгруппы нет такого урока или учителя.",
            advice="Выберите другой вариант.",
        )
    before = overridable(lesson)
    keep(lesson)
    lesson.teacher_id = option.teacher_id
    lesson.paired_lesson_id = option.other_lesson_id
    set_room(lesson, option.room if what.room is None else what.room)
    set_state(facts, lesson, "substituted")
    return [(lesson, before, "merge")]


def _pull(db: Session, facts: Facts, lesson: DiaryLesson, what: Override) -> Changed:
    option = next(
        (
            each
            for each in pulls(facts, facts.lessons[lesson.id])
            if each.other_lesson_id == what.other_lesson_id
        ),
        None,
    )
    other = db.get(DiaryLesson, option.other_lesson_id, populate_existing=True) if option else None
    if option is None or other is None:
        raise Conflict(
            "Поставить сюда последний урок уже нельзя: расписание класса или учителя изменилось.",
            advice="Выберите другой вариант.",
        )
    before, before_other = overridable(lesson), overridable(other)
    set_state(facts, lesson, "cancelled")
    lesson.paired_lesson_id, other.paired_lesson_id = other.id, lesson.id
    keep(other)
    place(facts, other, lesson.day, lesson.number)
    set_room(other, option.room if what.room is None else what.room)
    set_state(facts, other, "moved")
    return [(lesson, before, "cancel"), (other, before_other, "move")]


def _move(_db: Session, facts: Facts, lesson: DiaryLesson, what: Override) -> Changed:
    here = facts.lessons[lesson.id]
    if what.day is None or what.number is None or (what.day, what.number) == (lesson.day, lesson.number):
        raise Invalid(
            "Урок и так стоит там.", fields={"number": sentence("Выберите другой день или номер урока.")}
        )
    class_id = facts.calendar.class_of(lesson)
    if class_id is not None and not facts.is_school_day(class_id, what.day):
        raise Invalid(
            "Урок не перенесён: в этот день класс не учится.",
            fields={"day": sentence("Выберите учебный день.")},
        )
    hindrance = obstacle(facts, here, what.day, what.number)
    if hindrance:
        raise Conflict(sentence("Перенести нельзя: %(why)s.", why=hindrance), advice="Выберите другое место.")
    before = overridable(lesson)
    keep(lesson)
    place(facts, lesson, what.day, what.number)
    times = facts.calendar.times(class_id, what.day, what.number)
    taken = {each.room for each in facts.meeting(what.day, what.number, times, {lesson.id})}
    set_room(lesson, "" if what.room is None and lesson.room in taken else what.room)
    set_state(facts, lesson, "moved")
    return [(lesson, before, "move")]


def _cancel(_db: Session, facts: Facts, lesson: DiaryLesson, _what: Override) -> Changed:
    before = overridable(lesson)
    set_state(facts, lesson, "cancelled")
    return [(lesson, before, "cancel")]


def _room(_db: Session, facts: Facts, lesson: DiaryLesson, what: Override) -> Changed:
    here = facts.lessons[lesson.id]
    for other in facts.meeting(here.day, here.number, facts.times_of(here), {here.id}):
        if what.room and other.room == what.room and other.teacher_id != lesson.teacher_id:
            raise Conflict(
                sentence(
                    "Кабинет %(room)s в это время занят: %(where)s.",
                    room=what.room,
                    where=facts.where(other),
                ),
                advice="Выберите другой кабинет.",
                fields={"room": sentence("Этот кабинет занят.")},
            )
    before = overridable(lesson)
    set_room(lesson, what.room)
    set_state(facts, lesson, lesson.status)
    return [(lesson, before, "room")]


ACTIONS: Mapping[str, Action] = {
    "substitute": _substitute,
    "merge": _merge,
    "pull": _pull,
    "move": _move,
    "cancel": _cancel,
    "room": _room,
}


def keep(lesson: DiaryLesson) -> None:
    """Remember what was planned, the first time."""
    if lesson.planned_subject_id is None:
        lesson.planned_subject_id = lesson.subject_id
        lesson.planned_teacher_id = lesson.teacher_id
    if lesson.planned_room is None:
        lesson.planned_room = lesson.room


def set_room(lesson: DiaryLesson, room: str | None) -> None:
    """Give a lesson another room; None leaves it."""
    if room is not None and room != lesson.room:
        if lesson.planned_room is None:
            lesson.planned_room = lesson.room
        lesson.room = room


def place(facts: Facts, lesson: DiaryLesson, day: date, number: int) -> None:
    """Put a lesson elsewhere; where it was first is remembered, and forgotten once it is back."""
    if lesson.moved_from_day is None or lesson.moved_from_number is None:
        lesson.moved_from_day, lesson.moved_from_number = lesson.day, lesson.number
    times = facts.calendar.times(facts.calendar.class_of(lesson), day, number)
    lesson.day, lesson.number = day, number
    lesson.starts_at, lesson.ends_at = times or (None, None)


def set_state(facts: Facts, lesson: DiaryLesson, status: str) -> None:
    """What the lesson is now, for itself and for what is chosen after it."""
    lesson.status = status
    facts.lessons[lesson.id] = Standing(
        lesson.id,
        lesson.day,
        lesson.number,
        lesson.starts_at,
        lesson.ends_at,
        lesson.school_class_id,
        lesson.pupil_group_id,
        lesson.subject_id,
        lesson.teacher_id,
        lesson.room,
        lesson.status,
    )


def restore(facts: Facts, lesson: DiaryLesson) -> None:
    """Let a lesson stand as it was planned."""
    if lesson.moved_from_day is not None and lesson.moved_from_number is not None:
        place(facts, lesson, lesson.moved_from_day, lesson.moved_from_number)
        lesson.moved_from_day = lesson.moved_from_number = None
    if lesson.planned_subject_id is not None:
        lesson.subject_id, lesson.teacher_id = lesson.planned_subject_id, lesson.planned_teacher_id
    if lesson.planned_room is not None:
        lesson.room = lesson.planned_room
    lesson.planned_subject_id = lesson.planned_teacher_id = lesson.planned_room = None
    lesson.paired_lesson_id = None
    lesson.note = ""
    set_state(facts, lesson, "planned")
