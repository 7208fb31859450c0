"""Parents get to their children: verified records of ESIA tied to the pupils that a school has entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force, now
from core.database.session import Session
from core.identity.families import day_of_majority, tie_guardian
from core.identity.linking import has_paper_of
from core.identity.models import Account, Person
from core.roles.actor import Actor, system_actor
from core.roles.models import StructuralRole
from plugins.auth_esia.profile import ChildRecord, Profile

SOURCE = "esia"
TIED, UNVERIFIED, NOT_FOUND, OF_AGE = "tied", "unverified", "not_found", "of_age"
"""What became of a child in the profile: tied (also before), not checked by the state, unknown here, grown up."""


def tie_children(db: Session, account_id: UUID, profile: Profile) -> Sequence[tuple[ChildRecord, str]]:
    """Tie the account's person to the children in the profile; returns what became of each.

    Only a confirmed parent and records that the state has checked count; the child is found by СНИЛС, and then the
    birth date has to agree, or else by the birth certificate, and then the name has to agree too.
    """
    if not profile.confirmed:
        return ()
    parent_id = db.scalars(select(Account.person_id).where(Account.id == account_id)).one()
    actor, today = system_actor(origin="вход"), now().date()
    return [(each, _tie(db, actor, parent_id, each, today)) for each in profile.children]


def _tie(db: Session, actor: Actor, parent_id: UUID, told: ChildRecord, today: date) -> str:
    by = told.snils or told.birth_certificate
    if not told.verified or by is None or told.birth_date is None:
        return UNVERIFIED
    if day_of_majority(told.birth_date) <= today:
        return OF_AGE
    child = _child(db, told)
    if child is None or child.id == parent_id:
        return NOT_FOUND
    tie_guardian(
        db,
        actor,
        parent_id,
        child,
        _school_of(db, child.id),
        today,
        source=SOURCE,
        basis="Запись о ребёнке на Госуслугах",
        action="auth_esia.guardianship",
    )
    return TIED


def _child(db: Session, told: ChildRecord) -> Person | None:
    if told.snils is not None:
        known = db.scalar(select(Person).where(Person.snils == told.snils))
        if known is not None:
            return known if known.birth_date == told.birth_date else None
    if told.birth_certificate is None:
        return None
    child = db.scalar(select(Person).where(Person.birth_certificate == told.birth_certificate))
    if child is None or (told.snils is not None and child.snils is not None):
        return None
    return child if has_paper_of(child, told.last_name, told.first_name, told.birth_date) else None


def _school_of(db: Session, child_id: UUID) -> UUID | None:
    """Where the child is a pupil now."""
    return db.scalar(
        select(StructuralRole.organization_id)
        .where(
            StructuralRole.person_id == child_id,
            StructuralRole.kind == "pupil",
            StructuralRole.status == "active",
            in_force(StructuralRole, now().date()),
        )
        .order_by(StructuralRole.created_at.desc())
        .limit(1)
    )
