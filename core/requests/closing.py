"""Closing what nobody can decide any more: requests about somebody whose profile is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from core.database.base import now
from core.database.session import Session
from core.requests.models import Request
from core.requests.reading import OPEN, RETURNED, WRITTEN
from core.requests.steps import note, tell, trace
from core.roles.actor import Actor
from core.web.i18n import sentence


def close_about(
    db: Session,
    actor: Actor,
    organizations: Collection[UUID],
    keys: Collection[str],
    names: Mapping[str, str],
) -> int:
    """Close the open requests of these organizations about somebody; returns how many.

    About somebody is what points at them, at a role or a tie of theirs by one of `keys`, or has all the fields of
    `names` (name and birth date). Who has sent one is told why; a draft is left to its author.
    """
    closed = 0
    for request in db.scalars(
        select(Request).where(
            Request.organization_id.in_(organizations), Request.status.in_((*OPEN, *WRITTEN))
        )
    ).all():
        if _is_about(request.values, keys, names):
            _close(db, actor, request)
            closed += 1
    return closed


def _is_about(values: Mapping[str, Any], keys: Collection[str], names: Mapping[str, str]) -> bool:
    if any(isinstance(value, str) and value in keys for value in values.values()):
        return True
    form = values.get("form")
    if isinstance(form, dict) and _is_about(cast("dict[str, Any]", form), keys, {}):
        return True
    return bool(names) and all(values.get(field) == value for field, value in names.items())


def _close(db: Session, actor: Actor, request: Request) -> None:
    before = request.status
    if before not in (*OPEN, RETURNED):
        db.delete(request)
        return
    why = sentence("Профиль человека, о котором этот запрос, стёрт: решать больше нечего.")
    request.status, request.decided_by, request.decided_at = "rejected", actor.person_id, now()
    if actor.person_id is not None:
        trace(db, actor, request, step="rejected", text=str(why))
    note(db, actor, request, "core.request.rejected", before, "rejected", str(why))
    if request.author_id != actor.person_id:
        tell(db, request, {request.author_id}, sentence("Запрос закрыт"), why)
