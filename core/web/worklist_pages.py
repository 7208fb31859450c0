"""Pages of a work list: the list, its columns, its export and print, and acting on many lines with a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from sqlalchemy import update

from core.audit.record import Change, record
from core.database.base import now
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.exchange.report_table import as_csv, as_xlsx
from core.identity.models import Account
from core.identity.sessions import Visit
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext
from core.web.pages import Page, redirect, render
from core.web.struct_form import NO_CHOICES, Choices, form_fields, parse_form
from core.worklists import bulk, reading
from core.worklists.definition import BulkAction, Cell, WorkList
from core.worklists.filters import filter_fields
from core.worklists.view import ListView, shown_columns, view_of

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
PREFERENCE = "columns"
SHOWN = 200
"""Lines of a kind that are named once an action is done."""
EXPORTS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def worklist_routes(worklist: WorkList[Any]) -> list[Any]:
    """The routes of a list: the page, and `/export/{suffix}`, `/print`, `/columns`, `/bulk/{name}` below it."""
    guards: Any = [needs(worklist.permission)]
    whole: Any = [*guards, needs(worklist.export)] if worklist.export else guards

    @get(worklist.url, guards=guards, sync_to_thread=True, include_in_schema=False)
    def list_page(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
    ) -> Page:
        with database.reading() as db:
            return _list(db, request, actor, visit, worklist)

    @get(worklist.url + "/export/{suffix:str}", guards=whole, sync_to_thread=True, include_in_schema=False)
    def export(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
        suffix: FromPath[str],
    ) -> Response[bytes]:
        with database.transaction() as db:
            return _export(db, request, actor, visit, worklist, suffix)

    @get(worklist.url + "/print", guards=whole, sync_to_thread=True, include_in_schema=False)
    def print_whole(
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        visit: NamedDependency[Visit],
        database: NamedDependency[Database],
    ) -> Page:
        with database.transaction() as db:
            return _print(db, request, actor, visit, worklist)

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

    return [list_page, export, print_whole, choose_columns, *([act] if worklist.actions else [])]


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
        counted=reading.counted_up_to(actor, worklist),
        filters=filter_fields(db, actor, worklist, view),
        may_take_out=reading.may_take_out(actor, worklist),
        printed=reading.PRINTED,
        now=now(),
        actions=[each for each in worklist.actions if actor.can(each.permission)],
        views=[
            (words, url, url == worklist.url)
            for words, url, permission in worklist.views
            if actor.can(permission)
        ],
        additions=[
            (words, address)
            for permission, words, address in filter(None, (worklist.new, *worklist.new_too))
            if actor.can(permission)
        ],
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
    _note(db, actor, worklist, "core.list.export", len(rows) - 1)
    content = as_xlsx([(str(worklist.title), rows)]) if suffix == "xlsx" else as_csv(rows)
    return Response(
        content,
        media_type=EXPORTS[suffix],
        headers={
            "content-disposition": f'attachment; filename="{worklist.name}.{suffix}"',
            "cache-control": "no-store",
        },
    )


def _print(
    db: Session, request: Request[Any, Any, Any], actor: Actor, visit: Visit, worklist: WorkList[Any]
) -> Page:
    view = view_of(worklist, request.query_params)
    lines = list(reading.every_line(db, actor, worklist, view, reading.PRINTED))
    columns = shown_columns(worklist, _chosen(visit, worklist))
    _note(db, actor, worklist, "core.list.print", len(lines))
    return render(
        request,
        "worklists/print.html",
        worklist=worklist,
        view=view,
        rows=[[_cell(column.cell(line)) for column in columns] for line in lines],
        columns=columns,
        total=reading.count(db, actor, worklist, view),
        counted=reading.counted_up_to(actor, worklist),
        filters=filter_fields(db, actor, worklist, view),
        now=now(),
    )


def _note(db: Session, actor: Actor, worklist: WorkList[Any], action: str, count: int) -> None:
    change = Change(
        action=action, subject_type="list", subject_id=worklist.name, before=None, after={"count": count}
    )
    record(db, actor, actor.acting_role.organization_id, change)


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
    wrong: PortalError | None = None
    choices = action.choices(db, actor) if action.choices else NO_CHOICES
    if data.get("step") == "do":
        try:
            values = parse_form(action.form, data, choices) if action.form else None
            outcome = bulk.carry_out(db, actor, worklist, action, view, ids, values)
        except PortalError as error:
            if not error.fields:
                raise
            wrong = error
        else:
            wrong = outcome.wrong_form
            if wrong is None:
                return _done(request, worklist, view, action, outcome, data, values)
    return render(
        request,
        "worklists/preview.html",
        status=wrong.status if wrong else 200,
        worklist=worklist,
        view=view,
        action=action,
        preview=bulk.preview(db, actor, worklist, action, view, ids),
        ids=ids,
        fields=_fields(action, choices, data, wrong),
        wrong=wrong,
        name_of=_name_of(worklist),
        card_of=_card_of(worklist),
    )


def _done(
    request: Request[Any, Any, Any],
    worklist: WorkList[Any],
    view: ListView,
    action: BulkAction[Any],
    outcome: bulk.Outcome[Any],
    data: Mapping[str, Any],
    values: Any,
) -> Page:
    count = len(outcome.changed)
    undo = worklist.action(action.undone_by) if outcome.changed else None
    some = action.done_some if count < outcome.asked else None
    return render(
        request,
        "worklists/done.html",
        status=200 if outcome.changed or not outcome.refused else outcome.refused[0][1].status,
        worklist=worklist,
        view=view,
        action=action,
        outcome=outcome,
        done=some(count, outcome.asked) if some else action.done(count),
        undo=undo,
        kept=_typed_too(undo, data) if undo is not None and undo.form is action.form else [],
        again=_typed_too(action, data),
        leads_to=action.leads_to(values) if action.leads_to and outcome.changed else None,
        name_of=_name_of(worklist),
        card_of=_card_of(worklist),
        told=_told,
        shown=SHOWN,
    )


def _told(refusal: PortalError) -> str:
    return f"{gettext(refusal.message)} {gettext(refusal.advice)}".strip()


def _typed_too(action: BulkAction[Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was typed into the form of an action, to be sent with it once more."""
    names = action.form.__struct_fields__ if action.form is not None else ()
    return [(name, text) for name in names for text in _texts(data, name)]


def _fields(
    action: BulkAction[Any], choices: Choices, data: Mapping[str, Any], wrong: PortalError | None
) -> Sequence[Any]:
    if action.form is None:
        return []
    errors = wrong.fields if wrong else None
    return form_fields(action.form, typed=data if wrong else None, errors=errors, choices=choices)


def _name_of(worklist: WorkList[Any]) -> Callable[[Any], Cell]:
    tell = worklist.line_name or worklist.columns[0].cell

    def name(line: Any) -> Cell:
        return _cell(tell(line))

    return name


def _card_of(worklist: WorkList[Any]) -> Callable[[Any], str]:
    """The address of a line's card, as its row in the list leads to it; «» for a line without one."""

    def card(line: Any) -> str:
        return next(filter(None, (_cell(each.cell(line)).url for each in worklist.columns)), "")

    return card


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
