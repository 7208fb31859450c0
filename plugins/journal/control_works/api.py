"""JSON routes of control works under `/api/v1/journal`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import VIEW, open_page
from plugins.journal.control_works.calendar import Month, read_month, warnings_about


class Warnings(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against a control work."""

    warnings: Annotated[
        Sequence[str], Meta(description="Предупреждения словами; пусто, если всё в пределах.")
    ]


@get(
    "/api/v1/journal/control-works",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Контрольные работы школы за месяц",
    description="По классам и дням, с пределами: сколько работ в день у класса и какая доля уроков предмета.",
    responses=problems(422),
)
def control_works_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    month: Annotated[str, QueryParameter(description="Месяц, ГГГГ-ММ; без него – текущий.")] = "",
) -> Month:
    """The control works of a month."""
    with database.reading() as db:
        return read_month(db, actor, month)


@get(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/control-warnings",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Можно ли провести на уроке контрольную",
    description="Предупреждения, если у класса в этот день уже есть работа или их в году слишком много. Не запрет.",
    responses=problems(404),
)
def control_warnings_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    kind: Annotated[str, QueryParameter(description="Код вида работы из настроек журнала.")] = "control",
) -> Warnings:
    """What speaks against a kind of work at a lesson."""
    with database.reading(fresh=True) as db:
        return Warnings(warnings=warnings_about(db, open_page(db, actor, page_id), lesson_id, kind))


control_work_api_routes: list[Any] = [control_works_read, control_warnings_read]
