"""«Как портал обращается с данными»: for everybody, and the choice about the counter of visits."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from core.portal import Portal
from core.web import cookies
from core.web.analytics import ALLOWED, NECESSARY
from core.web.pages import Page, local_path, redirect, render
from core.web.session_pages import CHOICE

CHOICE_DAYS = 365


class CounterForm(msgspec.Struct, kw_only=True):
    """Whether visits may be counted."""

    choice: str = NECESSARY
    next: str = "/privacy"


@get("/privacy", sync_to_thread=True, include_in_schema=False)
def privacy(request: Request[Any, Any, Any], portal: NamedDependency[Portal]) -> Page:
    """What the portal keeps and why, which cookies there are, what people may ask."""
    config = portal.config
    return render(
        request,
        "privacy.html",
        hours=config.session_absolute_hours,
        days=CHOICE_DAYS,
        categories=[
            (plugin.manifest.title, each)
            for plugin in portal.plugins.loaded.values()
            if portal.switches.is_on_anywhere(plugin.name)
            for each in plugin.manifest.personal_data
        ],
        done=request.query_params.get("done", ""),
    )


@post(
    "/privacy/counter",
    sync_to_thread=True,
    opt={"public": "whether visits are counted is the visitor's own business", "repeatable": CHOICE},
    include_in_schema=False,
)
def choose_counter(
    portal: NamedDependency[Portal],
    data: Annotated[CounterForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Remember the choice in this browser; without a counter there is nothing to choose."""
    target = local_path(data.next, "/privacy")
    if not portal.config.yandex_metrika:
        return redirect(target)
    choice = ALLOWED if data.choice == ALLOWED else NECESSARY
    return redirect(target, cookies=[cookies.keep(portal.config, cookies.COUNTER, choice, days=CHOICE_DAYS)])


privacy_routes: list[Any] = [privacy, choose_counter]
