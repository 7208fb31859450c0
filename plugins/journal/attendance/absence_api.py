"""JSON routes of absences that families announce, under `/api/v1/journal/absences`."""

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
from plugins.journal.access import ANNOUNCE, EXPLAIN, VIEW_OWN
from plugins.journal.attendance import announcing, deciding
from plugins.journal.attendance.announcing import Announcement
from plugins.journal.attendance.deciding import Absence


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """How many lessons have changed."""

    lessons: Annotated[int, Meta(description="Сколько уроков изменилось.")]


class AnswerIn(msgspec.Struct, frozen=True, kw_only=True):
    """What the school answers to the family."""

    answer: Annotated[str, Meta(max_length=2000, description="Ответ семье, до 500 знаков.")] = ""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


@get(
    "/api/v1/journal/absences/family",
    guards=[needs(VIEW_OWN)],
    sync_to_thread=True,
    summary="Сообщения своей семьи о пропусках",
    description="Родителю – о его детях, ученику с 14 лет – о нём самом. Последние 100.",
    responses=problems(),
)
def absences_family(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[Absence]:
    """What the family has announced."""
    with database.reading(fresh=True) as db:
        return deciding.family_absences(db, actor)


@post(
    "/api/v1/journal/absences",
    guards=[needs(ANNOUNCE)],
    sync_to_thread=True,
    summary="Сообщить о пропуске ребёнка",
    description="Классный руководитель узнает и ответит. 409 – об этих днях школа уже знает.",
    responses=problems(404, 409, 422),
)
def absence_announce(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[Announcement]
) -> Made:
    """Announce a child's absence."""
    with database.transaction() as db:
        return Made(id=announcing.announce(db, actor, data))


@post(
    "/api/v1/journal/absences/{absence_id:uuid}/withdraw",
    guards=[needs(ANNOUNCE)],
    sync_to_thread=True,
    status_code=204,
    summary="Отозвать сообщение о пропуске",
    description="Пока школа не ответила; потом – 409.",
    responses=problems(404, 409, 422),
)
def absence_withdraw(
    actor: NamedDependency[Actor], database: NamedDependency[Database], absence_id: FromPath[UUID]
) -> None:
    """Take an announcement back."""
    with database.transaction() as db:
        announcing.withdraw(db, actor, absence_id)


@get(
    "/api/v1/journal/absences",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    summary="Сообщения семей о пропусках",
    description="Классному руководителю – своего класса, завучу – всей школы; неотвеченные первыми. Последние 100.",
    responses=problems(),
)
def absences_school(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[Absence]:
    """What families have announced."""
    with database.reading(fresh=True) as db:
        return deciding.school_absences(db, actor)


@post(
    "/api/v1/journal/absences/{absence_id:uuid}/confirm",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=200,
    summary="Подтвердить пропуск",
    description=(
        "Пропуски этих дней без причины получают её, на будущих уроках код показывают учителю. Закрытые периоды "
        "не меняются. 409 – уже ответили."
    ),
    responses=problems(404, 409, 422),
)
def absence_confirm(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    absence_id: FromPath[UUID],
    data: JSONBody[AnswerIn],
) -> Changed:
    """Confirm an announced absence."""
    with database.transaction() as db:
        return Changed(lessons=deciding.confirm(db, actor, absence_id, data.answer))


@post(
    "/api/v1/journal/absences/{absence_id:uuid}/refuse",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=204,
    summary="Отклонить сообщение о пропуске",
    description="С ответом семье. 409 – уже ответили.",
    responses=problems(404, 409, 422),
)
def absence_refuse(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    absence_id: FromPath[UUID],
    data: JSONBody[AnswerIn],
) -> None:
    """Refuse an announced absence."""
    with database.transaction() as db:
        deciding.refuse(db, actor, absence_id, data.answer)


absence_api_routes: list[Any] = [
    absences_family,
    absence_announce,
    absence_withdraw,
    absences_school,
    absence_confirm,
    absence_refuse,
]
