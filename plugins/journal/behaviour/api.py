"""JSON routes of behaviour."""

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
from plugins.journal.access import VIEW
from plugins.journal.behaviour.sheets import BEHAVE, BehaviourSheet, read_behaviour, set_behaviour

SHEET = "/api/v1/journal/school-classes/{class_id:uuid}/behaviour"


class BehaviourIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mark of behaviour to be put."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    column: Annotated[str, Meta(max_length=8, description="Номер учебного периода в году или `year`.")]
    value: Annotated[
        str, Meta(max_length=32, description="Отметка: `обр`, `зач`, `5`; пусто – убрать.", examples=["обр"])
    ]
    was: Annotated[
        str | None,
        Meta(
            description="Что стояло, когда отметку прочитали. Если там уже другое, ответ – 409; null – записать."
        ),
    ] = None


@get(
    SHEET,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Поведение класса",
    description="Отметки за поведение по учебным периодам и за год. 404 – и тогда, когда школа их не ставит.",
    responses=problems(404),
)
def behaviour_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], class_id: FromPath[UUID]
) -> BehaviourSheet:
    """The sheet of a class."""
    with database.reading(fresh=True) as db:
        return read_behaviour(db, actor, class_id)


@put(
    SHEET,
    guards=[needs(BEHAVE)],
    sync_to_thread=True,
    summary="Поставить отметку за поведение",
    description="409 – период закрыт или не начался, ученика не было в классе, отметку уже изменил другой.",
    responses=problems(404, 409, 422),
)
def behaviour_put(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    data: JSONBody[BehaviourIn],
) -> BehaviourSheet:
    """A pupil's mark."""
    with database.transaction() as db:
        return set_behaviour(db, actor, class_id, data.pupil, data.column, data.value, data.was)


behaviour_api_routes: list[Any] = [behaviour_read, behaviour_put]
