"""Keys of people who have become another: what was recorded about them is about that other."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import PersonMerge


def former_ids(db: Session, person_id: UUID) -> Sequence[UUID]:
    """The keys of people who have become this one: what was recorded about them is about this one."""
    return db.scalars(
        select(PersonMerge.absorbed_id).where(
            PersonMerge.kept_id == person_id, PersonMerge.undone_at.is_(None)
        )
    ).all()


def now_known_as(db: Session, person_id: UUID) -> UUID | None:
    """The key of the person whom somebody has become, None for whoever was not merged."""
    return db.scalar(
        select(PersonMerge.kept_id)
        .where(PersonMerge.absorbed_id == person_id, PersonMerge.undone_at.is_(None))
        .order_by(PersonMerge.id.desc())
        .limit(1)
    )
