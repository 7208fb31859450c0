"""The card of an account: roles, outside identities, sessions, changes; and the routes of the list."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.audit import views
from core.audit.telling import told
from core.audit.words import STATUSES as STATUSES_OF_ROLES
from core.database.engine import Database
from core.erasure import ERASE
from core.identity import accounts, merging
from core.identity.corrections import may_correct
from core.identity.directory import PEOPLE, holds_place
from core.identity.fields import fields_of
from core.identity.former import now_known_as
from core.identity.provenance import origins
from core.identity.providers import issuer_title
from core.organizations import directory as organizations
from core.personal_data import EXPORT
from core.roles.actor import Actor
from core.web.accounts.account_list import ACCOUNTS, LEVELS, STATUSES
from core.web.accounts.person_pages import DONE, NO_STORE, asked_fields, seen
from core.web.devices import device_name
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.slots import render_slot
from core.web.worklist_pages import worklist_routes


@get(
    "/accounts/{person_id:uuid}", guards=[needs(accounts.VIEW)], sync_to_thread=True, include_in_schema=False
)
def account_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Everything about one account: roles, outside identities, sessions, changes."""
    asked = asked_fields(request)
    with database.reading() as db:
        if (merged_into := now_known_as(db, person_id)) is not None:
            return redirect(f"/accounts/{accounts.account_card(db, actor, merged_into).person.id}")
        card = accounts.account_card(db, actor, person_id)
        fields = fields_of(db, actor, card.person, asked)
        page = render(
            request,
            "accounts/card.html",
            headers=NO_STORE if asked else None,
            card=card,
            fields=fields,
            asked=asked,
            may_correct=may_correct(db, actor, person_id),
            may_open_card=actor.can(organizations.VIEW) and holds_place(db, actor, person_id, PEOPLE),
            corrected=DONE.get(request.query_params.get("corrected", ""), ""),
            issuer_title=partial(issuer_title, db),
            may_see_views=holds_place(db, actor, person_id, views.SEE),
            may_erase=person_id != actor.person_id and holds_place(db, actor, person_id, ERASE),
            may_export=person_id != actor.person_id and holds_place(db, actor, person_id, EXPORT),
            state=STATUSES[card.line.status],
            levels=LEVELS,
            origins=origins(db, card.person),
            device_name=device_name,
            role_statuses=STATUSES_OF_ROLES,
            changes=told(db, actor, card.changes),
            merges=merging.merges_of(db, actor, person_id),
            merged=request.query_params.get("merged", ""),
            ended=request.query_params.get("ended", ""),
            pieces=render_slot(request, db, actor, "account.card", card),
        )
    with database.transaction() as db:
        views.note_views(db, actor, person_id, seen(views.ACCOUNT, fields, asked))
    return page


@post(
    "/accounts/{person_id:uuid}/sign-out",
    guards=[needs(accounts.BLOCK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def sign_out(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Page:
    """End all sessions of somebody."""
    with database.transaction() as db:
        accounts.end_sessions(db, actor, person_id)
    return redirect(f"/accounts/{person_id}?ended=yes#sessions")


account_card_routes: list[Any] = [*worklist_routes(ACCOUNTS), account_card, sign_out]
