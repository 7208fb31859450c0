"""Cards of the home page: who is absent today, what families have announced."""

from __future__ import annotations

from core.contributions import CardContent, CardLine
from core.database.session import Session
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import ngettext
from plugins.journal.attendance.absent import absent_sheet
from plugins.journal.attendance.announcing import days_words
from plugins.journal.attendance.deciding import school_absences

SHOWN = 5


def absent_today(db: Session, actor: Actor) -> CardContent | None:
    """Pupils absent today: for whoever answers for the school or for a class."""
    if actor.role is None:
        return None
    sheet = absent_sheet(db, actor, school_today(actor))
    absentees = [(one, each.name) for each in sheet.classes for one in each.absentees]
    lines = [
        CardLine(
            text=f"{one.name}, {class_name}",
            note=ngettext("%(count)s урок", "%(count)s уроков", one.lessons) % {"count": one.lessons},
        )
        for one, class_name in absentees[: SHOWN if len(absentees) <= SHOWN else SHOWN - 1]
    ]
    if len(absentees) > SHOWN:
        rest = len(absentees) - len(lines)
        lines.append(CardLine(text=_("и ещё %s") % rest, url="/journal/absent"))
    return CardContent(
        lines=lines,
        empty=_("По записям в журнале сегодня никто не пропускал уроков.")
        if sheet.noted
        else _("Пропуски сегодня ещё не отмечены."),
        url="/journal/absent" if sheet.classes else "",
        link_title=_("Весь список"),
    )


def announced_absences(db: Session, actor: Actor) -> CardContent | None:
    """What families have announced and nobody has answered; nothing where nothing waits."""
    if actor.role is None:
        return None
    waiting = school_absences(db, actor, waiting=True)
    if not waiting:
        return None
    return CardContent(
        lines=[
            CardLine(
                text=", ".join(part for part in (each.pupil_name, each.class_name) if part),
                note=f"{days_words(each)}, {each.reason}",
                url=f"/journal/absences#a{each.id.hex}",
                tone="warning",
            )
            for each in waiting[:SHOWN]
        ],
        url="/journal/absences",
        link_title=_("Ответить семьям"),
    )
