"""The page of how marks change over the year."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, render
from plugins.journal.access import VIEW
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file
from plugins.journal.reports.charts import MOST_LINES, draw_chart, draw_small
from plugins.journal.reports.dynamics import COMPARES, MEASURES, STEPS, Wanted, read_dynamics
from plugins.journal.reports.tables import dynamics_sheets, dynamics_title
from plugins.journal.reports.tabs import tabs
from plugins.journal.topics.forms import id_of


def _wanted(school_class: str, subject: str, pupil: str, step: str, measure: str, compare: str) -> Wanted:
    """What the address asks for; a pupil is chosen within a class, and another class has none of them."""
    return Wanted(
        class_name=school_class,
        subject_id=id_of(subject, "subject"),
        pupil_id=id_of(pupil, "pupil") if school_class else None,
        step=step or "week",
        measure=measure or "average",
        compare=compare,
    )


@get("/journal/reports/dynamics", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def dynamics(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    pupil: FromQuery[str] = "",
    step: FromQuery[str] = "",
    measure: FromQuery[str] = "",
    compare: FromQuery[str] = "",
) -> Page:
    """A chart and the same as a table."""
    wanted = _wanted(school_class, subject, pupil, step, measure, compare)
    with database.reading() as db:
        found, choices = read_dynamics(db, actor, wanted)
    filters = {
        "school_class": school_class,
        "subject": subject,
        "pupil": pupil if school_class else "",
        "step": wanted.step,
        "measure": wanted.measure,
        "compare": compare,
    }
    unit = " %" if found.measure == "quality" else ""
    return render(
        request,
        "journal/dynamics.html",
        found=found,
        choices=choices,
        wanted=wanted,
        filters=filters,
        query=urlencode({name: value for name, value in filters.items() if value}),
        title=dynamics_title(found, wanted, choices),
        chart=draw_chart(found, unit) if found.series else None,
        small=[draw_small(each, found.measure) for each in found.series],
        too_many=len(found.series) > MOST_LINES,
        steps=STEPS,
        measures=MEASURES,
        compares=COMPARES,
        tabs=tabs(actor, "/journal/reports/dynamics"),
    )


@given_out_at("/journal/reports/dynamics", VIEW)
def dynamics_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    pupil: FromQuery[str] = "",
    step: FromQuery[str] = "",
    measure: FromQuery[str] = "",
    compare: FromQuery[str] = "",
) -> Response[bytes]:
    """The table as a spreadsheet or a paper."""
    wanted = _wanted(school_class, subject, pupil, step, measure, compare)
    with database.transaction() as db:
        found, choices = read_dynamics(db, actor, wanted)
        title = dynamics_title(found, wanted, choices)
        sheets = dynamics_sheets(found, title)
        return list_file(db, actor, asked_for(request), "journal.dynamics", title, sheets, len(found.series))


dynamics_page_routes: list[Any] = [dynamics, *dynamics_file]
