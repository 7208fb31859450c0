"""JSON routes of curricula under `/api/v1/diary/curricula`: versions, their table, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.curriculum.beginning import BeginIn, begin_from
from plugins.diary.curriculum.curricula import (
    EDIT,
    VIEW,
    CurriculumChange,
    CurriculumLine,
    change,
    delete_draft,
    list_curricula,
    open_curriculum,
)
from plugins.diary.curriculum.editing import (
    CellIn,
    ColumnIn,
    RowIn,
    add_column,
    add_row,
    remove_column,
    remove_row,
    set_hours,
)
from plugins.diary.curriculum.findings import Finding
from plugins.diary.curriculum.table import Column, Row
from plugins.diary.curriculum.templates import CurriculumTemplate, all_templates
from plugins.diary.curriculum.view import CellOut, CellsOut, SumOut, after_writing, cells_of, see
from plugins.diary.settings import configuration_of

CURRICULA = "/api/v1/diary/curricula"
ONE = CURRICULA + "/{curriculum_id:uuid}"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class RowOut(msgspec.Struct, frozen=True, kw_only=True):
    """A subject in a part of the plan."""

    id: UUID
    subject_id: UUID
    subject: Annotated[str, Meta(description="Название предмета.")]
    area: Annotated[str, Meta(description="Предметная область; может быть пусто.")]
    part: Annotated[str, Meta(description="Часть плана: `mandatory`, `school` или `extracurricular`.")]


class ColumnOut(msgspec.Struct, frozen=True, kw_only=True):
    """Whom hours are for."""

    id: UUID
    kind: Annotated[
        str,
        Meta(
            description="`grade` – параллель, `class` – класс, `group` – группа, `pupil` – индивидуальный план."
        ),
    ]
    title: Annotated[str, Meta(description="«7 класс», «7А», «7А, группа 1», «Белова А. С.».")]
    grade_level: Annotated[int, Meta(description="Параллель: от 1 до 12.")]
    weeks: Annotated[int, Meta(description="Учебных недель в году.")]
    days_per_week: Annotated[int, Meta(description="Дней в учебной неделе класса: 5 или 6.")]
    school_class_id: Annotated[
        UUID | None, Meta(description="Ключ класса; null у параллели и группы из разных классов.")
    ]
    pupil_group_id: Annotated[UUID | None, Meta(description="Ключ группы; null, если столбец не группы.")]
    pupil_id: Annotated[
        UUID | None, Meta(description="Ключ ученика; null, если столбец не индивидуального плана.")
    ]


class CurriculumOut(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its table."""

    curriculum: Annotated[CurriculumLine, Meta(description="План в целом.")]
    rows: Annotated[Sequence[RowOut], Meta(description="Предметы по порядку.")]
    columns: Annotated[
        Sequence[ColumnOut], Meta(description="Параллели, классы, группы и индивидуальные планы.")
    ]
    cells: Annotated[Sequence[CellOut], Meta(description="Клетки, в которых есть часы.")]
    sums: Annotated[Sequence[SumOut], Meta(description="Итоги столбцов.")]
    findings: Annotated[Sequence[Finding], Meta(description="Замечания, обязательные нормы первыми.")]


def _row(row: Row) -> RowOut:
    return RowOut(**{name: getattr(row, name) for name in RowOut.__struct_fields__})


def _column(column: Column) -> ColumnOut:
    return ColumnOut(**{name: getattr(column, name) for name in ColumnOut.__struct_fields__})


@get(
    CURRICULA,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Учебные планы",
    description="Версии планов школы, новые первыми. Черновики видят те, кто ведёт и утверждает планы.",
    responses=problems(422),
)
def curricula_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year: Annotated[
        UUID | None, QueryParameter(description="Ключ учебного года; без него – все годы.")
    ] = None,
) -> list[CurriculumLine]:
    """The curricula of the school."""
    with database.reading() as db:
        return list_curricula(db, actor, year)


@get(
    CURRICULA + "/templates",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Образцы учебных планов",
    description="Федеральные учебные планы с годами действия и те, что добавил оператор.",
    responses=problems(),
)
def templates_list(
    actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> list[CurriculumTemplate]:
    """The templates."""
    actor.require(VIEW)
    with database.reading() as db:
        return list(all_templates(configuration_of(db.portal).curriculum_templates))


@post(
    CURRICULA,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Начать учебный план",
    description="Пустой, с образца или с другого плана школы. Предметы образца, которых в школе нет, добавляются.",
    responses=problems(404, 409, 422),
)
def curriculum_begin(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[BeginIn]
) -> Made:
    """Begin a curriculum."""
    with database.transaction() as db:
        return Made(id=begin_from(db, actor, data))


@get(
    ONE,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Учебный план",
    description="Таблица плана с итогами и замечаниями. Индивидуальные планы видят те, кто ведёт и утверждает планы.",
    responses=problems(404),
)
def curriculum_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> CurriculumOut:
    """A curriculum with its table."""
    with database.reading(fresh=True) as db:
        shown = see(db, actor, curriculum_id)
    table = shown.table
    return CurriculumOut(
        curriculum=shown.line,
        rows=[_row(row) for row in table.rows],
        columns=[_column(column) for column in table.columns],
        cells=[cell for cell in cells_of(table, table.rows, table.columns) if cell.shown],
        sums=list(shown.sums().values()),
        findings=list(shown.findings),
    )


@put(
    ONE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить название и начало плана",
    description="409 – план уже не черновик.",
    responses=problems(404, 409, 422),
)
def curriculum_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[CurriculumChange],
) -> None:
    """Give a draft another title or first day."""
    with database.transaction() as db:
        change(db, actor, curriculum_id, data)


@delete(
    ONE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Удалить черновик плана",
    description="409 – план уже не черновик.",
    responses=problems(404, 409, 422),
)
def curriculum_delete(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> None:
    """Take a draft away."""
    with database.transaction() as db:
        delete_draft(db, actor, curriculum_id)


@put(
    ONE + "/cells",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Записать часы",
    description=(
        "Одну клетку. В ответе – клетки её строки и строк, которые за это время изменили другие, итоги и замечания. "
        "409 – клетку уже изменили или план не черновик."
    ),
    responses=problems(404, 409, 422),
)
def hours_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[CellIn],
) -> CellsOut:
    """Write the hours of a cell."""
    with database.transaction() as db:
        table = set_hours(db, actor, curriculum_id, data)
        line = open_curriculum(db, actor, curriculum_id)
        return after_writing(db, line, table, seen=data.seen, row=data.row)


@post(
    ONE + "/rows",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить предмет в план",
    description="409 – он в этой части плана уже есть.",
    responses=problems(404, 409, 422),
)
def row_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[RowIn],
) -> Made:
    """Put a subject into a part of the plan."""
    with database.transaction() as db:
        return Made(id=add_row(db, actor, curriculum_id, data))


@delete(
    ONE + "/rows/{row_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать предмет из плана",
    description="Вместе с его часами.",
    responses=problems(404, 409, 422),
)
def row_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    row_id: FromPath[UUID],
) -> None:
    """Take a subject out of the plan."""
    with database.transaction() as db:
        remove_row(db, actor, curriculum_id, row_id)


@post(
    ONE + "/columns",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить класс, группу или индивидуальный план",
    description="Группа одного предмета начинает с часов своего класса.",
    responses=problems(404, 409, 422),
)
def column_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[ColumnIn],
) -> Made:
    """Give a class, group or pupil a column."""
    with database.transaction() as db:
        return Made(id=add_column(db, actor, curriculum_id, data))


@delete(
    ONE + "/columns/{column_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать столбец из плана",
    description="Вместе с его часами. 409 – столбец параллели не убирают.",
    responses=problems(404, 409, 422),
)
def column_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    column_id: FromPath[UUID],
) -> None:
    """Take a column out of the plan."""
    with database.transaction() as db:
        remove_column(db, actor, curriculum_id, column_id)


curriculum_api_routes: list[Any] = [
    curricula_list,
    templates_list,
    curriculum_begin,
    curriculum_read,
    curriculum_change,
    curriculum_delete,
    hours_set,
    row_add,
    row_remove,
    column_add,
    column_remove,
]
