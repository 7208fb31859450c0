"""What a step of a request leaves behind: a line in its history, an audit record, word to those concerned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.notifications import notify
from core.requests.models import Request, RequestComment
from core.requests.reading import kind_of, those_asked
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.i18n import sentence

NEWS = "core.request.step"
ATTACHED = "attached"
"""The step of a line that names files somebody added; the request's status does not change by it."""


def the_other_side(db: Session, actor: Actor, request: Request) -> set[UUID]:
    """Who is told of what the actor adds.

    What the author adds is for whoever has the request, else for all who decide it; what others add, for the author
    and for whoever has it.
    """
    if request.author_id == actor.person_id:
        return those_asked(db, request)
    return {request.author_id} | former_handler(actor, request)


def former_handler(actor: Actor, request: Request) -> set[UUID]:
    """Whoever has a request, if it is somebody other than the actor."""
    return {request.handler_id} if request.handler_id not in (None, actor.person_id) else set()


def step(db: Session, actor: Actor, request: Request, status: str, text: str) -> None:
    """The request goes on to `status`, with what was said to it."""
    before, request.status = request.status, status
    trace(db, actor, request, step=status, text=text)
    note(db, actor, request, f"core.request.{status}", before, status, text)


def trace(db: Session, actor: Actor, request: Request, *, step: str = "", text: str = "") -> None:
    """A line of the history: a step, or something said."""
    db.add(
        RequestComment(
            id=new_id(), request_id=request.id, author_id=require_person(actor), text=text, step=step
        )
    )
    db.flush()


def note(
    db: Session, actor: Actor, request: Request, action: str, before: str | None, after: str, reason: str = ""
) -> None:
    """An audit record of a step from the status `before` to `after`."""
    record(
        db,
        actor,
        request.organization_id,
        Change(
            action=action,
            subject_type="request",
            subject_id=str(request.id),
            before={"status": before} if before else None,
            after={"status": after, "kind": request.kind},
            reason=reason,
        ),
    )


def tell(db: Session, request: Request, people: set[Any], title: str, body: str) -> None:
    """Notify people of news about a request, with a link to it."""
    kind = kind_of(db, request)
    about = kind.title if kind is not None else request.kind
    notify(
        db,
        people,
        NEWS,
        sentence("%(news)s: %(title)s", news=title, title=about),
        body,
        f"/requests/{request.id}",
    )
