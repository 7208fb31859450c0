"""A role given for a group of organizations only: whom it reaches, who gives it, what it never opens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from core.identity.models import Notification
from core.identity.sessions import today_in
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.test_organization_groups import bulk, made
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow").isoformat()
COORDINATOR = "municipal_coordinator"


def group_of(url: str) -> str:
    return url.rpartition("/")[2]


def give(town: PortalUnderTest, visitor: Visitor, person: str, group: str, **more: str) -> Any:
    form = {
        "organization": str(id_of(town, "Округ")),
        "person": str(id_of(town, person)),
        "kind": COORDINATOR,
        "group_id": group,
        "starts_on": TODAY,
        "basis": "Приказ 5",
        **more,
    }
    return visitor.post("/roles", data=form)


@pytest.fixture(scope="module")
def network(town: PortalUnderTest) -> str:
    """The address of a group of one school, for which a teacher is given the coordinator's role."""
    keeper = town.sign_in(COORDINATOR)
    url = made(town, "Сеть Школы 1", keeper)
    assert bulk(town, "group", url, "Школа 1", visitor=keeper).status_code == 200
    answer = give(town, keeper, "Орлов", group_of(url))
    assert answer.status_code == 303, answer.text
    assert "Сеть Школы 1" in keeper.get(answer.headers["location"]).text
    card = keeper.get(url).text
    assert "Орлов Пётр Ильич" in card
    assert f"/roles/new?organization={id_of(town, 'Округ')}&amp;group={group_of(url)}" in card
    return url


def acting(town: PortalUnderTest) -> Visitor:
    """Whoever acts for the group."""
    return town.sign_in(COORDINATOR, person_id=id_of(town, "Орлов"))


def test_it_reaches_the_members_and_nobody_else(town: PortalUnderTest, network: str) -> None:
    visitor = acting(town)
    shown = visitor.get("/organizations").text
    assert "Школа 1" in shown
    assert "Школа 2" not in shown
    assert visitor.get(f"/organizations/{id_of(town, 'Школа 1')}").status_code == 200
    for stranger in ("Школа 2", "Округ", "Край"):
        assert visitor.get(f"/organizations/{id_of(town, stranger)}").status_code == 404
    people = visitor.get("/accounts").text
    assert "Берёзкина Анна" in people
    assert "Берёзкинавторая" not in people
    assert visitor.get(f"/accounts/{id_of(town, 'Берёзкина')}").status_code == 200
    assert visitor.get(f"/accounts/{id_of(town, 'Берёзкинавторая')}").status_code == 404
    assert visitor.post(f"/accounts/{id_of(town, 'Берёзкинавторая')}/block").status_code == 404
    found = visitor.get("/search?q=берёзкина").text
    assert "Берёзкинавторая" not in found
    with town.portal.database.reading() as db:
        foreign = db.scalars(
            select(StructuralRole).where(StructuralRole.person_id == id_of(town, "Берёзкинавторая"))
        ).one()
    assert visitor.get(f"/roles/{foreign.id}").status_code == 404


def test_who_acts_for_a_group_is_told_so_and_meets_no_closed_door(
    town: PortalUnderTest, network: str
) -> None:
    visitor = acting(town)
    home = visitor.get("/").text
    assert "Сеть Школы 1, Округ" in home
    links = {each for each in re.findall(r'href="(/[^"#]*)"', home) if not each.startswith("/static")}
    assert {"/organizations", "/accounts", "/roles"} <= links
    assert {
        link: visitor.get(link).status_code for link in links if visitor.get(link).status_code >= 400
    } == {}
    assert visitor.get("/organization").headers["location"] == network
    assert visitor.get(network).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/organizations/tree",
        "/audit",
        "/consent-texts",
        "/plugins",
        "/organization-groups/new",
        "/support/messages",
    ],
)
def test_what_is_decided_for_all_stays_with_the_authority(
    town: PortalUnderTest, network: str, address: str
) -> None:
    assert acting(town).get(address).status_code == 403
    assert town.sign_in(COORDINATOR, person_id=id_of(town, "Окружная")).get(address).status_code == 200


def test_a_group_of_others_stays_closed(town: PortalUnderTest, network: str) -> None:
    keeper, visitor = town.sign_in(COORDINATOR, person_id=id_of(town, "Окружная")), acting(town)
    other = made(town, "Чужая сеть", keeper)
    assert visitor.get(other).status_code == 404
    assert "Чужая сеть" not in visitor.get("/organization-groups").text
    assert give(town, visitor, "Берёзкина", group_of(network)).status_code == 404


def test_membership_decides_at_once(town: PortalUnderTest, network: str) -> None:
    keeper, visitor = town.sign_in(COORDINATOR, person_id=id_of(town, "Окружная")), acting(town)
    second = f"/organizations/{id_of(town, 'Школа 2')}"
    assert bulk(town, "group", network, "Школа 2", visitor=keeper).status_code == 200
    assert visitor.get(second).status_code == 200
    assert bulk(town, "ungroup", network, "Школа 2", visitor=keeper).status_code == 200
    assert visitor.get(second).status_code == 404


def test_requests_of_the_members_come_to_it(town: PortalUnderTest, network: str) -> None:
    for number, heard in ((2, False), (1, True)):
        head = town.sign_in("head", organization=f"Школа {number}")
        school = id_of(town, f"Школа {number}")
        form = {
            "organization": str(school),
            "person": str(id_of(town, "Орлов" if number == 1 else "Орловвторой")),
            "kind": "librarian",
            "starts_on": TODAY,
            "basis": f"Приказ по школе {number}",
        }
        assert head.post("/roles", data=form).status_code == 303
        with town.portal.database.reading(fresh=True) as db:
            told = db.scalars(
                select(Notification.kind).where(Notification.person_id == id_of(town, "Орлов"))
            ).all()
        assert ("core.request.sent" in told or any("request" in each for each in told)) is heard
        waiting = acting(town).get("/requests").text
        assert (f"Берёзкина{'' if number == 1 else 'вторая'}" in waiting) is heard


def test_the_one_who_keeps_the_group_gives_and_takes_it(town: PortalUnderTest, network: str) -> None:
    keeper = town.sign_in(COORDINATOR, person_id=id_of(town, "Окружная"))
    again = give(town, keeper, "Орлов", group_of(network))
    assert again.status_code == 409
    assert "уже есть" in again.text
    for_all = give(town, keeper, "Берёзкина", "")
    assert for_all.status_code == 422
    assert "Выберите группу" in for_all.text
    foreign = give(town, keeper, "Берёзкина", str(id_of(town, "Край")))
    assert foreign.status_code == 422
    assert "Этой группы организация не ведёт" in foreign.text
    teacher = give(town, keeper, "Берёзкина", group_of(network), kind="teacher")
    assert teacher.status_code == 403
    head = town.sign_in("head", organization="Школа 1")
    assert give(town, head, "Семёнова", group_of(network)).status_code == 404
    deleting = {"ids": group_of(network)}
    assert "для неё даны роли" in keeper.post("/organization-groups/bulk/delete", data=deleting).text
    keeper.post("/organization-groups/bulk/delete", data={**deleting, "step": "do"})
    assert keeper.get(network).status_code == 200


def test_a_program_gives_it_and_reads_what_it_reaches(town: PortalUnderTest, network: str) -> None:
    keeper = town.sign_in(COORDINATOR, person_id=id_of(town, "Окружная"))
    body = {
        "person_id": str(id_of(town, "Берёзкинавторая")),
        "kind": COORDINATOR,
        "organization_id": str(id_of(town, "Округ")),
        "group_id": group_of(network),
        "starts_on": TODAY,
    }
    given = keeper.post("/api/v1/roles", json=body)
    assert given.status_code == 201, given.text
    role = given.json()["role"]
    assert role["group_id"] == group_of(network)
    held = town.sign_in(COORDINATOR, person_id=id_of(town, "Берёзкинавторая"))
    me = held.get("/api/v1/me").json()
    assert group_of(network) in [each["group_id"] for each in me["roles"]]
    assert "core.audit.view" not in me["permissions"]
    names = {each["short_name"] for each in held.get("/api/v1/organizations").json()["items"]}
    assert names == {"Школа 1"}
    ended = keeper.post(f"/api/v1/roles/{role['id']}/terminate", json={"basis": "Сеть распущена"})
    assert ended.status_code == 200, ended.text
    assert held.get("/organizations").status_code == 200, "the head's own role goes on"
    assert held.get(f"/organizations/{id_of(town, 'Школа 1')}").status_code == 404
