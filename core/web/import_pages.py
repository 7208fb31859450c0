"""The page `/import`: choose a file, see what would happen, confirm, see what has happened."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core import tasks
from core.database.engine import Database
from core.errors import Conflict, Invalid, NotFound, PortalError
from core.exchange import background
from core.exchange.background import Import, Order
from core.exchange.columns import normal
from core.exchange.kinds import AUTO, ONEROSTER, TABLES, TITLES, fields_of
from core.exchange.oneroster_export import export_oneroster
from core.exchange.report import ImportReport, RowReport
from core.exchange.report_table import as_csv, as_xlsx, report_bytes
from core.exchange.run import PERMISSION, importers, read_year, schools_within
from core.files import Files
from core.identity.sessions import school_today
from core.portal import Portal
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.tasks.models import QUEUED, RUNNING
from core.web.guards import needs
from core.web.i18n import counted
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render

ROWS_ON_PAGE = 100
MOST_FILES = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
                *_tables(actor),
                (ONEROSTER, _(str(TITLES[ONEROSTER]))),
                *((name, str(importer.title)) for name, importer in offered.items()),
            ],
            accept=",".join(
                dict.fromkeys(
                    [".xlsx", ".csv", ".txt", ".zip", *(s for i in offered.values() for s in i.suffixes)]
                )
            ),
            schools=schools,
            wide=wide,
            latest=[(task, order) for task, order in latest],
            exporters=[
                (exporter.name, str(exporter.title))
                for plugin, exporter in portal.plugins.each("exporters")
                if actor.can(exporter.permission) and _is_on(portal, actor, plugin.name)
            ],
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
    if data.kind not in (AUTO, *TITLES, *importers(portal, actor)):
        raise Invalid("Такого формата нет.", fields={"kind": "Выберите формат из списка."})
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
    return Order(files=(), names=(), kind=data.kind, organization_id=organization_id, starts_in=starts_in)


def _receive(files: Files, uploads: Sequence[UploadFile]) -> list[Any]:
    return [files.receive(upload.filename, cast("Any", upload.file)) for upload in uploads]


def _is_on(portal: Portal, actor: Actor, plugin: str) -> bool:
    return actor.role is None or portal.switches.is_on(plugin, actor.role.organization_path)


@get("/import/{import_id:uuid}", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def result_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    import_id: FromPath[UUID],
) -> Page:
    """How an import stands: its progress, then the report."""
    with database.reading(fresh=True) as db:
        found = background.find_import(db, actor, import_id)
    if found.report is None:
        waiting = found.status.status in (QUEUED, RUNNING)
        return render(request, "import/progress.html", found=found, waiting=waiting)
    report, show = found.report, request.query_params.get("show", "")
    rows = _rows(report, show)
    start = _number(request.query_params.get("from", ""))
    shown = rows[start : start + ROWS_ON_PAGE]
    return render(
        request,
        "import/report.html",
        found=found,
        report=report,
        rows=shown,
        total=len(rows),
        start=start,
        step=ROWS_ON_PAGE,
        show=show,
        tabs=_tabs(found, show),
        fields=fields_of(report.kind),
        tables=_tables(actor) if report.kind in TABLES and not report.applied else [],
        may_apply=found.order.dry_run and not report.errors and report.changes_something,
        back=_back(found.order),
    )


def _tables(actor: Actor) -> list[tuple[str, str]]:
    """The kinds of tables the actor may load, with titles."""
    return [
        (name, _(str(table.title)))
        for name, table in TABLES.items()
        if not table.permission or actor.can(table.permission)
    ]


def _rows(report: ImportReport, show: str) -> list[RowReport]:
    if show == "warning":
        return [row for row in report.rows if any(remark.level == "warning" for remark in row.remarks)]
    if show in ("created", "updated", "unchanged", "error", "skipped"):
        return [row for row in report.rows if row.outcome == show]
    return sorted(report.rows, key=lambda row: not row.failed)


def _tabs(found: Import, show: str) -> list[tuple[str, str, bool, int]]:
    report = cast("ImportReport", found.report)
    totals = report.totals
    counts = [
        ("", _("Все строки"), len(report.rows)),
        ("error", _("Ошибки"), totals.get("error", 0)),
        ("warning", _("Предупреждения"), len(_rows(report, "warning"))),
        ("created", _("Новые"), totals.get("created", 0)),
        ("updated", _("Изменены"), totals.get("updated", 0)),
        ("unchanged", _("Без изменений"), totals.get("unchanged", 0)),
        ("skipped", _("Пропущены"), totals.get("skipped", 0)),
    ]
    base = f"/import/{found.id}"
    return [
        (title, f"{base}?show={name}" if name else base, name == show, count)
        for name, title, count in counts
        if count or not name
    ]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _back(order: Order) -> str:
    parts = [f"kind={quote(order.kind)}"]
    if order.organization_id:
        parts.append(f"organization_id={order.organization_id}")
    if order.starts_in:
        parts.append(f"year={order.starts_in}/{(order.starts_in + 1) % 100:02d}")
    return "/import?" + "&".join(parts)


@post(
    "/import/{import_id:uuid}/confirm",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    include_in_schema=False,
)
def confirm(
    actor: NamedDependency[Actor], database: NamedDependency[Database], import_id: FromPath[UUID]
) -> Page:
    """Load what has been rehearsed. Raises `Conflict` if the rehearsal found errors or has not ended."""
    with database.transaction() as db:
        found = background.find_import(db, actor, import_id)
        if found.report is None or found.report.errors or not found.order.dry_run:
            raise Conflict("Эту проверку нельзя загрузить.", advice="Исправьте файл и проверьте его снова.")
        new_id = background.queue(db, actor, msgspec.structs.replace(found.order, dry_run=False))
    return redirect(f"/import/{new_id}")


@post(
    "/import/{import_id:uuid}/cancel",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    include_in_schema=False,
)
def cancel(
    actor: NamedDependency[Actor], database: NamedDependency[Database], import_id: FromPath[UUID]
) -> Page:
    """Call an import off. Raises `Conflict` if it has ended."""
    with database.transaction() as db:
        background.find_import(db, actor, import_id)
        tasks.cancel(db, actor, import_id)
    return redirect(f"/import/{import_id}")


@post("/import/{import_id:uuid}/columns", guards=[needs(PERMISSION)], include_in_schema=False)
async def choose_columns(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    import_id: FromPath[UUID],
) -> Page:
    """Rehearse again with columns that the person has named."""
    form = await request.form()
    rows = zip(form.getall("title", []), form.getall("was", []), form.getall("field", []), strict=False)
    chosen = [(normal(str(title)), str(was), str(field)) for title, was, field in rows]
    kind = str(form.get("kind", ""))

    def again() -> UUID:
        with database.transaction() as db:
            found = background.find_import(db, actor, import_id)
            return background.queue(db, actor, _with_columns(found, kind, chosen))

    return redirect(f"/import/{await anyio.to_thread.run_sync(again)}")


def _with_columns(found: Import, kind: str, chosen: Sequence[tuple[str, str, str]]) -> Order:
    """The order of a rehearsal with columns as the person has chosen them; of another kind they are read anew."""
    before = found.report.kind if found.report is not None else found.order.kind
    if kind in TABLES and kind != before:
        return msgspec.structs.replace(found.order, kind=kind, mapping={}, dry_run=True)
    fields = fields_of(before)
    changed = {title: field or "ignore" for title, was, field in chosen if field != was}
    mapping = {title: field for title, field in changed.items() if field in fields}
    return msgspec.structs.replace(
        found.order,
        kind=before if before in TABLES else found.order.kind,
        mapping={**found.order.mapping, **mapping},
        dry_run=True,
    )


@get(
    "/import/{import_id:uuid}/report/{suffix:str}",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    include_in_schema=False,
)
def report_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    import_id: FromPath[UUID],
    suffix: FromPath[str],
) -> Response[bytes]:
    """The original table with the remarks beside its rows."""
    if suffix not in ("xlsx", "csv"):
        raise NotFound("Такого файла нет.", advice="Отчёт бывает в .xlsx и .csv.")
    with (
        database.reading(fresh=True) as db,
        tempfile.TemporaryDirectory(prefix="moyashkola-import-") as folder,
    ):
        found = background.find_import(db, actor, import_id)
        if found.report is None:
            raise NotFound("Отчёт ещё не готов.", advice="Подождите окончания проверки.")
        paths = background.unpacked(db, actor, found.order, Path(folder))
        content = report_bytes(found.report, paths, f".{suffix}")
    return _download(content, suffix, _("замечания"))


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
    starts_in = today.year if today.month >= 7 else today.year - 1
    with database.transaction() as db:
        content = export_oneroster(db, actor, organization_id, starts_in, today)
    return _download(content, "zip", f"oneroster-{today}")


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
    for plugin, exporter in portal.plugins.each("exporters"):
        if exporter.name == name and suffix in ("xlsx", "csv") and actor.can(exporter.permission):
            if not _is_on(portal, actor, plugin.name):
                break
            with database.reading() as db:
                rows = list(exporter.run(db, actor))
            content = as_xlsx([(str(exporter.title), rows)]) if suffix == "xlsx" else as_csv(rows)
            return _download(content, suffix, str(exporter.title))
    raise NotFound("Такой выгрузки нет.", advice="Откройте «Загрузка данных» и выберите из списка.")


def _download(content: bytes, suffix: str, name: str) -> Response[bytes]:
    return Response(
        content,
        media_type={"xlsx": XLSX, "zip": "application/zip"}.get(suffix, "text/csv; charset=utf-8"),
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.{suffix}"},
    )


import_routes = [
    import_page,
    upload,
    result_page,
    confirm,
    cancel,
    choose_columns,
    report_file,
    export_set,
    export_file,
]
