"""The page of a work's criteria: what it is judged by, and the table of points; points in the drawer of a cell."""

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
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.pages import Page, fragment, redirect, render
from core.web.plain_forms import WishForm
from core.web.roles.role_form import Typed
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.criteria.points import (
    PointsTable,
    PupilPoints,
    accept_marks,
    read_points,
    set_points,
    typed_points,
)
from plugins.journal.criteria.sets import (
    Criterion,
    criteria_sources,
    lines_of,
    read_criteria,
    set_criteria,
    take_criteria,
    typed_criteria,
)
from plugins.journal.grid.cell_pages import CELL, cell_changed, show_cell
from plugins.journal.lessons.pages import wants_part

FORM = RequestEncodingType.URL_ENCODED
CRITERIA = "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria"


@dataclass
class CriteriaForm:
    """The criteria, one to a line: «Содержание; 5»."""

    criteria: str = ""


@dataclass
class SourceForm:
    """The work whose criteria are taken over."""

    source: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Points that were not saved: what was typed and why."""

    value: str
    message: str


@get(CRITERIA, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def criteria_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Page:
    """The criteria of a work and the points of the class."""
    return _show(request, actor, database, page_id, lesson_id)


def _show(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    *,
    typed: str | None = None,
    refused: Mapping[str, Refused] | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        table = read_points(db, actor, page, lesson_id)
        sources = criteria_sources(db, actor, page, lesson_id) if table.may_mark else []
    return render(
        request,
        "journal/criteria.html",
        status=error.status if error else 422 if refused else 200,
        page=page,
        table=table,
        typed=lines_of(table.criteria) if typed is None else typed,
        sources=[
            (
                str(each.lesson_id),
                f"{each.page}, {show_short_day(each.day)}: "
                + ", ".join(f"{one.title} {one.greatest}" for one in each.criteria)[:90],
            )
            for each in sources
        ],
        waiting=sum(bool(each.proposed) and not each.marks for each in table.pupils),
        refused=refused or {},
        message=error.message if error else "",
        advice=error.advice if error else "",
        errors=error.fields if error else {},
    )


@post(CRITERIA, guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def criteria_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[CriteriaForm, Body(media_type=FORM)],
) -> Page:
    """Save what the work is judged by; the form comes back with what is wrong."""
    try:
        with database.transaction() as db:
            set_criteria(db, actor, page_id, lesson_id, typed_criteria(data.criteria))
    except (Invalid, Conflict) as error:
        return _show(request, actor, database, page_id, lesson_id, typed=data.criteria[:4000], error=error)
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/criteria")


@post(CRITERIA + "/copy", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def criteria_copied(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[SourceForm, Body(media_type=FORM)],
) -> Page:
    """Take over the criteria of another work."""
    try:
        with database.transaction() as db:
            take_criteria(db, actor, page_id, lesson_id, _id(data.source))
    except (Invalid, Conflict) as error:
        return _show(request, actor, database, page_id, lesson_id, error=error)
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/criteria")


@post(CRITERIA + "/points", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def points_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Save the points of one cell from the background, or all that were changed in the table; each by itself."""
    with database.reading(fresh=True) as db:
        open_page(db, actor, page_id)
        criteria = {str(each.id): each for each in read_criteria(db, lesson_id)}
    refused: dict[str, Refused] = {}
    only = request.headers.get("hx-trigger-name", "").partition(":")[2] if wants_part(request) else ""
    shown = ""
    for name, value in data.items():
        kind, _colon, place = name.partition(":")
        pupil, _colon, key = place.partition(":")
        if kind != "points" or not key or (only and place != only):
            continue
        typed, was, shown = str(value), str(data.get(f"was:{place}", "")), place
        if typed.strip() == was:
            continue
        try:
            criterion = _known(criteria, key)
            number, seen = typed_points(typed, criterion), typed_points(was, criterion)
            with database.transaction() as db:
                set_points(
                    db, actor, page_id, lesson_id, _id(pupil), {criterion.id: number}, {criterion.id: seen}
                )
        except (Invalid, Conflict) as error:
            message = " ".join(part for part in (_(error.message), _(error.advice)) if part)
            refused[place] = Refused(value=typed[:8], message=message)
    if wants_part(request) and shown:
        return _cell_part(request, actor, database, page_id, lesson_id, shown, refused.get(shown))
    if refused:
        return _show(request, actor, database, page_id, lesson_id, refused=refused)
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/criteria")


def _known(criteria: Mapping[str, Criterion], key: str) -> Criterion:
    found = criteria.get(key)
    if found is None:
        raise Invalid("Такого критерия у работы нет.", advice="Обновите страницу: критерии изменили.")
    return found


def _cell_part(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    place: str,
    problem: Refused | None,
) -> Page:
    """One cell, and in a header the pupil's total and the mark proposed now."""
    pupil, _colon, key = place.partition(":")
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        table = read_points(db, actor, page, lesson_id)
    line, at = _found(table, pupil, key)
    answer = fragment(
        request,
        "journal/criteria_cell.html",
        status=422 if problem else 200,
        page=page,
        table=table,
        line=line,
        criterion=table.criteria[at],
        points=line.points[at],
        problem=problem,
    )
    counted = {
        f"total-{line.id}": "" if line.total is None else str(line.total),
        f"proposed-{line.id}": "" if line.marks else line.proposed,
    }
    answer.headers["hx-trigger"] = json.dumps({"points-counted": counted})
    return answer


def _found(table: PointsTable, pupil: str, key: str) -> tuple[PupilPoints, int]:
    for line in table.pupils:
        for at, criterion in enumerate(table.criteria):
            if str(line.id) == pupil and str(criterion.id) == key:
                return line, at
    raise Invalid("Такого ученика или критерия у работы нет.", advice="Обновите страницу.")


@post(CRITERIA + "/marks", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def marks_accepted(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Put the proposed marks into the journal where there is none yet."""
    try:
        with database.transaction() as db:
            accept_marks(db, actor, page_id, lesson_id)
    except (Invalid, Conflict) as error:
        return _show(request, actor, database, page_id, lesson_id, error=error)
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/criteria")


@post(CELL + "/points", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def cell_points_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Save the points of one pupil from the drawer; the form comes back with what is wrong."""
    try:
        with database.transaction() as db:
            open_page(db, actor, page_id)
            given = {
                each: typed_points(str(data.get(f"points:{each.id}", "")), each)
                for each in read_criteria(db, lesson_id)
                if f"points:{each.id}" in data
            }
            set_points(
                db, actor, page_id, lesson_id, pupil_id, {each.id: number for each, number in given.items()}
            )
    except (Invalid, Conflict) as error:
        return show_cell(
            request,
            actor,
            database,
            page_id,
            lesson_id,
            pupil_id,
            error=error,
            points={name: str(value)[:8] for name, value in data.items()},
        )
    return cell_changed(request, actor, database, page_id, lesson_id, pupil_id)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Такой записи нет.", advice="Выберите из списка.") from None


criteria_page_routes: list[Any] = [
    criteria_page,
    criteria_save,
    criteria_copied,
    points_save,
    marks_accepted,
    cell_points_save,
]
