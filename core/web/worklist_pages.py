"""Pages of a work list: the list, its columns, its export, and acting on many lines with a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from sqlalchemy import update

from core.audit.record import Change, record
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.exchange.report_table import as_csv, as_xlsx
from core.identity.models import Account
from core.identity.sessions import Visit
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.struct_form import NO_CHOICES, Choices, form_fields, parse_form
from core.worklists import bulk, reading
from core.worklists.definition import BulkAction, Cell, WorkList
from core.worklists.view import shown_columns, view_of

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
PREFERENCE = "columns"
EXPORTS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def worklist_routes(worklist: WorkList[Any]) -> list[Any]:
    """The routes of a list: the page, `/export/{suffix}`, `/columns` and `/bulk/{name}` below its address."""
    guards: Any = [needs(worklist.permission)]

    @get(worklist.url, guards=guards, sync_to_thread=True, include_in_schema=False)
    def list_page(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
    ) -> Page:
        with database.reading() as db:
            return _list(db, request, actor, visit, worklist)

    @get(worklist.url + "/export/{suffix:str}", guards=guards, sync_to_thread=True, include_in_schema=False)
    def export(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
        suffix: FromPath[str],
    ) -> Response[bytes]:
        with database.transaction() as db:
            return _export(db, request, actor, visit, worklist, suffix)

    @post(worklist.url + "/columns", guards=guards, sync_to_thread=True, include_in_schema=False)
    def choose_columns(
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
        data: Typed,
    ) -> Page:
        chosen = [each.name for each in worklist.columns if each.name in _texts(data, "columns")]
        kept: Mapping[str, Any] = visit.preferences.get(PREFERENCE) or {}
        preferences = {**visit.preferences, PREFERENCE: {**kept, worklist.name: chosen}}
        with database.transaction() as db:
            db.execute(update(Account).where(Account.id == actor.account_id).values(preferences=preferences))
        return redirect(worklist.url + view_of(worklist, data).address())

    @post(worklist.url + "/bulk/{name:str}", guards=guards, sync_to_thread=True, include_in_schema=False)
    def act(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        database: NamedDependency[Database],
        name: FromPath[str],
        data: Typed,
    ) -> Page:
        with database.transaction() as db:
            return _act(db, request, actor, worklist, name, data)

    return [list_page, export, *([choose_columns, act] if worklist.actions else [choose_columns])]


def _list(
    db: Session, request: Request[Any, Any, Any], actor: Actor, visit: Visit, worklist: WorkList[Any]
) -> Page:
    view = view_of(worklist, request.query_params)
    page = reading.read_page(db, actor, worklist, view)
    columns = shown_columns(worklist, _chosen(visit, worklist))
    return render(
        request,
        "worklists/list.html",
        worklist=worklist,
        view=view,
        page=page,
        rows=[(line.id, [_cell(column.cell(line)) for column in columns]) for line in page.lines],
        columns=columns,
        counted=reading.COUNTED,
        filters=[
            (each, each.options(db, actor) if each.options else None, view.filters.get(each.name, ""))
            for each in worklist.filters
        ],
        actions=[each for each in worklist.actions if actor.can(each.permission)],
        views=[
            (words, url, url == worklist.url)
            for words, url, permission in worklist.views
            if actor.can(permission)
        ],
        may_add=worklist.new is not None and actor.can(worklist.new[0]),
    )


def _export(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    visit: Visit,
    worklist: WorkList[Any],
    suffix: str,
) -> Response[bytes]:
    if suffix not in EXPORTS:
        raise Invalid("Такого вида файла нет.", advice="Выберите xlsx или csv.")
    view = view_of(worklist, request.query_params)
    columns = shown_columns(worklist, _chosen(visit, worklist))
    rows: list[Sequence[str]] = [[str(column.title) for column in columns]]
    rows += [
        [_plain(column.cell(line)) for column in columns]
        for line in reading.every_line(db, actor, worklist, view)
    ]
    record(
        db,
        actor,
        actor.acting_role.organization_id,
        Change(
            action="core.list.export",
            subject_type="list",
            subject_id=worklist.name,
            before=None,
            after={"count": len(rows) - 1},
        ),
    )
    content = as_xlsx([(str(worklist.title), rows)]) if suffix == "xlsx" else as_csv(rows)
    return Response(
        content,
        media_type=EXPORTS[suffix],
        headers={
            "content-disposition": f'attachment; filename="{worklist.name}.{suffix}"',
            "cache-control": "no-store",
        },
    )


def _act(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    worklist: WorkList[Any],
    name: str,
    data: Mapping[str, Any],
) -> Page:
    action = bulk.action_of(worklist, actor, name)
    view = view_of(worklist, data)
    ids = bulk.chosen_ids(
        db, actor, worklist, view, _texts(data, "ids"), everything=bool(data.get("everything"))
    )
    sure = data.get("step") == "do"
    wrong: PortalError | None = None
    choices = action.choices(db, actor) if action.choices else NO_CHOICES
    if sure:
        try:
            values = parse_form(action.form, data, choices) if action.form else None
            with db.begin_nested():
                changed = bulk.carry_out(db, actor, worklist, action, view, ids, values)
        except PortalError as error:
            if not error.fields:
                raise
            wrong = error
        else:
            return render(
                request,
                "worklists/done.html",
                worklist=worklist,
                view=view,
                done=action.done(len(changed)),
                undo=worklist.action(action.undone_by) if changed else None,
                ids=changed,
            )
    return render(
        request,
        "worklists/preview.html",
        status=422 if wrong else 200,
        worklist=worklist,
        view=view,
        action=action,
        preview=bulk.preview(db, actor, worklist, action, view, ids),
        ids=ids,
        fields=_fields(action, choices, data, wrong),
        name_of=_name_of(worklist),
    )


def _fields(
    action: BulkAction[Any], choices: Choices, data: Mapping[str, Any], wrong: PortalError | None
) -> Sequence[Any]:
    if action.form is None:
        return []
    errors = wrong.fields if wrong else None
    return form_fields(action.form, typed=data if wrong else None, errors=errors, choices=choices)


def _name_of(worklist: WorkList[Any]) -> Callable[[Any], str]:
    def name(line: Any) -> str:
        return _cell(worklist.columns[0].cell(line)).text

    return name


def _chosen(visit: Visit, worklist: WorkList[Any]) -> object:
    kept: Any = visit.preferences.get(PREFERENCE)
    return kept.get(worklist.name) if isinstance(kept, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _cell(told: Cell | str) -> Cell:
    return told if isinstance(told, Cell) else Cell(text=told)


def _plain(told: Cell | str) -> str:
    cell = _cell(told)
    return f"{cell.text}, {cell.note}" if cell.note else str(cell.text)


def _texts(data: Mapping[str, Any], name: str) -> list[str]:
    told: Any = data.get(name, [])
    return [str(each) for each in (told if isinstance(told, list) else [told])]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
