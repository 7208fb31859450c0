"""The page of one pupil in all subjects."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, render
from plugins.journal.access import VIEW
from plugins.journal.api import separator
from plugins.journal.pupils.pupil_sheet import read_pupil_sheet


@get("/journal/pupils/{pupil_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def pupil(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: FromQuery[str] = "",
) -> Page:
    """A pupil's marks and absences of a term in all subjects that the visitor may see."""
    with database.reading() as db:
        sheet = read_pupil_sheet(db, actor, pupil_id, term, separator())
    return render(request, "journal/pupil.html", sheet=sheet)


pupil_page_routes: list[Any] = [pupil]
