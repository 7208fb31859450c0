"""JSON routes under `/api/v1/school-canteen`, for a token with a scope of the canteen or a signed-in browser."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database import Database
from core.errors import Invalid
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from school_canteen import menus

LONGEST = timedelta(days=62)


class MenuIn(msgspec.Struct, frozen=True, kw_only=True):
    """The menu of a day: meal (`breakfast`, `lunch`, `snack`) → dishes."""

    meals: menus.Meals
    note: Annotated[
        str, Meta(max_length=300, description="Примечание к меню, не длиннее 300 знаков; может быть пусто.")
    ] = ""


@get(
    "/api/v1/school-canteen/menus",
    guards=[needs(menus.VIEW)],
    sync_to_thread=True,
    summary="Меню за несколько дней",
    description="Меню своей школы, не больше чем за 62 дня подряд. Дни, на которые меню нет, пропущены.",
    responses=problems(422),
)
def list_menus(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: Annotated[date, QueryParameter(description="Первый день, ГГГГ-ММ-ДД.")],
    last: Annotated[date, QueryParameter(description="Последний день, ГГГГ-ММ-ДД; сам входит в срок.")],
) -> list[menus.MenuOfDay]:
    """Menus of the acting school from `first` to `last`, two months at most."""
    if not timedelta() <= last - first <= LONGEST:
        raise Invalid(
            _("Неверный отрезок дней."), advice=_("last не раньше first и не больше чем на 62 дня.")
        )
    with database.reading() as db:
        return menus.menus(db, actor, first, last)


@put(
    "/api/v1/school-canteen/menus/{day:date}",
    guards=[needs(menus.EDIT)],
    sync_to_thread=True,
    summary="Записать меню на день",
    description="Целиком, вместо того, что было. Не дальше года от сегодняшнего дня.",
    responses=problems(409, 422),
)
def put_menu(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromPath[date],
    data: JSONBody[MenuIn],
) -> menus.MenuOfDay:
    """Write the menu of a day in place of what was there."""
    with database.transaction() as db:
        menus.save(db, actor, menus.MenuOfDay(day=day, meals=data.meals, note=data.note))
        return menus.menu_of(db, actor, day)


api_routes: list[Any] = [list_menus, put_menu]
