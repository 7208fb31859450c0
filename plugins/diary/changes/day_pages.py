"""The day's list of changes: a page, and a sheet of paper to be hung up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.audit.record import Change, record
from core.database.engine import Database
from core.identity.sessions import school_today
from core.papers import Column, NewSheet, Paper, Part, Table, Words, as_pdf
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from core.web.i18n import current_locale, show_short_day
from core.web.i18n import gettext as _
from core.web.pages import Page, render
from plugins.diary.changes.day_list import ChangedLesson, changes_of_days
from plugins.diary.changes.hit_lessons import open_lessons
from plugins.diary.changes.notices import TIMETABLE_TOPIC
from plugins.diary.changes.tabs import CHANGES, tabs
from plugins.diary.lessons import TIMETABLE
from plugins.diary.school_days import SUNDAY, day_named
from plugins.diary.timetable import EDIT

LETTERS = 11
"""Points: the sheet is read from a step away."""


@get(CHANGES, guards=[needs(TIMETABLE)], sync_to_thread=True, include_in_schema=False)
def day_of_changes(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromQuery[str | None] = None,
) -> Page:
    """What differs from the timetable on a day; whoever changes the timetable sees what is still open too."""
    today = school_today(actor)
    asked = day_named(day) if day else today
    with database.reading(fresh=True) as db:
        lines = changes_of_days(db, actor.organization_id, asked, asked).get(asked, ())
        waiting = open_lessons(db, actor.organization_id, asked, asked) if actor.can(EDIT) else ()
    return render(
        request,
        "diary/changes/day.html",
        tabs=tabs(actor, CHANGES),
        day=asked,
        today=today,
        previous=neighbour(asked, -1),
        next=neighbour(asked, 1),
        lines=lines,
        waiting=waiting,
        may_change=actor.can(EDIT),
        topic=f"{TIMETABLE_TOPIC}:{actor.organization_id}",
    )


@get(CHANGES + "/pdf", guards=[needs(TIMETABLE)], sync_to_thread=True, include_in_schema=False)
def day_on_paper(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The list of a day as a sheet of paper."""
    asked = day_named(day) if day else school_today(actor)
    title = _("Изменения в расписании на %(day)s") % {"day": show_short_day(asked)}
    with database.transaction() as db:
        lines = changes_of_days(db, actor.organization_id, asked, asked).get(asked, ())
        record(
            db,
            actor,
            actor.organization_id,
            Change(
                action="core.list.export",
                subject_type="list",
                subject_id="diary.changes",
                after={"count": len(lines), "name": title},
            ),
        )
    paper = Paper(
        title=title,
        organization=actor.acting_role.organization_name,
        made_on=school_today(actor),
        language=current_locale.get(),
    )
    return download(as_pdf(paper, _parts(title, lines)), "pdf", title)


def _parts(title: str, lines: Sequence[ChangedLesson]) -> Iterator[Part]:
    yield NewSheet(title=title)
    if not lines:
        yield Words(text=_("Изменений нет: уроки идут по расписанию."), size=LETTERS)
        return
    yield Table(
        columns=[
            Column(title=_("Урок"), width=13),
            Column(title=_("Класс"), width=26, left=True, wraps=True, bold=True),
            Column(title=_("Предмет"), width=42, left=True, wraps=True),
            Column(title=_("Изменение"), left=True, wraps=True),
            Column(title=_("Кабинет"), width=24, left=True, wraps=True),
        ],
        rows=[
            [
                str(each.number),
                each.school_class,
                each.subject,
                ", ".join(part for part in (_(each.words), teacher_of(each), each.note) if part),
                "" if each.kind in ("cancelled", "moved_away") else each.room,
            ]
            for each in lines
        ],
        size=LETTERS,
    )


def teacher_of(line: ChangedLesson) -> str:
    """Who gives the lesson, where there is one."""
    return "" if line.kind in ("cancelled", "moved_away") else line.teacher


def neighbour(day: date, step: int) -> date:
    """The day before or after; Sundays are left out."""
    found = day + timedelta(days=step)
    return found + timedelta(days=step) if found.isoweekday() == SUNDAY else found


day_page_routes: list[Any] = [day_of_changes, day_on_paper]
