"""Ordering papers for programs: order, look how it goes, take the file."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.files import gives_out, stored_given_out
from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.papers.orders import (
    ORDER,
    OrderedPaper,
    delete_order,
    order_paper,
    ordered_paper,
    ordered_papers,
    paper_file_of,
)

API = "/api/v1/journal/papers"


class OrderIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make."""

    kind: Annotated[
        str,
        Meta(
            description="`journal` – журнал класса в PDF, `tables` – страницы класса в xlsx, `archive` – журналы всех "
            "классов с описью и контрольными суммами.",
            pattern="^(journal|tables|archive)$",
            examples=["journal"],
        ),
    ]
    school_class: Annotated[UUID | None, Meta(description="Ключ класса; для `archive` не нужен.")] = None


@post(
    API,
    guards=[needs(ORDER)],
    sync_to_thread=True,
    status_code=201,
    summary="Заказать бумаги журнала",
    description=(
        "Делаются в фоне; как идёт, показывает `GET`, остановить – `POST /api/v1/tasks/{id}/cancel`. Такой же заказ, "
        "который ещё не готов, не удваивается."
    ),
    responses=problems(404, 409, 422),
)
def paper_order(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[OrderIn]
) -> OrderedPaper:
    """Order a paper."""
    with database.transaction() as db:
        return ordered_paper(db, actor, order_paper(db, actor, data.kind, data.school_class))


@get(
    API,
    guards=[needs(ORDER)],
    sync_to_thread=True,
    summary="Заказанные бумаги",
    description="Свои, последние двадцать, новые первыми.",
    responses=problems(),
)
def papers_read(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[OrderedPaper]:
    """What has been ordered."""
    with database.reading(fresh=True) as db:
        return ordered_papers(db, actor)


@get(
    f"{API}/{{order_id:uuid}}",
    guards=[needs(ORDER)],
    sync_to_thread=True,
    summary="Как идёт заказ",
    description="Только свой.",
    responses=problems(404),
)
def paper_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> OrderedPaper:
    """How an order stands."""
    with database.reading(fresh=True) as db:
        return ordered_paper(db, actor, order_id)


@get(
    f"{API}/{{order_id:uuid}}/file",
    guards=[needs(ORDER)],
    sync_to_thread=True,
    summary="Файл заказа",
    description="PDF или zip. 404 – ещё не готов или срок хранения вышел.",
    responses={**gives_out(description="Файл.", media_type="application/octet-stream"), **problems(404)},
)
def paper_file_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> Response[bytes]:
    """The file of an order."""
    with database.reading(fresh=True) as db:
        return stored_given_out(db, paper_file_of(db, actor, order_id))


@delete(
    f"{API}/{{order_id:uuid}}",
    guards=[needs(ORDER)],
    sync_to_thread=True,
    summary="Удалить заказ и его файл",
    description="409 – ещё делается: сначала остановите.",
    responses=problems(404, 409, 422),
)
def paper_delete(
    actor: NamedDependency[Actor], database: NamedDependency[Database], order_id: FromPath[UUID]
) -> None:
    """Delete an order."""
    with database.transaction() as db:
        delete_order(db, actor, order_id)


order_api_routes: list[Any] = [paper_order, papers_read, paper_read, paper_file_read, paper_delete]
