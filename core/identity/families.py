"""Families: a guardian's tie to a child, and the guardian's role that follows from it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.roles.actor import Actor
from core.roles.models import StructuralRole

MAJORITY_YEARS = 18


def day_of_majority(birth_date: date) -> date:
    """The day of the eighteenth birthday, on which parents' rights end (СК РФ, статья 61, пункт 2)."""
    year = birth_date.year + MAJORITY_YEARS
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def tie_guardian(
    db: Session,
    actor: Actor,
    guardian_id: UUID,
    child: Person,
    school_id: UUID | None,
    today: date,
    *,
    source: str,
    basis: str,
    action: str,
    relation: str = "parent",
) -> bool:
    """Tie a guardian to a minor, and give the guardian's role in the child's school; whether the tie is new.

    Only minors are tied, until the day before they are of age. A tie that exists stays as the school left it,
    a blocked one too; so does a role the school has decided about before. `source` says where the tie comes
    from, `basis` what the role rests on, `action` how the history calls it.
    """
    # Of two at once the second waits, and then finds the tie of the first.
    db.execute(select(Person.id).where(Person.id == guardian_id).with_for_update())
    known = db.scalar(
        select(Guardianship.id).where(
            Guardianship.guardian_id == guardian_id, Guardianship.child_id == child.id
        )
    )
    if known is not None or child.birth_date is None or child.id == guardian_id:
        return False
    last_day = day_of_majority(child.birth_date) - timedelta(days=1)
    if last_day < today:
        return False
    db.add(
        Guardianship(
            id=new_id(),
            guardian_id=guardian_id,
            child_id=child.id,
            relation=relation,
            source=source,
            starts_on=today,
            ends_on=last_day,
        )
    )
    record(
        db,
        actor,
        school_id,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(child.id),
            after={"guardian": str(guardian_id), "source": source},
            person_id=guardian_id if actor.is_system else None,
        ),
    )
    if school_id is not None:
        _make_guardian(db, guardian_id, school_id, today, basis)
    return True


def _make_guardian(db: Session, guardian_id: UUID, school_id: UUID, today: date, basis: str) -> None:
    decided = db.scalar(
        select(StructuralRole.id).where(
            StructuralRole.person_id == guardian_id,
            StructuralRole.kind == "guardian",
            StructuralRole.organization_id == school_id,
        )
    )
    if decided is None:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=guardian_id,
                kind="guardian",
                organization_id=school_id,
                status="active",
                starts_on=today,
                basis=basis,
            )
        )
        db.flush()
