"""JSON routes under `/api/v1/school-canteen`, for a token with a scope of the canteen or a signed-in browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from core.database import Database
from core.errors import Invalid
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from school_canteen import menus
from school_canteen.dishes import DishLine

LONGEST = timedelta(days=62)


class MenuIn(msgspec.Struct, frozen=True, kw_only=True):
    """The menu of a day: meal (`breakfast`, `lunch`, `snack`) → dishes."""

    meals: Mapping[str, Sequence[DishLine]]
    note: Annotated[str, Meta(max_length=300)] = ""


@get("/api/v1/school-canteen/menus", guards=[needs(menus.VIEW)], sync_to_thread=True, tags=["school-canteen"])
def list_menus(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: FromQuery[date],
    last: FromQuery[date],
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
    tags=["school-canteen"],
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
