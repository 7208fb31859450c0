"""JSON routes of versions under `/api/v1/diary/curricula`: approval, comparison, consequences."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.curriculum.api import ONE, Made
from plugins.diary.curriculum.approval import approve, send_back, submit, take_back
from plugins.diary.curriculum.beginning import new_version
from plugins.diary.curriculum.comparison import Comparison, compare
from plugins.diary.curriculum.consequences import Consequences, consequences
from plugins.diary.curriculum.curricula import APPROVE, EDIT, VIEW


class SendBackIn(msgspec.Struct, frozen=True, kw_only=True):
    """Why a version is given back."""

    remark: Annotated[str, Meta(description="Что исправить, до 500 знаков.")]


@get(
    ONE + "/compare",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Сравнить версии плана",
    description="С другой версией, а без `other` – с утверждённой или с той, с которой план сделан.",
    responses=problems(404, 409, 422),
)
def versions_compared(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    other: Annotated[UUID | None, QueryParameter(description="Ключ версии, с которой сравнить.")] = None,
) -> Comparison:
    """What differs between two versions."""
    with database.reading(fresh=True) as db:
        return compare(db, actor, curriculum_id, other)


@get(
    ONE + "/consequences",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Что изменит план",
    description="Расхождения с расписанием и страницами журнала: что будет, если версию утвердить. Ничего не меняет.",
    responses=problems(404),
)
def consequences_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Consequences:
    """What a version does."""
    with database.reading(fresh=True) as db:
        return consequences(db, actor, curriculum_id)


@post(
    ONE + "/submit",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=204,
    summary="Отправить план на утверждение",
    description="409 – в плане нет часов или он нарушает обязательную норму.",
    responses=problems(404, 409, 422),
)
def curriculum_submit(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> None:
    """Hand a draft to the head."""
    with database.transaction() as db:
        submit(db, actor, curriculum_id)


@post(
    ONE + "/take-back",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=204,
    summary="Отозвать план с утверждения",
    description="План снова черновик.",
    responses=problems(404, 409, 422),
)
def curriculum_take_back(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> None:
    """Make a submitted version a draft again."""
    with database.transaction() as db:
        take_back(db, actor, curriculum_id)


@post(
    ONE + "/send-back",
    guards=[needs(APPROVE)],
    sync_to_thread=True,
    status_code=204,
    summary="Вернуть план на доработку",
    description="С пояснением для тех, кто его составил.",
    responses=problems(404, 409, 422),
)
def curriculum_send_back(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: JSONBody[SendBackIn],
) -> None:
    """Give a submitted version back."""
    with database.transaction() as db:
        send_back(db, actor, curriculum_id, data.remark)


@post(
    ONE + "/approve",
    guards=[needs(APPROVE)],
    sync_to_thread=True,
    status_code=204,
    summary="Утвердить план",
    description="Прежняя версия действует до дня перед началом новой: пройденное по ней остаётся.",
    responses=problems(404, 409, 422),
)
def curriculum_approve(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> None:
    """Put a submitted version in force."""
    with database.transaction() as db:
        approve(db, actor, curriculum_id)


@post(
    ONE + "/version",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Сделать новую версию плана",
    description="Черновик со всем, что есть в этой версии; действует со следующей недели или с начала года.",
    responses=problems(404, 409, 422),
)
def version_make(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Made:
    """Copy a version into a draft."""
    with database.transaction() as db:
        return Made(id=new_version(db, actor, curriculum_id))


version_api_routes: list[Any] = [
    versions_compared,
    consequences_read,
    curriculum_submit,
    curriculum_take_back,
    curriculum_send_back,
    curriculum_approve,
    version_make,
]
