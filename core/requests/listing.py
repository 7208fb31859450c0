"""Requests as the work list of those who decide shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.models import Request
from core.requests.reading import OPEN, decidable
from core.roles.actor import Actor
from core.web.i18n import sentence

DECIDE = "core.requests.decide"


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request to decide; `overdue` if it is open past its deadline, `alone` if on a page of its own."""

    id: UUID
    title: str
    author: str
    organization: str
    status: str
    created_at: datetime
    deadline: date | None
    overdue: bool
    alone: bool


def request_rows(db: Session, actor: Actor) -> Any:
    """Requests for the acting role to decide, for a work list."""
    return (
        select(
            Request.id.label("id"),
            Request.kind,
            Request.status,
            Request.created_at,
            Request.deadline,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Organization.short_name.label("organization"),
        )
        .select_from(Request)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .where(decidable(db, actor))
    )


def request_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[RequestRow]:
    """Rows of one page as lines."""
    kinds = all_kinds(db.portal)
    today = school_today(actor)
    return [
        RequestRow(
            id=row.id,
            title=str(kinds[row.kind][1].title) if row.kind in kinds else row.kind,
            author=full_name(row.last_name, row.first_name, row.middle_name),
            organization=row.organization,
            status=row.status,
            created_at=row.created_at,
            deadline=row.deadline,
            overdue=row.status in OPEN and row.deadline is not None and row.deadline < today,
            alone=row.kind in kinds and bool(kinds[row.kind][1].decided_at),
        )
        for row in rows
    ]


def objection_to_take(_db: Session, _actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be taken up, «» if it is."""
    if line.status == "in_review":
        return sentence("запрос уже рассматривают")
    return objection_to_decide(_db, _actor, line)


def objection_to_decide(_db: Session, _actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be decided, «» if it is."""
    return "" if line.status in OPEN else sentence("решение уже принято")


def objection_to_approve(_db: Session, _actor: Actor, line: RequestRow) -> str:
    """Why a request is not to be approved among others, «» if it is."""
    if line.alone:
        return sentence("такой запрос одобряют по одному, на его карточке")
    return objection_to_decide(_db, _actor, line)
