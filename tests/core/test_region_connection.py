"""«Подключение региона»: a letter, a decision, and a region with its coordinator who can sign in."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.database.base import new_id
from core.identity.linking import Level, Outcome, Profile, link
from core.identity.models import Account, ExternalIdentity, Person
from core.identity.relinking import RELINKING
from core.organizations.models import Organization
from core.portal import Portal
from core.requests.models import Request
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from core.testing.portal import running

PAGE = "/requests/new?kind=core.region_connection"
LETTER = {"files": ("письмо.pdf", b"%PDF-1.4 letter", "application/pdf")}
ASKED = {
    "_kind": "core.region_connection",
    "step": "send",
    "region": "Республика Калмыкия",
    "region_code": "08",
    "oktmo": "85 000 000",
    "organization": "Министерство образования и науки Республики Калмыкия",
    "inn": "6651002785",
    "ogrn": "1026602267780",
    "contact": "Бадмаева Елена, начальник отдела",
    "contact_phone": "8 (847) 222-33-44",
    "last_name": "Манджиев",
    "first_name": "Басан",
    "middle_name": "Очирович",
    "snils": "112-233-445 95",
    "email": "Mandzhiev@example.org",
}


@pytest.fixture
def portal(make_portal: Callable[..., Portal]) -> Any:
    """A portal of its own: regions are found by what the tests before have made."""
    with running(make_portal()) as under_test:
        yield under_test


def confirmed(portal: PortalUnderTest, last_name: str = "Бадмаева") -> Visitor:
    """Somebody without a role whom Gosuslugi has confirmed."""
    person_id = portal.new_person(last_name)
    with portal.portal.database.transaction() as db:
        account = Account(id=new_id(), person_id=person_id, status="active", preferences={})
        db.add(account)
        db.flush()
        db.add(
            ExternalIdentity(
                id=new_id(), issuer="esia", subject=str(person_id), account_id=account.id, level="confirmed"
            )
        )
    return portal.sign_in_person(person_id)


def sent(visitor: Visitor, files: Any = LETTER, **changes: str) -> Any:
    """The answer to the form."""
    return visitor.post("/requests", data={**ASKED, **changes}, files=files)


def step(visitor: Visitor, url: str, name: str, text: str = "") -> Any:
    """A step on a request."""
    return visitor.post(url, data={"step": name, "text": text})


def count(portal: PortalUnderTest, *conditions: Any) -> int:
    """How many rows there are."""
    with portal.portal.database.reading() as db:
        return db.scalar(select(func.count()).where(*conditions)) or 0


def found_region(portal: PortalUnderTest, code: str = "08") -> Organization:
    """The region of a code."""
    with portal.portal.database.reading() as db:
        return db.scalars(
            select(Organization).where(Organization.kind == "region", Organization.region_code == code)
        ).one()


def test_a_region_is_let_in_and_its_coordinator_signs_in(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    assert "Подключение региона" in author.get("/requests/new").text
    assert "рассмотрит оператор портала" in author.get(PAGE).text
    answer = sent(author)
    assert answer.status_code == 303, answer.text
    url = answer.headers["location"]
    card = operator.get(url).text
    for words in ("письмо.pdf", "появится после одобрения", "будет добавлен", "112-233-445 95", "85000000"):
        assert words in card, words
    assert "Новый запрос: Подключение региона" in operator.get("/notifications").text
    assert step(operator, url, "approve", "Добро пожаловать").status_code == 303
    region = found_region(portal)
    assert (region.short_name, region.inn, region.oktmo) == ("Республика Калмыкия", "6651002785", "85000000")
    assert region.name.startswith("Министерство образования и науки")
    with portal.portal.database.transaction() as db:
        profile = Profile(
            issuer="esia",
            subject="77",
            level=Level.CONFIRMED,
            last_name="Манджиев",
            first_name="Басан",
            snils="11223344595",
        )
        linked = link(db, profile)
        assert linked.outcome is Outcome.LINKED
        person_id = db.get_one(Account, linked.account_id).person_id
    coordinator = portal.sign_in(
        "regional_coordinator", organization="Республика Калмыкия", person_id=person_id
    )
    assert "Региональный координатор" in coordinator.get("/").text
    told = coordinator.get("/notifications").text
    assert "Регион подключён: Республика Калмыкия" in told
    assert "Вам дали роль" in told
    assert coordinator.get(f"/organizations/{region.id}").status_code == 200
    assert "112-233-445 95" not in author.get(url).text


def test_the_invitation_is_ready_for_the_author_and_the_operator_and_nobody_else(
    portal: PortalUnderTest,
) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    url = sent(author).headers["location"]
    assert author.get(f"{url}/region").status_code == 404
    step(operator, url, "approve")
    assert f"{url}/region" in author.get(url).text
    for visitor in (author, operator):
        page = visitor.get(f"{url}/region").text
        assert "Здравствуйте, Басан Очирович!" in page
        assert "mailto:mandzhiev@example.org" in page
        assert "ещё не входил" in page
    assert f"/organizations/{found_region(portal).id}" in operator.get(f"{url}/region").text
    assert "/organizations/" not in author.get(f"{url}/region").text
    for stranger in (
        confirmed(portal, "Чужая"),
        portal.sign_in("regional_coordinator"),
        portal.sign_in("head"),
    ):
        assert stranger.get(f"{url}/region").status_code == 404


def test_only_a_confirmed_person_or_an_operator_sends_it(portal: PortalUnderTest) -> None:
    stranger = portal.sign_in_person(portal.new_person())
    assert "Подключение региона" not in stranger.get("/requests/new").text
    refused = stranger.get(PAGE)
    assert refused.status_code == 403
    assert "Войдите через Госуслуги" in refused.text
    assert sent(stranger).status_code == 403
    assert portal.sign_in("head").get(PAGE).status_code == 403
    assert count(portal, Request.kind == "core.region_connection") == 0
    operator = portal.sign_in("federal_operator")
    url = sent(operator).headers["location"]
    assert step(operator, url, "approve").status_code == 403


def test_wrong_numbers_are_told_all_at_once_and_nothing_is_lost(portal: PortalUnderTest) -> None:
    author = confirmed(portal)
    wrong = {
        "region_code": "9x",
        "oktmo": "00000000",
        "inn": "6651002784",
        "ogrn": "1026602267781",
        "snils": "112-233-445 96",
        "contact_phone": "позвоните нам",
        "email": "нет почты",
    }
    answer = sent(author, **wrong)
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == len(wrong)
    for words in (
        "Контрольная цифра ИНН не сходится",
        "Контрольная цифра ОГРН не сходится",
        "Контрольное число СНИЛС не сходится",
        "приложенные файлы сохранены в черновике".capitalize(),
        "письмо.pdf",
        'value="6651002784"',
    ):
        assert words in answer.text, words
    letter = re.search(r'href="(/files/[^"]+)"', answer.text)
    assert letter is not None
    assert author.get(letter[1]).content == b"%PDF-1.4 letter"
    letter = re.search(r'href="(/files/[^"]+)"', answer.text)
    assert letter is not None
    assert author.get(letter[1]).content == b"%PDF-1.4 letter"
    draft = re.search(r'action="(/requests/[^"]+/edit)"', answer.text)
    assert draft is not None
    mended = author.post(draft[1], data=ASKED)
    assert mended.status_code == 303, mended.text
    assert "письмо.pdf" in author.get(mended.headers["location"]).text
    assert count(portal, Request.kind == "core.region_connection") == 1


def test_a_letter_is_needed(portal: PortalUnderTest) -> None:
    author = confirmed(portal)
    answer = sent(author, files=None)
    assert answer.status_code == 422
    assert "Приложите: Подписанное письмо органа управления образованием." in answer.text
    assert 'href="#files"' in answer.text
    assert count(portal, Request.kind == "core.region_connection") == 0


def test_it_is_returned_corrected_and_sent_again(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    url = sent(author, region="Калмыкия").headers["location"]
    assert step(operator, url, "return").status_code == 422
    assert step(operator, url, "return", "Назовите регион полностью").status_code == 303
    assert step(operator, url, "approve").status_code == 409
    assert step(operator, url, "return", "Ещё раз").status_code == 409
    assert "Запрос вернули на исправление" in author.get("/notifications").text
    page = author.get(url).text
    assert "Назовите регион полностью" in page
    assert f"{url}/edit" in page
    assert "Назовите регион полностью" in author.get(f"{url}/edit").text
    assert author.post(f"{url}/edit", data={"step": "delete"}).status_code == 409
    assert author.post(f"{url}/edit", data=ASKED).status_code == 303
    assert "Запрос исправлен: Подключение региона" in operator.get("/notifications").text
    assert step(operator, url, "approve").status_code == 303
    assert found_region(portal).short_name == "Республика Калмыкия"


def test_a_returned_request_is_withdrawn_by_its_author_only(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    url = sent(author).headers["location"]
    step(operator, url, "return", "Письмо без подписи")
    assert step(operator, url, "withdraw").status_code == 403
    assert confirmed(portal, "Чужая").get(f"{url}/edit").status_code == 404
    assert step(author, url, "withdraw").status_code == 303
    assert author.post(f"{url}/edit", data=ASKED).status_code == 404


def test_what_the_portal_has_prepared_is_not_returned(portal: PortalUnderTest) -> None:
    guardian, head = portal.sign_in("guardian"), portal.sign_in("head")
    data = {"_kind": "core.person_correction", "last_name": "Ли", "first_name": "Ян", "reason": "Ошибка"}
    url = guardian.post("/requests", data=data).headers["location"]
    assert "Вернуть на исправление" in head.get(url).text
    with portal.portal.database.transaction() as db:
        db.get_one(Request, UUID(url.rpartition("/")[2])).kind = RELINKING
    page = head.get(url).text
    assert "Одобрить" in page
    assert "Вернуть на исправление" not in page
    assert step(head, url, "return", "Исправьте").status_code == 409


def test_the_region_that_is_there_is_completed_and_keeps_what_it_has(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    before = found_region(portal, "26")
    url = sent(author, region="Ставропольский край", region_code="26", oktmo="07000000").headers["location"]
    assert f"уже есть: {before.short_name}" in operator.get(url).text.replace("&#34;", '"')
    assert step(operator, url, "approve").status_code == 303
    after = found_region(portal, "26")
    assert (after.id, after.name, after.ogrn) == (before.id, before.name, before.ogrn)
    assert (after.inn, after.oktmo) == ("6651002785", "07000000")
    again = sent(author, region="Ставропольский край", region_code="26", oktmo="07000000").headers["location"]
    assert step(operator, again, "approve").status_code == 303
    held = (StructuralRole.organization_id == after.id, Person.snils == "11223344595")
    assert count(portal, StructuralRole.person_id == Person.id, *held) == 1


def test_the_snils_of_somebody_else_decides_nothing_and_says_why(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    with portal.portal.database.transaction() as db:
        db.add(
            Person(
                id=new_id(),
                last_name="Иванов",
                first_name="Пётр",
                birth_date=date(1990, 1, 1),
                snils="11223344595",
            )
        )
    url = sent(author).headers["location"]
    refused = step(operator, url, "approve")
    assert refused.status_code == 409
    assert "Этот СНИЛС записан за человеком с другой фамилией" in refused.text
    assert "Верните запрос на исправление" in refused.text
    assert count(portal, Organization.region_code == "08") == 0
    assert "Отправлен" in author.get(url).text


def test_the_number_of_another_organization_decides_nothing(portal: PortalUnderTest) -> None:
    author, operator = confirmed(portal), portal.sign_in("federal_operator")
    taken = found_region(portal, "26").ogrn or ""
    url = sent(author, ogrn=taken).headers["location"]
    refused = step(operator, url, "approve")
    assert refused.status_code == 409
    assert "уже есть у другой организации" in refused.text
    assert count(portal, Person.snils == "11223344595") == 0


def test_it_is_approved_once_however_often_it_is_pressed(portal: PortalUnderTest) -> None:
    author = confirmed(portal)
    first = sent(author).headers["location"]
    assert sent(author).status_code == 409
    second = sent(confirmed(portal, "Другая")).headers["location"]
    operator = portal.sign_in("federal_operator")
    assert "Других запросов об этом регионе" in operator.get(first).text
    with ThreadPoolExecutor(4) as pool:
        pressed = [pool.submit(step, operator, url, "approve") for url in (first, second, first, second)]
        answers = [each.result().status_code for each in pressed]
    assert sorted(answers) == [303, 303, 409, 409]
    assert found_region(portal).closed_on is None
    assert count(portal, Person.snils == "11223344595") == 1
    assert count(portal, StructuralRole.kind == "regional_coordinator") == 2


def test_others_neither_see_nor_decide_it(portal: PortalUnderTest) -> None:
    url = sent(confirmed(portal)).headers["location"]
    for role in ("regional_coordinator", "municipal_coordinator", "head", "guardian"):
        visitor = portal.sign_in(role)
        assert visitor.get(url).status_code == 404
        for name in ("approve", "return", "reject"):
            assert step(visitor, url, name, "слово").status_code == 404
    operator = portal.sign_in("federal_operator")
    assert step(operator, url, "reject").status_code == 422
    assert step(operator, url, "reject", "Письмо не подписано").status_code == 303
    assert count(portal, Organization.region_code == "08") == 0


def test_programs_return_a_request_and_send_none_without_the_letter(portal: PortalUnderTest) -> None:
    operator = portal.sign_in("federal_operator")
    papers = {each["name"]: each["needs_file"] for each in operator.get("/api/v1/request-kinds").json()}
    assert "письмо" in papers["core.region_connection"].casefold()
    values = {name: value for name, value in ASKED.items() if name not in ("_kind", "step")}
    body = {"kind": "core.region_connection", "values": values}
    refused = operator.post("/api/v1/requests", json=body)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["files"])
    assert count(portal, Request.kind == "core.region_connection") == 0
    url = sent(confirmed(portal)).headers["location"]
    decision = {"decision": "return", "text": "Письмо без подписи"}
    answer = operator.post(f"/api/v1{url}/decision", json=decision)
    assert answer.status_code == 200
    assert answer.json()["request"]["status"] == "returned"
