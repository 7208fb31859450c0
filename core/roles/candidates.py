"""To whom a role may be given in an organization: whoever is in reach, and whoever had a role there before."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from core.database.session import Session
from core.errors import NotFound
from core.identity.accounts import LEFT, AccountLine, account_lines, account_rows, by_name, people_in_reach
from core.identity.models import Person
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT
from core.roles.models import StructuralRole


def candidates(
    db: Session, actor: Actor, organization_id: UUID, wanted: str, limit: int
) -> Sequence[AccountLine]:
    """People by words of the name or by the СНИЛС, `wanted` being a sort key; in alphabetical order."""
    everybody = account_rows(db, actor, _may_get(actor, organization_id))
    found = everybody.where(by_name(actor, wanted)).order_by(Person.name_key, Person.id).limit(limit)
    return account_lines(db, actor, db.execute(found).all())


def candidate(db: Session, actor: Actor, organization_id: UUID, person_id: UUID) -> Person:
    """One of them. Raises `NotFound` for anybody else."""
    person = db.scalar(select(Person).where(Person.id == person_id, _may_get(actor, organization_id)))
    if person is None:
        raise NotFound(
            "Такого человека нет в вашей организации.", advice="Найдите его поиском или добавьте нового."
        )
    return person


def _may_get(actor: Actor, organization_id: UUID) -> ColumnElement[bool]:
    """Condition on `Person`; that the actor gives roles in the organization is asked where it is done."""
    formerly = select(StructuralRole.person_id).where(
        StructuralRole.organization_id == organization_id, StructuralRole.status.in_(LEFT)
    )
    return or_(people_in_reach(actor, GRANT), Person.id.in_(formerly))
