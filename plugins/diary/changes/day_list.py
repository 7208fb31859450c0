"""«Изменения в расписании на …»: what differs from the timetable on a day, for everybody in the school.

No reasons and no pupils stand here: the list hangs in the corridor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, or_

from core.database.session import Session
from core.web.i18n import sentence
from plugins.diary.changes.named_lessons import NamedLesson, lessons_where
from plugins.diary.models import DiaryLesson


class ChangedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that differs from the timetable, as it concerns one day."""

    id: UUID
    day: Annotated[date, Meta(description="День, которого это касается.")]
    number: Annotated[int, Meta(description="Который урок в этот день, считая с 1.")]
    starts_at: time | None
    school_class_id: Annotated[UUID | None, Meta(description="Ключ класса; null у группы из разных классов.")]
    pupil_group_id: Annotated[UUID | None, Meta(description="Ключ группы; null, если урок у всего класса.")]
    school_class: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    subject: Annotated[str, Meta(description="Предмет, который будет, а у отменённого – который был.")]
    planned_subject: Annotated[str, Meta(description="Предмет по расписанию; пусто, если он прежний.")]
    teacher_id: UUID | None
    teacher: Annotated[str, Meta(description="Кто ведёт урок.")]
    planned_teacher_id: Annotated[
        UUID | None, Meta(description="Ключ учителя по расписанию; null, если он прежний.")
    ]
    planned_teacher: Annotated[str, Meta(description="Учитель по расписанию; пусто, если он прежний.")]
    room: Annotated[str, Meta(description="Кабинет; может быть пусто.")]
    planned_room: Annotated[str, Meta(description="Кабинет по расписанию; пусто, если он прежний.")]
    kind: Annotated[
        Literal["substituted", "merged", "moved_here", "moved_away", "cancelled", "room"],
        Meta(
            description="`substituted` – замена, `merged` – подгруппы вместе, `moved_here` – перенесён сюда, "
            "`moved_away` – перенесён отсюда, `cancelled` – отменён, `room` – другой кабинет."
        ),
    ]
    words: Annotated[str, Meta(description="Изменение словами: «замена», «отменён», «перенесён на …».")]
    note: Annotated[str, Meta(description="Пояснение для всех; может быть пусто.")] = ""


def changes_of_days(
    db: Session, organization_id: UUID, first: date, last: date
) -> Mapping[date, Sequence[ChangedLesson]]:
    """What differs in a school on some days, by day; in the order of the lessons. One statement."""
    lessons = lessons_where(
        db,
        organization_id,
        first,
        last,
        or_(
            DiaryLesson.status != "planned",
            and_(DiaryLesson.planned_room.is_not(None), DiaryLesson.planned_room != DiaryLesson.room),
        ),
    )
    found: dict[date, list[ChangedLesson]] = {}
    for each in lessons:
        for line in _lines(each):
            if first <= line.day <= last:
                found.setdefault(line.day, []).append(line)
    for lines in found.values():
        lines.sort(key=lambda line: (line.number, _class_order(line.school_class), line.subject))
    return found


def _class_order(name: str) -> tuple[int, str]:
    digits = name[: len(name) - len(name.lstrip("0123456789"))]
    return int(digits or 99), name


def _lines(each: NamedLesson) -> Sequence[ChangedLesson]:
    lesson = each.lesson
    if lesson.status == "cancelled":
        return [_line(each, lesson.day, lesson.number, "cancelled")]
    day, number = each.moved_from_day, each.moved_from_number
    if day is not None and number is not None and (day, number) != (lesson.day, lesson.number):
        here = _line(each, lesson.day, lesson.number, "moved_here")
        return [here] if day == lesson.day else [here, _line(each, day, number, "moved_away")]
    if lesson.status == "substituted":
        return [_line(each, lesson.day, lesson.number, "merged" if each.paired_lesson_id else "substituted")]
    return [_line(each, lesson.day, lesson.number, "room")]


def _words(each: NamedLesson, kind: str) -> str:
    lesson = each.lesson
    if kind == "cancelled":
        return sentence("отменён")
    if kind == "moved_away":
        return sentence("перенесён на %(day)s, %(number)s-й урок", day=lesson.day, number=lesson.number)
    if kind == "moved_here":
        if each.moved_from_day == lesson.day:
            return sentence("вместо %(number)s-го урока", number=each.moved_from_number)
        return sentence(
            "перенесён с %(day)s, %(number)s-й урок", day=each.moved_from_day, number=each.moved_from_number
        )
    if kind == "merged":
        return sentence("подгруппы вместе")
    return sentence("другой кабинет") if kind == "room" else sentence("замена")


def _line(each: NamedLesson, day: date, number: int, kind: str) -> ChangedLesson:
    lesson = each.lesson
    other_teacher = each.planned_teacher_id not in (None, lesson.teacher_id)
    return ChangedLesson(
        id=lesson.id,
        day=day,
        number=number,
        starts_at=lesson.starts_at if (day, number) == (lesson.day, lesson.number) else None,
        school_class_id=lesson.school_class_id,
        pupil_group_id=lesson.pupil_group_id,
        school_class=each.where,
        subject=each.subject,
        planned_subject=each.planned_subject if each.planned_subject != each.subject else "",
        teacher_id=lesson.teacher_id,
        teacher=each.teacher,
        planned_teacher_id=each.planned_teacher_id if other_teacher else None,
        planned_teacher=each.planned_teacher if other_teacher else "",
        room=lesson.room,
        planned_room=each.planned_room if each.planned_room != lesson.room else "",
        kind=kind,  # pyright: ignore[reportArgumentType]
        words=_words(each, kind),
        note=each.note,
    )
