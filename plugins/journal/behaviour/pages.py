"""The page of a class's behaviour: keyboard along a column, one mark to all who have none, history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, redirect, render
from core.web.roles.role_form import Typed
from plugins.journal.access import VIEW
from plugins.journal.behaviour.sheets import (
    BEHAVE,
    behaviour_history,
    choices,
    fill_behaviour,
    read_behaviour,
    set_behaviour,
)
from plugins.journal.lessons.pages import wants_part

FORM = RequestEncodingType.URL_ENCODED
SHEET = "/journal/classes/{class_id:uuid}/behaviour"


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that was not saved: what was typed and why."""

    value: str
    message: str


@dataclass
class FillForm:
    """One mark for all who have none in a column."""

    column: str = ""
    value: str = ""


@get(SHEET, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def behaviour_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
) -> Page:
    """The sheet of behaviour of a class."""
    return _show(request, actor, database, class_id, {})


def _show(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    class_id: UUID,
    refused: Mapping[str, Refused],
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        sheet = read_behaviour(db, actor, class_id)
        lines = behaviour_history(db, sheet)
    return render(
        request,
        "journal/behaviour.html",
        status=error.status if error else 422 if refused else 200,
        sheet=sheet,
        choices=choices(sheet.kind),
        history=lines,
        refused=refused,
        message=" ".join(part for part in (_(error.message), _(error.advice)) if part) if error else "",
    )


@post(SHEET, guards=[needs(BEHAVE)], sync_to_thread=True, include_in_schema=False)
def behaviour_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Save one mark from the background, or all that were changed in the form; each by itself."""
    with database.reading(fresh=True) as db:
        read_behaviour(db, actor, class_id)
    refused: dict[str, Refused] = {}
    only = request.headers.get("hx-trigger-name", "").partition(":")[2] if wants_part(request) else ""
    shown = ""
    for name, value in data.items():
        kind, _colon, place = name.partition(":")
        pupil, _colon, column = place.partition(":")
        if kind != "mark" or not column or (only and place != only):
            continue
        typed, was, shown = str(value), str(data.get(f"was:{place}", "")), place
        if typed.strip() == was:
            continue
        try:
            with database.transaction() as db:
                set_behaviour(db, actor, class_id, _pupil(pupil), column, typed, was)
        except (Invalid, Conflict) as error:
            message = " ".join(part for part in (_(error.message), _(error.advice)) if part)
            refused[place] = Refused(value=typed[:16], message=message)
    if wants_part(request) and shown:
        return _cell_part(request, actor, database, class_id, shown, refused.get(shown))
    if refused:
        return _show(request, actor, database, class_id, refused)
    return redirect(f"/journal/classes/{class_id}/behaviour")


def _cell_part(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    class_id: UUID,
    place: str,
    problem: Refused | None,
) -> Page:
    pupil, _colon, name = place.partition(":")
    with database.reading(fresh=True) as db:
        sheet = read_behaviour(db, actor, class_id)
    for line in sheet.lines:
        for column, cell in zip(sheet.columns, line.cells, strict=True):
            if str(line.id) == pupil and column.name == name:
                return fragment(
                    request,
                    "journal/behaviour_cell.html",
                    status=422 if problem else 200,
                    sheet=sheet,
                    line=line,
                    column=column,
                    cell=cell,
                    problem=problem,
                )
    raise Invalid("Такого ученика в классе нет.", advice="Обновите страницу.")


@post(SHEET + "/fill", guards=[needs(BEHAVE)], sync_to_thread=True, include_in_schema=False)
def behaviour_filled(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    data: Annotated[FillForm, Body(media_type=FORM)],
) -> Page:
    """Put one mark to all who have none."""
    try:
        with database.transaction() as db:
            fill_behaviour(db, actor, class_id, data.column, data.value)
    except (Invalid, Conflict) as error:
        return _show(request, actor, database, class_id, {}, error)
    return redirect(f"/journal/classes/{class_id}/behaviour")


def _pupil(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Такого ученика в классе нет.", advice="Обновите страницу.") from None


behaviour_page_routes: list[Any] = [behaviour_page, behaviour_save, behaviour_filled]
