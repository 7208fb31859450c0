"""Everything about one person, taken out by programs of a school."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED
from msgspec import Meta

from core import personal_export
from core.api.files import gives_out, stored_given_out
from core.api.lists import problems
from core.database.engine import Database
from core.errors import NotFound
from core.personal_data import EXPORT
from core.roles.actor import Actor
from core.web.guards import needs


class ExportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """On what grounds the data are taken out."""

    basis: Annotated[
        str, Meta(min_length=3, max_length=300, description="Основание: заявление человека и его дата.")
    ]


class ExportBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The work that has begun."""

    task_id: Annotated[UUID, Meta(description="Фоновая работа: её ход – `/api/v1/tasks/{task_id}`.")]


class ExportFile(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that is ready."""

    file_id: UUID
    name: Annotated[str, Meta(description="Имя файла.")]
    size: Annotated[int, Meta(description="Размер, байт.")]
    created_at: Annotated[datetime, Meta(description="Когда готов; удаляется по сроку хранения.")]
    url: Annotated[str, Meta(description="Откуда скачать тем же ключом: путь на портале.")]


@post(
    "/api/v1/people/{person_id:uuid}/exports",
    guards=[needs(EXPORT)],
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    tags=["people"],
    summary="Выгрузить всё о человеке",
    description=(
        "Архив собирается в фоне: страница для чтения и файлы JSON из ядра и плагинов. Только по просьбе самого "
        "человека: выгрузка остаётся в его истории."
    ),
    responses=problems(404, 409, 422),
)
def order(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[ExportOrder],
) -> ExportBegun:
    """Order an archive of everything about somebody."""
    with database.transaction() as db:
        return ExportBegun(task_id=personal_export.begin(db, actor, person_id, data.basis))


@get(
    "/api/v1/people/{person_id:uuid}/exports",
    guards=[needs(EXPORT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Готовые выгрузки о человеке",
    description="Архивы, которые заказал этот же человек; чужих здесь нет.",
    responses=problems(404),
)
def ready(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> list[ExportFile]:
    """Archives that the same actor ordered."""
    with database.reading() as db:
        return [
            ExportFile(
                file_id=file.id,
                name=file.name,
                size=file.size,
                created_at=file.created_at,
                url=f"/api/v1/people/{person_id}/exports/{file.id}",
            )
            for file in personal_export.exports_of(db, actor, person_id).files
        ]


@get(
    "/api/v1/people/{person_id:uuid}/exports/{file_id:uuid}",
    guards=[needs(EXPORT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Скачать выгрузку о человеке",
    description="Архив zip: `index.html` для чтения и по файлу JSON на ядро и каждый плагин.",
    responses={**gives_out(description="Архив.", media_type="application/zip"), **problems(404)},
)
def download(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Response[bytes]:
    """An archive that the same actor ordered."""
    with database.reading() as db:
        for file in personal_export.exports_of(db, actor, person_id).files:
            if file.id == file_id:
                return stored_given_out(db, file)
    raise NotFound("Такой выгрузки нет.", advice="Закажите её снова: архив хранится несколько дней.")


personal_data_api: list[Any] = [order, ready, download]
