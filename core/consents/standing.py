"""Whether a consent stands, and who may give it: what services and plugins ask before they use personal data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from core.consents.models import Consent, ConsentText
from core.consents.texts import above
from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.organizations.models import Organization

OWN_CONSENT_AGE = 14
"""From this age a pupil gives consents alone; for a younger child a guardian does (ГК РФ, статьи 26 и 28;
152-ФЗ, статья 9, часть 6)."""


class ConsentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a consent was given or withdrawn. Whoever relies on it looks anew whether it stands."""

    person_id: UUID
    organization_id: UUID
    kind: str
    standing: bool


def stands(organization_path: str) -> ColumnElement[bool]:
    """Condition on `Consent` of one organization: neither withdrawn nor given before everybody was asked anew."""
    later = aliased(ConsentText)
    anew = exists().where(
        later.kind == Consent.kind,
        later.renews.is_(True),
        later.organization_id.in_(above(organization_path)),
        later.created_at > Consent.created_at,
    )
    return and_(Consent.withdrawn_on.is_(None), ~anew)


def consented(db: Session, organization_id: UUID, kind: str, person_ids: Iterable[UUID]) -> set[UUID]:
    """Of these people those whose consent of the kind to the organization stands."""
    path = db.scalar(select(Organization.path).where(Organization.id == organization_id))
    if path is None:
        return set()
    return set(
        db.scalars(
            select(Consent.person_id).where(
                Consent.organization_id == organization_id,
                Consent.kind == kind,
                Consent.person_id.in_(list(person_ids)),
                stands(path),
            )
        )
    )


def birthday(birth_date: date, years: int) -> date:
    """The day somebody born on `birth_date` is `years` old; of 29 February it is 1 March in a common year."""
    try:
        return birth_date.replace(year=birth_date.year + years)
    except ValueError:
        return date(birth_date.year + years, 3, 1)


def gives_alone(person: Person, today: date) -> bool:
    """Whether somebody gives consents about themself; so do those whose birth date is not known."""
    return person.birth_date is None or birthday(person.birth_date, OWN_CONSENT_AGE) <= today


def children_of(db: Session, guardian_id: UUID, today: date) -> Sequence[Person]:
    """The children for whom somebody has a guardian's rights today, in the order of their names."""
    return db.scalars(
        select(Person)
        .join(Guardianship, Guardianship.child_id == Person.id)
        .where(
            Guardianship.guardian_id == guardian_id,
            Guardianship.rights == "full",
            in_force(Guardianship, today),
        )
        .order_by(Person.name_key, Person.id)
    ).all()


def may_give(person: Person, giver_id: UUID, today: date, *, is_guardian: bool) -> bool:
    """Whether `giver_id` gives and withdraws consents about `person` today.

    Oneself from fourteen; a guardian until then, and where the birth date is not known.
    """
    if person.id == giver_id:
        return gives_alone(person, today)
    return is_guardian and (person.birth_date is None or not gives_alone(person, today))
