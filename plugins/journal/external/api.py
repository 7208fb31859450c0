"""Marks from former schools, for programs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.external.in_files import ExternalMark
from plugins.journal.external.listed import ListedMark, list_external
from plugins.journal.external.taking import remove, take, take_from_file

HERE = "/api/v1/journal/pages/{page_id:uuid}/external-marks"


class ExternalIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Marks of a pupil's former school."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    marks: Annotated[
        list[ExternalMark] | None,
        Meta(description="Отметки, до 500; null – взять из файла, с которым ученик пришёл."),
    ] = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    added: Annotated[int, Meta(description="Сколько отметок записано: те, что уже были, не повторяются.")]


@get(
    HERE,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отметки прежних школ на странице журнала",
    description="У учеников, которые перешли среди года: за дни и за периоды, с источником.",
    responses=problems(404),
)
def external_list(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> list[ListedMark]:
    """Marks from former schools."""
    with database.reading(fresh=True) as db:
        return list_external(db, open_page(db, actor, page_id))


@post(
    HERE,
    guards=[needs(MARK)],
    sync_to_thread=True,
    status_code=200,
    summary="Записать отметки прежней школы",
    description="Названные или те, что пришли с учеником в подписанном файле. 409 – период закрыт или год в архиве.",
    responses=problems(404, 409, 422),
)
def external_take(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[ExternalIn],
) -> Taken:
    """Write marks from a former school."""
    with database.transaction() as db:
        if data.marks is None:
            return Taken(added=take_from_file(db, actor, page_id, data.pupil))
        return Taken(added=take(db, actor, page_id, data.pupil, data.marks))


@delete(
    HERE + "/{external_mark_id:uuid}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Убрать отметку прежней школы",
    description="В истории изменений она остаётся. 409 – период закрыт.",
    responses=problems(404, 409, 422),
)
def external_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    external_mark_id: Annotated[UUID, PathParameter(description="Ключ отметки прежней школы.")],
) -> None:
    """Take a mark out."""
    with database.transaction() as db:
        remove(db, actor, page_id, external_mark_id)


external_api_routes: list[Any] = [external_list, external_take, external_remove]
