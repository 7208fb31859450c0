"""Cards of the home page and finds of the search box."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from core.contributions import CardContent, CardLine, SearchResult
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from core.web.i18n import ngettext
from plugins.diary.pupils import VIEW, DiaryPupil, circle, find_pupils
from plugins.diary.week import WeekDay, days_of_pupils

MOST_LINES = 5
NEWS_DAYS = 7


def _family(db: Session, actor: Actor) -> Sequence[DiaryPupil]:
    """Oneself or the own children; nobody for staff."""
    if (
        actor.role is None
        or actor.role.kind not in ("pupil", "guardian")
        or actor.reach(VIEW) is not Reach.OWN
    ):
        return ()
    today = school_today(actor)
    try:
        return circle(db, actor, None, today, today).pupils
    except NotFound:
        return ()


def today_and_tomorrow(db: Session, actor: Actor) -> CardContent | None:
    """What is to be done next: today's and the next school day's lessons and homework, for each child."""
    pupils = _family(db, actor)
    if not pupils:
        return None
    today = school_today(actor)
    lines: list[CardLine] = []
    of_all = days_of_pupils(db, actor, pupils, today, today + timedelta(days=4))
    for pupil in pupils:
        days = of_all.get(pupil.id, ())
        following = next((day for day in days[1:] if day.lines), None)
        for title, day in ((_("Сегодня"), days[0] if days else None), (_("Завтра"), following)):
            if day is None or not day.lines:
                continue
            if day is following and day.day != today + timedelta(days=1):
                title = _("Дальше")
            lines.append(
                CardLine(
                    text=f"{pupil.first_name}: {title.lower()}" if len(pupils) > 1 else title,
                    note=_summary(day),
                    url=f"/diary/{pupil.id}?day={day.day.isoformat()}",
                )
            )
    return CardContent(
        lines=lines[:MOST_LINES],
        empty=_("В ближайшие дни уроков нет."),
        url="/diary",
        link_title=_("Открыть дневник"),
    )


def _summary(day: WeekDay) -> str:
    """«6 уроков, 4 задания»."""
    lessons = sum(1 for line in day.lines if line.status != "cancelled")
    words = [ngettext("%(count)s урок", "%(count)s уроков", lessons) % {"count": lessons}]
    tasks = day.homework_count
    if tasks:
        words.append(ngettext("%(count)s задание", "%(count)s заданий", tasks) % {"count": tasks})
    return ", ".join(words)


def new_marks(db: Session, actor: Actor) -> CardContent | None:
    """The marks of the last seven days, the latest first, child by child."""
    pupils = _family(db, actor)
    if not pupils:
        return None
    today = school_today(actor)
    share = max(1, MOST_LINES // len(pupils))
    lines: list[CardLine] = []
    of_all = days_of_pupils(db, actor, pupils, today - timedelta(days=NEWS_DAYS - 1), today)
    for pupil in pupils:
        marked = [
            (day.day, line)
            for day in reversed(of_all.get(pupil.id, ()))
            for line in reversed(day.lines)
            if line.marks
        ]
        lines += [
            CardLine(
                text=f"{pupil.first_name}: {line.subject}" if len(pupils) > 1 else line.subject,
                note=line.marks_text,
                tone="danger" if any(mark.bad for mark in line.marks) else "",
                url=f"/diary/{pupil.id}?day={day.isoformat()}",
            )
            for day, line in marked[:share]
        ]
    return CardContent(
        lines=lines[:MOST_LINES],
        empty=_("За последнюю неделю отметок не было."),
        url="/diary",
        link_title=_("Все отметки недели"),
    )


def find(db: Session, actor: Actor, text: str, limit: int) -> Sequence[SearchResult]:
    """Pupils in the actor's scope, each leading to the diary."""
    return [
        SearchResult(
            title=pupil.full_name,
            subtitle=_("Дневник, %(class_name)s") % {"class_name": pupil.class_name},
            url=f"/diary/{pupil.id}",
            icon="diary",
        )
        for pupil in find_pupils(db, actor, text, limit)
    ]
