"""Parents get to their children: verified records of ESIA tied to the pupils that a school has entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force, now
from core.database.session import Session
from core.identity.families import day_of_majority, tie_guardian
from core.identity.models import Account, Person
from core.roles.actor import Actor, system_actor
from core.roles.models import StructuralRole
from plugins.auth_esia.profile import ChildRecord, Profile

SOURCE = "esia"
TIED, UNVERIFIED, NOT_FOUND, OF_AGE = "tied", "unverified", "not_found", "of_age"
"""What became of a child in the profile: tied (also before), not checked by the state, unknown here, grown up."""


def tie_children(db: Session, account_id: UUID, profile: Profile) -> Sequence[tuple[ChildRecord, str]]:
    """Tie the account's person to the children in the profile; returns what became of each.

    Only a confirmed parent and records that the state has checked count; the child is found by СНИЛС and
    the birth date has to agree.
    """
    if not profile.confirmed:
        return ()
    parent_id = db.scalars(select(Account.person_id).where(Account.id == account_id)).one()
    actor, today = system_actor(origin="вход"), now().date()
    return [(each, _tie(db, actor, parent_id, each, today)) for each in profile.children]


def _tie(db: Session, actor: Actor, parent_id: UUID, told: ChildRecord, today: date) -> str:
    if not told.verified or told.snils is None or told.birth_date is None:
        return UNVERIFIED
    if day_of_majority(told.birth_date) <= today:
        return OF_AGE
    child = db.scalar(select(Person).where(Person.snils == told.snils, Person.birth_date == told.birth_date))
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
