"""The canteen through the front door."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from school_canteen import free_meals
from sqlalchemy import select

from core.identity.models import Guardianship, Person
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from core.testing.contract import problems

MONDAY = date.today() - timedelta(days=date.today().weekday()) + timedelta(days=70)  # noqa: DTZ011
"""A week that the demo's menus do not reach."""


@pytest.fixture(autouse=True, scope="module")
def switched_on(portal: PortalUnderTest) -> None:
    """The plugin is on for everybody."""
    switch(portal, enabled=True)


def switch(portal: PortalUnderTest, *, enabled: bool) -> None:
    """Switch the canteen on or off for all organizations."""
    with portal.portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
        switch_plugin(db, "school_canteen", enabled=enabled, organization=root)


@pytest.fixture
def family(portal: PortalUnderTest) -> Iterator[tuple[Visitor, Person]]:
    """A signed-in parent who has exactly one child, and the child."""
    with portal.portal.database.reading(fresh=True) as db:
        for guardian_id, child in db.execute(
            select(Guardianship.guardian_id, Person)
            .join(Person, Person.id == Guardianship.child_id)
            .join(StructuralRole, StructuralRole.person_id == Guardianship.guardian_id)
            .where(StructuralRole.kind == "guardian", Guardianship.rights == "full")
            .order_by(Guardianship.id)
        ):
            yield portal.sign_in("guardian", person_id=guardian_id), child
            return


def test_what_the_secretary_writes_a_pupil_reads(portal: PortalUnderTest) -> None:
    typed = {
        "breakfast": "Сырники, 150 г (молоко, глютен)\n\nЧай",
        "lunch": "",
        "snack": "",
        "note": "Вкусно!",
    }
    saved = portal.sign_in("secretary").post(f"/school-canteen/{MONDAY}", data=typed)
    assert saved.status_code == 303, saved.text
    shown = portal.sign_in("pupil").get(f"/school-canteen?week={MONDAY}").text
    for words in ("Сырники", "150 г", "молоко, глютен", "Вкусно!", "Меню ещё не записано"):
        assert words in shown


def test_the_form_shows_what_was_typed(portal: PortalUnderTest) -> None:
    secretary = portal.sign_in("secretary")
    day = MONDAY + timedelta(days=1)
    secretary.post(f"/school-canteen/{day}", data={"lunch": "Борщ, 250 г (сметана)"})
    assert "Борщ, 250 г (сметана)" in secretary.get(f"/school-canteen/{day}").text


def test_a_pupil_cannot_write_the_menu(portal: PortalUnderTest) -> None:
    pupil = portal.sign_in("pupil")
    assert pupil.post(f"/school-canteen/{MONDAY}", data={"lunch": "Торт"}).status_code == 403
    assert f"/school-canteen/{MONDAY}" not in pupil.get(f"/school-canteen?week={MONDAY}").text


def test_the_neighbour_school_reads_its_own_menu_only(portal: PortalUnderTest) -> None:
    day = MONDAY + timedelta(days=2)
    with portal.portal.database.reading(fresh=True) as db:
        first, second = db.scalars(
            select(Organization.short_name).where(Organization.kind == "school").order_by(Organization.id)
        ).all()[:2]
    portal.sign_in("head", organization=first).post(f"/school-canteen/{day}", data={"lunch": "Уха"})
    assert "Уха" in portal.sign_in("head", organization=first).get(f"/school-canteen?week={day}").text
    assert "Уха" not in portal.sign_in("head", organization=second).get(f"/school-canteen?week={day}").text


@pytest.mark.parametrize("path", ["/school-canteen?week=вчера", "/school-canteen?week=0001-01-01"])
def test_a_week_that_is_none_is_refused_in_words(portal: PortalUnderTest, path: str) -> None:
    answer = portal.sign_in("pupil").get(path)
    assert answer.status_code == 422
    assert "Такой недели нет" in answer.text


def test_a_day_too_far_away_comes_back_with_what_was_typed(portal: PortalUnderTest) -> None:
    lines = "\n".join(f"Блюдо {number}" for number in range(21))
    answer = portal.sign_in("head").post(f"/school-canteen/{MONDAY}", data={"lunch": lines})
    assert answer.status_code == 422
    assert "Не больше 20 блюд" in answer.text
    assert "Блюдо 20" in answer.text


def test_the_api_takes_what_it_gives(portal: PortalUnderTest) -> None:
    head, day = portal.sign_in("head"), MONDAY + timedelta(days=3)
    sent: dict[str, object] = {
        "meals": {"lunch": [{"name": "Плов", "portion": "200 г", "allergens": []}]},
        "note": "",
    }
    assert head.put(f"/api/v1/school-canteen/menus/{day}", json=sent).json() == {"day": str(day), **sent}
    query = f"/api/v1/school-canteen/menus?first={day}&last={day}"
    assert portal.sign_in("pupil").get(query).json() == [{"day": str(day), **sent}]
    assert head.put(f"/api/v1/school-canteen/menus/{day}", json={"meals": {"tea": []}}).status_code == 422
    assert head.get(f"/api/v1/school-canteen/menus?first={day}&last=2000-01-01").status_code == 422


def test_the_search_finds_a_dish_of_these_days(portal: PortalUnderTest) -> None:
    today = date.today()  # noqa: DTZ011
    portal.sign_in("head").post(f"/school-canteen/{today}", data={"lunch": "Солянка сборная"})
    assert "Солянка сборная" in portal.sign_in("head").get("/search?q=солян").text


def test_prices_are_set_by_the_school(portal: PortalUnderTest) -> None:
    head = portal.sign_in("head")
    organization = str(head.get("/api/v1/me").json()["roles"][0]["organization_id"])
    form = {
        "_organization": organization,
        "breakfast_at": "09:00",
        "lunch_at": "12:30",
        "breakfast_price": "75,5",
        "lunch_price": "120",
    }
    assert head.post("/plugins/school_canteen/settings", data=form).status_code == 303
    shown = head.get("/school-canteen").text
    assert "75,5" in shown
    assert "09:00" in shown


def test_a_family_asks_for_free_meals_and_the_head_grants_them(
    portal: PortalUnderTest, family: tuple[Visitor, Person]
) -> None:
    parent, child = family
    assert "Основание" in parent.get("/requests/new?kind=school_canteen.free_meal").text
    until = date.today() + timedelta(days=100)  # noqa: DTZ011
    form = {
        "_kind": "school_canteen.free_meal",
        "child": f"{child.last_name} {child.first_name}",
        "basis": "many_children",
        "document": "Справка № 5",
        "ends_on": str(until),
    }
    sent = parent.post("/requests", data=form)
    assert sent.status_code == 303, sent.text
    school = parent.get("/api/v1/me").json()["roles"][0]["organization_name"]
    head = portal.sign_in("head", organization=school)
    granted = head.post(sent.headers["location"], data={"step": "approve", "text": ""})
    assert granted.status_code == 303, granted.text
    assert child.full_name in head.get("/school-canteen/free-meals").text
    assert "Многодетная семья" in head.get(f"/people/{child.id}").text
    assert parent.get("/school-canteen/free-meals").status_code == 403


def test_personal_data_is_given_out_and_erased(
    portal: PortalUnderTest, family: tuple[Visitor, Person]
) -> None:
    _parent, child = family
    with portal.portal.database.transaction() as db:
        known = free_meals.export_person(db, child.id)
        assert known["free_meals"][0]["basis"] == "many_children"
        assert "пока действует" in free_meals.erase_person(db, system_actor(), child.id)[0]
    packed = portal.sign_in("head").post("/account/data").content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert "menus_written" in json.loads(archive.read("school_canteen.json"))


def test_where_it_is_switched_off_nothing_is_shown(portal: PortalUnderTest) -> None:
    switch(portal, enabled=False)
    head = portal.sign_in("head")
    assert head.get("/school-canteen").status_code == 404
    assert "/school-canteen" not in head.get("/").text
    switch(portal, enabled=True)
    assert head.get("/school-canteen").status_code == 200


def test_the_plugin_keeps_the_contract() -> None:
    assert problems("school_canteen") == []
