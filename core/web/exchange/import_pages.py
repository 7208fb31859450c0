"""The page `/import`: choose a file and have it checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Invalid, PortalError
from core.exchange import background
from core.exchange.background import Order
from core.exchange.kinds import AUTO, ONEROSTER, TITLES, tables_for
from core.exchange.run import PERMISSION, importers, known_kind, read_year, schools_within
from core.exchange.sample_tables import sample_table
from core.files import Files
from core.portal import Portal
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.exchange.export_pages import download, exporters_for
from core.web.guards import needs
from core.web.i18n import counted
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render

MOST_FILES = 30


class UploadForm(msgspec.Struct, kw_only=True):
    """What to load, where and as what. `files` is one file, several, or what a browser sends for none."""

    files: Any = None
    kind: str = AUTO
    organization_id: str = ""
    year: str = ""
    csrf_token: str = ""

    @property
    def uploads(self) -> list[UploadFile]:
        """The files that were chosen."""
        given = cast("list[Any]", self.files if isinstance(self.files, list) else [self.files])
        return [file for file in given if isinstance(file, UploadFile) and file.filename]


@get("/import", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def import_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
) -> Page:
    """Choose a file; the latest imports stand below, so that none is lost."""
    asked = request.query_params
    return _form(
        request,
        actor,
        portal,
        database,
        {key: asked.get(key, "") for key in ("kind", "organization_id", "year")},
    )


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    portal: Portal,
    database: Database,
    values: Mapping[str, str],
    error: PortalError | None = None,
) -> Page:
    offered = importers(portal, actor)
    with database.reading() as db:
        wide = actor.reach(PERMISSION) is Reach.BELOW
        schools = (
            [(str(school.id), school.short_name) for school in schools_within(db, actor)] if wide else []
        )
        latest = background.recent(db, actor)
        return render(
            request,
            "import/upload.html",
            status=error.status if error else 200,
            values=values,
            kinds=[
                (AUTO, _("Определить по файлу")),
                *tables_for(actor),
                (ONEROSTER, _(str(TITLES[ONEROSTER]))),
                *((name, str(importer.title)) for name, importer in offered.items()),
            ],
            accept=",".join(
                dict.fromkeys(
                    [".xlsx", ".csv", ".txt", ".zip", *(s for i in offered.values() for s in i.suffixes)]
                )
            ),
            samples=tables_for(actor),
            schools=schools,
            wide=wide,
            latest=[(task, order) for task, order in latest],
            exporters=[(each.name, str(each.title)) for each in exporters_for(portal, actor)],
            error=error,
            errors={
                "files": "",
                "kind": "",
                "organization_id": "",
                "year": "",
                **(error.fields if error else {}),
            },
        )


@post("/import", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def upload(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Page:
    """Keep the files and rehearse the import; what is wrong with the form is said on the form."""
    values = {"kind": data.kind, "organization_id": data.organization_id, "year": data.year}
    try:
        order = _order(actor, portal, database, data)
        received = _receive(portal.files, data.uploads)
    except PortalError as error:
        return _form(request, actor, portal, database, values, error)
    with database.transaction() as db:
        import_id = background.begin(db, actor, received, order)
    return redirect(f"/import/{import_id}")


def _order(actor: Actor, portal: Portal, database: Database, data: UploadForm) -> Order:
    if not data.uploads:
        raise Invalid("Файл не выбран.", advice="", fields={"files": "Выберите таблицу или набор OneRoster."})
    if len(data.uploads) > MOST_FILES:
        raise Invalid(
            "Слишком много файлов.",
            fields={
                "files": counted(
                    "За один раз – не больше %(count)s файла.",
                    "За один раз – не больше %(count)s файлов.",
                    MOST_FILES,
                )
            },
        )
    kind = known_kind(portal, actor, data.kind)
    organization_id = None
    if actor.reach(PERMISSION) is Reach.BELOW:
        try:
            organization_id = UUID(data.organization_id)
        except ValueError:
            raise Invalid(
                "Школа не выбрана.", fields={"organization_id": "Выберите школу из списка."}
            ) from None
        with database.reading() as db:
            if organization_id not in {school.id for school in schools_within(db, actor, 100_000)}:
                raise Invalid("Такой школы нет.", fields={"organization_id": "Выберите школу из списка."})
    try:
        starts_in = read_year(data.year) if data.year.strip() else None
    except Invalid as wrong:
        raise Invalid(wrong.message, fields={"year": wrong.advice}) from None
    return Order(files=(), names=(), kind=kind, organization_id=organization_id, starts_in=starts_in)


def _receive(files: Files, uploads: Sequence[UploadFile]) -> list[Any]:
    return [files.receive(upload.filename, cast("Any", upload.file)) for upload in uploads]


@get("/import/samples/{kind:str}", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def sample(actor: NamedDependency[Actor], kind: FromPath[str]) -> Response[bytes]:
    """A table of a kind to be filled in. Raises `NotFound`."""
    return download(sample_table(actor, kind), "xlsx", _("Образец: %(title)s") % {"title": _(TITLES[kind])})


import_routes: list[Any] = [import_page, upload, sample]
