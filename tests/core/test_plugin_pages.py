"""Operators see and decide about plugins: where they are on, settings, providers, and nobody else does."""

from __future__ import annotations

import pytest

from core.testing import PortalUnderTest
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]


def decide(town: PortalUnderTest, role: str, decision: str, target: str, **more: str) -> int:
    """Send a decision about the canteen; the answer's status."""
    visitor = town.sign_in(role)
    form = {"target": str(id_of(town, target)), "decision": decision, **more}
    return visitor.post("/plugins/canteen/switch", data=form).status_code


def test_the_list_says_what_is_on_and_by_whose_decision(town: PortalUnderTest) -> None:
    page = town.sign_in("head", organization="Школа 1").get("/plugins").text
    assert "Столовая" in page
    assert "решение этой организации" in page
    other = town.sign_in("head", organization="Школа 2").get("/plugins").text
    assert "так по умолчанию" in other


def test_the_card_says_what_the_plugin_wants(town: PortalUnderTest) -> None:
    page = town.sign_in("head").get("/plugins/canteen").text
    for words in ("Видеть меню", "Учёт питающихся", "meals", "Дней на ответ", "school-canteen 1.0"):
        assert words in page


def test_a_decision_takes_effect_at_once_and_can_be_taken_back(town: PortalUnderTest) -> None:
    school = str(id_of(town, "Школа 2"))
    teacher = town.sign_in("teacher", organization="Школа 2")
    head = town.sign_in("head", organization="Школа 2")
    assert "Меню:" not in teacher.get("/search?q=каша").text
    assert head.post("/plugins/canteen/switch", data={"target": school, "decision": "on"}).status_code == 303
    assert "Меню: каша" in teacher.get("/search?q=каша").text
    assert (
        head.post("/plugins/canteen/switch", data={"target": school, "decision": "inherit"}).status_code
        == 303
    )
    assert "Меню:" not in teacher.get("/search?q=каша").text


def test_a_head_cannot_decide_for_the_neighbour_or_the_region(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    for name in ("Школа 2", "Край"):
        form = {"target": str(id_of(town, name)), "decision": "on"}
        assert head.post("/plugins/canteen/switch", data=form).status_code == 404


@pytest.mark.parametrize("role", ["teacher", "pupil", "guardian"])
def test_other_roles_may_not_switch(town: PortalUnderTest, role: str) -> None:
    assert decide(town, role, "on", "Школа 1") == 403


def test_a_stranger_and_a_forged_form_are_refused(town: PortalUnderTest) -> None:
    form = {"target": str(id_of(town, "Школа 1")), "decision": "off"}
    assert town.visitor().post("/plugins/canteen/switch", data=form).status_code in (401, 403)
    head = town.sign_in("head")
    assert head.post("/plugins/canteen/switch", data=form, csrf=False).status_code == 403


def test_a_lock_above_is_said_and_stands(town: PortalUnderTest) -> None:
    assert decide(town, "regional_coordinator", "off", "Край", locked="true") == 303
    head = town.sign_in("head", organization="Школа 1")
    form = {"target": str(id_of(town, "Школа 1")), "decision": "on"}
    answer = head.post("/plugins/canteen/switch", data=form)
    assert answer.status_code == 409
    assert "закреплено" in answer.text
    assert "Решение закреплено выше: Край" in head.get("/plugins/canteen").text
    assert decide(town, "regional_coordinator", "inherit", "Край") == 303
    assert "решение этой организации" in head.get("/plugins/canteen").text


def test_a_group_is_switched_by_its_keeper_only(town: PortalUnderTest) -> None:
    from sqlalchemy import select

    from core.organizations.models import OrganizationGroup

    with town.portal.database.reading() as db:
        group = db.scalar(select(OrganizationGroup.id))
    form = {"target": str(group), "decision": "off", "is_group": "true"}
    assert town.sign_in("head").post("/plugins/canteen/switch", data=form).status_code == 404
    coordinator = town.sign_in("regional_coordinator")
    assert coordinator.post("/plugins/canteen/switch", data=form).status_code == 303
    assert "Сельские школы" in coordinator.get("/plugins/canteen").text
    form["decision"] = "inherit"
    assert coordinator.post("/plugins/canteen/switch", data=form).status_code == 303


def test_settings_are_inherited_and_can_be_reset(town: PortalUnderTest) -> None:
    region, school = str(id_of(town, "Край")), str(id_of(town, "Школа 1"))
    coordinator, head = town.sign_in("regional_coordinator"), town.sign_in("head", organization="Школа 1")
    saved = {"_organization": region, "days": "9", "scale": "b", "remind": "true"}
    assert coordinator.post("/plugins/canteen/settings", data=saved).status_code == 303
    page = head.get("/plugins/canteen").text
    assert 'value="9"' in page
    assert "унаследовано: Край" in page
    own = {"_organization": school, "days": "3", "scale": "b", "remind": "true"}
    assert head.post("/plugins/canteen/settings", data=own).status_code == 303
    assert 'value="3"' in head.get("/plugins/canteen").text
    reset = {"organization": school, "setting": "days"}
    assert head.post("/plugins/canteen/settings/reset", data=reset).status_code == 303
    assert 'value="9"' in head.get("/plugins/canteen").text
    assert head.post("/plugins/canteen/settings/reset", data=reset).status_code == 404


def test_wrong_settings_come_back_as_typed(town: PortalUnderTest) -> None:
    sent = {"_organization": str(id_of(town, "Школа 1")), "days": "77", "scale": "b"}
    answer = town.sign_in("head", organization="Школа 1").post("/plugins/canteen/settings", data=sent)
    assert answer.status_code == 422
    assert "Не больше 30." in answer.text
    assert 'value="77"' in answer.text


def test_a_neighbours_settings_are_out_of_reach(town: PortalUnderTest) -> None:
    sent = {"_organization": str(id_of(town, "Школа 2")), "days": "7", "scale": "b"}
    assert (
        town.sign_in("head", organization="Школа 1").post("/plugins/canteen/settings", data=sent).status_code
        == 404
    )


def test_a_provider_must_be_on_to_be_chosen(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 2")
    form = {"capability": "meals", "organization": str(id_of(town, "Школа 2")), "plugin": "canteen"}
    assert head.post("/plugins/capability", data=form).status_code == 422
    form["organization"] = str(id_of(town, "Школа 1"))
    assert head.post("/plugins/capability", data=form).status_code == 404
    first = town.sign_in("head", organization="Школа 1")
    assert first.post("/plugins/capability", data=form).status_code == 303


def test_a_failure_is_listed_and_its_text_is_for_the_region_only(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    assert "сейчас не отвечает" in head.get("/organization").text
    page = head.get("/plugins/canteen").text
    assert "место «organization.card»" in page
    assert "Петров" not in page
    assert "Петров" in town.sign_in("regional_coordinator").get("/plugins/canteen").text


def test_changes_are_in_the_audit_record(town: PortalUnderTest) -> None:
    page = town.sign_in("head", organization="Школа 1").get("/audit?action=core.plugin.switch").text
    assert "Плагин включён или выключен" in page
    assert "Берёзкина А. С." in page


def test_unknown_plugins_and_organizations_are_not_found(town: PortalUnderTest) -> None:
    head = town.sign_in("head")
    assert head.get("/plugins/nothing").status_code == 404
    assert head.get("/plugins/canteen?organization=xyz").status_code == 404


def test_the_look_is_chosen_by_the_region(town: PortalUnderTest) -> None:
    region = id_of(town, "Край")
    url = f"/organizations/{region}/theme"
    assert town.sign_in("head").post(url, data={"theme": "stavropol"}).status_code == 403
    coordinator = town.sign_in("regional_coordinator")
    assert coordinator.post(url, data={"theme": "nothing"}).status_code == 422
    assert coordinator.post(url, data={"theme": "stavropol"}).status_code == 303
    assert "theme.stavropol" in town.sign_in("head").get("/").text
    assert coordinator.post(url, data={"theme": ""}).status_code == 303
    federal = id_of(town, "Федеральный оператор")
    assert coordinator.post(f"/organizations/{federal}/theme", data={"theme": "base"}).status_code == 404
