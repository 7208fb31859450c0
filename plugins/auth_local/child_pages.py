"""A guardian's side: an invitation for one's own child, until the child is old enough to see to it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.identity.children import Child
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence
from core.web.pages import Page, render
from plugins.auth_local import invitations, logins
from plugins.auth_local.access import INVITE_CHILD
from plugins.auth_local.browsers import NOT_KEPT
from plugins.auth_local.pages import INVITATION_PATH
from plugins.auth_local.school_pages import on_paper


def on_child(db: Session, actor: Actor, child: Child) -> Mapping[str, Any]:
    """The login of a child on «Мои дети»."""
    return {
        "child": child,
        "known": logins.of_person(db, child.person.id),
        "invitation": invitations.of_person(db, child.person.id),
        "objection": invitations.objection_for_child(db, actor, child),
    }


@post(
    "/account/children/{child_id:uuid}/invitation",
    guards=[needs(INVITE_CHILD)],
    sync_to_thread=True,
    include_in_schema=False,
)
def invite_child(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    child_id: FromPath[UUID],
) -> Page:
    """Issue an invitation for one's own child and show it, this once."""
    with database.transaction() as db:
        slip = invitations.invite_child(db, actor, child_id)
    return render(
        request,
        "auth_local/slips.html",
        headers=NOT_KEPT,
        slips=[slip],
        left_out=[],
        address=on_paper(portal, INVITATION_PATH),
        back="/account/children",
        back_title=sentence("Мои дети"),
    )


child_routes: list[Any] = [invite_child]
