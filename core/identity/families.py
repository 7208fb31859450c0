"""Families: a guardian's tie to a child, and the guardian's role that follows from it.

A tie gives rights from its first to its last day, and no longer than until the child is of age.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.notifications import FAMILY_NEWS, notify
from core.organizations.models import Enrollment
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence

MAJORITY_YEARS = 18
"""СК РФ, статья 61, пункт 2: parents' rights end."""

OWN_ACCOUNT_YEARS = 14
"""From this age a child acts alone in everyday matters (ГК РФ, статья 26) and has a passport: the account is the
pupil's own affair. Younger children are signed up by a guardian."""


class Rights(StrEnum):
    """What a tie allows: to act for the child, only to see, or nothing (by court)."""

    FULL = "full"
    VIEW = "view"
    NONE = "none"


def birthday(birth_date: date, years: int) -> date:
    """The day on which somebody is so many years old."""
    try:
        return birth_date.replace(year=birth_date.year + years)
    except ValueError:
        return date(birth_date.year + years, 3, 1)


def day_of_majority(birth_date: date) -> date:
    """The day of the eighteenth birthday."""
    return birthday(birth_date, MAJORITY_YEARS)


def tied(today: date) -> ColumnElement[bool]:
    """Condition on `Guardianship`: it lets the guardian see the child on this day."""
    return in_force(Guardianship, today) & (Guardianship.rights != Rights.NONE)


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
    a blocked one too. Other guardians who act for the child hear of a new one. `source` says where the tie comes
    from, `basis` what the role rests on, `action` how the history calls it.
    """
    # Of two at once the second waits, and then finds the tie of the first.
    db.execute(select(Person.id).where(Person.id == guardian_id).with_for_update())
    known = db.scalar(
        select(Guardianship.id).where(
            Guardianship.guardian_id == guardian_id, Guardianship.child_id == child.id
        )
    )
    if known is not None:
        if db.scalar(select(Guardianship.id).where(Guardianship.id == known, tied(today))) is not None:
            _see_to_role(db, actor, guardian_id, school_id, today, basis)
        return False
    if child.birth_date is None or child.id == guardian_id:
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
    db.flush()
    _see_to_role(db, actor, guardian_id, school_id, today, basis)
    tell_of_new(db, child, guardian_id, today)
    return True


def tell_of_new(db: Session, child: Person, guardian_id: UUID, today: date) -> None:
    """Tell those who act for a child that somebody else has been tied to it."""
    guardian = db.get_one(Person, guardian_id)
    tell_family(
        db,
        child,
        guardian_id,
        today,
        sentence(
            "У ребёнка новый представитель: %(child)s – %(name)s",
            child=child.short_name,
            name=guardian.full_name,
        ),
    )


def tell_family(db: Session, child: Person, but: UUID, today: date, news: str) -> None:
    """Tell every guardian who acts for a child, `but` for one, what has changed in the family."""
    others = db.scalars(
        select(Guardianship.guardian_id).where(
            Guardianship.child_id == child.id,
            Guardianship.guardian_id != but,
            Guardianship.rights == Rights.FULL,
            in_force(Guardianship, today),
        )
    ).all()
    body = sentence("Если это ошибка, сообщите школе.")
    notify(db, others, FAMILY_NEWS, news, body, "/account/children")


def follow_ties(db: Session, actor: Actor, guardian_id: UUID, today: date, basis: str) -> None:
    """Bring a guardian's roles in line with the ties: one in each school while a child of theirs studies there."""
    children = select(Guardianship.child_id).where(Guardianship.guardian_id == guardian_id, tied(today))
    until: dict[UUID, date | None] = {}
    for school_id, last_day in db.execute(
        select(Enrollment.organization_id, Enrollment.ends_on).where(
            Enrollment.person_id.in_(children),
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= today),
        )
    ):
        known = until.get(school_id, date.min)
        until[school_id] = None if known is None or last_day is None else max(known, last_day)
    held = db.scalars(
        select(StructuralRole).where(
            StructuralRole.person_id == guardian_id,
            StructuralRole.kind == "guardian",
            StructuralRole.status.in_(("active", "suspended")),
            or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= today),
        )
    ).all()
    for role in held:
        if role.organization_id not in until:
            lifecycle.end(db, actor, role, basis)
        elif (last_day := until[role.organization_id]) is not None and role.ends_on != last_day:
            lifecycle.end(db, actor, role, basis, last_day)
        elif last_day is None and role.ends_on is not None:
            role.ends_on = None
            lifecycle.step(db, actor, role, role.status, today, basis, "core.role.resume")
    for school_id in sorted(until.keys() - {role.organization_id for role in held}):
        _make_guardian(db, actor, guardian_id, school_id, today, basis)


def _see_to_role(
    db: Session, actor: Actor, guardian_id: UUID, school_id: UUID | None, today: date, basis: str
) -> None:
    """Give the guardian's role in a school, unless it is held there; one that has ended counts for nothing."""
    held = select(StructuralRole.id).where(
        StructuralRole.person_id == guardian_id,
        StructuralRole.kind == "guardian",
        StructuralRole.organization_id == school_id,
        StructuralRole.status.in_(("active", "suspended")),
        or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= today),
    )
    if school_id is not None and db.scalar(held.limit(1)) is None:
        _make_guardian(db, actor, guardian_id, school_id, today, basis)


def _make_guardian(
    db: Session, actor: Actor, guardian_id: UUID, school_id: UUID, today: date, basis: str
) -> None:
    role = StructuralRole(
        id=new_id(),
        person_id=guardian_id,
        kind="guardian",
        organization_id=school_id,
        status="active",
        starts_on=today,
        basis=basis,
    )
    db.add(role)
    db.flush()
    lifecycle.step(db, actor, role, "active", today, basis, "core.role.give")
