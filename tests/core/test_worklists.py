"""Work lists by the example of accounts: search, filters, order, pages by key, export, many lines at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from core.database.base import new_id, now
from core.identity.models import Account, Person, SignInSession
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from core.worklists import reading
from core.worklists.reading import PAGE_SIZE
from tests.core.small_town import START, id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
MANY = 2 * PAGE_SIZE + 20


@pytest.fixture(scope="module")
def crowd(town: PortalUnderTest) -> PortalUnderTest:
    """The town with a hundred more teachers in its first school, a third of whom have never signed in."""
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        for number in range(MANY):
            person = Person(
                id=new_id(), last_name=f"Учителев{number // 2:03}", first_name="Артём", middle_name="Ёлкович"
            )
            db.add(person)
            db.flush()
            if number % 3:
                db.add(Account(id=new_id(), person_id=person.id, preferences={}))
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person.id,
                    kind="teacher",
                    organization_id=school.id,
                    starts_on=START,
                )
            )
    return town


def head(town: PortalUnderTest) -> Visitor:
    """The head of the first school."""
    return town.sign_in("head", organization="Школа 1")


def people(text: str) -> list[str]:
    """The ids of the people of a page, in order."""
    return re.findall(r'<th scope="row"><a href="/accounts/([0-9a-f-]+)"', text)


def link(text: str, rel: str) -> str:
    """The address of the next or previous page, or nothing."""
    found = re.search(rf'href="(\?[^"]*)" rel="{rel}"', text)
    return unescape(found.group(1)) if found else ""


def walk(visitor: Visitor, query: str, rel: str = "next") -> Iterator[list[str]]:
    """The pages of a list one after another."""
    while True:
        answer = visitor.get(f"/accounts{query}")
        assert answer.status_code == 200
        yield people(answer.text)
        query = link(answer.text, rel)
        if not query:
            return


@pytest.mark.parametrize("sort", ["name", "-name", "last", "-last"])
def test_pages_by_key_show_everybody_once_there_and_back(crowd: PortalUnderTest, sort: str) -> None:
    visitor = head(crowd)
    pages = list(walk(visitor, f"?sort={sort}"))
    shown = [each for page in pages for each in page]
    assert len(pages) == 3
    assert len(shown) == len(set(shown)) == MANY + 4
    query, last = f"?sort={sort}", ""
    while query:
        last, query = query, link(visitor.get(f"/accounts{query}").text, "next")
    back = list(walk(visitor, last, "prev"))
    assert [each for page in reversed(back) for each in page] == shown
    assert link(visitor.get(f"/accounts?sort={sort}").text, "prev") == ""


def test_a_page_costs_the_same_whatever_its_length(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    visitor.get("/accounts")
    with crowd.counting_statements() as full:
        visitor.get("/accounts")
    with crowd.counting_statements() as short:
        visitor.get("/accounts?q=берёзкина")
    assert len(short) <= len(full) <= 7


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("берез", 1),
        ("АННА БЕРЁЗ", 1),
        ("бирёзкина", 1),
        ("сергеевна бирёзкина", 1),
        ("учителев00", 20),
        ("щщщщ", 0),
    ],
)
def test_search_forgives_yo_case_order_and_one_mistake(
    crowd: PortalUnderTest, typed: str, found: int
) -> None:
    text = head(crowd).get(f"/accounts?q={quote(typed)}").text
    assert len(people(text)) == found
    assert ("Показано похожее" in text) == ("бир" in typed)
    if not found:
        assert "Ничего не нашлось" in text


def test_filters_stand_in_the_address_and_combine(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    never = visitor.get("/accounts?status=none&role=teacher").text
    assert len(people(never)) == PAGE_SIZE, "whoever has an account and never signed in is among them"
    assert "Найдено: 121" in never, never[-3000:]
    assert 'value="none" selected' in never
    assert "status=none" in link(never, "next") or len(people(never)) <= PAGE_SIZE
    assert people(visitor.get("/accounts?status=blocked").text) == []
    assert len(people(visitor.get("/accounts?unseen=30&role=pupil").text)) == 1
    assert people(visitor.get("/accounts?role=head").text) == [str(id_of(crowd, "Берёзкина"))]


def test_whoever_has_an_account_and_never_signed_in_is_shown_and_found_so(crowd: PortalUnderTest) -> None:
    with crowd.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        person = Person(id=new_id(), last_name="Яблочкина", first_name="Яна")
        db.add(person)
        db.flush()
        db.add(Account(id=new_id(), person_id=person.id, preferences={}))
        db.add(
            StructuralRole(
                id=new_id(), person_id=person.id, kind="librarian", organization_id=school.id, starts_on=START
            )
        )
    shown = head(crowd).get("/accounts?status=none&q=яблочкина").text
    assert people(shown) == [str(person.id)] and "вход открыт" in shown and "ещё не входил" in shown
    with crowd.portal.database.transaction() as db:
        db.execute(update(Account).where(Account.person_id == person.id).values(last_sign_in_at=now()))
    assert people(head(crowd).get("/accounts?status=none&q=яблочкина").text) == []
    assert "ещё не входил" not in head(crowd).get("/accounts?status=active&q=яблочкина").text


def test_accounts_are_narrowed_to_a_class_a_parallel_and_an_organization(crowd: PortalUnderTest) -> None:
    visitor, pupil = head(crowd), [str(id_of(crowd, "Семёнов"))]
    page = visitor.get("/accounts").text
    found = re.search(r'<select[^>]*name="class">.*?<option value="([0-9a-f-]+)">7А', page, re.DOTALL)
    assert found is not None and 'name="place"' not in page
    assert people(visitor.get(f"/accounts?class={found[1]}").text) == pupil
    assert people(visitor.get("/accounts?grade=7").text) == pupil
    assert people(visitor.get("/accounts?grade=8").text) == []
    assert people(visitor.get("/accounts?class=7%D0%90").text) == people(page), (
        "what is no class narrows nothing"
    )
    above = crowd.sign_in("municipal_coordinator")
    page = above.get("/accounts").text
    assert 'name="class"' not in page and 'name="grade"' not in page
    second = str(id_of(crowd, "Школа 2"))
    assert f'value="{second}"' in page
    narrowed = people(above.get(f"/accounts?place={second}").text)
    assert str(id_of(crowd, "Семёноввторой")) in narrowed and pupil[0] not in narrowed and len(narrowed) == 4
    assert people(visitor.get(f"/accounts?place={second}").text) == [], "another's school tells nothing"


def test_a_school_is_counted_whole_and_a_region_up_to_a_thousand(
    crowd: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "COUNTED", 100)
    assert re.search(r"Найдено: 12\d<", head(crowd).get("/accounts").text)
    assert "Найдено больше 100<" in crowd.sign_in("municipal_coordinator").get("/accounts").text


def test_odd_addresses_are_answered(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    for odd in (
        "sort=nothing",
        "sort=-",
        "status=%00",
        "unseen=soon",
        "q=%25",
        "q=%00",
        "role=" + "x" * 5000,
    ):
        assert visitor.get(f"/accounts?{odd}").status_code == 200, odd
    for place in ("x", "WzFd", "e30", "WyJhIiwiYiJd", "🦆"):
        answer = visitor.get(f"/accounts?after={quote(place)}")
        assert answer.status_code == 422, place
        assert "с начала" in answer.text


def test_columns_are_chosen_and_kept(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    assert "Откуда данные</th>" not in visitor.get("/accounts").text
    answer = visitor.post("/accounts/columns", data={"columns": ["source", "nonsense"], "q": "берёз"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/accounts?q=")
    text = head(crowd).get("/accounts").text
    assert "Откуда данные</th>" in text
    assert "Роли и классы</th>" not in text
    visitor.post("/accounts/columns", data={"columns": ["status", "places", "organization", "last"]})


def test_export_holds_what_is_shown_and_no_formulas(crowd: PortalUnderTest) -> None:
    with crowd.portal.database.transaction() as db:
        person = db.scalars(select(Person).where(Person.last_name == "Орлов")).one()
        person.last_name = "=Орлов"
    visitor = head(crowd)
    answer = visitor.get("/accounts/export/csv?role=teacher&sort=-name")
    assert "accounts.csv" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:2] == ["Человек", "Вход"]
    assert len(rows) == MANY + 2
    assert any(row[0].startswith("'=Орлов") for row in rows)
    book = load_workbook(io.BytesIO(visitor.get("/accounts/export/xlsx?role=teacher").content))
    assert len(list(book.worksheets[0].rows)) == MANY + 2
    assert visitor.get("/accounts/export/pdf").status_code == 422
    assert "Выгружен список" in visitor.get("/audit").text
    with crowd.portal.database.transaction() as db:
        db.scalars(select(Person).where(Person.last_name == "=Орлов")).one().last_name = "Орлов"


def test_many_are_blocked_after_a_preview_and_unblocked_again(crowd: PortalUnderTest) -> None:
    teacher = crowd.sign_in("teacher", organization="Школа 1")
    assert teacher.get("/account").status_code == 200
    visitor = head(crowd)
    ids = [str(id_of(crowd, name)) for name in ("Орлов", "Семёнов", "Берёзкина", "Орловвторой")]
    preview = visitor.post("/accounts/bulk/block", data={"ids": ids}).text
    assert "Будет сделано: 2" in preview
    assert "это ваша учётная запись" in preview
    assert "Орловвторой" not in preview
    wrong = visitor.post("/accounts/bulk/block", data={"ids": ids, "step": "do", "reason": ""})
    assert wrong.status_code == 422
    assert 'name="reason"' in wrong.text
    assert statuses(crowd, ids) == ["active"] * 4
    done = visitor.post("/accounts/bulk/block", data={"ids": ids, "step": "do", "reason": "Приказ 7"})
    assert "Вход закрыт: 2 людям." in done.text
    assert statuses(crowd, ids) == ["blocked", "blocked", "active", "active"]
    assert teacher.get("/account").status_code in (302, 303, 401)
    with crowd.portal.database.reading(fresh=True) as db:
        account = select(Account.id).where(Account.person_id == id_of(crowd, "Орлов"))
        assert db.scalars(select(SignInSession).where(SignInSession.account_id.in_(account))).all() == []
    history = visitor.get("/audit").text
    assert "Закрыт вход" in history
    assert "Приказ 7" in history
    undone = visitor.post("/accounts/bulk/unblock", data={"ids": ids, "step": "do"})
    assert "Вход открыт: 2 людям." in undone.text
    assert statuses(crowd, ids) == ["active"] * 4


def statuses(town: PortalUnderTest, ids: list[str]) -> list[str]:
    """The states of these people's accounts."""
    with town.portal.database.reading(fresh=True) as db:
        found = {str(each.person_id): each.status for each in db.scalars(select(Account))}
    return [found[each] for each in ids]


def test_all_that_is_found_can_be_chosen_at_once(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    preview = visitor.post(
        "/accounts/bulk/block", data={"everything": "true", "q": "учителев", "status": "active"}
    )
    assert f"Будет сделано: {MANY - MANY // 3}" in preview.text
    assert visitor.post("/accounts/bulk/block", data={}).status_code == 422
    assert visitor.post("/accounts/bulk/block", data={"ids": ["x"]}).status_code == 422
    assert visitor.post("/accounts/bulk/melt", data={"ids": [str(new_id())]}).status_code == 404


def test_who_works_elsewhere_too_is_a_matter_for_those_above(crowd: PortalUnderTest) -> None:
    person = id_of(crowd, "Орлов")
    with crowd.portal.database.transaction() as db:
        role_id = new_id()
        db.add(
            StructuralRole(
                id=role_id,
                person_id=person,
                kind="teacher",
                organization_id=id_of(crowd, "Школа 2"),
                starts_on=START,
            )
        )
    data = {"ids": [str(person)], "step": "do", "reason": "Приказ"}
    assert "Вход закрыт: 0 людям." in head(crowd).post("/accounts/bulk/block", data=data).text
    assert "Школа 2" in head(crowd).post("/accounts/bulk/block", data={"ids": [str(person)]}).text
    coordinator = crowd.sign_in("municipal_coordinator")
    assert "Вход закрыт: 1 человеку." in coordinator.post("/accounts/bulk/block", data=data).text
    coordinator.post("/accounts/bulk/unblock", data=data)
    with crowd.portal.database.transaction() as db:
        db.delete(db.get_one(StructuralRole, role_id))


def test_who_may_see_the_list_and_who_may_act(crowd: PortalUnderTest) -> None:
    for role in ("teacher", "guardian", "pupil"):
        assert crowd.sign_in(role, organization="Школа 1").get("/accounts").status_code == 403
    neighbour = crowd.sign_in("head", organization="Школа 2")
    assert len(people(neighbour.get("/accounts").text)) == 4
    data = {"ids": [str(id_of(crowd, "Орлов"))], "step": "do", "reason": "Чужой"}
    assert "Вход закрыт: 0 людям." in neighbour.post("/accounts/bulk/block", data=data).text
    region = crowd.sign_in("regional_coordinator").get("/accounts").text
    assert "Найдено: " in region
    assert len(people(crowd.sign_in("regional_coordinator").get("/accounts?q=семёнов").text)) == 4


def test_a_card_tells_all_and_ends_sessions(crowd: PortalUnderTest) -> None:
    teacher = crowd.sign_in("teacher", organization="Школа 1")
    url = f"/accounts/{teacher.person_id}"
    card = head(crowd).get(url).text
    for words in ("вход открыт", "Учитель", "Школа 1", "неизвестное устройство"):
        assert words in card
    assert head(crowd).post(f"{url}/sign-out").status_code == 303
    assert teacher.get("/account").status_code != 200
    card = head(crowd).get(f"{url}?ended=yes").text
    assert "Все сеансы завершены." in card
    assert "Завершены все сеансы" in card
    for role, organization in (("head", "Школа 2"), ("teacher", "Школа 2")):
        stranger = crowd.sign_in(role, organization=organization)
        assert stranger.get(url).status_code in (403, 404)
        assert stranger.post(f"{url}/sign-out").status_code in (403, 404)
