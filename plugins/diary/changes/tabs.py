"""The pages about changes as tabs, for whoever may open them."""

from __future__ import annotations

from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.diary.timetable import EDIT

CHANGES, ABSENCES, SCREEN = "/timetable/changes", "/timetable/absences", "/timetable/screen"


def tabs(actor: Actor, here: str) -> list[tuple[str, str, bool]]:
    """(title, address, whether it is open)."""
    shown = [(_("Расписание"), "/timetable"), (_("Изменения"), CHANGES)]
    if actor.can(EDIT):
        shown += [(_("Кто отсутствует"), ABSENCES), (_("Экран в коридоре"), SCREEN)]
    return [(title, url, url == here) for title, url in shown]
