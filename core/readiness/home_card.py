"""The card of the home page while an organization is still being set up."""

from __future__ import annotations

from core.contributions import CardContent, CardLine
from core.database.session import Session
from core.readiness.checklist import CONFIRM, KINDS, checklist
from core.roles.actor import Actor
from core.web.i18n import lazy, sentence

SHOWN = 4
NAME, TITLE, ICON = "core.setup", lazy("Готовность"), "flag"


def setup_card(db: Session, actor: Actor) -> CardContent | None:
    """What is still to be done, for those who do it; nothing once all is done."""
    if actor.role is None or not actor.can(CONFIRM) or actor.role.organization_kind not in KINDS:
        return None
    if actor.role.group_id is not None:
        return None
    found = checklist(db, actor, actor.organization_id)
    if found.is_ready:
        return None
    waiting = [each for each in found.steps if not each.done]
    return CardContent(
        lines=[
            CardLine(text=sentence("Сделано %(done)s из %(steps)s", done=found.done, steps=len(found.steps))),
            *(CardLine(text=each.title, note=sentence("ещё не сделано")) for each in waiting[:SHOWN]),
        ],
        url="/setup",
        link_title=lazy("Продолжить настройку"),
    )
