"""The school's side: an invitation or a one-time password issued, a login taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.identity.accounts import AccountCard
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from plugins.auth_local import access, invitations, logins, passkeys
from plugins.auth_local.access import ISSUE
from plugins.auth_local.browsers import NOT_KEPT
from plugins.auth_local.pages import INVITATION_PATH

CARD_PATH = "/accounts/{person_id:uuid}/login"
AnyRequest = Request[Any, Any, Any]


def on_card(db: Session, actor: Actor, card: AccountCard) -> Mapping[str, Any]:
    """The login of somebody whose account card is open, for the slot of the card."""
    person_id = card.person.id
    known = logins.of_person(db, person_id)
    return {
        "person": card.person,
        "known": known,
        "passkeys": len(passkeys.of_person(db, person_id)),
        "invitation": invitations.of_person(db, person_id),
        "objection": access.objection(db, actor, person_id),
        "dateless": known is None and not access.birth_dates(db, card.person),
    }


@post(f"{CARD_PATH}/invitation", guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def invite(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Issue an invitation and show it, this once."""
    with database.transaction() as db:
        slip = invitations.invite(db, actor, person_id)
    return render(
        request,
        "auth_local/slips.html",
        headers=NOT_KEPT,
        slips=[slip],
        left_out=[],
        address=on_paper(portal, INVITATION_PATH),
        back=f"/accounts/{person_id}",
        back_title=slip.person.full_name,
    )


@post(f"{CARD_PATH}/password", guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def issue_password(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Issue a one-time password and show it, this once."""
    with database.transaction() as db:
        issued = logins.issue_password(db, actor, person_id)
    return render(
        request,
        "auth_local/issued.html",
        headers=NOT_KEPT,
        issued=issued,
        organization=actor.acting_role.organization_name,
        address=on_paper(portal, "/sign-in"),
    )


@post(f"{CARD_PATH}/remove", guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def remove(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Page:
    """Take the login or the invitation away."""
    with database.transaction() as db:
        logins.remove(db, actor, person_id)
    return redirect(f"/accounts/{person_id}#local-login")


@post(f"{CARD_PATH}/second-factor", guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def remove_second_factor(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Page:
    """Take the code from the application away."""
    with database.transaction() as db:
        logins.remove_second_factor(db, actor, person_id)
    return redirect(f"/accounts/{person_id}#local-login")


@post(f"{CARD_PATH}/passkeys", guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def remove_passkeys(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Page:
    """Take all passkeys of somebody away."""
    with database.transaction() as db:
        logins.remove_passkeys(db, actor, person_id)
    return redirect(f"/accounts/{person_id}#local-login")


def on_paper(portal: Portal, path: str) -> str:
    """An address as people copy it from paper."""
    return portal.config.address.partition("://")[2] + path


school_routes: list[Any] = [invite, issue_password, remove, remove_second_factor, remove_passkeys]
