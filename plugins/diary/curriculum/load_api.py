"""JSON routes of teachers' loads and of tables under `/api/v1/diary/curricula`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.curriculum.api import ONE
from plugins.diary.curriculum.curricula import EDIT
from plugins.diary.curriculum.loads import LOADS, Loads, TeacherIn, assign, loads
from plugins.diary.curriculum.tables import LoadedRow, load_plan


class RowsIn(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table with hours."""

    rows: Annotated[
        Sequence[LoadedRow], Meta(min_length=1, max_length=120, description="Предметы с часами, до 120.")
    ]
    replace: Annotated[bool, Meta(description="Вместо того, что в плане есть; иначе – вместе с ним.")] = False


class RowsLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """How much was loaded."""

    count: Annotated[int, Meta(description="Сколько строк загружено.")]


@get(
    ONE + "/loads",
    guards=[needs(LOADS)],
    sync_to_thread=True,
    summary="Нагрузка учителей",
    description="Кто что ведёт по плану и что никто не ведёт: сегодня или в первый день плана.",
    responses=problems(404),
)
def loads_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Loads:
    """Who teaches what of a plan."""
    with database.reading(fresh=True) as db:
        return loads(db, actor, curriculum_id)


@put(
    ONE + "/loads",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Назначить учителя",
    description="На предмет класса или группы с некоторого дня вместо прежнего; null – часы станут вакансией.",
    responses=problems(404, 409, 422),
)
def teacher_assign(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[TeacherIn],
) -> None:
    """Let a teacher teach a subject in a class or group."""
    with database.transaction() as db:
        assign(db, actor, curriculum_id, data)


@post(
    ONE + "/load",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    summary="Загрузить часы",
    description="Много строк сразу, все или ни одной.",
    responses=problems(404, 409, 422),
)
def rows_load(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[RowsIn],
) -> RowsLoaded:
    """Put many rows into a draft at once."""
    with database.transaction() as db:
        return RowsLoaded(count=load_plan(db, actor, curriculum_id, data.rows, replace=data.replace))


load_api_routes: list[Any] = [loads_read, teacher_assign, rows_load]
