"""Whose matter a person is: who belongs to several organizations, or leads one, is a matter for those above."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from core.database.session import Session
from core.identity.accounts import LEFT
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole


def elsewhere(db: Session, actor: Actor, permission: str, person_ids: Sequence[UUID]) -> str:
    """An organization where the actor has no such permission and one of the people has a place; «» for none."""
    name = select(Organization.short_name).limit(1)
    role = name.join(StructuralRole, StructuralRole.organization_id == Organization.id).where(
        StructuralRole.person_id.in_(person_ids),
        StructuralRole.status.not_in(LEFT),
        ~within(actor, permission, StructuralRole.organization_id),
    )
    enrolled = name.join(Enrollment, Enrollment.organization_id == Organization.id).where(
        Enrollment.person_id.in_(person_ids),
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= school_today(actor)),
        ~within(actor, permission, Enrollment.organization_id),
    )
    return db.scalar(role) or db.scalar(enrolled) or ""


def leads_here(db: Session, actor: Actor, person_ids: Sequence[UUID]) -> bool:
    """Whether one of the people has a role in the actor's organization that only those above it give."""
    if actor.is_system:
        return False
    above = [kind.name for kind in db.portal.grants.kinds.values() if kind.from_above]
    held = select(StructuralRole.id).where(
        StructuralRole.person_id.in_(person_ids),
        StructuralRole.kind.in_(above),
        StructuralRole.status.not_in(LEFT),
        StructuralRole.organization_id == actor.organization_id,
    )
    return db.scalar(held.limit(1)) is not None
