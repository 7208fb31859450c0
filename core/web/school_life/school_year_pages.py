"""«Учебный год»: the years of a school, their terms and archive, and the passage to the next year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.identity.sessions import school_today
from core.organizations import academic_years
from core.organizations.academic_years import EDIT
from core.organizations.models import Promotion
from core.organizations.promotion_plan import begin
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import lazy, sentence
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed
from core.web.struct_form import form_fields, parse_form

DONE = {
    "begun": lazy("Учебный год заведён. Проверьте дни периодов."),
    "archived": lazy("Учебный год в архиве: его только читают."),
    "removed": lazy("Учебный год удалён."),
    "terms": lazy("Периоды сохранены."),
}


class YearForm(msgspec.Struct, kw_only=True):
    """First and last day of a new academic year."""

    first: Annotated[date, Meta(title="Первый день")]
    last: Annotated[date, Meta(title="Последний день")]


@get("/school-year", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def years_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The academic years of the acting role's school."""
    with database.reading() as db:
        return _years(db, request, actor)


@post("/school-year", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def begin_year(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make the next academic year."""
    try:
        form = parse_form(YearForm, data)
        with database.transaction() as db:
            year = academic_years.begin_year(db, actor, actor.organization_id, form.first, form.last)
            identity = year.id
    except PortalError as wrong:
        with database.reading() as db:
            return _years(db, request, actor, data, wrong)
    return redirect(f"/school-year/{identity}/terms?done=begun")


@get("/school-year/{year_id:uuid}/terms", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def terms_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year_id: FromPath[UUID],
) -> Page:
    """The terms of a year."""
    with database.reading() as db:
        return _terms(db, request, actor, year_id)


@post("/school-year/{year_id:uuid}/terms", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def set_terms(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Set the days of the terms."""
    try:
        with database.transaction() as db:
            academic_years.set_terms(db, actor, year_id, _days(data))
    except Invalid as wrong:
        with database.reading() as db:
            return _terms(db, request, actor, year_id, data, wrong)
    return redirect(f"/school-year/{year_id}/terms?done=terms")


@post(
    "/school-year/{year_id:uuid}/archive", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def archive_year(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> Page:
    """Put a year that is over into the archive."""
    with database.transaction() as db:
        academic_years.archive(db, actor, year_id)
    return redirect("/school-year?done=archived")


@post(
    "/school-year/{year_id:uuid}/remove", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def remove_year(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> Page:
    """Delete a year in which there is nothing yet."""
    with database.transaction() as db:
        academic_years.remove(db, actor, year_id)
    return redirect("/school-year?done=removed")


@post(
    "/school-year/{year_id:uuid}/promotion",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def begin_promotion(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> Page:
    """Begin the passage to the next year, or go on with it."""
    with database.transaction() as db:
        identity = begin(db, actor, year_id).id
    return redirect(f"/promotions/{identity}")


def _days(data: Mapping[str, Any]) -> dict[UUID, tuple[date, date]]:
    """Days by the id of a term; raises `Invalid` for what is no day."""
    found: dict[UUID, tuple[date, date]] = {}
    wrong: dict[str, str] = {}
    for name, typed in data.items():
        kind, _, identity = name.partition(":")
        if kind != "first":
            continue
        try:
            found[UUID(identity)] = (
                date.fromisoformat(str(typed)),
                date.fromisoformat(str(data.get(f"last:{identity}", ""))),
            )
        except ValueError:
            wrong[identity] = sentence("Укажите первый и последний день.")
    if wrong:
        raise Invalid("Периоды не сохранены: в форме есть ошибки.", fields=wrong)
    return found


def _years(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    organization_id = actor.organization_id
    lines = academic_years.years_of(db, actor, organization_id)
    first, last = academic_years.proposed_year(db, organization_id, school_today(actor))
    promotions = {
        each.from_year_id: each
        for each in db.query(Promotion).filter(Promotion.organization_id == organization_id)
    }
    return render(
        request,
        "school_year/years.html",
        status=wrong.status if wrong else 200,
        lines=lines,
        following={lines[i + 1].year.id: lines[i].year for i in range(len(lines) - 1)},
        promotions=promotions,
        removable={
            each.year.id
            for each in lines
            if not each.classes and not academic_years.objection_to_remove(db, each.year)
        },
        fields=form_fields(
            YearForm, {"first": first, "last": last}, typed=typed, errors=wrong.fields if wrong else None
        ),
        wrong=wrong,
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


def _terms(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    year_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    line = academic_years.year_line(db, actor, year_id)
    return render(
        request,
        "school_year/terms.html",
        status=wrong.status if wrong else 200,
        line=line,
        typed=typed or {},
        errors=dict(wrong.fields) if wrong else {},
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


school_year_routes: list[Any] = [
    years_page,
    begin_year,
    terms_page,
    set_terms,
    archive_year,
    remove_year,
    begin_promotion,
]
