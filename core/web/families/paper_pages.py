"""The birth certificate on a pupil's card."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.errors import Invalid
from core.identity import papers
from core.identity.guardians import EDIT
from core.roles.actor import Actor
from core.web.accounts.person_pages import NO_STORE
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed

PATH = "/people/{person_id:uuid}/birth-certificate"


@get(PATH, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def certificate_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Series and number, to be written down or corrected; that they were shown is recorded."""
    with database.transaction() as db:
        papers.note_view(db, actor, papers.pupil_with_paper(db, actor, person_id))
    return _form(request, actor, database, person_id)


@post(PATH, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def save_certificate(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write them down, or take them off the card."""
    typed = str(data.get(papers.FIELD, "")).replace("\x00", "")
    try:
        with database.transaction() as db:
            papers.write_certificate(db, actor, person_id, typed)
    except Invalid as wrong:
        return _form(request, actor, database, person_id, typed, wrong)
    return redirect(f"/people/{person_id}")


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    person_id: UUID,
    typed: str | None = None,
    wrong: Invalid | None = None,
) -> Page:
    with database.reading() as db:
        pupil = papers.pupil_with_paper(db, actor, person_id)
        return render(
            request,
            "people/certificate.html",
            status=wrong.status if wrong else 200,
            headers=NO_STORE,
            person=pupil,
            value=(pupil.birth_certificate or "") if typed is None else typed,
            errors=dict(wrong.fields) if wrong else {},
        )


paper_routes: list[Any] = [certificate_form, save_certificate]
