"""The portal's home («единая точка входа»): what is still to be set up, requests to decide, and cards of plugins."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency

from core.contributions import CardContent
from core.database.engine import Database
from core.identity.sessions import Visit
from core.portal import Portal
from core.readiness import home_card
from core.requests import waiting
from core.roles.own import resting_roles
from core.web.i18n import sentence
from core.web.pages import Page, redirect, render


class ShownCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as the home page shows it; a failed one has `error_id` and no content."""

    name: str
    title: str
    icon: str
    content: CardContent | None
    error_id: str = ""


@get("/", sync_to_thread=True, include_in_schema=False)
def home(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
) -> Page:
    """Cards for the acting role; somebody without a role learns how to get one."""
    actor = visit.actor
    if actor is None:
        return redirect("/sign-in")
    if not visit.role_chosen:
        return redirect("/account?choose=role")
    shown: list[ShownCard] = []
    cards = sorted(
        (
            (plugin, card)
            for plugin, card in portal.plugins.each("dashboard_cards")
            if actor.can(card.permission) and portal.is_on_for(plugin.name, actor)
        ),
        key=lambda pair: pair[1].order,
    )
    with database.reading() as db:
        for own, content in (
            (home_card, home_card.setup_card(db, actor)),
            (waiting, waiting.waiting_card(db, actor)),
        ):
            if content is not None:
                shown.append(ShownCard(name=own.NAME, title=own.TITLE, icon=own.ICON, content=content))
        for plugin, card in cards:
            error_id, content = "", None
            try:
                content = card.content(db, actor)
                if not isinstance(content, CardContent | None):
                    raise TypeError(f"карточка вернула {content!r}, а не CardContent")
            except Exception as error:
                content = None
                db.rollback()
                error_id = portal.plugins.fence(
                    plugin.name, sentence("карточка «%(title)s»", title=card.title), error
                )
            if content is not None or error_id:
                shown.append(
                    ShownCard(
                        name=card.name, title=card.title, icon=card.icon, content=content, error_id=error_id
                    )
                )
        resting = resting_roles(db, actor) if actor.role is None else ()
    return render(request, "home.html", cards=shown, has_role=actor.role is not None, resting_roles=resting)
