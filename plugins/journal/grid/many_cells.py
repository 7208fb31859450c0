"""Writing many cells of a page at one stroke: a column filled, a block pasted, marks typed without a connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.errors import PortalError
from core.roles.actor import Actor
from plugins.journal.access import Opened, open_page
from plugins.journal.grid.cells import CellWrite, PageVersion, Put, put
from plugins.journal.grid.stored_cells import (
    CellLesson,
    CellPupil,
    SavedCell,
    Version,
    lesson_on,
    tell,
    term_averages,
)


class CellRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a cell was not written."""

    status: Annotated[int, Meta(description="Код ответа, каким был бы отказ на запись одной этой клетки.")]
    title: Annotated[str, Meta(description="Что не так, предложением.")]
    detail: Annotated[str, Meta(description="Что делать; может быть пусто.")]
    fields: Annotated[
        dict[str, str], Meta(description="При 409: `text` – что в клетке сейчас, `author` – кто записал.")
    ]


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one cell: `saved` or `refused`."""

    lesson: CellLesson
    pupil: CellPupil
    saved: Annotated[SavedCell | None, Meta(description="Клетка, какой она стала; null, если не записана.")]
    refused: Annotated[CellRefusal | None, Meta(description="Почему не записана; null, если записана.")]


class ManyCells(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each cell, in the order asked, and the version that the page has reached."""

    version: Version
    results: Annotated[Sequence[CellResult], Meta(description="По каждой клетке, в порядке запроса.")]


def set_cells(
    db: Session, actor: Actor, page_id: UUID, writes: Sequence[CellWrite], separator: str = ","
) -> ManyCells:
    """Write several cells of a page in one transaction, each on its own merits.

    A cell that cannot be written is left as it is and keeps none of the others back. Raises `NotFound` and
    `Forbidden` as `open_page` does, about the page as a whole.
    """
    page = open_page(db, actor, page_id, lock=True)
    version = PageVersion(db, page)
    lessons: dict[UUID, Any] = {}
    written: list[tuple[CellWrite, Put | CellRefusal]] = []
    for write in writes:
        try:
            if write.lesson not in lessons:
                lessons[write.lesson] = lesson_on(db, page, write.lesson)
            written.append((write, put(db, actor, page, lessons[write.lesson], write, version)))
        except PortalError as error:
            written.append((write, _refusal(error)))
    if version.is_raised:
        tell(db, page.id, version.number)
    averages = _averages(db, page, lessons, writes, separator)
    return ManyCells(
        version=version.number,
        results=[
            CellResult(lesson=write.lesson, pupil=write.pupil, saved=None, refused=became)
            if isinstance(became, CellRefusal)
            else CellResult(
                lesson=write.lesson,
                pupil=write.pupil,
                saved=SavedCell(
                    lesson=write.lesson,
                    pupil=write.pupil,
                    text=became.text,
                    average=averages[page.term_on(lessons[write.lesson].day)].get(write.pupil, ""),
                    version=became.version,
                    flags=became.flags,
                ),
                refused=None,
            )
            for write, became in written
        ],
    )


def _refusal(error: PortalError) -> CellRefusal:
    return CellRefusal(
        status=error.status,
        title=str(error.message),
        detail=str(error.advice or ""),
        fields={name: str(value) for name, value in error.fields.items()},
    )


def _averages(
    db: Session, page: Opened, lessons: dict[UUID, Any], writes: Sequence[CellWrite], separator: str
) -> dict[Any, dict[UUID, str]]:
    """The averages of the pupils written about, by the term of the lesson; one statement for each term."""
    pupils: dict[Any, set[UUID]] = defaultdict(set)
    for write in writes:
        if write.lesson in lessons:
            pupils[page.term_on(lessons[write.lesson].day)].add(write.pupil)
    return {term: term_averages(db, page, term, list(found), separator) for term, found in pupils.items()}
