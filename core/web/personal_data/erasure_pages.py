"""Erasing a profile: what goes and what stays, the question with a word to type, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core import erasure
from core.database.engine import Database
from core.erasure import ERASE, EraseForm
from core.errors import PortalError
from core.requests import profile_deletion
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, render
from core.web.struct_form import form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/people/{person_id:uuid}/erase", guards=[needs(ERASE)], sync_to_thread=True, include_in_schema=False)
def erase_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """What erasing somebody would do, and the question."""
    return _page(request, actor, database, person_id)


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    preview = erasure.preview(database, actor, person_id)
    with database.reading() as db:
        asked = profile_deletion.waiting(db, actor, person_id)
        basis = profile_deletion.basis_of(asked) if asked is not None else ""
    return render(
        request,
        "people/erase.html",
        status=wrong.status if wrong else 200,
        preview=preview,
        asked=asked,
        fields=form_fields(EraseForm, {"basis": basis}, typed=typed, errors=wrong.fields if wrong else None),
    )


@post("/people/{person_id:uuid}/erase", guards=[needs(ERASE)], sync_to_thread=True, include_in_schema=False)
def erase(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Erase somebody for good, and approve the request for it, if there is one."""
    try:
        wanted = parse_form(EraseForm, data)
        with database.transaction() as db:
            profile_deletion.approve_waiting(db, actor, person_id)
            kept = erasure.erase(db, actor, person_id, wanted)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        return _page(request, actor, database, person_id, data, wrong)
    return render(
        request,
        "people/erased.html",
        number=erasure.number_of(person_id),
        kept=kept,
    )


erasure_routes: list[Any] = [erase_page, erase]
