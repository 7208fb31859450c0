"""What may be wanted of a single lesson, and what of it is kept and compared."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.errors import Invalid
from core.web.i18n import counted, sentence
from plugins.diary.models import DiaryLesson

LONGEST_NOTE = 200
LONGEST_ROOM = 40
LAST_NUMBER = 12


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to become of a lesson. `stamp` is that of the lesson as the reader saw it, «» to compare nothing."""

    kind: Annotated[
        Literal["substitute", "merge", "pull", "move", "cancel", "room"],
        Meta(
            description="`substitute` – другой учитель, `merge` – объединить с другой подгруппой, `pull` – поставить "
            "сюда последний урок класса, `move` – перенести, `cancel` – отменить, `room` – сменить кабинет."
        ),
    ]
    teacher_id: Annotated[UUID | None, Meta(description="Кто проведёт урок: для `substitute`.")] = None
    subject_id: Annotated[
        UUID | None, Meta(description="Предмет вместо прежнего: для `substitute`; null – прежний.")
    ] = None
    other_lesson_id: Annotated[
        UUID | None, Meta(description="Ключ урока, с которым объединить или который поставить сюда.")
    ] = None
    day: Annotated[date | None, Meta(description="Новый день: для `move`.")] = None
    number: Annotated[int | None, Meta(description="Новый номер урока: для `move`.")] = None
    room: Annotated[
        Annotated[str, Meta(max_length=200)] | None, Meta(description="Кабинет; null – прежний.")
    ] = None
    note: Annotated[
        str,
        Meta(max_length=1000, description="Пояснение, его видят все: без причин отсутствия. До 200 знаков."),
    ] = ""
    stamp: Annotated[
        str, Meta(max_length=64, description="Метка урока, какой вы его видели; пусто – не сверять.")
    ] = ""


def stamp_of(lesson: Any) -> str:
    """Text that changes whenever the lesson does; `lesson` is a row, a model or a planned lesson with a `note`."""
    parts = (
        lesson.status,
        lesson.day,
        lesson.number,
        lesson.teacher_id,
        lesson.subject_id,
        lesson.room,
    )
    return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def is_changed(lesson: DiaryLesson) -> bool:
    """Whether something differs from the plan."""
    return lesson.status != "planned" or (
        lesson.planned_room is not None and lesson.planned_room != lesson.room
    )


def overridable(lesson: DiaryLesson) -> dict[str, Any]:
    """What an override may change, for the record of changes."""
    return {
        "status": lesson.status,
        "day": lesson.day.isoformat(),
        "number": lesson.number,
        "subject_id": str(lesson.subject_id),
        "teacher_id": str(lesson.teacher_id or ""),
        "room": lesson.room,
        "note": lesson.note,
    }


def checked(what: Override) -> Override:
    """What is wanted, with its texts trimmed. Raises `Invalid` for what cannot be."""
    errors: dict[str, str] = {}
    note = " ".join(what.note.replace("\x00", "").split())
    room = None if what.room is None else " ".join(what.room.replace("\x00", "").split())
    for name, text, longest in (("note", note, LONGEST_NOTE), ("room", room or "", LONGEST_ROOM)):
        if len(text) > longest:
            errors[name] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", longest)
    if what.kind == "substitute" and what.teacher_id is None:
        errors["teacher_id"] = sentence("Выберите учителя.")
    if what.kind in ("merge", "pull") and what.other_lesson_id is None:
        errors["other_lesson_id"] = sentence("Выберите урок.")
    if what.kind == "move" and what.day is None:
        errors["day"] = sentence("Выберите день.")
    if what.kind == "move" and not 1 <= (what.number or 0) <= LAST_NUMBER:
        errors["number"] = sentence("Номер урока – от 1 до %(last)s.", last=LAST_NUMBER)
    if what.kind == "room" and room is None:
        errors["room"] = sentence("Напишите кабинет.")
    if errors:
        raise Invalid("Урок не изменён.", advice="Исправьте отмеченное.", fields=errors)
    return msgspec.structs.replace(what, note=note, room=room)
