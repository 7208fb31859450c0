"""The ways between the pages of attendance, as far as the acting role may go them."""

from __future__ import annotations

from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.access import EXPLAIN, SHEET, VIEW


def tabs(actor: Actor, here: str) -> list[tuple[str, str, bool]]:
    """Title, address and whether it is the page shown."""
    ways = (
        (SHEET, _("Отсутствуют"), "/journal/absent"),
        (VIEW, _("День класса"), "/journal/days"),
        (EXPLAIN, _("Сообщения семей"), "/journal/absences"),
        (EXPLAIN, _("Причины пропусков"), "/journal/recodings"),
        (VIEW, _("Освобождения"), "/journal/exemptions"),
        (VIEW, _("Статистика"), "/journal/attendance"),
    )
    return [(title, url, url == here) for permission, title, url in ways if actor.can(permission)]
