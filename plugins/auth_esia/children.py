"""Parents get to their children: verified records of ESIA tied to the pupils that a school has entered."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force, now
from core.database.session import Session
from core.identity.families import tie_guardian
from core.identity.models import Account, Person
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from plugins.auth_esia.profile import ChildRecord, Profile

SOURCE = "esia"


def tie_children(db: Session, account_id: UUID, profile: Profile) -> int:
    """Tie the account's person to the children in the profile; returns how many are new.

    Only a confirmed parent and records that the state has checked count; the child is found by СНИЛС and
    the birth date has to agree.
    """
    if not profile.confirmed:
        return 0
    parent_id = db.scalars(select(Account.person_id).where(Account.id == account_id)).one()
    actor, today = system_actor(origin="вход"), now().date()
    tied = 0
    for child_record in profile.children:
        child = _find(db, child_record)
        if child is not None:
            tied += tie_guardian(
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
    return tied


def _find(db: Session, child: ChildRecord) -> Person | None:
    if not child.verified or child.snils is None or child.birth_date is None:
        return None
    return db.scalar(select(Person).where(Person.snils == child.snils, Person.birth_date == child.birth_date))


def _school_of(db: Session, child_id: UUID) -> UUID | None:
    """Where the child is a pupil now."""
    today = now().date()
    return db.scalar(
        select(StructuralRole.organization_id)
        .where(
            StructuralRole.person_id == child_id,
            StructuralRole.kind == "pupil",
            StructuralRole.status == "active",
            in_force(StructuralRole, today),
        )
        .order_by(StructuralRole.created_at.desc())
        .limit(1)
    )
