"""The page of what is not filled in, and the reminder to a teacher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery

from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.pages import Page, redirect, render
from plugins.journal.access import VIEW
from plugins.journal.attendance.statistics import TermDays, terms_of
from plugins.journal.lessons.pages import day_of
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file
from plugins.journal.reports.finding import days_asked, find_remarks
from plugins.journal.reports.remarks import KINDS, Asked, count_remarks, counts_of
from plugins.journal.reports.reminding import REMIND, remind_teacher, reminded_today
from plugins.journal.reports.tables import control_sheets
from plugins.journal.reports.tabs import tabs
from plugins.journal.settings import settings_of
from plugins.journal.topics.forms import id_of

FORM = RequestEncodingType.URL_ENCODED
MOST_SHOWN = 500
"""Remarks of one page are listed up to here; a file has them all."""


@dataclass
class RemindForm:
    """Whom to remind of which days, and the filters to come back to."""

    teacher: str
    first: str
    last: str
    of_teacher: str = ""
    school_class: str = ""
    kind: str = ""
    page: str = ""

    @property
    def back(self) -> str:
        """The filters as the page's address has them."""
        filters = {
            "first": self.first,
            "last": self.last,
            "teacher": self.of_teacher,
            "school_class": self.school_class,
            "kind": self.kind,
            "page": self.page,
            "done": "reminded",
        }
        return urlencode({name: value for name, value in filters.items() if value})


@get("/journal/reports/control", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def control(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    teacher: FromQuery[str] = "",
    school_class: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    page: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Page:
    """Counts by teacher and page; with `page` every remark of that page, each leading to its lesson."""
    with database.reading(fresh=True) as db:
        terms = terms_of(db, actor, school_today(actor))
        days = _days(actor, terms, first, last)
        everything = find_remarks(db, actor, Asked(first=days[0], last=days[1]))
        asked = _asked(days, teacher, school_class, kind, page)
        remarks = [each for each in everything if asked.about(each)]
        reminded: set[UUID] = set()
        if actor.can(REMIND):
            teachers = {each.teacher_id for each in remarks if each.teacher_id}
            reminded = reminded_today(db, actor, teachers)
        settings = settings_of(db, actor)
    filters = {
        "first": str(days[0]),
        "last": str(days[1]),
        "teacher": teacher,
        "school_class": school_class,
        "kind": kind,
        "page": page,
    }
    return render(
        request,
        "journal/control.html",
        asked=asked,
        remarks=remarks if asked.page_id else [],
        most_shown=MOST_SHOWN,
        lines=count_remarks(remarks),
        totals=counts_of(remarks),
        any_remarks=bool(everything),
        kinds=KINDS,
        terms=terms,
        today=school_today(actor),
        teachers=sorted(
            {(str(each.teacher_id), each.teacher) for each in everything if each.teacher_id},
            key=lambda it: it[1],
        ),
        classes=list(dict.fromkeys(each.class_name for each in everything if each.class_name)),
        filters=filters,
        query=urlencode({name: value for name, value in filters.items() if value}),
        may_remind=actor.can(REMIND),
        reminded=reminded,
        done=done == "reminded",
        settings=settings,
        tabs=tabs(actor, "/journal/reports/control"),
    )


def _days(actor: Actor, terms: list[TermDays], first: str, last: str) -> tuple[date, date]:
    return days_asked(actor, terms, day_of(first) if first else None, day_of(last) if last else None)


def _asked(days: tuple[date, date], teacher: str, school_class: str, kind: str, page: str) -> Asked:
    return Asked(
        first=days[0],
        last=days[1],
        teacher_id=id_of(teacher, "teacher"),
        class_name=school_class,
        kind=kind,
        page_id=id_of(page, "page"),
    )


@given_out_at("/journal/reports/control", VIEW)
def control_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    teacher: FromQuery[str] = "",
    school_class: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    page: FromQuery[str] = "",
) -> Response[bytes]:
    """Every remark as a spreadsheet or a paper."""
    with database.transaction() as db:
        days = _days(actor, terms_of(db, actor, school_today(actor)), first, last)
        remarks = find_remarks(db, actor, _asked(days, teacher, school_class, kind, page))
        title = _("Контроль журнала %(first)s – %(last)s") % {
            "first": show_short_day(days[0]),
            "last": show_short_day(days[1]),
        }
        sheets = control_sheets(remarks)
        return list_file(db, actor, asked_for(request), "journal.control", title, sheets, len(remarks))


@post(
    "/journal/reports/control/remind",
    guards=[needs(REMIND)],
    sync_to_thread=True,
    include_in_schema=False,
)
def remind(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[RemindForm, Body(media_type=FORM)],
) -> Page:
    """Remind a teacher and come back to the same filters."""
    asked = Asked(first=day_of(data.first), last=day_of(data.last), teacher_id=id_of(data.teacher, "teacher"))
    with database.transaction() as db:
        remind_teacher(db, actor, asked)
    return redirect(f"/journal/reports/control?{data.back}")


control_page_routes: list[Any] = [control, *control_file, remind]
