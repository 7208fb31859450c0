"""Pages of the reports by class and by subject."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from plugins.journal.access import VIEW, own_class
from plugins.journal.attendance.reach import classes_of
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file
from plugins.journal.reports.class_report import report_class
from plugins.journal.reports.control_pages import control_page_routes
from plugins.journal.reports.dynamics_pages import dynamics_page_routes
from plugins.journal.reports.school_pages import school_page_routes
from plugins.journal.reports.subject_report import report_subjects
from plugins.journal.reports.tables import (
    class_sheets,
    class_title,
    subject_sheets,
    values_of,
)
from plugins.journal.reports.tabs import sees_classes, tabs
from plugins.journal.topics.forms import id_of


@get("/journal/reports", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def reports(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Classes to choose from; a class teacher comes to the own one at once, a teacher to the own subjects."""
    if not sees_classes(actor):
        return redirect("/journal/reports/subjects")
    mine = own_class(actor)
    if mine is not None:
        return redirect(f"/journal/reports/classes/{mine}")
    with database.reading() as db:
        classes = classes_of(db, actor, VIEW, school_today(actor))
    return render(request, "journal/reports.html", classes=classes, tabs=tabs(actor, "/journal/reports"))


@get(
    "/journal/reports/classes/{class_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def class_report(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: FromQuery[str] = "",
    preliminary: FromQuery[str] = "",
) -> Page:
    """The report of a class."""
    with database.reading(fresh=True) as db:
        report = report_class(db, actor, class_id, column, preliminary=bool(preliminary))
    return render(
        request,
        "journal/class_report.html",
        report=report,
        title=class_title(report),
        values=values_of(*(subject.marks for subject in report.subjects)),
        tabs=tabs(actor, "/journal/reports"),
        may_choose=own_class(actor) is None,
        query=f"column={report.column.name}" + ("&preliminary=yes" if report.preliminary else ""),
    )


@given_out_at("/journal/reports/classes/{class_id:uuid}", VIEW)
def class_report_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: FromQuery[str] = "",
    preliminary: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as a spreadsheet or a paper."""
    with database.transaction() as db:
        report = report_class(db, actor, class_id, column, preliminary=bool(preliminary))
        sheets = class_sheets(report)
        title = class_title(report)
        return list_file(db, actor, asked_for(request), "journal.class_report", title, sheets, report.pupils)


@get("/journal/reports/subjects", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def subject_report(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: FromQuery[str] = "",
    teacher: FromQuery[str] = "",
) -> Page:
    """The pages in reach, or one teacher's."""
    with database.reading() as db:
        report = report_subjects(db, actor, period, id_of(teacher, "teacher"))
    return render(
        request,
        "journal/subject_report.html",
        report=report,
        values=values_of(report.marks),
        teacher=teacher,
        query=request.url.query,
        tabs=tabs(actor, "/journal/reports/subjects"),
    )


@given_out_at("/journal/reports/subjects", VIEW)
def subject_report_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: FromQuery[str] = "",
    teacher: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as a spreadsheet or a paper."""
    with database.transaction() as db:
        report = report_subjects(db, actor, period, id_of(teacher, "teacher"))
        title = _("Отчёт по предметам")
        if report.period:
            title = f"{title}, {report.period.title}"
        sheets = subject_sheets(report)
        return list_file(
            db, actor, asked_for(request), "journal.subject_report", title, sheets, len(report.lines)
        )


report_page_routes: list[Any] = [
    reports,
    class_report,
    *class_report_file,
    subject_report,
    *subject_report_file,
    *dynamics_page_routes,
    *control_page_routes,
    *school_page_routes,
]
