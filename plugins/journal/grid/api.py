"""JSON routes of the history: reading it, and putting back what a change replaced."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT, MARK, VIEW, open_page
from plugins.journal.grid.history import HistoryLine, lesson_history
from plugins.journal.grid.restoring import restore_cell, restore_lesson
from plugins.journal.grid.stored_cells import SavedCell, lesson_on
from plugins.journal.lessons.lessons import Lesson


class RestoreIn(msgspec.Struct, frozen=True, kw_only=True):
    """Which change is to be taken back."""

    record: Annotated[UUID, Meta(description="Ключ изменения: `record` строки истории.")]


@post(
    "/api/v1/journal/pages/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/restore",
    guards=[needs(MARK)],
    status_code=200,
    sync_to_thread=True,
    summary="Вернуть прежнюю запись клетки",
    description="В клетке снова то, что было до изменения `record`. Это новое изменение: история остаётся.",
    responses=problems(404, 409, 422),
)
def cell_restore(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: JSONBody[RestoreIn],
) -> SavedCell:
    """Take a change of a cell back."""
    with database.transaction() as db:
        return restore_cell(db, actor, page_id, lesson_id, pupil_id, str(data.record))


@get(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/history",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="История урока",
    description="Изменения темы, домашнего задания и вида работы, последнее первым.",
    responses=problems(404),
)
def lesson_changes(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> list[HistoryLine]:
    """The changes of a lesson."""
    with database.reading(fresh=True) as db:
        lesson_on(db, open_page(db, actor, page_id), lesson_id)
        return lesson_history(db, lesson_id)


@post(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/restore",
    guards=[needs(EDIT)],
    status_code=200,
    sync_to_thread=True,
    summary="Вернуть прежние тему и задание урока",
    description="Урок получает то, что заменило изменение `record`. Это новое изменение: история остаётся.",
    responses=problems(404, 409, 422),
)
def lesson_restore(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[RestoreIn],
) -> Lesson:
    """Take a change of a lesson back."""
    with database.transaction() as db:
        return restore_lesson(db, actor, page_id, lesson_id, str(data.record))


history_api_routes: list[Any] = [cell_restore, lesson_changes, lesson_restore]
