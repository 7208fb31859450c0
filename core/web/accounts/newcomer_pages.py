"""Adding a person whom the portal does not know yet, with a first role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency

from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.identity.newcomers import Namesakes, add_person
from core.organizations.models import Organization
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.giving import give_role
from core.roles.lifecycle import GRANT
from core.web.accounts.person_form import PersonForm, parse_person
from core.web.guards import needs
from core.web.i18n import sentence
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import (
    RoleForm,
    Typed,
    choose_place,
    no_place,
    place_of,
    role_fields,
    wanted_role,
)
from core.web.struct_form import form_fields


@get("/accounts/new", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def new_person(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """A person whom the portal does not know yet, with a first role."""
    with database.reading() as db:
        place = place_of(db, actor, request.query_params.get("organization", ""))
        if place is None:
            return choose_place(db, request, actor)
        return _person_form(db, request, actor, place)


@post("/accounts", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def add(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Add the person and give the role, both or neither."""
    with database.reading() as db:
        place = place_of(db, actor, str(data.get("organization", ""))) or no_place()
    try:
        told, form = parse_person(data, RoleForm, sentence("Человек не добавлен: в форме есть ошибки."))
        with database.transaction() as db:
            authorize(db, actor, GRANT, place.id)
            person = add_person(db, actor, place.id, told, namesake=bool(data.get("namesake")))
            role, waiting = give_role(db, actor, wanted_role(form, person.id, place.id))
    except PortalError as wrong:
        with database.reading() as db:
            return _person_form(db, request, actor, place, data, wrong)
    return redirect(f"/roles/{role.id}?given={'waits' if waiting else 'yes'}")


def _person_form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    place: Organization,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    errors = wrong.fields if wrong else None
    return render(
        request,
        "accounts/new.html",
        status=wrong.status if wrong else 200,
        place=place,
        person_fields=form_fields(PersonForm, typed=typed, errors=errors),
        fields=role_fields(db, actor, place, typed, wrong, request.query_params.get("group", "")),
        wrong=wrong,
        namesakes=wrong.people if isinstance(wrong, Namesakes) else [],
    )


newcomer_routes: list[Any] = [new_person, add]
