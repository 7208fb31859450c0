"""Columns of marks outside of lessons, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT
from plugins.journal.lessons.outside import add_column, remove_column

HERE = "/api/v1/journal/pages/{page_id:uuid}/columns"


class ColumnIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column to be added."""

    day: date
    title: Annotated[
        str,
        Meta(max_length=500, examples=["Олимпиада"], description="За что отметки, не длиннее 120 знаков."),
    ]
    control_kind: Annotated[
        str, Meta(max_length=24, description="Код вида работы, от него зависит вес; пусто – обычная отметка.")
    ] = ""


class ColumnMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was added."""

    id: Annotated[UUID, Meta(description="Ключ столбца: он стоит среди уроков страницы.")]


@post(
    HERE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить столбец вне урока",
    description=(
        "Для отметок не за урок: олимпиада, норматив, сданный долг. Данным уроком он не считается, отметки входят "
        "в средний балл. 409 – период закрыт или таких столбцов в этот день уже много."
    ),
    responses=problems(404, 409, 422),
)
def column_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[ColumnIn],
) -> ColumnMade:
    """Add a column."""
    with database.transaction() as db:
        return ColumnMade(id=add_column(db, actor, page_id, data.day, data.title, data.control_kind))


@delete(
    HERE + "/{lesson_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать столбец вне урока",
    description=(
        "409 с `fields.marks` – в столбце есть отметки: повторите с `with_marks=true`. 409 без них – период закрыт "
        "или со столбцом что-то связано."
    ),
    responses=problems(404, 409, 422),
)
def column_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    with_marks: Annotated[bool, QueryParameter(description="Убрать и отметки столбца.")] = False,
) -> None:
    """Take a column away."""
    with database.transaction() as db:
        remove_column(db, actor, page_id, lesson_id, with_marks=with_marks)


column_api_routes: list[Any] = [column_add, column_remove]
