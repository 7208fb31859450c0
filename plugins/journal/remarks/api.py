"""JSON routes of praise and remarks."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.remarks.writing import Kind, Remark, Text, add_remark, read_remarks, remove_remark

REMARKS = "/api/v1/journal/pages/{page_id:uuid}/remarks"


class RemarkIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say of a pupil at a lesson."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    kind: Kind
    text: Text


class RemarkMade(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was written."""

    id: Annotated[UUID, Meta(description="Ключ записи.")]


@get(
    REMARKS,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Похвала и замечания на странице журнала",
    description="Последние первыми.",
    responses=problems(404),
)
def remarks_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    pupil: Annotated[UUID | None, QueryParameter(description="Ключ ученика; без него – всех.")] = None,
) -> list[Remark]:
    """Praise and remarks of a page."""
    with database.reading(fresh=True) as db:
        return list(read_remarks(db, open_page(db, actor, page_id), pupil_id=pupil))


@post(
    REMARKS,
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Похвалить ученика или сделать замечание",
    description="Семья узнаёт сразу. 409 – урок ещё не прошёл или ученика не было в списке.",
    responses=problems(404, 409, 422),
)
def remark_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[RemarkIn],
) -> RemarkMade:
    """Write praise or a remark."""
    with database.transaction() as db:
        return RemarkMade(id=add_remark(db, actor, page_id, data.lesson, data.pupil, data.kind, data.text))


@delete(
    REMARKS + "/{remark_id:uuid}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Убрать похвалу или замечание",
    description="В истории клетки запись остаётся.",
    responses=problems(404, 409, 422),
)
def remark_delete(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    remark_id: Annotated[UUID, PathParameter(description="Ключ похвалы или замечания.")],
) -> None:
    """Take praise or a remark back."""
    with database.transaction() as db:
        remove_remark(db, actor, page_id, remark_id)


remark_api_routes: list[Any] = [remarks_list, remark_add, remark_delete]
