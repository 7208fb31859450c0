"""A person's card, and who looked at it. Sensitive fields are masked until somebody asks to see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.audit import views
from core.consents.standing import children_of
from core.database.engine import Database
from core.errors import NotFound
from core.identity import directory as people
from core.identity import guardians
from core.identity.accounts import account_in_reach
from core.identity.corrections import may_correct
from core.identity.fields import DOCUMENTS, TITLES, ShownField, fields_of
from core.identity.former import now_known_as
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations import directory
from core.organizations.pupil_undo import leaving_to_undo
from core.organizations.withdrawal import may_withdraw
from core.personal_data import EXPORT
from core.pupil_files.giving_out import may_give_out
from core.pupil_files.taking_in import former_schools
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.guards import needs, signed_in
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.slots import render_slot

DONE = {
    "yes": lazy("Данные исправлены. Человек узнает об этом из уведомления."),
    "nothing": lazy("Ничего не изменено: в карточке стоит то же самое."),
}
NO_STORE = {"cache-control": "no-store"}
"""For pages that show what is masked elsewhere: the browser keeps no copy."""


def asked_fields(request: Request[Any, Any, Any]) -> list[str]:
    """The names of the fields that `?show=phone,snils` asks to see."""
    return [each for each in request.query_params.get("show", "").split(",") if each in TITLES]


def seen(what: str, fields: Sequence[ShownField], asked: Sequence[str]) -> list[str]:
    """What a page shows of somebody, for the record of views."""
    return [what, *(each.name for each in fields if each.name in asked and not each.masked)]


@get("/people/{person_id:uuid}", guards=[needs(directory.VIEW)], sync_to_thread=True, include_in_schema=False)
def person_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """A person's card, cut down to what the visitor may know. A former pupil has only the page of the leaving."""
    asked = asked_fields(request)
    with database.reading() as db:
        if (merged_into := now_known_as(db, person_id)) is not None:
            return redirect(f"/people/{people.card(db, actor, merged_into).person.id}")
        gives_out = may_give_out(db, actor, person_id)
        try:
            card = people.card(db, actor, person_id)
        except NotFound:
            if not gives_out:
                raise
            return redirect(f"/people/{person_id}/pupil-file")
        fields = fields_of(db, actor, card.person, asked)
        page = render(
            request,
            "people/card.html",
            headers=NO_STORE if asked else None,
            card=card,
            person=card.person,
            fields=fields,
            asked=asked,
            may_see_people=actor.can(directory.PEOPLE),
            may_edit_family=guardians.may_edit(db, actor, person_id),
            may_withdraw=may_withdraw(db, actor, person_id),
            may_give_out=gives_out,
            leaving=leaving_to_undo(db, actor, person_id) if gives_out else None,
            former_schools=bool(former_schools(db, actor, person_id)),
            may_edit_papers=people.holds_place(db, actor, person_id, DOCUMENTS),
            may_correct=may_correct(db, actor, person_id),
            may_see_account=account_in_reach(db, actor, person_id),
            done=DONE.get(request.query_params.get("corrected", ""), ""),
            may_see_views=people.holds_place(db, actor, person_id, views.SEE),
            may_export=person_id != actor.person_id and people.holds_place(db, actor, person_id, EXPORT),
            pieces=render_slot(request, db, actor, "person.card", card.person),
        )
        recorded = (card.contacts or bool(fields)) and not people.is_own(db, actor, person_id)
    if recorded:
        with database.transaction() as db:
            views.note_views(db, actor, person_id, seen(views.CARD, fields, asked))
    return page


@get(
    "/people/{person_id:uuid}/views",
    guards=[needs(views.SEE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def person_views(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Who looked at somebody's data, for the head."""
    with database.reading() as db:
        page = views.views_of(db, actor, person_id, _before(request))
        return render(
            request,
            "people/views.html",
            person=db.get_one(Person, person_id),
            page=page,
            people=[],
            crumbs=[(db.get_one(Person, person_id).full_name, f"/people/{person_id}")],
            next_url=f"?before={page.before}" if page.before else "",
        )


@get("/account/views", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def own_views(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Who looked at one's own data, or at those of a child."""
    with database.reading() as db:
        own = db.get_one(Person, require_person(actor))
        family = [own, *children_of(db, own.id, school_today(actor))]
        wanted = request.query_params.get("person", "")
        person = next((each for each in family if str(each.id) == wanted), own)
        page = views.views_of(db, actor, person.id, _before(request))
        return render(
            request,
            "people/views.html",
            person=person,
            page=page,
            people=family if len(family) > 1 else [],
            crumbs=[],
            next_url=f"?person={person.id}&before={page.before}" if page.before else "",
        )


def _before(request: Request[Any, Any, Any]) -> UUID | None:
    try:
        return UUID(request.query_params.get("before", ""))
    except ValueError:
        return None


person_routes: list[Any] = [person_page, person_views, own_views]
