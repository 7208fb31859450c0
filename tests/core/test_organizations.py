"""Organizations in the cabinet: requisites and contacts, licences, new ones, and who may change what."""

from __future__ import annotations

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
