"""The pages of a class's invitations: who gets one, and the slips to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.portal import Portal
from core.roles.actor import Actor
from core.slots import ClassList
from core.web.guards import needs
from core.web.pages import Page, render
from plugins.auth_local import class_slips
from plugins.auth_local.access import ISSUE
from plugins.auth_local.browsers import NOT_KEPT
from plugins.auth_local.pages import INVITATION_PATH, Typed
from plugins.auth_local.school_pages import on_paper

CLASS_PATH = "/classes/{class_id:uuid}/invitations"
AnyRequest = Request[Any, Any, Any]


@get(CLASS_PATH, guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def choose_members(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
) -> Page:
    """The class with boxes to tick."""
    with database.reading(fresh=True) as db:
        return _choice(request, db, actor, class_id)


@post(CLASS_PATH, guards=[needs(ISSUE)], sync_to_thread=True, include_in_schema=False)
def invite_members(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Issue invitations and show their slips, this once."""
    sent = data.get("ids", [])
    chosen: list[str] = [str(each) for each in sent] if isinstance(sent, list) else [str(sent)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    try:
        with database.transaction() as db:
            school_class, slips, left_out = class_slips.invite(db, actor, class_id, chosen)
    except Invalid as error:
        with database.reading(fresh=True) as db:
            return _choice(request, db, actor, class_id, error)
    return render(
        request,
        "auth_local/slips.html",
        headers=NOT_KEPT,
        slips=slips,
        left_out=left_out,
        address=on_paper(portal, INVITATION_PATH),
        back=f"/classes/{class_id}/invitations",
        back_title=school_class.name,
    )


def _choice(
    request: AnyRequest, db: Session, actor: Actor, class_id: UUID, error: Invalid | None = None
) -> Page:
    school_class, people = class_slips.members(db, actor, class_id)
    return render(
        request,
        "auth_local/class.html",
        status=error.status if error else 200,
        school_class=school_class,
        members=people,
        error=error,
    )


def on_class(_db: Session, _actor: Actor, subject: ClassList) -> Mapping[str, Any] | None:
    """The way to a class's invitations, for the slot of its page."""
    return {"class_id": subject.school_class.id} if subject.pupil_ids else None


class_routes: list[Any] = [choose_members, invite_members]
