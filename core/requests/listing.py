"""Requests as the work list of those who decide shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.contributions import RequestKind
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name, short_name
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.lateness import OPEN, Standing, standing_of
from core.requests.models import Request
from core.requests.obstacles import obstacle_to
from core.requests.presence import before_of
from core.requests.reading import decidable
from core.roles.actor import Actor
from core.web.i18n import sentence


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request to decide; `standing` to its deadline while it is open, `alone` if on a page of its own.

    `asked` is what it asks and `before` what that would replace, for a `kind` that changes something.
    """

    id: UUID
    title: str
    author: str
    organization: str
    status: str
    handler_id: UUID | None
    handler: str
    """Who looks at it, by name; «» if nobody does."""
    taken_at: datetime | None
    created_at: datetime
    deadline: date | None
    standing: Standing | None
    alone: bool
    kind: RequestKind | None
    asked: Mapping[str, Any]
    before: Mapping[str, Any] | None


def request_rows(db: Session, actor: Actor) -> Any:
    """Requests for the acting role to decide, for a work list."""
    handler = aliased(Person)
    return (
        select(
            Request.id.label("id"),
            Request.kind,
            Request.status,
            Request.handler_id,
            Request.taken_at,
            handler.last_name.label("handler_last_name"),
            handler.first_name.label("handler_first_name"),
            handler.middle_name.label("handler_middle_name"),
            Request.created_at,
            Request.deadline,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Organization.short_name.label("organization"),
            Organization.timezone,
        )
        .select_from(Request)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .outerjoin(handler, handler.id == Request.handler_id)
        .where(decidable(db, actor))
    )


def request_lines(db: Session, _actor: Actor, rows: Sequence[Any]) -> Sequence[RequestRow]:
    """Rows of one page as lines."""
    kinds = all_kinds(db.portal)
    asked, before = _changes(db, [row.id for row in rows if row.kind in kinds and kinds[row.kind][1].present])
    return [
        RequestRow(
            id=row.id,
            title=str(kinds[row.kind][1].title) if row.kind in kinds else row.kind,
            author=full_name(row.last_name, row.first_name, row.middle_name),
            organization=row.organization,
            status=row.status,
            handler_id=row.handler_id,
            handler=_handler(row),
            taken_at=row.taken_at,
            created_at=row.created_at,
            deadline=row.deadline,
            standing=standing_of(row.status, row.deadline, row.timezone or db.portal.config.timezone),
            alone=row.kind in kinds and bool(kinds[row.kind][1].decided_at),
            kind=kinds[row.kind][1] if row.kind in kinds else None,
            asked=asked.get(row.id, {}),
            before=before.get(row.id),
        )
        for row in rows
    ]


def _handler(row: Any) -> str:
    if row.status != "in_review" or row.handler_last_name is None:
        return ""
    return short_name(row.handler_last_name, row.handler_first_name, row.handler_middle_name)


def _changes(
    db: Session, ids: Sequence[UUID]
) -> tuple[Mapping[UUID, Mapping[str, Any]], Mapping[UUID, Mapping[str, Any]]]:
    """What requests ask and what that would replace, by their ids."""
    if not ids:
        return {}, {}
    found = db.scalars(select(Request).where(Request.id.in_(ids))).all()
    kinds = all_kinds(db.portal)
    before: dict[UUID, Mapping[str, Any]] = {}
    for name in {each.kind for each in found}:
        before.update(before_of(db, [each for each in found if each.kind == name], kinds[name][1]))
    return {each.id: each.values for each in found}, before


def objection_to_take(db: Session, actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be taken up, «» if it is."""
    if line.status != "in_review":
        return objection_to_decide(db, actor, line)
    if line.handler_id == actor.person_id:
        return sentence("он уже у вас")
    return sentence("его рассматривает %(name)s", name=line.handler)


def objection_to_put_back(db: Session, actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be left to others, «» if it is."""
    if line.status == "in_review" and line.handler_id == actor.person_id:
        return ""
    return objection_to_decide(db, actor, line) or sentence("он не у вас")


def objection_to_decide(_db: Session, _actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be decided, «» if it is."""
    return "" if line.status in OPEN else sentence("решение уже принято")


def objection_to_approve(db: Session, actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be approved among others, «» if it is, as far as is known."""
    if words := objection_to_decide(db, actor, line):
        return words
    if line.alone:
        return sentence("такой запрос одобряют по одному, на его карточке")
    if line.kind is not None and line.kind.obstacle is None:
        return ""
    return obstacle_to(db, actor, line.id)
