"""HTML routes: parse, call the service, choose the template."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database import Database
from core.errors import Invalid
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from school_canteen import free_meals, menus
from school_canteen.dishes import as_text, parse

FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)


class MenuForm(msgspec.Struct, kw_only=True):
    """What is typed on the editing page: one dish per line."""

    breakfast: str = ""
    lunch: str = ""
    snack: str = ""
    note: str = ""


@get("/school-canteen", guards=[needs(menus.VIEW)], sync_to_thread=True, include_in_schema=False)
def week_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The menu of a week, this one unless `?week=` names another."""
    today = school_today(actor)
    monday = menus.monday_of(_asked_day(request.query_params.get("week", ""), today))
    with database.reading() as db:
        return render(
            request,
            "school_canteen/week.html",
            days=menus.week(db, actor, monday),
            meals=menus.MEALS,
            settings=menus.settings_of(db, actor),
            today=today,
            monday=monday,
            previous=monday - timedelta(days=7),
            following=monday + timedelta(days=7),
        )


def _asked_day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or abs(day - today) > menus.FURTHEST:
        raise Invalid(_("Такой недели нет в меню."), advice=_("Откройте меню этой недели и листайте оттуда."))
    return day


@get("/school-canteen/{day:date}", guards=[needs(menus.EDIT)], sync_to_thread=True, include_in_schema=False)
def edit_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromPath[date],
) -> Page:
    """The form of one day's menu."""
    _asked_day(day.isoformat(), school_today(actor))
    with database.reading() as db:
        menu = menus.menu_of(db, actor, day)
    typed = {meal: as_text(menu.meals.get(meal, ())) for meal in menus.MEALS}
    return _form(request, day, {**typed, "note": menu.note}, {})


@post("/school-canteen/{day:date}", guards=[needs(menus.EDIT)], sync_to_thread=True, include_in_schema=False)
def save_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromPath[date],
    data: Annotated[MenuForm, FormBody],
) -> Page:
    """Save a day's menu; with errors the form comes back as it was typed."""
    typed = msgspec.structs.asdict(data)
    menu = menus.MenuOfDay(
        day=day, meals={meal: parse(typed[meal]) for meal in menus.MEALS}, note=data.note.strip()
    )
    try:
        with database.transaction() as db:
            menus.save(db, actor, menu)
    except Invalid as error:
        return _form(request, day, typed, error.fields)
    return redirect(f"/school-canteen?week={menus.monday_of(day)}#day-{day}")


def _form(request: Request[Any, Any, Any], day: date, typed: dict[str, str], errors: dict[str, str]) -> Page:
    return render(
        request,
        "school_canteen/edit.html",
        status=422 if errors else 200,
        day=day,
        monday=menus.monday_of(day),
        meals=menus.MEALS,
        typed=typed,
        errors=errors,
    )


@get(
    "/school-canteen/free-meals",
    guards=[needs(free_meals.VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def free_meals_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Who eats free of charge today."""
    with database.reading() as db:
        return render(request, "school_canteen/free_meals.html", lines=free_meals.fed_free(db, actor))


page_routes: list[Any] = [week_page, edit_page, save_page, free_meals_page]
