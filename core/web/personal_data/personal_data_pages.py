"""The page on which a school takes out everything about somebody who has asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core import personal_export
from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.personal_data import EXPORT
from core.personal_export import ExportForm
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.struct_form import form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/people/{person_id:uuid}/data", guards=[needs(EXPORT)], sync_to_thread=True, include_in_schema=False)
def export_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Order an archive, watch it being made, download those that are ready."""
    with database.reading() as db:
        return _page(db, request, actor, person_id)


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    found = personal_export.exports_of(db, actor, person_id)
    return render(
        request,
        "people/data.html",
        status=wrong.status if wrong else 200,
        found=found,
        days=personal_export.keep_days(db.portal.config),
        fields=form_fields(ExportForm, typed=typed, errors=wrong.fields if wrong else None),
    )


@post("/people/{person_id:uuid}/data", guards=[needs(EXPORT)], sync_to_thread=True, include_in_schema=False)
def order_export(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Order an archive on somebody's request."""
    try:
        wanted = parse_form(ExportForm, data)
        with database.transaction() as db:
            personal_export.begin(db, actor, person_id, wanted.basis)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _page(db, request, actor, person_id, data, wrong)
    return redirect(f"/people/{person_id}/data")


personal_data_routes: list[Any] = [export_page, order_export]
