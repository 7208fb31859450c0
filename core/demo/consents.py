"""Consents of the demo: texts of the region, and what some of the families of the first schools have decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.consents.kinds import CORE_CONSENT_KINDS, PUPILS
from core.consents.models import Consent, ConsentText
from core.consents.standing import OWN_CONSENT_AGE, birthday
from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.organizations.models import Enrollment, Organization

GIVEN = 0.7
"""Which part of the pupils has given a consent."""


def add_consents(db: Session, schools: list[UUID], seed: int, moment: datetime) -> None:
    """Publish the texts in every region, and give some consents in `schools`; nothing if there are texts already."""
    if db.scalar(select(ConsentText.id).limit(1)) is not None:
        return
    texts: dict[tuple[UUID, str], UUID] = {}
    regions = db.scalars(select(Organization).where(Organization.kind == "region").order_by(Organization.id))
    for region in regions.all():
        for kind in CORE_CONSENT_KINDS:
            text = ConsentText(
                id=new_id(),
                organization_id=region.id,
                kind=kind.name,
                version=1,
                text=kind.text,
                created_at=moment - timedelta(days=90),
            )
            texts[region.id, kind.name] = text.id
            db.add(text)
    db.flush()
    random = Random(seed)  # noqa: S311 -- invented data
    for school_id in schools:
        _give(db, db.get_one(Organization, school_id), texts, random, moment)


def _give(
    db: Session, school: Organization, texts: dict[tuple[UUID, str], UUID], random: Random, moment: datetime
) -> None:
    region_id = next(
        (
            UUID(each)
            for each in school.path.split("/")
            if each and (UUID(each), CORE_CONSENT_KINDS[0].name) in texts
        ),
        None,
    )
    if region_id is None:
        return
    child = aliased(Person)
    pupils = db.execute(
        select(child, Person)
        .join(Enrollment, Enrollment.person_id == child.id)
        .join(Guardianship, Guardianship.child_id == child.id)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(Enrollment.organization_id == school.id)
        .order_by(Enrollment.person_id, Guardianship.guardian_id)
    ).all()
    seen: set[UUID] = set()
    for pupil, guardian in pupils:
        if pupil.id in seen:
            continue
        seen.add(pupil.id)
        for kind in CORE_CONSENT_KINDS:
            if PUPILS not in kind.asked_of or random.random() > GIVEN:
                continue
            given = moment - timedelta(days=random.randint(5, 80))
            # From fourteen on a child decides alone.
            own = pupil.birth_date is not None and birthday(pupil.birth_date, OWN_CONSENT_AGE) <= given.date()
            giver = pupil if own else guardian
            db.add(
                Consent(
                    id=new_id(),
                    organization_id=school.id,
                    person_id=pupil.id,
                    kind=kind.name,
                    text_id=texts[region_id, kind.name],
                    given_on=given.date(),
                    way="portal",
                    given_by=giver.id,
                    signed_by=giver.full_name,
                    created_at=given,
                )
            )
