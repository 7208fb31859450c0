"""Sheets, pages and pupils of the journal as files: papers to be printed and spreadsheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.database.engine import Database
from core.database.session import Session
from core.exchange.report_table import as_xlsx
from core.papers import as_pdf
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from plugins.journal.access import VIEW, VIEW_OWN
from plugins.journal.papers.class_tables import behaviour_table, points_table
from plugins.journal.papers.giving_out import asked_for, given_out_at, note_given_out
from plugins.journal.papers.reading import (
    Given,
    GivenTable,
    class_sheet_paper,
    class_sheet_table,
    page_paper,
    page_table,
    pupil_given,
    pupil_table,
    term_marks_table,
)
from plugins.journal.papers.report_cards import report_card


def as_file(
    database: Database, actor: Actor, read: Callable[[Session], Given | GivenTable]
) -> Response[bytes]:
    """A paper or a spreadsheet to be saved; drawn before the record is written, which locks the database."""
    with database.reading(fresh=True) as db:
        given = read(db)
        title = given.paper.title if isinstance(given, Given) else given.title
        drawn = (
            download(as_pdf(given.paper, given.parts), "pdf", title)
            if isinstance(given, Given)
            else download(as_xlsx(given.sheets), "xlsx", title)
        )
    with database.transaction() as db:
        note_given_out(db, actor, given.list_name, title, given.count)
    return drawn


@given_out_at("/journal/classes/{class_id:uuid}/term-marks", VIEW)
def class_sheet_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: FromQuery[str] = "",
) -> Response[bytes]:
    """The summary sheet of a class; with `column=all` that of the year."""
    read = class_sheet_paper if asked_for(request) == "pdf" else class_sheet_table
    return as_file(database, actor, lambda db: read(db, actor, class_id, column))


@given_out_at("/journal/{page_id:uuid}", VIEW)
def page_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    term: FromQuery[str] = "",
) -> Response[bytes]:
    """A page of the journal in a term; with `term=all` in the year."""
    read = page_paper if asked_for(request) == "pdf" else page_table
    return as_file(database, actor, lambda db: read(db, actor, page_id, term))


@given_out_at("/journal/{page_id:uuid}/term-marks", VIEW, ("xlsx",))
def term_marks_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> Response[bytes]:
    """The term marks of a page."""
    return as_file(database, actor, lambda db: term_marks_table(db, actor, page_id))


@given_out_at("/journal/classes/{class_id:uuid}/behaviour", VIEW, ("xlsx",))
def behaviour_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], class_id: FromPath[UUID]
) -> Response[bytes]:
    """Behaviour of a class."""
    return as_file(database, actor, lambda db: behaviour_table(db, actor, class_id))


@given_out_at("/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria", VIEW, ("xlsx",))
def points_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Response[bytes]:
    """The points of a work by its criteria."""
    return as_file(database, actor, lambda db: points_table(db, actor, page_id, lesson_id))


@get(
    "/journal/report-cards/{pupil_id:uuid}",
    guards=[needs(VIEW_OWN)],
    sync_to_thread=True,
    include_in_schema=False,
)
def report_card_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: FromQuery[str] = "",
) -> Response[bytes]:
    """The report card of an own child, or the own one."""
    return as_file(database, actor, lambda db: report_card(db, actor, pupil_id, term))


@given_out_at("/journal/pupils/{pupil_id:uuid}", VIEW)
def pupil_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: FromQuery[str] = "",
) -> Response[bytes]:
    """The sheet of a pupil."""
    read = pupil_given if asked_for(request) == "pdf" else pupil_table
    return as_file(database, actor, lambda db: read(db, actor, pupil_id, term))


paper_page_routes: list[Any] = [
    *class_sheet_file,
    *page_file,
    *term_marks_file,
    *behaviour_file,
    *points_file,
    report_card_file,
    *pupil_file,
]
