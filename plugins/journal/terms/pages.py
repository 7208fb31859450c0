"""«Итоги» of a journal page: its term marks, the card of one, setting what is proposed."""

from __future__ import annotations

import json
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
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, redirect, render
from core.web.roles.role_form import Typed
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.lessons.pages import wants_part
from plugins.journal.terms.averages import marks_needed
from plugins.journal.terms.closing_pages import closing_page_routes
from plugins.journal.terms.journal_term_marks import (
    CellShown,
    LineShown,
    TermMarks,
    column_named,
    marks_on,
    read_term_marks,
    term_mark_card,
)
from plugins.journal.terms.setting import (
    ReasonNeeded,
    accept_proposed,
    proposed_for_empty,
    set_term_mark,
)

FORM = RequestEncodingType.URL_ENCODED
MOST_BOUNDS = 4
"""Of how many marks above the average the card of a term mark tells what is lacking."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that was not saved: what was typed and why; `ask` – a reason is asked for."""

    value: str
    message: str
    ask: bool = False
    reason: str = ""


@dataclass
class CardForm:
    """A mark with its reason, as typed in the card."""

    value: str = ""
    was: str = ""
    reason: str = ""


def _may_set(actor: Actor, marks: TermMarks) -> bool:
    return marks.page.may_mark and actor.can(MARK)


@get("/journal/{page_id:uuid}/term-marks", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def term_marks(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
) -> Page:
    """Term marks of a journal page."""
    with database.reading(fresh=True) as db:
        marks = read_term_marks(db, actor, page_id)
    return _show(request, actor, marks, {})


def _show(
    request: Request[Any, Any, Any],
    actor: Actor,
    marks: TermMarks,
    refused: Mapping[str, Refused],
    saved: int = 0,
) -> Page:
    today = school_today(actor)
    may_set = _may_set(actor, marks)
    return render(
        request,
        "journal/term_marks.html",
        status=422 if refused else 200,
        marks=marks,
        page=marks.page,
        may_set=may_set,
        open_columns={
            column.name
            for column in marks.columns
            if may_set and not column.is_closed and (column.term is None or column.term.starts_on <= today)
        },
        waiting={column.name: len(proposed_for_empty(marks, column.name)) for column in marks.columns},
        refused=refused,
        saved=saved,
        today=today,
    )


@post(
    "/journal/{page_id:uuid}/term-marks", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False
)
def term_marks_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Save one mark from the background, or all that were changed in the form; each by itself."""
    refused: dict[str, Refused] = {}
    saved, cell_name = 0, ""
    # From the background comes one mark, named by the field that was left; the others are not touched.
    only = request.headers.get("hx-trigger-name", "").partition(":")[2] if wants_part(request) else ""
    for name, typed in data.items():
        kind, _colon, place = name.partition(":")
        pupil, _colon, column = place.partition(":")
        if kind != "mark" or not column or (only and place != only):
            continue
        value, was = str(typed), str(data.get(f"was:{place}", ""))
        reason = str(data.get(f"reason:{place}", ""))
        cell_name = place
        if value.strip() == was and not reason.strip():
            continue
        try:
            with database.transaction() as db:
                set_term_mark(db, actor, page_id, _pupil(pupil), column, value, was=was, reason=reason)
            saved += 1
        except (Invalid, Conflict) as error:
            refused[place] = Refused(
                value=value[:16],
                message=" ".join(part for part in (_(error.message), _(error.advice)) if part),
                ask=isinstance(error, ReasonNeeded) or bool(error.fields.get("reason")),
                reason=reason[:500],
            )
    with database.reading(fresh=True) as db:
        marks = read_term_marks(db, actor, page_id)
    if not wants_part(request) or not cell_name:
        if refused:
            return _show(request, actor, marks, refused, saved)
        return redirect(f"/journal/{page_id}/term-marks")
    return _cell_part(request, actor, marks, cell_name, refused.get(cell_name))


def _cell_part(
    request: Request[Any, Any, Any], actor: Actor, marks: TermMarks, place: str, refused: Refused | None
) -> Page:
    """One cell, and in a header what is now proposed for the pupil's year and final marks."""
    pupil, _colon, column = place.partition(":")
    line, cell = _found(marks, _pupil(pupil), column)
    answer = fragment(
        request,
        "journal/term_marks_cell.html",
        status=422 if refused else 200,
        page=marks.page,
        line=line,
        cell=cell,
        editable=_may_set(actor, marks) and not cell.column.is_closed,
        problem=refused,
    )
    others = {
        f"{line.id}:{each.column.name}": each.proposal.value
        for each in line.cells
        if each.column.term is None and each.column.name != column
    }
    answer.headers["hx-trigger"] = json.dumps({"term-marks-proposed": others})
    return answer


def _found(marks: TermMarks, pupil_id: UUID, name: str) -> tuple[LineShown, CellShown]:
    column = column_named(marks.page, name)
    for line in marks.lines:
        for cell in line.cells:
            if line.id == pupil_id and cell.column.name == column.name:
                return line, cell
    raise Invalid("Такого ученика на странице нет.", advice="Обновите страницу.")


def _pupil(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Такого ученика на странице нет.", advice="Обновите страницу.") from None


@get(
    "/journal/{page_id:uuid}/term-marks/accept/{column:str}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def accept_preview(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    column: FromPath[str],
) -> Page:
    """What «set the proposed» would set, before it does."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        named = column_named(page, column)
        marks = marks_on(db, actor, page)
    return render(
        request,
        "journal/term_marks_accept.html",
        page=page,
        column=named,
        lines=proposed_for_empty(marks, column),
        may_set=_may_set(actor, marks) and not named.is_closed,
    )


@post(
    "/journal/{page_id:uuid}/term-marks/accept/{column:str}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def accept(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    column: FromPath[str],
    data: Typed,
) -> Page:
    """Set what is proposed for the pupils that were left chosen."""
    with database.transaction() as db:
        # First whether the page is the actor's to see: a stranger hears of nothing else.
        open_page(db, actor, page_id)
        chosen = [_pupil(name.partition(":")[2]) for name in data if name.startswith("pupil:")]
        if not chosen:
            raise Invalid("Никто не выбран.", advice="Вернитесь и отметьте хотя бы одного ученика.")
        accept_proposed(db, actor, page_id, column, chosen)
    return redirect(f"/journal/{page_id}/term-marks")


@get(
    "/journal/{page_id:uuid}/term-marks/{pupil_id:uuid}/{column:str}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def term_mark(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    column: FromPath[str],
) -> Page:
    """A term mark: how it came about, what would change it, its history."""
    return _show_card(request, actor, database, page_id, pupil_id, column)


@post(
    "/journal/{page_id:uuid}/term-marks/{pupil_id:uuid}/{column:str}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def term_mark_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    column: FromPath[str],
    data: Annotated[CardForm, Body(media_type=FORM)],
) -> Page:
    """Set a mark with its reason from its card."""
    try:
        with database.transaction() as db:
            set_term_mark(db, actor, page_id, pupil_id, column, data.value, was=data.was, reason=data.reason)
    except (Invalid, Conflict) as error:
        return _show_card(request, actor, database, page_id, pupil_id, column, typed=data, error=error)
    if not wants_part(request):
        return redirect(f"/journal/{page_id}/term-marks")
    return _show_card(request, actor, database, page_id, pupil_id, column, saved=True)


def _show_card(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    pupil_id: UUID,
    column: str,
    *,
    typed: CardForm | None = None,
    error: PortalError | None = None,
    saved: bool = False,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        card = term_mark_card(db, actor, page, pupil_id, column)
    scale, sums = page.scale.thresholds, card.cell.standing.sums
    not_reached = [each for each in scale.bounds if not sums.reaches(each[1])]
    context: dict[str, Any] = {
        "page": page,
        "card": card,
        "cell": card.cell,
        "typed": typed
        or CardForm(value=card.cell.value, reason=card.cell.mark.reason if card.cell.mark else ""),
        "needed": [
            (mark, marks_needed(sums, bound, page.scale.highest))
            for mark, bound in not_reached[-MOST_BOUNDS:]
            if card.cell.column.term and sums.count
        ],
        "what_if": [
            (mark, sums.with_marks([(mark, 1)]).text(), scale.mark(sums.with_marks([(mark, 1)])))
            for mark in range(page.scale.highest, max(page.scale.highest - 4, page.scale.lowest), -1)
            if card.cell.column.term and sums.count
        ],
        "highest": page.scale.highest,
        "saved": saved,
        "message": " ".join(part for part in (_(error.message), _(error.advice)) if part) if error else "",
        "errors": error.fields if error else {},
    }
    status = error.status if error else 200
    if wants_part(request):
        return fragment(request, "journal/term_mark_part.html", status=status, **context)
    return render(request, "journal/term_mark.html", status=status, **context)


terms_page_routes: list[Any] = [
    term_marks,
    term_marks_save,
    accept_preview,
    accept,
    term_mark,
    term_mark_save,
    *closing_page_routes,
]
