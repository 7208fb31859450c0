"""JSON routes of works marked by criteria."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.criteria.points import PointsTable, PupilPoints, read_points, set_points
from plugins.journal.criteria.sets import MOST_CRITERIA, Criterion, WantedCriterion, set_criteria

CRITERIA = "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria"


class CriteriaIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a work is to be judged by."""

    criteria: Annotated[
        list[WantedCriterion],
        Meta(max_length=MOST_CRITERIA, description="Критерии по порядку; пустой список убирает их."),
    ]


class GivenPoints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for one criterion."""

    criterion: Annotated[UUID, Meta(description="Ключ критерия.")]
    points: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None, Meta(description="Баллы; null – убрать.", examples=[4])
    ]


class PointsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points of one pupil; criteria that are not named stay as they are."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    points: Annotated[list[GivenPoints], Meta(max_length=MOST_CRITERIA, description="Баллы по критериям.")]
    was: Annotated[
        Annotated[list[GivenPoints], Meta(max_length=MOST_CRITERIA)] | None,
        Meta(
            description="Какие баллы вы видели. Если там уже другие, ответ – 409; null – записать, что бы ни стояло.",
        ),
    ] = None


@get(
    CRITERIA,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Работа по критериям: таблица баллов",
    description="Критерии работы, баллы учеников, их сумма и отметка, которую она даёт.",
    responses=problems(404),
)
def criteria_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> PointsTable:
    """The table of a work."""
    with database.reading(fresh=True) as db:
        return read_points(db, actor, open_page(db, actor, page_id), lesson_id)


@put(
    CRITERIA,
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Задать критерии работы",
    description=(
        "Весь список. Баллы остаются у критерия с тем же названием, а если число критериев не изменилось – и на том же "
        "месте. 409 – обычный урок, период закрыт или за убранный критерий уже стоят баллы."
    ),
    responses=problems(404, 409, 422),
)
def criteria_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[CriteriaIn],
) -> list[Criterion]:
    """What the work is judged by."""
    with database.transaction() as db:
        return set_criteria(db, actor, page_id, lesson_id, data.criteria)


@put(
    CRITERIA + "/points",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Поставить баллы ученику",
    description=(
        "Отметку баллы не ставят: в ответе она предложена, ставит её учитель. 409 – период закрыт, урок ещё не прошёл, "
        "ученика не было в списке или баллы уже изменил другой."
    ),
    responses=problems(404, 409, 422),
)
def points_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[PointsIn],
) -> PupilPoints:
    """Points of one pupil."""
    with database.transaction() as db:
        return set_points(
            db,
            actor,
            page_id,
            lesson_id,
            data.pupil,
            {each.criterion: each.points for each in data.points},
            None if data.was is None else {each.criterion: each.points for each in data.was},
        )


criteria_api_routes: list[Any] = [criteria_read, criteria_set, points_set]
