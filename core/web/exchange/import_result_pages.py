"""How an import goes and what it found: progress, report, columns, confirmation, the file given back."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import tasks
from core.database.engine import Database
from core.errors import NotFound
from core.exchange import background
from core.exchange.background import Import, Order
from core.exchange.columns import normal
from core.exchange.kinds import TABLES, fields_of, tables_for
from core.exchange.report import ImportReport, RowReport
from core.exchange.report_table import report_bytes
from core.exchange.run import PERMISSION
from core.roles.actor import Actor
from core.tasks.models import QUEUED, RUNNING
from core.web.exchange.export_pages import download
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render

ROWS_ON_PAGE = 100


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
        wrong=report.totals.get("error", 0),
        right=sum(report.totals.get(each, 0) for each in ("created", "updated", "unchanged")),
        fields=fields_of(report.kind),
        titles_row=next((each.row for each in report.first_rows if each.chosen), found.order.titles_row),
        tables=tables_for(actor) if report.kind in TABLES and not report.applied else [],
        may_apply=found.order.dry_run and not report.errors and report.changes_something,
        back=_back(found.order),
    )


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
    """Load what has been rehearsed."""
    with database.transaction() as db:
        new_id = background.confirm(db, actor, import_id)
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
    kind, titles_row = str(form.get("kind", "")), _number(str(form.get("titles_row", "")))

    def again() -> UUID:
        with database.transaction() as db:
            found = background.find_import(db, actor, import_id)
            return background.queue(db, actor, _with_columns(found, kind, titles_row, chosen))

    return redirect(f"/import/{await anyio.to_thread.run_sync(again)}")


def _with_columns(found: Import, kind: str, titles_row: int, chosen: Sequence[tuple[str, str, str]]) -> Order:
    """The order of a rehearsal with columns as the person has chosen them; of another kind they are read anew."""
    before = found.report.kind if found.report is not None else found.order.kind
    if kind in TABLES and kind != before:
        return msgspec.structs.replace(
            found.order, kind=kind, mapping={}, titles_row=titles_row, dry_run=True
        )
    fields = fields_of(before)
    changed = {title: field or "ignore" for title, was, field in chosen if field != was}
    mapping = {title: field for title, field in changed.items() if field in fields}
    return msgspec.structs.replace(
        found.order,
        kind=before if before in TABLES else found.order.kind,
        mapping={**found.order.mapping, **mapping},
        titles_row=titles_row,
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
    return download(content, suffix, _("замечания"))


import_result_routes: list[Any] = [result_page, confirm, cancel, choose_columns, report_file]
