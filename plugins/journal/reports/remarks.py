"""Remarks on a journal: lessons without a topic, homework or roll call, pages and pupils with few marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.web.i18n import lazy

Kind = Literal["topic", "homework", "roll", "silent", "few"]
KINDS: Mapping[Kind, str] = {
    "topic": lazy("Нет темы"),
    "homework": lazy("Нет задания"),
    "roll": lazy("Нет переклички"),
    "silent": lazy("Уроки без отметок"),
    "few": lazy("Мало отметок"),
}
"""The kinds of remarks in their order, as pages call them."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the remarks is asked for; nothing named is everything."""

    first: date
    last: date
    teacher_id: UUID | None = None
    class_name: str = ""
    kind: str = ""
    page_id: UUID | None = None

    def about(self, remark: Remark) -> bool:
        """Whether the remark is one of those asked for, its day aside."""
        return (
            (self.teacher_id is None or remark.teacher_id == self.teacher_id)
            and (not self.class_name or remark.class_name == self.class_name)
            and (not self.kind or remark.kind == self.kind)
            and (self.page_id is None or remark.page_id == self.page_id)
        )


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not filled in, with whose it is."""

    kind: Annotated[
        Kind,
        Meta(
            description="`topic` – нет темы, `homework` – нет домашнего задания, `roll` – урок не подписан: нет ни "
            "переклички, ни кодов посещаемости; `silent` – несколько уроков подряд без отметок, `few` – у ученика "
            "мало отметок."
        ),
    ]
    teacher_id: Annotated[UUID | None, Meta(description="Ключ учителя; null, если никто не назначен.")]
    teacher: Annotated[str, Meta(description="Учитель: «Семёнов А. П.»; пусто, если никто не назначен.")]
    page_id: Annotated[UUID, Meta(description="Страница журнала.")]
    page: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    class_name: Annotated[str, Meta(description="Класс; пусто у группы из разных классов.")]
    subject: Annotated[str, Meta(description="Предмет.")]
    lesson_id: Annotated[UUID | None, Meta(description="Урок; null у замечания об ученике.")] = None
    day: Annotated[date | None, Meta(description="День урока; у `silent` – последнего из них.")] = None
    since: Annotated[date | None, Meta(description="У `silent` – день первого урока без отметок.")] = None
    pupil: Annotated[str, Meta(description="У `few` – ученик; иначе пусто.")] = ""
    count: Annotated[int, Meta(description="`silent` – сколько уроков подряд, `few` – сколько отметок.")] = 0


class ControlLine(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher's remarks on a page, counted."""

    teacher_id: Annotated[UUID | None, Meta(description="Ключ учителя; null, если никто не назначен.")]
    teacher: Annotated[str, Meta(description="Учитель; пусто, если никто не назначен.")]
    page_id: Annotated[UUID, Meta(description="Страница журнала.")]
    page: Annotated[str, Meta(description="Класс и группа.")]
    subject: Annotated[str, Meta(description="Предмет.")]
    counts: Annotated[Mapping[str, int], Meta(description="Сколько замечаний каждого вида.")]

    @property
    def total(self) -> int:
        """All remarks of the line."""
        return sum(self.counts.values())


def count_remarks(remarks: Sequence[Remark]) -> list[ControlLine]:
    """Sorted remarks as lines of teacher and page."""
    return [
        ControlLine(
            teacher_id=own[0].teacher_id,
            teacher=own[0].teacher,
            page_id=own[0].page_id,
            page=own[0].page,
            subject=own[0].subject,
            counts=counts_of(own),
        )
        for own in (list(each) for _key, each in groupby(remarks, key=lambda it: (it.teacher_id, it.page_id)))
    ]


def counts_of(remarks: Sequence[Remark]) -> dict[str, int]:
    """How many remarks there are of each kind, without those there are none of."""
    found = {kind: sum(remark.kind == kind for remark in remarks) for kind in KINDS}
    return {kind: count for kind, count in found.items() if count}
