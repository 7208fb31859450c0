"""«Что может роль»: the rights of each role kind in plain words, and changing them for a region."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.roles import configuring
from core.roles.actor import Actor
from core.roles.configuring import CONFIGURE, NOTHING, Right
from core.roles.permissions import Reach
from core.web.guards import needs, signed_in
from core.web.i18n import gettext, lazy
from core.web.pages import Page, redirect, render

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
PREFIX = "right:"
INHERITED = ""
REACHES = {
    NOTHING: lazy("нельзя"),
    int(Reach.OWN): lazy("только своё"),
    int(Reach.ORGANIZATION): lazy("вся организация"),
    int(Reach.BELOW): lazy("организация и все ниже"),
}
"""How far a right goes, in words. «Своё»: own lessons, classes, children, oneself."""


@get("/role-kinds", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def role_kinds(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Page:
    """Every kind of role."""
    with database.reading() as db:
        return render(request, "role_kinds/list.html", kinds=configuring.kinds_to_read(db))


@get("/role-kinds/{name:str}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def role_kind(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
) -> Page:
    """What a kind of role may do."""
    with database.reading() as db:
        found = configuring.rights_of(db, actor, name)
        return render(
            request,
            "role_kinds/rights.html",
            found=found,
            sections=_sections(db, found.rights),
            reaches=REACHES,
            options={each.permission.name: _options(each) for each in found.rights},
            saved=request.query_params.get("saved", ""),
        )


@post("/role-kinds/{name:str}", guards=[needs(CONFIGURE)], sync_to_thread=True, include_in_schema=False)
def configure(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Typed,
) -> Page:
    """Change what a kind of role may do in the acting role's organization and below."""
    wanted = {
        key.removeprefix(PREFIX): _reach(str(told)) for key, told in data.items() if key.startswith(PREFIX)
    }
    with database.transaction() as db:
        changed = configuring.configure(db, actor, name, wanted)
    return redirect(f"/role-kinds/{name}?saved={'yes' if changed else 'nothing'}")


def _sections(db: Session, rights: Any) -> list[tuple[str, list[Right]]]:
    """Rights by the part of the portal they belong to; the core's own come first."""
    found: dict[str, list[Right]] = {}
    for each in rights:
        found.setdefault(each.plugin, []).append(each)
    loaded = db.portal.plugins.loaded
    return [
        (gettext(loaded[plugin].manifest.title) if plugin else gettext("Портал"), own)
        for plugin, own in sorted(found.items())
    ]


def _options(right: Right) -> list[tuple[str, str]]:
    inherited = gettext("как задано выше: %(reach)s") % {"reach": gettext(REACHES[right.inherited])}
    return [(INHERITED, inherited), *((str(each), gettext(REACHES[each])) for each in right.choices)]


def _reach(told: str) -> int | None:
    if told == INHERITED:
        return None
    if told not in {str(each) for each in REACHES}:
        raise Invalid("Такого охвата нет.", advice="Выберите значение из списка.")
    return int(told)


role_kind_routes: list[Any] = [role_kinds, role_kind, configure]
