"""Consents of the demo: texts of the region, and what some of the families of the first schools have decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from core.consents.kinds import CORE_CONSENT_KINDS, PUPILS
from core.consents.models import Consent, ConsentText
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
    pupils = db.execute(
        select(Enrollment.person_id, Guardianship.guardian_id, Person)
        .join(Guardianship, Guardianship.child_id == Enrollment.person_id)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(Enrollment.organization_id == school.id)
        .order_by(Enrollment.person_id, Guardianship.guardian_id)
    ).all()
    seen: set[UUID] = set()
    for pupil_id, guardian_id, guardian in pupils:
        if pupil_id in seen:
            continue
        seen.add(pupil_id)
        for kind in CORE_CONSENT_KINDS:
            if PUPILS not in kind.asked_of or random.random() > GIVEN:
                continue
            given = moment - timedelta(days=random.randint(5, 80))
            db.add(
                Consent(
                    id=new_id(),
                    organization_id=school.id,
                    person_id=pupil_id,
                    kind=kind.name,
                    text_id=texts[region_id, kind.name],
                    given_on=given.date(),
                    way="portal",
                    given_by=guardian_id,
                    signed_by=guardian.full_name,
                    created_at=given,
                )
            )
