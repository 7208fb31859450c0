"""One pupil in all subjects, for programs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import VIEW
from plugins.journal.api import separator
from plugins.journal.pupils.pupil_sheet import PupilSheet, read_pupil_sheet


@get(
    "/api/v1/journal/pupils/{pupil_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Ученик по всем предметам",
    description="Отметки и пропуски за учебный период в тех предметах, которые вам доступны.",
    responses=problems(404, 422),
)
def pupil_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: Annotated[str, QueryParameter(description="Номер учебного периода; без него – текущий.")] = "",
) -> PupilSheet:
    """A pupil's entries of a term."""
    with database.reading() as db:
        return read_pupil_sheet(db, actor, pupil_id, term, separator())


pupil_api_routes: list[Any] = [pupil_read]
