"""A second demo school that is still being set up, so that the coordinator sees what readiness is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

from sqlalchemy import select

from core.database import spelling
from core.database.session import Session
from core.demo import names
from core.demo.plan import first_year, terms_of
from core.identity.models import Person
from core.identity.name_words import learn
from core.identity.names import full_name, sort_key
from core.organizations.models import AcademicYear, Organization, OrganizationWord, Term
from core.roles.models import StructuralRole

SHORT_NAME = "МБОУ «СОШ № 14»"
NAME = "Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная школа № 14»"
ADDRESS = "Ставропольский край, Шпаковский муниципальный округ, хутор Демино, улица Садовая, 14"
OGRN = "1022602000145"
PERSON_NUMBER = 109_000_014
"""Below those of the other invented people."""


def add_unfinished_school(db: Session, municipality_id: UUID, seed: int, today: date) -> bool:
    """Add the school unless it is there: its card, its head, a year with terms, and nothing else."""
    if db.scalar(select(Organization.id).where(Organization.short_name == SHORT_NAME)) is not None:
        return False
    pick, start = Random(f"unfinished {seed}"), first_year(today)  # noqa: S311 -- invented data
    made = datetime(start, 8, 25, tzinfo=UTC)
    municipality = db.get_one(Organization, municipality_id)
    identity = _id(pick, made)
    school = Organization(
        id=identity,
        parent_id=municipality.id,
        kind="school",
        name=NAME,
        short_name=SHORT_NAME,
        name_key=sort_key(NAME),
        path=f"{municipality.path}{identity}/",
        region_code=municipality.region_code,
        inn=names.inn(262_399_914),
        kpp="262301001",
        ogrn=OGRN,
        oktmo=f"{municipality.oktmo}114",
        address=ADDRESS,
        legal_address=ADDRESS,
        phone="+78655399914",
        email="school14@school.example",
        site="https://school14.example",
        timezone=municipality.timezone,
        created_at=made,
    )
    head = Person(
        id=_id(pick, made),
        last_name="Лопатина",
        first_name="Ирина",
        middle_name="Борисовна",
        gender="F",
        birth_date=date(start - 46, 4, 17),
        name_key=sort_key(full_name("Лопатина", "Ирина", "Борисовна")),
        snils=names.snils(PERSON_NUMBER),
        source="demo",
        created_at=made,
    )
    db.add_all([school, head])
    db.flush()
    year = AcademicYear(
        id=_id(pick, made),
        organization_id=school.id,
        name=f"{start}/{(start + 1) % 100:02}",
        starts_on=date(start, 9, 1),
        ends_on=date(start + 1, 5, 26),
    )
    db.add(year)
    db.flush()
    db.add(
        StructuralRole(
            id=_id(pick, made),
            person_id=head.id,
            kind="head",
            organization_id=school.id,
            starts_on=year.starts_on,
            created_at=made,
        )
    )
    for kind, number, first, last in terms_of(start):
        title = f"{number} четверть" if kind == "quarter" else f"{number} полугодие"
        db.add(
            Term(
                id=_id(pick, made),
                organization_id=school.id,
                academic_year_id=year.id,
                kind=kind,
                number=number,
                name=title,
                starts_on=first,
                ends_on=last,
            )
        )
    learn(db, [head.name_key])
    spelling.learn(db, OrganizationWord, [school.search_key])
    db.flush()
    return True


def _id(pick: Random, made: datetime) -> UUID:
    """A UUIDv7 of that moment, the same for the same seed."""
    moment = int(made.timestamp() * 1000)
    return UUID(
        int=(moment << 80) | (7 << 76) | (pick.getrandbits(12) << 64) | (2 << 62) | pick.getrandbits(62)
    )
