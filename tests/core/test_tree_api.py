"""Organizations, groups of them, classes and groups of pupils, kept by programs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.identity.sessions import today_in
from core.organizations.models import AcademicYear
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
GROUPS = "/api/v1/organization-groups"
GROUPINGS = "/api/v1/groupings"
TODAY = today_in("Europe/Moscow")


def region(town: PortalUnderTest) -> Visitor:
    return town.sign_in("regional_coordinator")


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def year_of(town: PortalUnderTest, school: str = "Школа 1") -> UUID:
    """The school's year that goes on."""
    with town.portal.database.reading() as db:
        return db.scalars(
            select(AcademicYear.id).where(
                AcademicYear.organization_id == id_of(town, school), AcademicYear.ends_on >= TODAY
            )
        ).first() or pytest.fail("no year")


def test_a_program_keeps_a_group_of_organizations_by_hand(town: PortalUnderTest) -> None:
    visitor = region(town)
    made = visitor.post(GROUPS, json={"name": "Пилот питания", "kind": "project"}).json()
    assert (made["rule"], made["kind"]) == (None, "project")
    one = f"{GROUPS}/{made['id']}"
    school = id_of(town, "Школа 1")
    for _twice in range(2):
        assert visitor.put(f"{one}/members/{school}").status_code == 204
    found = visitor.get(f"/api/v1/organizations?group_id={made['id']}").json()["items"]
    assert [each["id"] for each in found] == [str(school)]
    assert visitor.delete(f"{one}/members/{school}").status_code == 204
    assert visitor.get(f"/api/v1/organizations?group_id={made['id']}").json()["items"] == []
    renamed = visitor.put(one, json={"name": "Пилот питания 2026", "kind": "project"}).json()
    assert renamed["name"] == visitor.get(one).json()["name"] == "Пилот питания 2026"
    twin = visitor.post(GROUPS, json={"name": "пилот питания 2026"})
    assert (twin.status_code, "name" in twin.json()["fields"]) == (422, True)
    assert visitor.delete(one).status_code == 204
    assert visitor.get(one).status_code == 404


def test_a_rule_takes_organizations_in_at_once(town: PortalUnderTest) -> None:
    visitor = region(town)
    made = visitor.post(GROUPS, json={"name": "Все школы", "rule": {"kinds": ["school"]}}).json()
    found = visitor.get(f"/api/v1/organizations?group_id={made['id']}").json()["items"]
    assert {each["kind"] for each in found} == {"school"}
    by_hand = visitor.put(f"{GROUPS}/{made['id']}/members/{id_of(town, 'Школа 1')}")
    assert by_hand.status_code == 409
    wrong = visitor.post(GROUPS, json={"name": "Кривое", "rule": {"oktmo": "не число"}})
    assert wrong.status_code == 422


def test_a_neighbour_keeps_no_groups_of_others(town: PortalUnderTest) -> None:
    made = region(town).post(GROUPS, json={"name": "Краевая сеть"}).json()
    municipal, one = town.sign_in("municipal_coordinator"), f"{GROUPS}/{made['id']}"
    assert municipal.get(one).status_code == 404
    assert municipal.put(one, json={"name": "Моя"}).status_code == 404
    assert municipal.put(f"{one}/members/{id_of(town, 'Школа 1')}").status_code == 404
    assert municipal.delete(one).status_code == 404
    assert head(town).post(GROUPS, json={"name": "Своя"}).status_code == 403


def test_a_program_makes_corrects_closes_and_opens_a_class(town: PortalUnderTest) -> None:
    visitor, year = head(town), year_of(town)
    new = {"kind": "class", "academic_year_id": str(year), "name": "3 я", "places": 25}
    made = visitor.post(GROUPINGS, json=new)
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["name"], found["grade_level"], found["places"]) == ("3Я", 3, 25)
    assert visitor.post(GROUPINGS, json=new).status_code == 422
    one = f"{GROUPINGS}/{found['id']}"
    changed = visitor.put(one, json={"places": 20}).json()
    assert (changed["name"], changed["places"]) == ("3Я", 20)
    part = {"kind": "subgroup", "academic_year_id": str(year), "name": "1", "split": "Труд"}
    assert visitor.post(GROUPINGS, json=part).status_code == 422
    made = visitor.post(GROUPINGS, json={**part, "school_class_id": found["id"]})
    assert made.json()["school_class_id"] == found["id"]
    closed = visitor.post(f"{one}/close", json={"day": str(TODAY), "reason": "Приказ 3"}).json()
    assert closed["closed_on"] == str(TODAY)
    assert visitor.get(f"{GROUPINGS}/{made.json()['id']}").json()["grouping"]["closed_on"] == str(TODAY)
    assert visitor.post(f"{one}/close", json={"day": str(TODAY), "reason": "Приказ 3"}).status_code == 409
    assert visitor.post(f"{one}/reopen").json()["closed_on"] is None


def test_a_group_of_several_schools_is_the_coordinators(town: PortalUnderTest) -> None:
    new = {"kind": "network", "academic_year_id": str(year_of(town)), "name": "Олимпиадная сборная"}
    assert head(town).post(GROUPINGS, json=new).status_code in (403, 404)
    made = town.sign_in("municipal_coordinator").post(GROUPINGS, json=new)
    assert made.status_code == 201, made.text
    assert made.json()["kind"] == "network"
    unknown = town.sign_in("municipal_coordinator").post(
        GROUPINGS, json={**new, "academic_year_id": str(uuid4())}
    )
    assert unknown.status_code == 422


def test_a_neighbour_changes_no_class(town: PortalUnderTest) -> None:
    made = head(town).post(
        GROUPINGS, json={"kind": "class", "academic_year_id": str(year_of(town)), "name": "2Ю"}
    )
    one, other = f"{GROUPINGS}/{made.json()['id']}", head(town, 2)
    assert other.put(one, json={"places": 1}).status_code == 404
    assert other.post(f"{one}/close", json={"day": str(TODAY), "reason": "Чужое"}).status_code == 404
    assert other.post(f"{one}/reopen").status_code == 404
    stolen = other.post(
        GROUPINGS, json={"kind": "class", "academic_year_id": str(year_of(town)), "name": "2Э"}
    )
    assert stolen.status_code == 404


def test_a_program_takes_a_move_back(town: PortalUnderTest) -> None:
    visitor = head(town)
    found = visitor.get(f"{GROUPINGS}?kind=class&organization_id={id_of(town, 'Школа 1')}").json()["items"]
    card = next(
        card for each in found if (card := visitor.get(f"{GROUPINGS}/{each['id']}").json()).get("members")
    )
    pupil, one = card["members"][0]["person_id"], f"{GROUPINGS}/{card['grouping']['id']}"
    day = TODAY + timedelta(days=1)
    moved = visitor.post(
        f"{one}/moves",
        json={"day": str(day), "reason": "Ошибка", "moves": [{"person_id": pupil, "to": None}]},
    )
    assert moved.status_code == 201, moved.text
    undo = f"{GROUPINGS}/moves/{moved.json()['id']}/undo"
    assert head(town, 2).post(undo).status_code == 404
    assert visitor.post(undo).status_code == 204
    members = visitor.get(f"{one}?day={day}").json()["members"]
    assert pupil in {each["person_id"] for each in members}
    assert visitor.post(undo).status_code == 409


def test_the_authority_above_closes_opens_and_moves_a_school(town: PortalUnderTest) -> None:
    visitor, school = region(town), id_of(town, "Школа 2")
    one = f"/api/v1/organizations/{school}"
    before = visitor.get(one).json()["parent_id"]
    other = visitor.post(
        "/api/v1/organizations",
        json={
            "parent_id": str(id_of(town, "Край")), "kind": "municipality",
            "name": "Новый округ", "short_name": "Новый округ",
        },
    )  # fmt: skip
    assert other.status_code == 201, other.text
    moved = visitor.put(f"{one}/parent", json={"parent_id": other.json()["id"]})
    assert moved.json()["parent_id"] == other.json()["id"]
    assert visitor.put(f"{one}/parent", json={"parent_id": before}).status_code == 200
    closed = visitor.post(f"{one}/close", json={"day": str(TODAY), "reason": "Реорганизация"})
    assert closed.status_code == 201, closed.text
    assert visitor.post(f"{one}/reopen").status_code == 201
    assert head(town, 2).post(f"{one}/close", json={"day": str(TODAY), "reason": "Сама"}).status_code == 403
