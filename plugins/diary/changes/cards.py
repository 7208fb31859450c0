"""Cards of the home page: the school's day for the head, open lessons for the deputy, a teacher's own substitutions."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from core.contributions import CardContent, CardLine
from core.database.session import Session
from core.hooks import Card
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy, ngettext, show_short_day
from plugins.diary.changes.day_list import changes_of_days
from plugins.diary.changes.hit_lessons import open_lessons
from plugins.diary.changes.tabs import ABSENCES, CHANGES
from plugins.diary.lessons import TIMETABLE
from plugins.diary.timetable import EDIT

MOST_LINES = 5
OWN_DAYS = timedelta(days=7)


def school_day(db: Session, actor: Actor) -> CardContent | None:
    """For the head: how many lessons of today are given otherwise, and how many nobody gives yet."""
    if actor.role is None or actor.role.kind != "head":
        return None
    today = school_today(actor)
    counted = Counter(
        each.kind
        for each in changes_of_days(db, actor.organization_id, today, today).get(today, ())
        if each.kind != "room"
    )
    waiting = len(open_lessons(db, actor.organization_id, today, today))
    replaced = counted["substituted"] + counted["merged"]
    lines: list[CardLine] = []
    if waiting:
        text = ngettext("%(count)s открытый урок", "%(count)s открытых уроков", waiting) % {"count": waiting}
        lines.append(CardLine(text=text, note=_("учителя нет"), tone="danger", url=CHANGES))
    moved, cancelled = counted["moved_here"], counted["cancelled"]
    for count, text in (
        (replaced, ngettext("%(count)s замена", "%(count)s замен", replaced)),
        (moved, ngettext("%(count)s перенесённый урок", "%(count)s перенесённых уроков", moved)),
        (cancelled, ngettext("%(count)s отменённый урок", "%(count)s отменённых уроков", cancelled)),
    ):
        if count:
            lines.append(CardLine(text=text % {"count": count}, url=CHANGES))
    return CardContent(
        lines=lines,
        empty=_("Сегодня уроки идут по расписанию."),
        url=CHANGES,
        link_title=_("Изменения в расписании"),
    )


def lessons_to_solve(db: Session, actor: Actor) -> CardContent | None:
    """For who changes the timetable: lessons of today and tomorrow whose teachers are away and nobody stands in."""
    if actor.role is None:
        return None
    today = school_today(actor)
    waiting = open_lessons(db, actor.organization_id, today, today + timedelta(days=1))
    lines = [
        CardLine(
            text=_("%(number)s-й урок, %(where)s, %(subject)s")
            % {"number": each.number_now, "where": each.school_class, "subject": each.subject},
            note=_near(each.day_now, today),
            tone="warning",
            url=f"/timetable/lessons/{each.id}",
        )
        for each in waiting[:MOST_LINES]
    ]
    return CardContent(
        lines=lines,
        empty=_("На сегодня и завтра всё решено."),
        url=ABSENCES,
        link_title=_("Кто отсутствует"),
    )


def own_substitutions(db: Session, actor: Actor) -> CardContent | None:
    """For a teacher: what is to be given for others in the next days, and what of one's own is given otherwise."""
    if actor.role is None or actor.role.kind != "teacher" or actor.person_id is None:
        return None
    today = school_today(actor)
    days = changes_of_days(db, actor.organization_id, today, today + OWN_DAYS)
    lines = [
        CardLine(
            text=_("%(number)s-й урок, %(where)s, %(subject)s")
            % {"number": each.number, "where": each.school_class, "subject": each.subject},
            note=f"{_near(day, today)} · {_(each.words)}",
            url=f"/timetable?teacher={actor.person_id}&day={day.isoformat()}",
        )
        for day, changed in sorted(days.items())
        for each in changed
        if actor.person_id == each.teacher_id
    ]
    if not lines:
        return None
    return CardContent(lines=lines[:MOST_LINES], url=CHANGES, link_title=_("Все изменения"))


def _near(day: date, today: date) -> str:
    if day == today:
        return _("сегодня")
    return _("завтра") if day == today + timedelta(days=1) else show_short_day(day)


CARDS = (
    Card(
        name="diary.changes.school",
        title=lazy("Сегодня в школе"),
        icon="timetable",
        permission=TIMETABLE,
        content=school_day,
        order=15,
    ),
    Card(
        name="diary.changes.open",
        title=lazy("Открытые уроки"),
        icon="timetable",
        permission=EDIT,
        content=lessons_to_solve,
        order=12,
    ),
    Card(
        name="diary.changes.own",
        title=lazy("Ваши замены"),
        icon="timetable",
        permission=TIMETABLE,
        content=own_substitutions,
        order=12,
    ),
)
