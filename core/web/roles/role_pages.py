"""The card of a structural role, and giving one to a person whom the portal knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.requests.models import Request as Draft
from core.requests.reading import what_to_correct
from core.roles.actor import Actor
from core.roles.candidates import candidate, candidates
from core.roles.giving import draft_of_role, form_of, give_role, keep_role_draft, waiting
from core.roles.lifecycle import GRANT, VIEW, State, objection_to_delete
from core.roles.listing import role_card
from core.web.guards import needs
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import (
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
from core.web.roles.role_list import ROLES, STATES
from core.web.struct_form import parse_form

DRAFTED = ("organization", "person", *RoleForm.__struct_fields__)
"""The fields of the form that a draft keeps."""

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
            waiting=waiting(db, actor, role_id) if card.line.state is State.REQUESTED else None,
            kept=objection_to_delete(db, actor, card.line) if card.line.state is State.TERMINATED else "",
        )


@get("/roles/new", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def new_role(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Where, then to whom, then which role; or a draft of it, to go on with."""
    draft_id = as_id(request.query_params.get("draft", ""))
    with database.reading() as db:
        if draft_id is not None:
            draft = draft_of_role(db, actor, draft_id)
            typed = form_of(db, draft)
            place, person = _chosen(db, actor, typed)
            return _role_form(db, request, actor, place, person, typed, draft=draft)
        place = place_of(db, actor, request.query_params.get("organization", ""))
        if place is None:
            return choose_place(db, request, actor)
        person_id = as_id(request.query_params.get("person", ""))
        if person_id is None:
            return _choose_person(db, request, actor, place)
        return _role_form(db, request, actor, place, candidate(db, actor, place.id, person_id))


@post("/roles", guards=[needs(GRANT)], sync_to_thread=True, include_in_schema=False)
def give(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Give a person in reach a role, or keep the form as a draft."""
    step, draft_id = str(data.get("step", "send")), as_id(str(data.get("_draft", "")))
    with database.reading() as db:
        place, person = _chosen(db, actor, data)
    if step in ("draft", "ask"):
        with database.transaction() as db:
            typed = {name: text for name, text in data.items() if name in DRAFTED}
            draft_id = keep_role_draft(db, actor, place.id, typed, draft_id).id
        return redirect(f"/roles/new?draft={draft_id}&{'ask=delete' if step == 'ask' else 'saved=yes'}")
    try:
        wanted = wanted_role(parse_form(RoleForm, data), person.id, place.id)
        with database.transaction() as db:
            role, waiting = give_role(db, actor, wanted, draft_id)
    except PortalError as wrong:
        with database.reading() as db:
            draft = draft_of_role(db, actor, draft_id) if draft_id else None
            return _role_form(db, request, actor, place, person, data, wrong, draft)
    return redirect(f"/roles/{role.id}?given={'waits' if waiting else 'yes'}")


def _chosen(db: Session, actor: Actor, typed: Mapping[str, Any]) -> tuple[Organization, Person]:
    """In which organization and to whom, by the hidden fields of the form."""
    place = place_of(db, actor, str(typed.get("organization", ""))) or no_place()
    person_id = as_id(str(typed.get("person", ""))) or no_place()
    return place, candidate(db, actor, place.id, person_id)


def _choose_person(db: Session, request: Request[Any, Any, Any], actor: Actor, place: Organization) -> Page:
    query = request.query_params.get("q", "").strip()
    lines = candidates(db, actor, place.id, sort_key(query), FOUND) if query else ()
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
    draft: Draft | None = None,
) -> Page:
    return render(
        request,
        "roles/new.html",
        status=wrong.status if wrong else 200,
        draft=draft,
        to_correct=what_to_correct(db, draft) if draft else "",
        saved=request.query_params.get("saved", ""),
        asked=draft is not None and request.query_params.get("ask") == "delete",
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
