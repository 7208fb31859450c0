"""Organizations in the cabinet: requisites and contacts, licences, new ones, and who may change what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from core.organizations.models import Organization
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
GOOD: dict[str, str] = {
    "name": "Средняя школа № 1",
    "short_name": "Школа 1",
    "inn": "66 5100 2785",
    "kpp": "665101001",
    "ogrn": "1026602267780",
    "oktmo": "07558000",
    "region_code": "26",
    "legal_address": "село Надежда, улица Ленина, 1",
    "timezone": "Europe/Samara",
    "address": "село Надежда, улица Мира, 2",
    "phone": "8 (865) 531-23-45",
    "email": "School@Example.RU",
    "site": "школа.рф/",
    "support_contact": "",
}


def url(town: PortalUnderTest, name: str, rest: str = "") -> str:
    """The address of an organization's page."""
    return f"/organizations/{id_of(town, name)}{rest}"


def stored(town: PortalUnderTest, name: str) -> Organization:
    """An organization as it is stored."""
    with town.portal.database.reading(fresh=True) as db:
        found = db.get_one(Organization, id_of(town, name))
        db.expunge_all()
        return found


def coordinator(town: PortalUnderTest) -> Visitor:
    """The coordinator of the municipality."""
    return town.sign_in("municipal_coordinator")


def test_the_authority_above_keeps_all_requisites_in_one_form(town: PortalUnderTest) -> None:
    form = coordinator(town).get(url(town, "Школа 1", "/edit")).text
    assert 'name="inn"' in form
    answer = coordinator(town).post(url(town, "Школа 1", "/edit"), data=GOOD)
    assert answer.status_code == 303, answer.text
    kept = stored(town, "Школа 1")
    assert (kept.inn, kept.phone, kept.email) == ("6651002785", "+78655312345", "school@example.ru")
    assert (kept.site, kept.timezone) == ("https://школа.рф", "Europe/Samara")
    assert kept.search_key == "школа 1 средняя школа № 1"
    card = coordinator(town).get(url(town, "Школа 1")).text
    for words in (
        "6651002785",
        "+7 (865) 531-23-45",
        "улица Мира, 2",
        "Директор",
        "Берёзкина",
        "Изменена организация",
    ):
        assert words in card, words
    with town.counting_statements() as statements:
        assert coordinator(town).post(url(town, "Школа 1", "/edit"), data=GOOD).status_code == 303
    assert not [each for each in statements if each.startswith("UPDATE core_organization")]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("inn", "6651002784", "Контрольная цифра ИНН не сходится"),
        ("inn", "500100732259", "должно быть 10 цифр"),
        ("ogrn", "1026602267781", "Контрольная цифра ОГРН не сходится"),
        ("ogrn", "10266", "должно быть 13 цифр"),
        ("kpp", "66510100", "девять знаков"),
        ("oktmo", "0755800", "8 или 11 цифр"),
        ("oktmo", "00558000", "начинается с кода региона"),
        ("region_code", "СК", "две или три цифры"),
        ("phone", "12345", "всего 11 цифр"),
        ("email", "почта", "Адрес почты записан неверно"),
        ("site", "просто слова", "Адрес сайта записан неверно"),
        ("name", "", "Заполните поле"),
        ("timezone", "Луна", "Выберите значение из списка"),
    ],
)
def test_a_wrong_requisite_is_named_and_nothing_typed_is_lost(
    town: PortalUnderTest, field: str, typed: str, said: str
) -> None:
    before = stored(town, "Школа 2")
    form = {**GOOD, "inn": "", "ogrn": "", "legal_address": "Набрано только что", field: typed}
    answer = coordinator(town).post(url(town, "Школа 2", "/edit"), data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'href="#{field}"' in answer.text
    assert "Набрано только что" in answer.text
    assert stored(town, "Школа 2").legal_address == before.legal_address


def test_two_schools_do_not_share_an_inn_but_a_branch_has_that_of_its_school(town: PortalUnderTest) -> None:
    visitor = coordinator(town)
    visitor.post(url(town, "Школа 1", "/edit"), data=GOOD)
    twin = {**GOOD, "short_name": "Школа 2", "name": "Школа 2"}
    answer = visitor.post(url(town, "Школа 2", "/edit"), data=twin)
    assert answer.status_code == 422
    assert "Такой ИНН уже есть у другой организации: Школа 1" in answer.text
    school = str(id_of(town, "Школа 1"))
    page = visitor.get(f"/organizations/new?parent={school}").text
    assert "Школа 1" in page
    branch = {**GOOD, "parent": school, "kind": "school", "short_name": "Филиал", "kpp": "665102001"}
    made = visitor.post("/organizations/new", data=branch)
    assert made.status_code == 303, made.text
    assert "Филиалы" in visitor.get(url(town, "Школа 1")).text
    assert stored(town, "Филиал").path.startswith(stored(town, "Школа 1").path)


def test_a_school_corrects_its_contacts_and_no_requisites(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 2")
    form = head.get(url(town, "Школа 2", "/edit")).text
    assert 'name="phone"' in form
    assert 'name="inn"' not in form
    sent = {"phone": "88655311111", "inn": "6651002785", "name": "Лучшая школа"}
    assert head.post(url(town, "Школа 2", "/edit"), data=sent).status_code == 303
    kept = stored(town, "Школа 2")
    assert (kept.phone, kept.inn, kept.name) == ("+78655311111", None, "Школа 2")
    assert head.get(url(town, "Школа 1", "/edit")).status_code == 404
    assert head.post(url(town, "Школа 1", "/edit"), data=sent).status_code == 404
    assert head.get(url(town, "Школа 2", "/licences")).status_code == 403
    assert (
        town.sign_in("teacher", organization="Школа 2").post(url(town, "Школа 2", "/edit")).status_code == 403
    )


def test_a_municipality_does_not_keep_its_own_requisites(town: PortalUnderTest) -> None:
    own = coordinator(town).get(url(town, "Округ", "/edit")).text
    assert 'name="inn"' not in own
    assert 'name="inn"' in town.sign_in("regional_coordinator").get(url(town, "Округ", "/edit")).text
    assert (
        'name="inn"' in town.sign_in("federal_operator").get(url(town, "Федеральный оператор", "/edit")).text
    )
    assert coordinator(town).get(url(town, "Край", "/edit")).status_code == 404


def test_licences_are_written_down_and_taken_away(town: PortalUnderTest) -> None:
    visitor, page = coordinator(town), url(town, "Школа 1", "/licences")
    form: dict[str, Any] = {
        "kind": "licence",
        "number": "Л035-01217-26/00238",
        "issued_on": "2020-05-18",
        "issuer": "Министерство образования",
    }
    wrong = visitor.post(page, data={**form, "valid_until": "2019-01-01"})
    assert wrong.status_code == 422
    assert "раньше, чем начинается" in wrong.text
    assert "Л035-01217-26/00238" in wrong.text
    assert visitor.post(page, data=form).status_code == 303
    card = visitor.get(url(town, "Школа 1")).text
    assert "Л035-01217-26/00238" in card
    assert "бессрочно" in card
    assert "Внесена лицензия" in card
    shown = visitor.get(page).text
    removal = shown.partition(f'action="{page}/')[2].partition('"')[0]
    assert visitor.post(f"{page}/{removal}").status_code == 303
    assert visitor.post(f"{page}/{removal}").status_code == 404
    assert "Лицензия ещё не внесена" in visitor.get(page).text


@pytest.mark.parametrize(
    ("parent", "kind", "said"),
    [
        ("Округ", "region", "Под «Округ» бывают: школа"),
        ("Край", "", "Заполните поле"),
        ("", "school", "Заполните"),
    ],
)
def test_an_organization_stands_where_its_kind_may(
    town: PortalUnderTest, parent: str, kind: str, said: str
) -> None:
    place = {"parent": str(id_of(town, parent)) if parent else "", "kind": kind}
    visitor = town.sign_in("regional_coordinator")
    answer = visitor.post("/organizations/new", data={**place, "name": "Новая школа", "short_name": "Новая"})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Новая школа" in answer.text
    stranger = {"parent": str(id_of(town, "Край")), "kind": "school", "name": "Чужая", "short_name": "Чужая"}
    assert coordinator(town).post("/organizations/new", data=stranger).status_code == 422


def test_a_new_school_is_found_and_has_what_is_decided_above(town: PortalUnderTest) -> None:
    place = {"parent": str(id_of(town, "Округ")), "kind": "school"}
    visitor = coordinator(town)
    made = visitor.post("/organizations/new", data={**place, "name": "Школа у моря", "short_name": "У моря"})
    assert made.status_code == 303, made.text
    assert "Организация заведена" in visitor.get(made.headers["location"]).text
    assert "У моря" in visitor.get("/search?q=моря").text
    with town.portal.database.reading(fresh=True) as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "У моря")).one()
        assert school.parent_id == id_of(town, "Округ")
        assert "Заведена организация" in visitor.get(f"/audit?organization={school.id}").text


def test_a_card_tells_where_settings_and_plugins_come_from(town: PortalUnderTest) -> None:
    form = {"_organization": str(id_of(town, "Округ")), "days": "9", "scale": "b"}
    assert coordinator(town).post("/plugins/canteen/settings", data=form).status_code == 303
    head = town.sign_in("head", organization="Школа 1")
    card = head.get(url(town, "Школа 1")).text
    settings = card.partition('id="settings-title"')[2]
    assert "Дней на ответ" in settings
    assert "Вторая" in settings
    assert "Округ" in settings
    assert "решение этой организации" in card
    assert (
        'id="settings-title"' not in town.sign_in("teacher", organization="Школа 1").get("/organization").text
    )


def names(text: str) -> list[str]:
    """The organizations of a page of the list, in order."""
    return re.findall(r'<th scope="row"><a href="/organizations/[0-9a-f-]+">([^<]+)<', text)


def test_the_list_shows_those_in_reach(town: PortalUnderTest) -> None:
    everything = names(town.sign_in("federal_operator").get("/organizations").text)
    assert {"Федеральный оператор", "Край", "Округ", "Школа 1", "Школа 2"} <= set(everything)
    assert everything == sorted(everything)
    municipal = set(names(coordinator(town).get("/organizations").text))
    assert {"Округ", "Школа 1"} <= municipal
    assert "Край" not in municipal
    assert names(town.sign_in("head", organization="Школа 2").get("/organizations").text) == ["Школа 2"]
    assert town.sign_in("teacher", organization="Школа 1").get("/organizations").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=школа+2", ["Школа 2"]),
        ("q=шкала+2", ["Школа 2"]),
        ("q=6651002", ["Школа 1", "Филиал"]),
        ("kind=municipality", ["Округ"]),
        ("kind=school&missing=inn&q=школа+2", ["Школа 2"]),
        ("state=closed", []),
        ("missing=head&kind=school&q=школа+2", []),
        ("below=nonsense&q=школа+2", ["Школа 2"]),
    ],
)
def test_search_and_filters_find(town: PortalUnderTest, query: str, found: list[str]) -> None:
    visitor = coordinator(town)
    if not names(visitor.get("/organizations?q=филиал").text):
        test_two_schools_do_not_share_an_inn_but_a_branch_has_that_of_its_school(town)
    assert sorted(names(visitor.get(f"/organizations?{query}").text)) == sorted(found)
    below = f"below={id_of(town, 'Школа 1')}"
    assert sorted(names(visitor.get(f"/organizations?{below}").text)) == ["Филиал", "Школа 1"]


def test_a_page_of_the_list_takes_a_fixed_number_of_statements(town: PortalUnderTest) -> None:
    visitor = coordinator(town)
    visitor.get("/organizations")
    with town.counting_statements() as full:
        visitor.get("/organizations")
    with town.counting_statements() as short:
        visitor.get("/organizations?q=школа+2")
    assert len(full) == len(short) <= 8


def test_the_tree_opens_along_one_line_and_stays_in_reach(town: PortalUnderTest) -> None:
    federal = town.sign_in("federal_operator")
    closed = federal.get("/organizations/tree").text
    assert "Край" in closed
    assert "Школа 1" not in closed
    opened = federal.get(f"/organizations/tree?at={id_of(town, 'Округ')}").text
    assert "Школа 1" in opened
    assert "Свернуть: Округ" in opened
    head = town.sign_in("head", organization="Школа 2")
    assert "Округ" not in head.get(f"/organizations/tree?at={id_of(town, 'Округ')}").text
    assert federal.get("/organizations/tree?at=nonsense").status_code == 200


def test_a_school_moves_with_all_that_is_inherited(town: PortalUnderTest) -> None:
    region = town.sign_in("regional_coordinator")
    made = region.post(
        "/organizations/new",
        data={
            "parent": str(id_of(town, "Край")),
            "kind": "municipality",
            "name": "Новый",
            "short_name": "Новый",
        },
    )
    assert made.status_code == 303
    school, new, old = (str(id_of(town, name)) for name in ("Школа 2", "Новый", "Округ"))
    form = {"target": new, "decision": "on"}
    assert region.post("/plugins/canteen/switch", data=form).status_code == 303
    preview = region.post("/organizations/bulk/move", data={"ids": [school]}).text
    assert "Будет сделано: 1" in preview
    assert "Новый" in preview
    refused = region.post("/organizations/bulk/move", data={"ids": [school], "step": "do"})
    assert refused.status_code == 422
    nonsense = {"ids": [old], "step": "do", "parent": new}
    answer = region.post("/organizations/bulk/move", data=nonsense)
    assert answer.status_code == 422
    assert "Под «Новый» бывают: школа" in answer.text
    assert stored(town, "Школа 2").path.split("/")[-3] == old
    done = region.post("/organizations/bulk/move", data={"ids": [school], "step": "do", "parent": new})
    assert "Перемещена 1 организация." in done.text
    assert stored(town, "Школа 2").path == f"{stored(town, 'Новый').path}{school}/"
    assert "решение" not in coordinator(town).get(f"/organizations/{school}").text
    assert coordinator(town).get(f"/organizations/{school}").status_code == 404
    card = town.sign_in("head", organization="Школа 2").get(f"/organizations/{school}").text
    assert "унаследовано: Новый" in card
    region.post("/organizations/bulk/move", data={"ids": [school], "step": "do", "parent": old})
    assert coordinator(town).get(f"/organizations/{school}").status_code == 200


def test_an_organization_does_not_move_below_itself(town: PortalUnderTest) -> None:
    region = town.sign_in("regional_coordinator")
    town_id = str(id_of(town, "Округ"))
    answer = region.post("/organizations/bulk/move", data={"ids": [town_id], "step": "do", "parent": town_id})
    assert answer.status_code in (409, 422)
    assert "Край" in stored_parent(town, "Округ")
    own = str(id_of(town, "Край"))
    assert "Останется как есть: 1" in region.post("/organizations/bulk/move", data={"ids": [own]}).text


def stored_parent(town: PortalUnderTest, name: str) -> str:
    """What an organization stands below."""
    with town.portal.database.reading(fresh=True) as db:
        parent = db.get_one(Organization, db.get_one(Organization, id_of(town, name)).parent_id)
        return parent.short_name


def test_a_closed_school_keeps_its_data_and_its_people_do_not_work_in_it(town: PortalUnderTest) -> None:
    visitor = coordinator(town)
    head = town.sign_in("head", organization="Школа 2")
    school, district = str(id_of(town, "Школа 2")), str(id_of(town, "Округ"))
    assert head.get("/plugins").status_code == 200
    assert (
        "под ней есть открытые"
        in town.sign_in("regional_coordinator")
        .post("/organizations/bulk/close", data={"ids": [district]})
        .text
    )
    assert "Останется как есть: 1" in visitor.post("/organizations/bulk/close", data={"ids": [district]}).text
    wrong = visitor.post(
        "/organizations/bulk/close", data={"ids": [school], "step": "do", "reason": "Приказ 5"}
    )
    assert wrong.status_code == 422
    closing = {"ids": [school], "step": "do", "first_day": "2026-09-01", "reason": "Приказ 5"}
    assert "Закрыта 1 организация." in visitor.post("/organizations/bulk/close", data=closing).text
    assert head.get("/plugins").status_code == 403
    for page in (head.get("/").text, head.get("/account").text):
        for words in ("Директор", "Школа 2", "организация закрыта", "с 01.09.2026"):
            assert words in page, words
        assert "Портал ещё не знает" not in page
        assert "Попросите школу добавить вас" not in page
    assert names(visitor.get("/organizations?state=closed").text) == ["Школа 2"]
    card = visitor.get(f"/organizations/{school}").text
    for words in ("Закрыта с 01.09.2026", "Приказ 5", "Берёзкинавторая", "7А", "Открыть снова"):
        assert words in card, words
    assert head.post("/organizations/bulk/reopen", data={"ids": [school], "step": "do"}).status_code == 403
    done = visitor.post("/organizations/bulk/reopen", data={"ids": [school], "step": "do"})
    assert "Снова открыта 1 организация." in done.text
    assert head.get("/plugins").status_code == 200
    assert "организация закрыта" not in head.get("/account").text


def test_a_head_may_not_close_or_move(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    for action in ("close", "move", "reopen"):
        answer = head.post(f"/organizations/bulk/{action}", data={"ids": [str(id_of(town, "Школа 1"))]})
        assert answer.status_code == 403


def test_all_that_is_wrong_with_a_new_organization_is_told_at_once(town: PortalUnderTest) -> None:
    form = {
        "parent": str(id_of(town, "Округ")),
        "kind": "",
        "name": "",
        "short_name": "Школа",
        "inn": "1",
        "ogrn": "2",
    }
    answer = coordinator(town).post("/organizations/new", data=form)
    assert answer.status_code == 422
    for field in ("kind", "name", "inn", "ogrn"):
        assert re.search(rf'id="{field}-error"', answer.text), field
    offered = coordinator(town).get("/organizations/new").text
    assert '<option value="region"' not in offered, "a municipality has no regions below it"
    assert '<option value="school"' in offered


def test_a_school_without_a_head_says_so_and_leads_to_giving_the_role(town: PortalUnderTest) -> None:
    form = {
        "parent": str(id_of(town, "Округ")),
        "kind": "school",
        "name": "Школа без главы",
        "short_name": "Без главы",
    }
    made = coordinator(town).post("/organizations/new", data=form)
    assert made.status_code == 303, made.text
    page = coordinator(town).get(made.headers["location"]).text
    key = made.headers["location"].split("/")[2].partition("?")[0]
    assert "Директор" in page
    assert "не назначен" in page
    assert page.count(f"/roles/new?organization={key}") == 2
