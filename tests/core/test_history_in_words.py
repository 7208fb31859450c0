"""The history of changes is told to people: things by name with a link, values in words, no ids."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import new_id
from core.organizations.models import Organization, OrganizationGroup, SchoolClass
from core.roles.actor import system_actor
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_request_pages import child_of_school, correction, link_form, sent, step
from tests.core.town_fixtures import town

__all__ = ["town"]

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
INTERNAL = re.compile(
    r"\b(?:core|journal|diary)\.[a-z_.]+|\b(?:person|request|organization|school_class|group) [0-9a-f]"
)


def words_of(page: str) -> str:
    """What a reader sees of the main part of a page."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(
        html.unescape(re.sub(r"<(?:option|input)[^>]*>.*?(?:</option>|>)|<[^>]+>", " ", main)).split()
    )


def changed(town: PortalUnderTest, subject_type: str, subject_id: Any, **values: Any) -> None:
    """A change in the history of the first school."""
    with town.portal.database.transaction() as db:
        record(
            db,
            system_actor(),
            id_of(town, "Школа 1"),
            Change(
                action="core.person.update",
                subject_type=subject_type,
                subject_id=str(subject_id),
                **values,
            ),
        )


def told(visitor: Visitor, address: str = "/audit") -> tuple[str, str]:
    """The page, and the words on it."""
    answer = visitor.get(address)
    assert answer.status_code == 200
    return answer.text, words_of(answer.text)


def test_a_request_is_named_and_linked(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = sent(guardian)
    step(head, url, "return", "Приложите скан")
    page, words = told(head)
    assert f'<a href="{url}">Запрос «Исправление данных», Семёнова В.</a>' in page
    assert "состояние: отправлен → возвращён на исправление" in words
    assert "core." not in words
    assert not ID.search(words)


def test_a_request_the_reader_may_not_open_is_not_named(town: PortalUnderTest) -> None:
    head, coordinator = town.sign_in("head", organization="Школа 1"), town.sign_in("municipal_coordinator")
    url = sent(head, last_name="Берёзкина", first_name="Анна", middle_name="Сергеевна")
    assert f'href="{url}"' in told(coordinator, f"/audit?organization={id_of(town, 'Школа 1')}")[0]
    with town.portal.database.reading() as db:
        where = db.scalars(select(Organization.id).where(Organization.short_name == "Школа 2")).one()
    with town.portal.database.transaction() as db:
        record(
            db,
            system_actor(),
            where,
            Change(
                action="core.request.send",
                subject_type="request",
                subject_id=url.rpartition("/")[2],
                after={"status": "sent", "kind": "core.person_correction"},
            ),
        )
    page, words = told(town.sign_in("head", organization="Школа 2"))
    assert url not in page
    assert "Отправлен запрос запрос" in words
    assert "вид: Исправление данных" in words


@pytest.mark.parametrize(
    ("kind", "model", "address"),
    [("school_class", SchoolClass, "/groupings"), ("organization", Organization, "/organizations")],
)
def test_things_of_a_school_are_named_and_linked(
    town: PortalUnderTest, kind: str, model: Any, address: str
) -> None:
    school = id_of(town, "Школа 1")
    with town.portal.database.reading() as db:
        mine = model.organization_id if model is SchoolClass else model.id
        thing: Any = db.scalars(select(model).where(mine == school)).one()
        name, key = str(thing.name), thing.id
    changed(town, kind, key, after={"name": "Другое"})
    page, _words = told(town.sign_in("head", organization="Школа 1"))
    assert f'<a href="{address}/{key}">{name}</a>' in page


def test_people_are_named_to_those_who_may_know_them(town: PortalUnderTest) -> None:
    pupil, guardian = id_of(town, "Семёнов"), id_of(town, "Семёнова")
    stranger = town.new_person("Посторонняя")
    changed(
        town,
        "person",
        pupil,
        after={"guardian": str(guardian), "relation": "guardian", "rights": "view", "source": "request"},
    )
    changed(town, "person", stranger, after={"guardian": str(new_id()), "name": "Другая"})
    page, words = told(town.sign_in("head", organization="Школа 1"))
    assert f'<a href="/people/{pupil}">Семёнов Алексей Петрович</a>' in page
    for said in (
        "представитель: Семёнова Вера",
        "кем приходится: опекун или попечитель",
        "права: только видит дневник и сведения о ребёнке",
        "откуда: по запросу",
    ):
        assert said in words, said
    assert "Посторонняя" not in words
    assert not ID.search(words)


def test_what_has_no_word_is_not_shown_by_its_internal_name(town: PortalUnderTest) -> None:
    changed(
        town,
        "vendor.thing",
        new_id(),
        before={"vendor_field": {"day": "2026-11-23"}},
        after={
            "vendor_field": [True, "2026-11-23T10:00:00+03:00"],
            "permission": "core.audit.view",
            "reach": 2,
        },
    )
    _page, words = told(town.sign_in("head", organization="Школа 1"))
    assert "прочее: день: 23.11.2026 → да, 23.11.2026" in words
    assert "право: Видеть, кто и что изменил" in words
    assert "охват: вся организация" in words
    assert "vendor" not in words


def test_the_history_on_cards_speaks_the_same_words(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    child, school = child_of_school(town)
    parent = town.sign_in_person(town.new_person("Истринская"))
    url = str(parent.post("/requests", data=link_form(child, school)).headers["location"])
    assert step(head, url, "approve").status_code == 303
    _page, words = told(head, f"/accounts/{child.id}")
    history = words.partition("История изменений")[2]
    assert "представитель: Истринская Вера" in history
    assert not ID.search(history)
    for address in (f"/organizations/{school.id}", f"/accounts/{parent.person_id}"):
        assert not INTERNAL.search(told(head, address)[1].partition("История изменений")[2])


def test_a_longer_history_takes_no_more_statements(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    pupil, guardian = id_of(town, "Семёнов"), id_of(town, "Семёнова")
    with town.portal.database.reading() as db:
        group = db.scalars(select(OrganizationGroup.id)).first()
    head.get("/audit")
    changed(town, "person", pupil, after={"guardian": str(guardian), "group": str(group)})
    with town.counting_statements() as before:
        head.get("/audit")
    for _ in range(10):
        changed(town, "person", pupil, after={"guardian": str(guardian), "group": str(group)})
    with town.counting_statements() as after:
        head.get("/audit")
    assert len(after) <= len(before)


def test_a_correction_is_told_without_telling_what_is_masked(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    answer = guardian.post("/requests", data=correction(birth_date="1981-02-03", phone="8 900 700-11-22"))
    step(head, str(answer.headers["location"]), "approve")
    _page, words = told(head, "/audit?action=core.person.correct")
    assert "дата рождения:" in words
    assert "03.02.1981" not in words
    assert "7001122" not in words


def about(visitor: Visitor, name: str, more: str = "") -> str:
    return told(visitor, f"/audit?about={name}{more}")[1]


@pytest.mark.parametrize("typed", ["семёнов алексей", "СЕМЕНОВ", "Алексей сем", "семинов", "Ceменов"])
def test_changes_about_somebody_are_found_by_name(town: PortalUnderTest, typed: str) -> None:
    """Letter case, ё, the order of words, a typing error and Latin letters do not matter."""
    changed(town, "person", id_of(town, "Семёнов"), after={"first_name": "Про Семёнова"})
    changed(town, "person", id_of(town, "Орлов"), after={"first_name": "Про Орлова"})
    words = about(town.sign_in("head", organization="Школа 1"), typed)
    assert "Про Семёнова" in words
    assert "Про Орлова" not in words


def test_the_name_stays_in_the_address_of_the_export(town: PortalUnderTest) -> None:
    for at in range(60):
        changed(town, "person", id_of(town, "Семёнов"), after={"first_name": f"Про Семёнова {at}"})
    changed(town, "person", id_of(town, "Орлов"), after={"first_name": "Про Орлова"})
    head = town.sign_in("head", organization="Школа 1")
    page = html.unescape(told(head, "/audit?about=Семенов")[0])
    assert 'name="about" type="search" value="Семенов"' in page
    query = "%D0%A1%D0%B5%D0%BC%D0%B5%D0%BD%D0%BE%D0%B2"
    assert re.search(rf'href="\?about={query}&before=\d+"', page), (
        "the next page goes on about the same person"
    )
    export = re.search(r'href="(/audit/export/xlsx\?about=[^"]+)"', page)
    assert export is not None
    table = head.get(export[1].replace("/xlsx", "/csv"))
    assert table.status_code == 200
    rows = table.content.decode("utf-8-sig").splitlines()
    assert sum("Про Семёнова" in row for row in rows) >= 60, "all pages"
    assert not any("Про Орлова" in row for row in rows)
    assert not ID.search(table.content.decode("utf-8-sig"))
    assert head.get(export[1]).content[:2] == b"PK"
    assert "История изменений" in about_list(head)


def about_list(head: Visitor) -> str:
    """What the history says of lists taken out."""
    return told(head, "/audit?action=core.list.export")[1]


def test_a_stranger_is_not_found_by_name_and_nobody_without_the_right_takes_it_out(
    town: PortalUnderTest,
) -> None:
    """A record of our school about somebody of another, whose name its reader may not know."""
    stranger = id_of(town, "Семёноввторой")
    changed(town, "person", stranger, after={"first_name": "Тайное имя"})
    head = town.sign_in("head", organization="Школа 1")
    words = about(head, "семёноввторой")
    assert "Тайное имя" not in words
    assert "Человека с таким именем в вашей организации нет" in words
    for role in ("teacher", "guardian"):
        assert town.sign_in(role).get("/audit/export/csv").status_code == 403
    assert head.get("/audit/export/pdf").status_code == 422
    other = id_of(town, "Школа 2")
    assert head.get(f"/audit/export/csv?organization={other}").status_code in (403, 404)


@pytest.mark.parametrize("typed", ["%", "%25_", "a%00b", "«", "x" * 5000, "7" * 50, "'--", "\\\\", "ё", "-"])
def test_odd_names_are_answered(town: PortalUnderTest, typed: str) -> None:
    for role in ("head", "regional_coordinator"):
        assert town.sign_in(role).get(f"/audit?about={typed}").status_code == 200
