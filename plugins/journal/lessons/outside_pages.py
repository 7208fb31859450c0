"""Forms of columns outside of lessons: adding one, taking one away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect
from core.web.plain_forms import faults
from plugins.journal.access import EDIT, open_page
from plugins.journal.lessons.lessons import read_lesson
from plugins.journal.lessons.outside import LONGEST_TITLE, add_column, marks_in, remove_column
from plugins.journal.lessons.pages import day_of, part_or_page

FORM = RequestEncodingType.URL_ENCODED
NEW = "/journal/{page_id:uuid}/columns/new"
REMOVE = "/journal/{page_id:uuid}/columns/{lesson_id:uuid}/remove"


@dataclass
class ColumnForm:
    """A column outside of lessons."""

    day: str = ""
    title: str = ""
    control_kind: str = ""


@dataclass
class RemoveForm:
    """Whether the marks of the column may go with it."""

    with_marks: str = ""


@get(NEW, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def column_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
) -> Page:
    """The form of a new column."""
    return _form(request, actor, database, page_id, ColumnForm(day=school_today(actor).isoformat()))


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    typed: ColumnForm,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
    return part_or_page(
        request,
        "journal/new_column_part.html",
        "journal/new_column.html",
        page=page,
        typed=typed,
        longest=LONGEST_TITLE,
        kinds=[(kind.code, kind.shown_title) for kind in page.settings.kinds.values()],
        **faults(error),
    )


@post(NEW, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def column_added(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Annotated[ColumnForm, Body(media_type=FORM)],
) -> Page:
    """Add the column; the form comes back with its errors."""
    try:
        day = day_of(data.day)
        with database.transaction() as db:
            add_column(db, actor, page_id, day, data.title, data.control_kind)
            page = open_page(db, actor, page_id)
    except (Invalid, Conflict) as error:
        return _form(request, actor, database, page_id, data, error)
    term = page.term_on(day)
    return redirect(f"/journal/{page_id}" + (f"?term={term.number}" if term else ""))


@get(REMOVE, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def column_to_remove(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Page:
    """What will go with the column."""
    return _asked(request, actor, database, page_id, lesson_id)


def _asked(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        marks = marks_in(db, lesson_id)
    return part_or_page(
        request,
        "journal/remove_column_part.html",
        "journal/remove_column.html",
        status=error.status if error else 200,
        page=page,
        lesson=lesson,
        marks=marks,
        message=f"{error.message} {error.advice}" if error else "",
    )


@post(REMOVE, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def column_removed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[RemoveForm, Body(media_type=FORM)],
) -> Page:
    """Take the column away; if marks have come meanwhile, the question is asked anew."""
    try:
        with database.transaction() as db:
            remove_column(db, actor, page_id, lesson_id, with_marks=data.with_marks == "true")
    except Conflict as error:
        return _asked(request, actor, database, page_id, lesson_id, error)
    return redirect(f"/journal/{page_id}")


column_page_routes: list[Any] = [column_form, column_added, column_to_remove, column_removed]
