"""Guardians tied to pupils through `/api/v1`, and what each of them may."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from core.identity.models import Guardianship, Notification, Person
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.test_people_api import program
from tests.core.test_transfers import OTHER, SCHOOL, pupil
from tests.core.town_fixtures import town

__all__ = ["town"]


def school(town: PortalUnderTest, name: str = SCHOOL) -> Visitor:
    return program(town, "head", "families.write", "accounts.read", school=name)


def ties(town: PortalUnderTest, child: UUID) -> set[str]:
    with town.portal.database.reading(fresh=True) as db:
        found = (
            select(Person.last_name)
            .join(Guardianship, Guardianship.guardian_id == Person.id)
            .where(Guardianship.child_id == child)
        )
        return set(db.scalars(found))


def test_a_guardian_is_tied_once_and_told(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 0)
    keeper, url = school(town), f"/api/v1/people/{child}/guardians"
    before = keeper.get(url).json()
    key = {"Idempotency-Key": str(uuid4())}
    body = {"last_name": "Опекунова", "first_name": "Анна", "relation": "guardian", "basis": "Акт № 3"}
    first, again = (keeper.post(url, json=body, headers=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.json() == again.json() and len(first.json()) == len(before) + 1
    [made] = [each for each in first.json() if each["guardian"].startswith("Опекунова")]
    assert (made["relation"], made["rights"], made["holds"]) == ("guardian", "full", True)
    with town.portal.database.reading(fresh=True) as db:
        guardian = UUID(made["guardian_id"])
        assert db.scalars(select(StructuralRole.kind).where(StructuralRole.person_id == guardian)).all() == [
            "guardian"
        ]
        assert db.scalars(select(Notification.id).where(Notification.person_id == guardian)).all()
    again_: Any = keeper.post(url, json={**body, "same_as": made["guardian_id"]})
    assert again_.status_code == 409 and "уже есть" in again_.json()["title"]


def test_rights_are_changed_only_on_a_ground(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 1)
    keeper, url = school(town), f"/api/v1/people/{child}/guardians"
    [known] = keeper.get(url).json()
    at = f"{url}/{known['id']}"
    refused = keeper.put(at, json={"rights": "none"})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["basis"])
    changed = keeper.put(at, json={"rights": "none", "basis": "Решение суда 2-15/2026"})
    assert [(each["rights"], each["basis"]) for each in changed.json()] == [
        ("none", "Решение суда 2-15/2026")
    ]
    assert keeper.put(f"{url}/{uuid4()}", json={}).status_code == 404


def test_a_namesake_is_told_from_the_person_meant(town: PortalUnderTest) -> None:
    one, _mother = pupil(town, 2)
    other, _mother = pupil(town, 3)
    keeper = school(town)
    body = {"last_name": "Однофамилова", "first_name": "Анна"}
    made = keeper.post(f"/api/v1/people/{one}/guardians", json=body).json()
    [guardian] = [each["guardian_id"] for each in made if each["guardian"].startswith("Однофамилова")]
    url = f"/api/v1/people/{other}/guardians"
    refused = keeper.post(url, json=body)
    assert refused.status_code == 409 and "same_as" in refused.json()["detail"]
    assert "Однофамилова" not in ties(town, other)
    tied = keeper.post(url, json={**body, "same_as": guardian})
    assert guardian in [each["guardian_id"] for each in tied.json()]


def test_neither_a_neighbour_nor_a_narrow_key_nor_a_teacher_ties_anybody(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 4)
    url, body = f"/api/v1/people/{child}/guardians", {"last_name": "Чужая", "first_name": "Анна"}
    for visitor, status in (
        (school(town, OTHER), 404),
        (program(town, "head", "families.write", school=SCHOOL), 403),
        (program(town, "head", "families.read", "accounts.read", school=SCHOOL), 403),
        (town.sign_in("teacher", organization=SCHOOL), 403),
        (town.visitor(), 401),
    ):
        assert visitor.post(url, json=body).status_code == status
    assert "Чужая" not in ties(town, child)
