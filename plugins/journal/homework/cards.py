"""A card of the home page: works that pupils have handed in and the teacher has not looked at."""

from __future__ import annotations

from core.contributions import CardContent, CardLine
from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import ngettext, show_short_day
from plugins.journal.homework.reviewing import waiting_works

SHOWN = 5


def works_to_review(db: Session, actor: Actor) -> CardContent | None:
    """Works that wait for the teacher, by lesson; nothing where none do."""
    waiting = waiting_works(db, actor, SHOWN)
    if not waiting:
        return None
    return CardContent(
        lines=[
            CardLine(
                text=", ".join(part for part in (each.title, each.subject) if part),
                note=_("%(day)s, %(works)s")
                % {
                    "day": show_short_day(each.day),
                    "works": ngettext("%(count)s работа", "%(count)s работ", each.count)
                    % {"count": each.count},
                },
                url=f"/journal/{each.page_id}/lessons/{each.lesson_id}/homework",
                tone="warning",
            )
            for each in waiting
        ],
        url="/journal",
        link_title=_("Все страницы журнала"),
    )
