"""Pages that load a curriculum from a table and give it out as one, or as a paper."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.audit.record import Change, record
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError, TooLarge
from core.exchange.report_table import as_xlsx
from core.identity.sessions import school_today
from core.papers import Paper, as_pdf
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from core.web.i18n import current_locale
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.plain_forms import faults
from plugins.diary.curriculum.curricula import EDIT, VIEW, open_curriculum
from plugins.diary.curriculum.forms import LoadForm, UploadForm
from plugins.diary.curriculum.loads import LOADS, load_sheets, loads
from plugins.diary.curriculum.tables import LoadedRow, ReadPlan, load_plan, plan_parts, plan_rows, read_plan
from plugins.diary.curriculum.view import part_title, see

ADDRESS = "/curriculum/{curriculum_id:uuid}"
LARGEST_TABLE = 5 * 1024 * 1024
"""Bytes of a file with a plan."""
MOST_ROWS_SENT = 2_000_000


@get(f"{ADDRESS}/import", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def import_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
) -> Page:
    """Choose a table with hours."""
    return _import(request, actor, database, curriculum_id)


def _import(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    *,
    table: ReadPlan | None = None,
    name: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        open_curriculum(db, actor, curriculum_id, edit=True)
        shown = see(db, actor, curriculum_id)
    return render(
        request,
        "diary/curriculum_import.html",
        line=shown.line,
        has_rows=bool(shown.table.rows),
        titles={column.id: column.title for column in shown.table.columns},
        part_title=part_title,
        table=table,
        rows=msgspec.json.encode(table.loaded).decode() if table else "",
        name=name,
        **faults(error),
    )


@post(f"{ADDRESS}/import", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def table_looked_at(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Page:
    """Show what would be loaded; nothing is changed."""
    upload: Any = data.file
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            wrong = _("Выберите таблицу .xlsx или .csv.")
            raise Invalid(_("Файл не выбран."), advice=wrong, fields={"file": wrong})
        content = upload.file.read(LARGEST_TABLE + 1)
        if len(content) > LARGEST_TABLE:
            raise TooLarge(_("Файл больше 5 МБ."), advice=_("Оставьте в нём только план."))
        with database.reading(fresh=True) as db:
            table = read_plan(db, actor, curriculum_id, upload.filename, content)
    except (Invalid, TooLarge) as error:
        return _import(request, actor, database, curriculum_id, error=error)
    return _import(request, actor, database, curriculum_id, table=table, name=upload.filename[:100])


@post(f"{ADDRESS}/import/load", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def table_loaded(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[LoadForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Load the table that was looked at, whole or not at all."""
    try:
        with database.transaction() as db:
            load_plan(db, actor, curriculum_id, _rows(data.rows), replace=bool(data.replace))
    except (Invalid, Conflict) as error:
        return _import(request, actor, database, curriculum_id, error=error)
    return redirect(f"/curriculum/{curriculum_id}?done=loaded")


def _rows(text: str) -> list[LoadedRow]:
    """Rows as the page sent them. Raises `Invalid` for what no page of ours has sent."""
    try:
        if len(text) > MOST_ROWS_SENT:
            raise ValueError
        return msgspec.json.decode(text, type=list[LoadedRow])
    except ValueError:
        raise Invalid(_("Таблица не дошла целиком."), advice=_("Выберите файл ещё раз.")) from None


def _note(db: Session, actor: Actor, title: str, count: int) -> None:
    """Record that the actor took out `title` with so many lines."""
    change = Change(
        action="core.list.export",
        subject_type="list",
        subject_id="curriculum",
        after={"count": count, "name": title},
    )
    record(db, actor, actor.organization_id, change)


@get(f"{ADDRESS}/xlsx", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def plan_table(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Response[bytes]:
    """The plan as an .xlsx file, which can be loaded again."""
    with database.transaction() as db:
        shown = see(db, actor, curriculum_id)
        rows = list(plan_rows(shown.table, shown.table.columns))
        _note(db, actor, shown.line.title, len(rows))
    return download(as_xlsx([(_("Учебный план"), rows)]), "xlsx", shown.line.title)


@get(f"{ADDRESS}/pdf", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def plan_paper(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Response[bytes]:
    """The plan as a paper to be printed and signed."""
    with database.transaction() as db:
        shown = see(db, actor, curriculum_id)
        _note(db, actor, shown.line.title, len(shown.table.rows))
    paper = Paper(
        title=shown.line.title,
        organization=actor.acting_role.organization_name,
        made_on=school_today(actor),
        language=current_locale.get(),
    )
    columns = [column for column in shown.table.columns if column.kind != "grade"] or shown.table.columns
    return download(as_pdf(paper, plan_parts(shown.line, shown.table, columns)), "pdf", shown.line.title)


@get(f"{ADDRESS}/loads/xlsx", guards=[needs(LOADS)], sync_to_thread=True, include_in_schema=False)
def loads_table(
    actor: NamedDependency[Actor], database: NamedDependency[Database], curriculum_id: FromPath[UUID]
) -> Response[bytes]:
    """Loads of teachers as an .xlsx file."""
    with database.transaction() as db:
        found = loads(db, actor, curriculum_id)
        title = _("Тарификация")
        _note(db, actor, title, len(found.teachers))
        sheets = list(load_sheets(found))
    return download(as_xlsx(sheets), "xlsx", title)


table_routes: list[Any] = [
    import_form,
    table_looked_at,
    table_loaded,
    plan_table,
    plan_paper,
    loads_table,
]
