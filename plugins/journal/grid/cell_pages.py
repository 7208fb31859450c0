"""A cell in the drawer of a journal page: what stands there, comments, the history. Without scripts, a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect
from core.web.plain_forms import faults
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.criteria.points import points_in_cell
from plugins.journal.exemptions.listed import exemptions_on
from plugins.journal.grid.cells import set_cell
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.history import cell_card, set_comment
from plugins.journal.grid.restoring import restore_cell
from plugins.journal.lessons.lessons import read_lesson
from plugins.journal.lessons.pages import RestoreForm, part_or_page, wants_part
from plugins.journal.remarks.models import REMARK
from plugins.journal.remarks.writing import read_remarks

FORM = RequestEncodingType.URL_ENCODED
CELL = "/journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}"


@dataclass
class CellForm:
    """What is to stand in the cell, and what stood there when the form was shown."""

    value: str = ""
    was: str = ""


@dataclass
class CommentForm:
    """A comment to a mark."""

    comment: str = ""


@get(CELL, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def cell(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
) -> Page:
    """A cell: marks with their comments, and the history."""
    return show_cell(request, actor, database, page_id, lesson_id, pupil_id)


def show_cell(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    *,
    saved: bool = False,
    error: PortalError | None = None,
    typed: str | None = None,
    remark: tuple[str, str] = (REMARK, ""),
    points: Mapping[str, str] | None = None,
) -> Page:
    """The cell, with what is wrong and what was typed."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        card = cell_card(db, actor, page, lesson_id, pupil_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        pupils = read_pupils(db, page, lesson.day, lesson.day)
        exempt = exemptions_on(db, page, lesson.day, lesson.day, pupil_id)
        remarks = read_remarks(db, page, lesson_id=lesson_id, pupil_id=pupil_id)
        given, proposed = points_in_cell(db, page, lesson_id, pupil_id)
    return part_or_page(
        request,
        "journal/cell_part.html",
        "journal/cell.html",
        page=page,
        lesson=lesson,
        cell=card,
        pupil=next((each.name for each in pupils if each.id == pupil_id), ""),
        typed=card.text if typed is None else typed,
        exempt=exempt[0] if exempt else None,
        remarks=remarks,
        remark=remark,
        points=[
            (each, (points or {}).get(f"points:{each.id}", "" if number is None else str(number)))
            for each, number in given
        ],
        proposed=proposed,
        saved=saved,
        **faults(error),
    )


def cell_changed(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
) -> Page:
    """The cell after a change: in the drawer, or alone on its page."""
    if not wants_part(request):
        return redirect(f"/journal/{page_id}/cells/{lesson_id}/{pupil_id}")
    return show_cell(request, actor, database, page_id, lesson_id, pupil_id, saved=True)


@post(CELL, guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def cell_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Annotated[CellForm, Body(media_type=FORM)],
) -> Page:
    """Write the cell as it was typed; the form comes back with what is wrong."""
    try:
        with database.transaction() as db:
            set_cell(db, actor, page_id, lesson_id, pupil_id, data.value, was=data.was)
    except (Invalid, Conflict) as error:
        return show_cell(
            request, actor, database, page_id, lesson_id, pupil_id, error=error, typed=data.value[:100]
        )
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


@post(CELL + "/restore", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def cell_restored(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Annotated[RestoreForm, Body(media_type=FORM)],
) -> Page:
    """Take a change of the cell back."""
    try:
        with database.transaction() as db:
            restore_cell(db, actor, page_id, lesson_id, pupil_id, data.record)
    except (Invalid, Conflict) as error:
        return show_cell(request, actor, database, page_id, lesson_id, pupil_id, error=error)
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


@post(CELL + "/marks/{mark_id:uuid}", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def comment_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    mark_id: FromPath[UUID],
    data: Annotated[CommentForm, Body(media_type=FORM)],
) -> Page:
    """Save a comment to a mark."""
    try:
        with database.transaction() as db:
            set_comment(db, actor, page_id, mark_id, data.comment)
    except (Invalid, Conflict) as error:
        return show_cell(request, actor, database, page_id, lesson_id, pupil_id, error=error)
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


cell_page_routes: list[Any] = [cell, cell_save, cell_restored, comment_save]
