"""Account, search, audit, organizations, people and one's own data, as people meet them."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import select, text

from core.audit.record import Change, record
from core.database.base import new_id
from core.organizations.models import Organization
from core.roles.actor import system_actor
from core.testing import PortalUnderTest
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]


@pytest.mark.parametrize("typed", ["берез", "БЕРЁЗ", "анна берёз", "сергеев"])
def test_search_forgives_case_and_yo_and_takes_any_part_of_a_name(town: PortalUnderTest, typed: str) -> None:
    page = town.sign_in("teacher", organization="Школа 1").get(f"/search?q={typed}").text
    assert "Берёзкина Анна Сергеевна" in page
    assert "Берёзкинавторая" not in page


def test_search_finds_classes_organizations_subjects_and_sections(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    assert "Класс 7А" in head.get("/search?q=7 а").text
    assert "Алгебра" in head.get("/search?q=алг").text
    assert 'href="/plugins"' in head.get("/search?q=плаг").text
    assert "Школа 2" in town.sign_in("regional_coordinator").get("/search?q=школа").text
    assert "Школа 2" not in head.get("/search?q=школа").text


def test_the_history_tells_roles_and_days_in_words(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        change = Change(
            action="core.person.update",
            subject_type="person",
            subject_id=str(new_id()),
            before={"day": "2010-02-28", "role": "teacher"},
            after={"day": "2010-02-30", "role": ["teacher", "class_teacher"]},
        )
        record(db, system_actor(), id_of(town, "Школа 1"), change)
    shown = town.sign_in("head", organization="Школа 1").get("/audit")
    assert shown.status_code == 200
    for words in ("28.02.2010", "2010-02-30", "Учитель, Классный руководитель"):
        assert words in shown.text


@pytest.mark.parametrize("typed", ["сош 13", "мбоу", "средняя", "общеобр № 13"])
def test_an_organization_is_found_by_its_short_and_full_name(town: PortalUnderTest, typed: str) -> None:
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 2")).one()
        town_above = school.parent_id
        key = new_id()
        db.add(
            Organization(
                id=key,
                parent_id=town_above,
                kind="school",
                name="Средняя общеобразовательная школа № 13",
                short_name='МБОУ "СОШ № 13"',
                name_key="средняя общеобразовательная школа № 13",
                path=f"{school.path.removesuffix(f'{school.id}/')}{key}/",
            )
        )
    coordinator = town.sign_in("regional_coordinator")
    assert f'href="/organizations/{key}"' in coordinator.get(f"/search?q={typed}").text
    assert str(key) in coordinator.get(f"/plugins?find={typed}").text


def test_families_find_no_people(town: PortalUnderTest) -> None:
    assert "Берёзкина" not in town.sign_in("guardian").get("/search?q=берез").text
    assert "/people/" not in town.sign_in("pupil").get("/search/suggest?q=семен").text


def test_a_failing_source_does_not_spoil_the_search(town: PortalUnderTest) -> None:
    page = town.sign_in("head", organization="Школа 1").get("/search?q=борщ")
    assert page.status_code == 200
    assert "поиск сейчас не отвечает" in page.text


@pytest.mark.parametrize("typed", ["%", "%25_", "a%00b", "«", "x" * 5000, "7" * 50, "'--", "\\\\"])
def test_odd_searches_are_answered(town: PortalUnderTest, typed: str) -> None:
    for role in ("head", "regional_coordinator"):
        assert town.sign_in(role).get(f"/search?q={typed}").status_code == 200


def test_search_is_for_those_signed_in(town: PortalUnderTest) -> None:
    assert town.visitor().get("/search?q=аб").status_code == 303


def test_a_session_can_be_ended_from_elsewhere(town: PortalUnderTest) -> None:
    here, there = town.sign_in("head"), town.sign_in("head")
    found = re.findall(r'name="session_id" value="([^"]+)"', here.get("/account").text)
    stranger = town.sign_in("guardian")
    for session in found:
        stranger.post("/account/sessions/end", data={"session_id": session})
    assert there.get("/account").status_code == 200
    assert here.post("/account/sessions/end", data={}, csrf=False).status_code == 403
    assert here.post("/account/sessions/end", data={}).status_code == 303
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_a_token_is_shown_once_and_can_be_revoked(town: PortalUnderTest) -> None:
    head = town.sign_in("head")
    sent = {"name": "Отчёты", "scopes": ["people.read", "organization.read"], "days": "90"}
    made = head.post("/account/tokens", data=sent)
    shown = re.findall(r"msk_[\w-]+", made.text)
    assert len(shown) == 1
    page = head.get("/account").text
    assert shown[0] not in page
    assert "Читать списки людей" in page
    program = town.visitor()
    program.token = shown[0]
    assert program.get("/api/v1/people").status_code == 200
    token_id = re.findall(r'name="token_id" value="([^"]+)"', page)[0]
    other = town.sign_in("teacher")
    assert other.post("/account/tokens/revoke", data={"token_id": token_id}).status_code == 404
    assert head.post("/account/tokens/revoke", data={"token_id": token_id}).status_code == 303
    assert program.get("/api/v1/people").status_code == 401


def test_a_token_without_name_and_scopes_is_not_made(town: PortalUnderTest) -> None:
    answer = town.sign_in("head").post("/account/tokens", data={"name": " ", "days": "90"})
    assert answer.status_code == 422
    assert "Назовите ключ" in answer.text
    assert "msk_" not in answer.text


def test_own_data_come_as_an_archive_of_core_and_plugins(town: PortalUnderTest) -> None:
    head = town.sign_in("head")
    assert head.post("/account/data", csrf=False).status_code == 403
    archive = zipfile.ZipFile(io.BytesIO(head.post("/account/data").content))
    assert sorted(archive.namelist()) == ["canteen.json", "core.json", "index.html"]
    core = json.loads(archive.read("core.json"))
    assert core["person"][0]["last_name"] == "Берёзкина"
    assert core["sessions"]
    assert "token_hash" not in core["sessions"][0]
    assert json.loads(archive.read("canteen.json"))["meals"] == [str(head.person_id), "28 обедов"]


def test_a_card_shows_the_school_and_leads_to_the_class(town: PortalUnderTest) -> None:
    page = town.sign_in("teacher", organization="Школа 1").get("/organization").text
    assert "1 четверть" in page
    url = re.findall(r"/classes/[0-9a-f-]+", page)[0]
    shown = town.sign_in("teacher", organization="Школа 1").get(url).text
    assert "Семёнов Алексей Петрович" in shown
    assert "обедает" in shown
    assert town.sign_in("teacher", organization="Школа 2").get(url).status_code == 404
    assert town.sign_in("guardian").get(url).status_code == 403


def test_a_coordinator_walks_down_and_a_head_not_sideways(town: PortalUnderTest) -> None:
    assert "Округ" in town.sign_in("regional_coordinator").get("/organization").text
    neighbour = id_of(town, "Школа 2")
    assert town.sign_in("municipal_coordinator").get(f"/organizations/{neighbour}").status_code == 200
    assert town.sign_in("head", organization="Школа 1").get(f"/organizations/{neighbour}").status_code == 404


def test_contacts_on_a_card_are_for_those_who_need_them(town: PortalUnderTest) -> None:
    url = f"/people/{id_of(town, 'Семёнов')}"
    assert "••.••.1980" in town.sign_in("head", organization="Школа 1").get(url).text
    teacher = town.sign_in("teacher", organization="Школа 1").get(url)
    assert teacher.status_code == 200
    assert "1980" not in teacher.text
    assert "01.05.1980" in town.sign_in("guardian").get(url).text
    assert town.sign_in("guardian", nth=1).get(url).status_code == 404
    assert town.sign_in("head", organization="Школа 2").get(url).status_code == 404


def test_a_broken_template_of_a_plugin_leaves_the_card_standing(town: PortalUnderTest) -> None:
    page = town.sign_in("head", organization="Школа 1").get(f"/people/{id_of(town, 'Семёнов')}")
    assert page.status_code == 200
    assert "Раздел «Столовая» сейчас не отвечает" in page.text


def test_the_audit_page_filters_and_keeps_to_its_organization(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    assert "Плагин включён или выключен" in head.get("/audit?person=берёз").text
    assert "Изменений не нашлось" in head.get("/audit?person=никто").text
    assert "Изменений не нашлось" in head.get("/audit?last=2001-01-01").text
    assert head.get(f"/audit?organization={id_of(town, 'Школа 2')}").status_code == 404
    assert head.get("/audit?organization=portal").status_code == 404
    assert town.sign_in("federal_operator").get("/audit?organization=portal").status_code == 200
    assert town.sign_in("teacher").get("/audit").status_code == 403
    for odd in ("before=x", "before=99999999999", "first=x", "last=9999-12-31", "action=%00", "person=%00"):
        assert head.get(f"/audit?{odd}").status_code == 200


def test_a_broken_chain_is_shown(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    assert "Целостность подтверждена" in head.get("/audit").text
    chain = str(id_of(town, "Школа 1"))
    with town.portal.database.transaction() as db:
        db.execute(
            text("UPDATE core_audit_record SET person_name = 'Никто' WHERE chain = :chain AND sequence = 1"),
            {"chain": chain},
        )
    assert "Целостность нарушена" in head.get("/audit").text


def test_the_history_says_in_words_what_was_done_in_plugins_too(portal: PortalUnderTest) -> None:
    page = portal.sign_in("head").get("/audit").text
    choices = re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)', page)
    assert ("journal.cell.set", "Запись в клетке журнала") in choices
    assert [title for name, title in choices if title == name] == []
