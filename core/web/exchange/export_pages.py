"""Data given out as files: a OneRoster set, tables of plugins."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.contributions import Exporter
from core.database.engine import Database
from core.errors import NotFound
from core.exchange.oneroster_export import export_oneroster, year_begun_by
from core.exchange.report_table import as_csv, as_xlsx
from core.exchange.run import PERMISSION
from core.identity.sessions import school_today
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exporters_for(portal: Portal, actor: Actor) -> list[Exporter]:
    """What plugins give out to the actor where they are on."""
    return [
        exporter
        for plugin, exporter in portal.plugins.each("exporters")
        if actor.can(exporter.permission)
        and (actor.role is None or portal.switches.is_on(plugin.name, actor.role.organization_path))
    ]


def download(content: bytes, suffix: str, name: str) -> Response[bytes]:
    """An answer that the browser keeps as a file."""
    return Response(
        content,
        media_type={"xlsx": XLSX, "zip": "application/zip", "pdf": "application/pdf"}.get(
            suffix, "text/csv; charset=utf-8"
        ),
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.{suffix}"},
    )


@get("/export/oneroster/zip", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def export_set(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Response[bytes]:
    """The school's present year as a OneRoster set; `?organization_id=` for those above schools."""
    try:
        organization_id = UUID(request.query_params.get("organization_id", "") or str(actor.organization_id))
    except ValueError:
        raise NotFound("Такой организации нет.", advice="Проверьте адрес.") from None
    today = school_today(actor)
    with database.transaction() as db:
        content = export_oneroster(db, actor, organization_id, year_begun_by(today), today)
    return download(content, "zip", f"oneroster-{today}")


@get(
    "/export/{name:str}/{suffix:str}",
    guards=[needs("core.people.view")],
    sync_to_thread=True,
    include_in_schema=False,
)
def export_file(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    name: FromPath[str],
    suffix: FromPath[str],
) -> Response[bytes]:
    """A table that a plugin gives out. Raises `NotFound` for one that is unknown or not allowed."""
    exporter = next((each for each in exporters_for(portal, actor) if each.name == name), None)
    if exporter is not None and suffix in ("xlsx", "csv"):
        with database.reading() as db:
            rows = list(exporter.run(db, actor))
        content = as_xlsx([(str(exporter.title), rows)]) if suffix == "xlsx" else as_csv(rows)
        return download(content, suffix, str(exporter.title))
    raise NotFound("Такой выгрузки нет.", advice="Откройте «Загрузка данных» и выберите из списка.")


export_routes: list[Any] = [export_set, export_file]
