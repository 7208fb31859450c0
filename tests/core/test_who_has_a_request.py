"""Who has a request: took it up, took it over, put it back; and who hears of what its author does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.database.base import new_id
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.test_request_pages import paper, sent, step
from tests.core.town_fixtures import town

__all__ = ["town"]
HEAD, OTHER = "Берёзкина А. С.", "Завучева В."


@pytest.fixture
def deciders(town: PortalUnderTest) -> Iterator[tuple[Visitor, Visitor]]:
    """The head of the first school, and another who decides there for as long as the test runs."""
    head, deputy = town.sign_in("head", organization="Школа 1"), town.new_person("Завучева")
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization.id).where(Organization.short_name == "Школа 1")).one()
        day = today_in("Europe/Moscow") - timedelta(days=1)
        db.add(
            StructuralRole(
                id=new_id(), person_id=deputy, kind="deputy_head", organization_id=school, starts_on=day
            )
        )
    yield head, town.sign_in("deputy_head", organization="Школа 1", person_id=deputy)
    leave(town, deputy)


def leave(town: PortalUnderTest, person_id: UUID) -> None:
    """Somebody works there no longer."""
    with town.portal.database.transaction() as db:
        db.execute(
            update(StructuralRole).where(StructuralRole.person_id == person_id).values(status="terminated")
        )


def facts(visitor: Visitor, url: str) -> str:
    """The upper part of a card."""
    return visitor.get(url).text.partition("<main")[2].partition("Как идёт")[0]


def buttons(visitor: Visitor, url: str) -> set[str]:
    """The steps that a card offers."""
    return set(re.findall(r'name="step" value="(\w+)"', visitor.get(url).text))


def news(visitor: Visitor, words: str) -> int:
    """How many notifications of somebody say so."""
    page = visitor.get("/notifications").text.partition("<main")[2]
    return sum(words in each for each in page.split("<li"))


def listed(visitor: Visitor, whose: str) -> str:
    """The work list, narrowed."""
    return visitor.get(f"/requests/list?state=open&whose={whose}").text


def test_a_card_and_the_lists_say_who_has_it(
    town: PortalUnderTest, deciders: tuple[Visitor, Visitor]
) -> None:
    head, deputy = deciders
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    assert HEAD in facts(guardian, url)
    assert OTHER in facts(guardian, url)
    assert step(head, url, "take").status_code == 303
    for visitor in (guardian, deputy, head):
        page = facts(visitor, url)
        assert "Кто рассматривает" in page
        assert re.search(HEAD + r".{0,40}с \d\d\.\d\d\.\d{4}", page)
        assert OTHER not in page
        assert "Кто решает" not in page
    assert "(вы)" in facts(head, url)
    assert "уже рассматривает этот запрос" in deputy.get(url).text
    assert "уже рассматривает этот запрос" not in head.get(url).text
    assert HEAD in deputy.get("/requests").text
    assert re.search(HEAD + r"<br><small class=\"muted\">с \d\d\.", listed(deputy, ""))
    assert head.get(f"/api/v1/requests/{url.rpartition('/')[2]}").json()["next"] == [HEAD]
    step(head, url, "reject", "Нет")


def test_one_takes_it_over_and_puts_it_back(town: PortalUnderTest, deciders: tuple[Visitor, Visitor]) -> None:
    head, deputy = deciders
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    assert buttons(head, url) >= {"take"}
    assert step(head, url, "take_over").status_code == 409
    assert step(head, url, "put_back").status_code == 409
    step(head, url, "take")
    assert buttons(head, url) & {"take", "take_over", "put_back"} == {"put_back"}
    assert buttons(deputy, url) & {"take", "take_over", "put_back"} == {"take_over"}
    assert buttons(guardian, url) & {"take", "take_over", "put_back"} == set()
    assert step(deputy, url, "take").status_code == 409
    assert step(deputy, url, "put_back").status_code == 409, "it is not theirs to give"
    assert step(guardian, url, "take_over").status_code == 403
    assert step(town.sign_in("head", organization="Школа 2"), url, "take_over").status_code == 404
    assert step(deputy, url, "take_over").status_code == 303
    assert OTHER in facts(guardian, url)
    assert "вместо прежнего сотрудника" in guardian.get(url).text
    assert news(head, "Запрос, который был у вас, теперь рассматривает другой") == 1
    assert step(deputy, url, "take_over").status_code == 409
    before = news(head, "Запрос вернули в общий список")
    assert step(deputy, url, "put_back").status_code == 303
    assert "Отправлен" in guardian.get(url).text
    assert HEAD in facts(guardian, url)
    assert news(head, "Запрос вернули в общий список") == before + 1
    assert news(deputy, "Запрос вернули в общий список") == 0
    step(deputy, url, "take")
    assert step(head, url, "approve").status_code == 303, "who decides may do so without taking it over"
    assert news(deputy, "Решён запрос, который был у вас") == 1


def test_the_list_is_narrowed_to_ones_own_and_to_nobodys(
    town: PortalUnderTest, deciders: tuple[Visitor, Visitor]
) -> None:
    head, deputy = deciders
    guardian = town.sign_in("guardian")
    own, theirs, free = (sent(guardian) for _ in range(3))
    step(head, own, "take")
    step(deputy, theirs, "take")
    for visitor, whose, expected in (
        (head, "mine", {own}),
        (deputy, "mine", {theirs}),
        (head, "nobody", {free}),
        (head, "", {own, theirs, free}),
    ):
        page = listed(visitor, whose)
        assert {each for each in (own, theirs, free) if each in page} == expected
        if whose:
            assert f'<option value="{whose}" selected>' in page
    assert re.search(r'href="\?[^"]*sort=deadline[^"]*whose=mine', listed(head, "mine"))
    ids = [each.rpartition("/")[2] for each in (own, theirs, free)]
    preview = head.post("/requests/list/bulk/take", data={"ids": ids}).text
    assert f"его рассматривает {OTHER}" in preview
    assert "он уже у вас" in preview
    done = head.post("/requests/list/bulk/take", data={"ids": ids, "step": "do"}).text
    assert "Взято в работу 1 из 3." in done
    assert {each for each in (own, theirs, free) if each in listed(head, "mine")} == {own, free}
    back = head.post("/requests/list/bulk/put_back", data={"ids": ids, "step": "do"}).text
    assert "В общий список возвращено 2 из 3." in back
    assert {each for each in (own, theirs, free) if each in listed(head, "nobody")} == {own, free}
    for url in (own, theirs, free):
        step(head, url, "reject", "Нет")


def test_before_anybody_has_it_all_who_decide_hear_of_the_author(
    town: PortalUnderTest, deciders: tuple[Visitor, Visitor]
) -> None:
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    step(guardian, url, "comment", "Забыл приложить справку")
    guardian.post(url, data={"step": "comment"}, files=paper("справка.txt"))
    for visitor in deciders:
        assert news(visitor, "Забыл приложить справку") == 1
        assert news(visitor, "справка.txt") == 1
    step(deciders[0], url, "comment", "Пришлите ещё и паспорт")
    step(guardian, url, "comment", "Вот и паспорт")
    for visitor in deciders:
        assert news(visitor, "Вот и паспорт") == 1, "who has only asked has not taken it"
    step(guardian, url, "withdraw")
    for visitor in deciders:
        assert news(visitor, "Запрос отозван") == 1


def test_once_somebody_has_it_only_they_hear_of_the_author(
    town: PortalUnderTest, deciders: tuple[Visitor, Visitor]
) -> None:
    head, deputy = deciders
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    withdrawn = news(head, "Запрос отозван")
    step(deputy, url, "take")
    step(head, url, "comment", "Смотрите внимательнее")
    assert news(deputy, "Смотрите внимательнее") == 1, "who has it hears of colleagues too"
    step(guardian, url, "comment", "Только для взявшего")
    assert (news(deputy, "Только для взявшего"), news(head, "Только для взявшего")) == (1, 0)
    step(deputy, url, "return", "Исправьте имя")
    step(guardian, url, "withdraw")
    assert news(deputy, "Запрос отозван") == 1
    assert news(head, "Запрос отозван") == withdrawn


def test_who_may_not_decide_any_more_does_not_keep_it_from_the_others(
    town: PortalUnderTest, deciders: tuple[Visitor, Visitor]
) -> None:
    head, deputy = deciders
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    step(deputy, url, "take")
    assert deputy.person_id is not None
    leave(town, deputy.person_id)
    assert HEAD in facts(guardian, url)
    assert OTHER not in facts(guardian, url)
    step(guardian, url, "comment", "Кто-нибудь видит это?")
    assert news(head, "Кто-нибудь видит это?") == 1
    assert step(head, url, "take_over").status_code == 303
    step(head, url, "reject", "Нет")
