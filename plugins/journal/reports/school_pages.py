"""The page of the schools below an authority, in figures."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, render
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file
from plugins.journal.reports.school_figures import LEAST_PUPILS, SUMMARY
from plugins.journal.reports.schools import read_schools
from plugins.journal.reports.tables import school_sheets


@get("/journal/schools", guards=[needs(SUMMARY)], sync_to_thread=True, include_in_schema=False)
def schools(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: FromQuery[str] = "",
    authority: FromQuery[str] = "",
) -> Page:
    """Schools by figures, without names."""
    with database.reading() as db:
        found = read_schools(db, actor, period, authority)
    return render(
        request,
        "journal/schools.html",
        found=found,
        authority=authority,
        least=LEAST_PUPILS,
        query=request.url.query,
    )


@given_out_at("/journal/schools", SUMMARY)
def schools_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: FromQuery[str] = "",
    authority: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as a spreadsheet or a paper."""
    with database.transaction() as db:
        found = read_schools(db, actor, period, authority)
        title = _("Показатели школ")
        if found.period:
            title = f"{title}, {found.period.title}"
        sheets = school_sheets(found)
        return list_file(db, actor, asked_for(request), "journal.schools", title, sheets, len(found.lines))


school_page_routes: list[Any] = [schools, *schools_file]
