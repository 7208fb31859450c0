"""Places by which a list is narrowed: an organization with all below it, chosen or named in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.identity.names import sort_key
from core.organizations.kinds import ABOVE_SCHOOLS
from core.organizations.listing import by_words
from core.organizations.models import Organization
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach

MOST_CHOICES = 300


def places(db: Session, actor: Actor, permission: str) -> Sequence[tuple[str, str]] | None:
    """Schools within the reach of `permission`, by name; None where there are too many to choose from.

    Nothing for whoever has one school.
    """
    if actor.reach(permission) is not Reach.BELOW:
        return []
    rows = db.execute(
        select(Organization.id, Organization.short_name)
        .where(within(actor, permission, Organization.id), Organization.kind.not_in(ABOVE_SCHOOLS))
        .order_by(Organization.name_key, Organization.id)
        .limit(MOST_CHOICES + 1)
    ).all()
    return [(str(key), name) for key, name in rows] if len(rows) <= MOST_CHOICES else None


def at_place(actor: Actor, value: str) -> Select[Any] | None:
    """Ids of the organization with this id and of all below it; or of those that words name, and all below.

    None for what says nothing. Whoever asks narrows it to what they may see.
    """
    named = _named(actor, value)
    if named is None:
        return None
    there = select(Organization.id).where(named).cte("there", recursive=True)
    below = aliased(Organization)
    there = there.union(select(below.id).join(there, below.parent_id == there.c.id))
    return select(there.c.id)


def _named(actor: Actor, value: str) -> ColumnElement[bool] | None:
    try:
        return Organization.id == UUID(value)
    except ValueError:
        words = sort_key(value)
        return by_words(actor, words) if words else None
