"""The ways between the reports, as far as the acting role may go them."""

from __future__ import annotations

from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from plugins.journal.access import VIEW, own_class
from plugins.journal.papers.orders import ORDER


def sees_classes(actor: Actor) -> bool:
    """Whether the report of some class is the actor's to see: the own one, or any of the school."""
    return actor.can(VIEW) and (actor.reach(VIEW) is not Reach.OWN or own_class(actor) is not None)


def tabs(actor: Actor, here: str) -> list[tuple[str, str, bool]]:
    """Title, address and whether it is the page shown."""
    ways = [
        (_("По предметам"), "/journal/reports/subjects"),
        (_("Динамика"), "/journal/reports/dynamics"),
        (_("Контроль журнала"), "/journal/reports/control"),
    ]
    if sees_classes(actor):
        ways.insert(0, (_("По классам"), "/journal/reports"))
    if actor.can(ORDER):
        ways.append((_("Бумаги и выгрузки"), "/journal/papers"))
    return [(title, url, url == here) for title, url in ways]
