"""Praise and remarks in the drawer of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Conflict, Invalid
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page
from core.web.plain_forms import WishForm
from plugins.journal.access import MARK
from plugins.journal.grid.cell_pages import CELL, cell_changed, show_cell
from plugins.journal.remarks.models import REMARK
from plugins.journal.remarks.writing import add_remark, remove_remark

FORM = RequestEncodingType.URL_ENCODED


@dataclass
class RemarkForm:
    """Praise or a remark."""

    kind: str = REMARK
    text: str = ""


@post(CELL + "/remarks", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def remark_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Annotated[RemarkForm, Body(media_type=FORM)],
) -> Page:
    """Write praise or a remark; the form comes back with what is wrong."""
    try:
        with database.transaction() as db:
            add_remark(db, actor, page_id, lesson_id, pupil_id, data.kind, data.text)
    except (Invalid, Conflict) as error:
        return show_cell(
            request, actor, database, page_id, lesson_id, pupil_id, error=error, remark=(data.kind, data.text)
        )
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


@post(
    CELL + "/remarks/{remark_id:uuid}/remove",
    guards=[needs(MARK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def remark_remove(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    remark_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take praise or a remark back."""
    with database.transaction() as db:
        remove_remark(db, actor, page_id, remark_id)
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


remark_page_routes: list[Any] = [remark_save, remark_remove]
