"""The card of a structural role, and giving one to a person whom the portal knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.identity import accounts
from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.roles.giving import give_role
from core.roles.lifecycle import GRANT, VIEW
from core.roles.listing import role_card
from core.web.guards import needs
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.role_form import (
    FOUND,
    RoleForm,
    Typed,
    as_id,
    choose_place,
    no_place,
    place_of,
    role_fields,
    wanted_role,
)
from core.web.role_list import ROLES, STATES
from core.web.struct_form import parse_form

STEPS = {
    "requested": lazy("Ждёт подтверждения"),
    "refused": lazy("Отказано"),
    "active": lazy("Действует"),
    "suspended": lazy("Приостановлена"),
    "prolonged": lazy("Продлена"),
    "terminated": lazy("Прекращена"),
}


@get("/roles/{role_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def show_role(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    role_id: FromPath[UUID],
) -> Page:
    """One role: whose, where, its life, and what can be done with it."""
    with database.reading() as db:
        card = role_card(db, actor, role_id)
        return render(
            request,
            "roles/card.html",
            card=card,
            state=STATES[card.line.state],
            steps=STEPS,
            actions=[
                each
                for each in ROLES.actions
                if actor.can(each.permission) and not each.objection(db, actor, card.line)
            ],
            given=request.query_params.get("given", ""),
        )


@get("/roles/new", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def new_role(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Where, then to whom, then which role."""
    with database.reading() as db:
        place = place_of(db, actor, request.query_params.get("organization", ""))
        if place is None:
            return choose_place(db, request, actor)
        person_id = as_id(request.query_params.get("person", ""))
        if person_id is None:
            return _choose_person(db, request, actor, place)
        return _role_form(db, request, actor, place, accounts.account_card(db, actor, person_id).person)


@post("/roles", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def give(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Give a person in reach a role."""
    with database.reading() as db:
        place = place_of(db, actor, str(data.get("organization", ""))) or no_place()
        person_id = as_id(str(data.get("person", ""))) or no_place()
        person = accounts.account_card(db, actor, person_id).person
    try:
        wanted = wanted_role(parse_form(RoleForm, data), person.id, place.id)
        with database.transaction() as db:
            role, waiting = give_role(db, actor, wanted)
    except PortalError as wrong:
        with database.reading() as db:
            return _role_form(db, request, actor, place, person, data, wrong)
    return redirect(f"/roles/{role.id}?given={'waits' if waiting else 'yes'}")


def _choose_person(db: Session, request: Request[Any, Any, Any], actor: Actor, place: Organization) -> Page:
    query = request.query_params.get("q", "").strip()
    lines: Sequence[accounts.AccountLine] = []
    if query:
        found = (
            accounts.account_rows(db, actor)
            .where(accounts.by_name(actor, sort_key(query)))
            .order_by(Person.name_key, Person.id)
            .limit(FOUND)
        )
        lines = accounts.account_lines(db, actor, db.execute(found).all())
    group = request.query_params.get("group", "")
    return render(request, "roles/choose_person.html", place=place, query=query, lines=lines, group=group)


def _role_form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    place: Organization,
    person: Person,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    return render(
        request,
        "roles/new.html",
        status=wrong.status if wrong else 200,
        place=place,
        person=person,
        fields=role_fields(db, actor, place, typed, wrong, request.query_params.get("group", "")),
        wrong=wrong,
    )


role_routes: list[Any] = [
    new_role,
    show_role,
    give,
]
