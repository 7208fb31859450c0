"""Page slots as HTML: the one place where plugins' pieces are rendered, and fenced off if they fail."""

from __future__ import annotations

from typing import Any

from litestar import Request
from markupsafe import Markup

from core.database.session import Session
from core.roles.actor import Actor
from core.slots import Piece, fill
from core.web.frame import theme_of
from core.web.i18n import sentence
from core.web.pages import timezone_of
from core.web.visit import form_token, portal_of


def render_slot(
    request: Request[Any, Any, Any], db: Session, actor: Actor, slot: str, subject: Any
) -> list[Markup]:
    """The pieces of `slot` for `subject`, ready for the page.

    A plugin's template sees what it returned, and `csrf_token`, `actor`, `timezone`.
    """
    return [_render(request, actor, slot, piece) for piece in fill(db, actor, slot, subject)]


def _render(request: Request[Any, Any, Any], actor: Actor, slot: str, piece: Piece) -> Markup:
    portal = portal_of(request)
    theme = theme_of(portal, actor)
    if not piece.error_id:
        try:
            text = portal.templates.render(
                theme,
                piece.template,
                {
                    "csrf_token": form_token(request),
                    "actor": actor,
                    "timezone": timezone_of(request),
                    **piece.context,
                },
            )
        except Exception as error:  # a plugin's template may raise anything
            error_id = portal.plugins.fence(piece.plugin, sentence("место «%(slot)s»", slot=slot), error)
            piece = Piece(plugin=piece.plugin, title=piece.title, error_id=error_id)
        else:
            return Markup(text)  # noqa: S704 -- rendered by Jinja with autoescape
    failed = portal.templates.render(theme, "slot_failed.html", {"piece": piece})
    return Markup(failed)  # noqa: S704 -- rendered by Jinja with autoescape
