"""Pages of attendance: the day of a class, the sheet of absentees, statistics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Invalid, NotFound
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from plugins.journal.access import ATTEND, EXPLAIN, SHEET, VIEW, own_class
from plugins.journal.attendance.absence_pages import absence_page_routes
from plugins.journal.attendance.absent import absent_sheet
from plugins.journal.attendance.class_day import read_class_day
from plugins.journal.attendance.noting import call_roll, set_day
from plugins.journal.attendance.reach import absent_codes, day_classes
from plugins.journal.attendance.recoding_pages import recoding_page_routes
from plugins.journal.attendance.statistics import count_attendance, terms_of, unexplained
from plugins.journal.attendance.tables import (
    absent_sheets,
    absent_title,
    day_sheets,
    day_title,
    statistics_sheets,
    statistics_title,
)
from plugins.journal.attendance.tabs import tabs
from plugins.journal.lessons.pages import day_of
from plugins.journal.papers.giving_out import SUFFIXES, list_file
from plugins.journal.settings import settings_of

FORM = RequestEncodingType.URL_ENCODED
MONTH = timedelta(days=30)


@dataclass
class WholeDayForm:
    """Who is absent the whole day, and why; an empty code takes the notes back."""

    pupil: UUID
    code: str = ""


@dataclass
class RollForm:
    """Whether the roll of a lesson has been called; the day to come back to."""

    day: str = ""
    step: str = "done"


@get("/journal/days", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def days(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The classes whose day one may open; a class teacher comes to the own one at once."""
    mine = own_class(actor)
    if mine is not None:
        return redirect(f"/journal/classes/{mine}/days/today")
    today = school_today(actor)
    with database.reading() as db:
        classes = day_classes(db, actor, today)
    return render(
        request, "journal/days.html", classes=classes, today=today, tabs=tabs(actor, "/journal/days")
    )


@get(
    "/journal/classes/{class_id:uuid}/days/{day:str}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def class_day(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    day: FromPath[str],
    file: FromQuery[str] = "",
) -> Response[Any]:
    """A class's day: pupils by lessons; `file` as elsewhere. `today` leads to the day's own address."""
    if day == "today":
        return redirect(f"/journal/classes/{class_id}/days/{school_today(actor)}")
    shown = _day_in_address(day)
    if file in SUFFIXES:
        with database.transaction() as db:
            found = read_class_day(db, actor, class_id, shown)
            sheets, count = day_sheets(found), len(found.pupils)
            return list_file(db, actor, file, "journal.class_day", day_title(found), sheets, count)
    with database.reading() as db:
        found = read_class_day(db, actor, class_id, shown)
        settings = settings_of(db, actor)
    return render(
        request,
        "journal/class_day.html",
        found=found,
        today=school_today(actor),
        codes=list(settings.codes.values()),
        codes_for_script=[
            {
                "code": code.code,
                "title": code.shown_title,
                "late": code.category == "late",
                "absent": code.absent,
            }
            for code in settings.codes.values()
        ],
        absent=absent_codes(settings),
        titles=defaultdict(str, {code.code: code.shown_title for code in settings.codes.values()}),
        may_explain=actor.can(EXPLAIN),
        organization_id=actor.organization_id,
        tabs=tabs(actor, "/journal/days"),
    )


def _day_in_address(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("Такого дня нет.", advice="Выберите день на странице класса.") from None


@post(
    "/journal/classes/{class_id:uuid}/days/{day:str}",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    include_in_schema=False,
)
def whole_day(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    day: FromPath[str],
    data: Annotated[WholeDayForm, Body(media_type=FORM)],
) -> Page:
    """Note a pupil as absent the whole day."""
    shown = _day_in_address(day)
    with database.transaction() as db:
        set_day(db, actor, data.pupil, shown, data.code)
    return redirect(f"/journal/classes/{class_id}/days/{shown}#p{data.pupil.hex}")


@post(
    "/journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    include_in_schema=False,
)
def roll_call(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[RollForm, Body(media_type=FORM)],
) -> Page:
    """Say that the roll of a lesson has been called, or take it back."""
    with database.transaction() as db:
        call_roll(db, actor, class_id, lesson_id, done=data.step == "done")
    return redirect(f"/journal/classes/{class_id}/days/{data.day or 'today'}")


@get("/journal/absent", guards=[needs(SHEET)], sync_to_thread=True, include_in_schema=False)
def absent(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: FromQuery[str] = "",
    file: FromQuery[str] = "",
) -> Response[Any]:
    """Who is absent on a day, class by class; with `file=xlsx` or `file=pdf` as a file."""
    shown = day_of(day) if day else school_today(actor)
    if file in SUFFIXES:
        with database.transaction() as db:
            sheet = absent_sheet(db, actor, shown)
            sheets, count = absent_sheets(sheet), len(sheet.classes)
            return list_file(db, actor, file, "journal.absent", absent_title(sheet), sheets, count)
    with database.reading() as db:
        sheet = absent_sheet(db, actor, shown)
    return render(
        request,
        "journal/absent.html",
        sheet=sheet,
        day=shown,
        today=school_today(actor),
        organization_id=actor.organization_id,
        may_open_days=actor.can(VIEW),
        tabs=tabs(actor, "/journal/absent"),
    )


@get("/journal/attendance", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def statistics(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    school_class: FromQuery[str] = "",
    file: FromQuery[str] = "",
) -> Response[Any]:
    """Attendance counted for a period, the present term at first; with `file=xlsx` or `file=pdf` as a file."""
    today = school_today(actor)
    with database.transaction() if file in SUFFIXES else database.reading() as db:
        terms = terms_of(db, actor, today)
        present = next((term for term in terms if term.first <= today <= term.last), None)
        begins = day_of(first) if first else present.first if present else today - MONTH
        ends = day_of(last) if last else min(present.last, today) if present else today
        found = count_attendance(db, actor, begins, ends, _class_id(school_class))
        without = unexplained(db, actor, begins, ends, _class_id(school_class))
        if file in SUFFIXES:
            sheets, count = statistics_sheets(found, without), len(found.classes)
            return list_file(db, actor, file, "journal.attendance", statistics_title(found), sheets, count)
    return render(
        request,
        "journal/statistics.html",
        found=found,
        without=without,
        terms=terms,
        today=today,
        school_class=school_class,
        one=found.classes[0] if len(found.classes) == 1 else None,
        may_explain=actor.can(EXPLAIN),
        tabs=tabs(actor, "/journal/attendance"),
    )


def _class_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("Такого класса нет."), advice=_("Выберите класс из списка.")) from None


attendance_page_routes: list[Any] = [
    days,
    class_day,
    whole_day,
    roll_call,
    absent,
    statistics,
    *recoding_page_routes,
    *absence_page_routes,
]
