"""Parents get to their children: verified records of ESIA tied to the pupils that a school has entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.identity.models import Account, Guardianship, Person
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from plugins.auth_esia.profile import ChildRecord, Profile

SOURCE = "esia"
MAJORITY_YEARS = 18
TIED, UNVERIFIED, NOT_FOUND, OF_AGE = "tied", "unverified", "not_found", "of_age"
"""What became of a child in the profile: tied (also before), not checked by the state, unknown here, grown up."""


def tie_children(db: Session, account_id: UUID, profile: Profile) -> Sequence[tuple[ChildRecord, str]]:
    """Tie the account's person to the children in the profile; returns what became of each.

    Only a confirmed parent and records that the state has checked count; the child is found by СНИЛС and
    the birth date has to agree. Only minors are tied, until the day before they are of age. A tie that
    exists stays as the school left it, blocked ones too.
    """
    if not profile.confirmed:
        return ()
    parent_id = db.scalars(select(Account.person_id).where(Account.id == account_id)).one()
    # Of two sign-ins of the parent at once the second waits, and then finds the ties of the first.
    db.execute(select(Person.id).where(Person.id == parent_id).with_for_update())
    known = set(db.scalars(select(Guardianship.child_id).where(Guardianship.guardian_id == parent_id)))
    today = now().date()
    found: list[tuple[ChildRecord, str]] = []
    for child_record in profile.children:
        born = child_record.birth_date
        if not child_record.verified or child_record.snils is None or born is None:
            found.append((child_record, UNVERIFIED))
            continue
        last_day = day_of_majority(born) - timedelta(days=1)
        if last_day < today:
            found.append((child_record, OF_AGE))
            continue
        child = db.scalar(select(Person).where(Person.snils == child_record.snils, Person.birth_date == born))
        if child is None or child.id == parent_id:
            found.append((child_record, NOT_FOUND))
            continue
        found.append((child_record, TIED))
        if child.id in known:
            continue
        db.add(
            Guardianship(
                id=new_id(),
                guardian_id=parent_id,
                child_id=child.id,
                source=SOURCE,
                starts_on=today,
                ends_on=last_day,
            )
        )
        change = Change(
            action="auth_esia.guardianship",
            subject_type="person",
            subject_id=str(child.id),
            after={"guardian": str(parent_id), "source": SOURCE},
            person_id=parent_id,
        )
        school_id = _school_of(db, child.id)
        record(db, system_actor(origin="вход"), school_id, change)
        if school_id is not None:
            _make_guardian(db, parent_id, school_id)
        known.add(child.id)
    return found


def day_of_majority(birth_date: date) -> date:
    """The day of the eighteenth birthday, on which parents' rights end (СК РФ, статья 61, пункт 2)."""
    year = birth_date.year + MAJORITY_YEARS
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


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


def _make_guardian(db: Session, parent_id: UUID, school_id: UUID) -> None:
    """Give the parent's role in the school, unless the school has decided about it before."""
    decided = db.scalar(
        select(StructuralRole.id).where(
            StructuralRole.person_id == parent_id,
            StructuralRole.kind == "guardian",
            StructuralRole.organization_id == school_id,
        )
    )
    if decided is None:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=parent_id,
                kind="guardian",
                organization_id=school_id,
                status="active",
                starts_on=now().date(),
                basis="Запись о ребёнке на Госуслугах",
            )
        )
