"""A school given out whole, for programs: its year as a OneRoster set."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from core.api.files import given_out, gives_out
from core.api.lists import problems
from core.database.engine import Database
from core.exchange.oneroster_export import export_oneroster, year_begun_by
from core.exchange.run import PERMISSION
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs


@get(
    "/api/v1/organizations/{organization_id:uuid}/oneroster",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    tags=["imports"],
    summary="Школа в OneRoster",
    description=(
        "Учебный год школы набором OneRoster 1.1 CSV: классы, предметы, люди, кто кого учит. Кто и когда его забрал, "
        "остаётся в истории. 404 – у школы нет такого года."
    ),
    responses={**gives_out(description="Архив zip.", media_type="application/zip"), **problems(404, 422)},
)
def export_school(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    year: Annotated[
        int | None,
        QueryParameter(
            ge=2000, le=2100, description="Год, в котором учебный год начался; без него – нынешний."
        ),
    ] = None,
) -> Response[bytes]:
    """A school's year as a OneRoster set."""
    today = school_today(actor)
    with database.transaction() as db:
        content = export_oneroster(db, actor, organization_id, year or year_begun_by(today), today)
    return given_out(content, f"oneroster-{today}.zip", "application/zip")


export_api: list[Any] = [export_school]
