"""One way out for a lesson whose teacher is away, with what speaks for it and against it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.web.i18n import gettext as _

Kind = Literal["substitute", "merge", "pull", "move", "cancel"]


class OwnSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of the substitute's that the class may have instead."""

    id: UUID
    name: Annotated[str, Meta(description="Название предмета.")]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A way out. `key` names it among those of its lesson: «substitute:<id>», «move:2026-12-03:5»."""

    key: Annotated[str, Meta(description="Имя варианта среди вариантов этого урока.")]
    kind: Annotated[
        Kind,
        Meta(
            description="`substitute` – другой учитель, `merge` – объединить подгруппы, `pull` – поставить сюда "
            "последний урок класса, `move` – перенести, `cancel` – отменить."
        ),
    ]
    title: Annotated[str, Meta(description="Вариант словами.")]
    teacher_id: Annotated[UUID | None, Meta(description="Кто проведёт урок; null, если учитель прежний.")] = (
        None
    )
    other_lesson_id: Annotated[
        UUID | None, Meta(description="Урок другой подгруппы или последний урок класса; null у других видов.")
    ] = None
    day: Annotated[date | None, Meta(description="Новый день переноса; null у других видов.")] = None
    number: Annotated[int | None, Meta(description="Новый номер урока; null у других видов.")] = None
    room: Annotated[str, Meta(description="Кабинет; может быть пусто.")] = ""
    reasons: Annotated[list[str], Meta(description="Что говорит за вариант.")] = []
    warnings: Annotated[list[str], Meta(description="О чём предупредить; пусто, если не о чем.")] = []
    own_subjects: Annotated[
        list[OwnSubject], Meta(description="Предметы учителя в этом классе, которые можно дать вместо этого.")
    ] = []


def gaps(numbers: Iterable[int]) -> int:
    """How many lessons are missing between the first and the last of these."""
    taken = set(numbers)
    return max(taken) - min(taken) + 1 - len(taken) if taken else 0


def gap_of_class() -> str:
    """The warning that a class would have to wait between lessons."""
    return _("у класса будет окно")


def room_taken(room: str) -> str:
    """The warning that the room of the lesson is taken then."""
    return _("кабинет %(room)s занят: назначьте другой") % {"room": room}
