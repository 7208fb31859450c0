"""The search page and the suggestions of the search box."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from core import search as finding
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.frame import menu_of
from core.web.guards import signed_in
from core.web.pages import Page, fragment, render
from core.web.visit import portal_of

SUGGESTED = 5


@get("/search", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def search_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Everything that was found, by source."""
    text = request.query_params.get("q", "").strip()
    with database.reading() as db:
        found = finding.search(db, actor, text, menu=_menu(request, actor))
    return render(request, "search/page.html", q=text, found=found, results=_results(found))


@get("/search/suggest", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def suggest(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The first finds, for the search box; the menu's pages it knows itself."""
    text = request.query_params.get("q", "").strip()
    with database.reading() as db:
        found = finding.search(db, actor, text, limit=SUGGESTED)
    return fragment(request, "search_suggest.html", results=_results(found)[: SUGGESTED * 3], q=text)


def _results(found: list[finding.Found]) -> list[Any]:
    return [result for each in found for result in each.results]


def _menu(request: Request[Any, Any, Any], actor: Actor) -> list[finding.Page]:
    return [
        finding.Page(title=entry.title, url=entry.url, icon=entry.icon)
        for entry in menu_of(portal_of(request), actor, request.url.path)
    ]


search_routes: list[Any] = [search_page, suggest]
