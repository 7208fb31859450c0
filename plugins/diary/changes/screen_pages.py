"""The corridor screen itself, for a television nobody signs in at; and the page where its address is given out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.visit import client_address, portal_of
from plugins.diary.changes.screen import (
    author_of,
    brake_of,
    close_screen,
    open_screen,
    screen_of,
    shown_on_screen,
)
from plugins.diary.changes.tabs import SCREEN, tabs
from plugins.diary.timetable import EDIT

FORM = RequestEncodingType.URL_ENCODED
ADDRESS = "/screen"
SECRET_HEADERS = {
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass
class ScreenForm:
    """What is to become of the address: `open` gives a new one, `close` ends it."""

    step: str = ""


@get(SCREEN, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def screen_settings(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Whether the school's screen has an address."""
    return _settings(request, actor, database)


@post(SCREEN, guards=[needs(EDIT)], sync_to_thread=True, status_code=200, include_in_schema=False)
def screen_set(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[ScreenForm, Body(media_type=FORM)],
) -> Page:
    """Give the screen a new address, which is shown this once, or end the one it has."""
    if data.step == "close":
        with database.transaction() as db:
            close_screen(db, actor)
        return redirect(f"{SCREEN}?done=closed")
    with database.transaction() as db:
        secret = open_screen(db, actor)
    return _settings(request, actor, database, f"{request.base_url}screen?key={secret}")


def _settings(request: Request[Any, Any, Any], actor: Actor, database: Database, address: str = "") -> Page:
    with database.reading(fresh=True) as db:
        screen = screen_of(db, actor)
        author = author_of(db, screen) if screen else ""
    return render(
        request,
        "diary/changes/screen_settings.html",
        tabs=tabs(actor, SCREEN),
        screen=screen,
        author=author,
        address=address,
        headers={"cache-control": "no-store"} if address else None,
    )


@get(ADDRESS, sync_to_thread=True, include_in_schema=False)
def corridor_screen(
    request: Request[Any, Any, Any], database: NamedDependency[Database], key: FromQuery[str] = ""
) -> Page:
    """Today's changes and those of the next school day, in big type, for whoever knows the address."""
    brake_of(portal_of(request)).count(client_address(request))
    with database.reading(fresh=True) as db:
        shown = shown_on_screen(db, key)
    return render(request, "diary/changes/screen.html", headers=SECRET_HEADERS, screen=shown)


screen_routes: list[Any] = [screen_settings, screen_set, corridor_screen]
