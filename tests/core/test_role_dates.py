"""Roles and ties hold from one day to another: the day it is where they are held."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.town_fixtures import town

__all__ = ["town"]

# At any moment it is another day than in UTC in one of the two.
ZONES = ("Pacific/Kiritimati", "Etc/GMT+12")
DAY = timedelta(days=1)


def secretary(town: PortalUnderTest, zone: str, starts_on: date, ends_on: date | None) -> UUID:
    """Somebody who is a secretary in a school of that zone between two days."""
    with town.portal.database.transaction() as db:
        above = db.scalars(select(Organization).where(Organization.kind == "municipality")).one()
        key = new_id()
        db.add(
            Organization(
                id=key,
                parent_id=above.id,
                kind="school",
                name=f"Школа {key}",
                short_name="Школа",
                name_key=f"школа {key}",
                path=f"{above.path}{key}/",
                timezone=zone,
            )
        )
        person = Person(id=new_id(), last_name="Дальняя", first_name="Инна")
        db.add(person)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person.id,
                kind="secretary",
                organization_id=key,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
        return person.id


@pytest.mark.parametrize("zone", ZONES)
def test_a_role_holds_from_its_first_day_to_its_last_where_it_is_held(
    town: PortalUnderTest, zone: str
) -> None:
    today = today_in(zone)
    held = [(today, None), (today - DAY, today), (today, today)]
    not_held = [(today + DAY, None), (today - 2 * DAY, today - DAY)]
    for first, last in held:
        visitor = town.sign_in_person(secretary(town, zone, first, last))
        assert visitor.get("/organization").status_code == 200, (first, last)
    for first, last in not_held:
        visitor = town.sign_in_person(secretary(town, zone, first, last))
        assert visitor.get("/organization").status_code == 403, (first, last)


@pytest.mark.parametrize(("days_left", "status"), [(None, 200), (0, 200), (365, 200), (-1, 404)])
def test_a_guardian_sees_the_child_until_the_tie_ends(
    town: PortalUnderTest, days_left: int | None, status: int
) -> None:
    with town.portal.database.transaction() as db:
        tie = db.scalars(select(Guardianship).where(Guardianship.rights == "full")).first()
        assert tie is not None
        ends_on = None if days_left is None else today_in("Europe/Moscow") + timedelta(days=days_left)
        tie.ends_on = ends_on
        guardian_id, child_id = tie.guardian_id, tie.child_id
    guardian = town.sign_in("guardian", person_id=guardian_id)
    assert guardian.get(f"/people/{child_id}").status_code == status


def told(visitor: Visitor) -> list[str]:
    """Where the visitor's notifications lead."""
    return [line["url"] for line in visitor.get("/api/v1/notifications").json()["items"]]


def test_a_request_is_not_sent_to_somebody_whose_role_has_ended(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        former = Person(id=new_id(), last_name="Бывшая", first_name="Инна")
        db.add(former)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=former.id,
                kind="deputy_head",
                organization_id=school.id,
                starts_on=date(2020, 9, 1),
                ends_on=today_in("Europe/Moscow") - 2 * DAY,
            )
        )
        former_id = former.id
    sent = town.sign_in("guardian").post(
        "/requests",
        data={
            "_kind": "core.person_correction",
            "last_name": "Иванова",
            "first_name": "Ия",
            "reason": "Опечатка в имени",
        },
    )
    assert sent.status_code == 303
    url = sent.headers["location"]
    assert url in told(town.sign_in("head", organization="Школа 1"))
    assert url not in told(town.sign_in_person(former_id))
