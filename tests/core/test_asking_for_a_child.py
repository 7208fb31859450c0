"""«Связь с ребёнком»: asked for once, to the school one means, by people with and without a patronymic."""

from __future__ import annotations

import re
import threading
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete, func, select, update

from core.database.base import new_id
from core.identity.models import Guardianship, Person
from core.organizations.models import Enrollment, Organization
from core.requests.models import Request
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_request_pages import child_of_school, link_form, paper, step
from tests.core.town_fixtures import town

__all__ = ["town"]
FORM = "/requests/new?kind=core.guardian_link"


def asked(town: PortalUnderTest, visitor: Visitor) -> list[Request]:
    """What somebody has asked for, drafts too, the oldest first."""
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(Request).where(Request.author_id == visitor.person_id).order_by(Request.id)
        ).all()
        db.expunge_all()
        return list(found)


def a_parent(town: PortalUnderTest) -> Visitor:
    return town.sign_in_person(town.new_person("Дважды"))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"last_name": "семёнов  ", "first_name": "АЛЕКСЕЙ"},
        {"last_name": "Семенов"},
        {"middle_name": ""},
        {"first_name": "Aлексей"},
        {"relation": "guardian"},
    ],
    ids=[
        "the same",
        "other case and spaces",
        "ё",
        "without a patronymic",
        "a latin letter",
        "other relation",
    ],
)
def test_the_second_request_for_a_child_leads_to_the_first(
    town: PortalUnderTest, change: dict[str, str]
) -> None:
    child, school = child_of_school(town)
    parent = a_parent(town)
    first = str(parent.post("/requests", data=link_form(child, school)).headers["location"])
    second = parent.post("/requests", data=link_form(child, school, **change))
    assert second.status_code == 303, second.text
    assert second.headers["location"] == f"{first}?again=yes"
    page = parent.get(second.headers["location"]).text
    assert "Такой запрос вы уже отправили, вот он" in page
    assert "Такой запрос вы уже отправили" not in parent.get(first).text
    assert [each.status for each in asked(town, parent)] == ["sent"]


@pytest.mark.parametrize(
    "change",
    [{"first_name": "Андрей"}, {"birth_date": "2015-02-03"}, {"middle_name": "Иванович"}],
    ids=["a brother", "another day", "another patronymic"],
)
def test_another_child_is_another_request(town: PortalUnderTest, change: dict[str, str]) -> None:
    child, school = child_of_school(town)
    parent = a_parent(town)
    for form in (link_form(child, school), link_form(child, school, **change)):
        assert "again" not in parent.post("/requests", data=form).headers["location"]
    assert len(asked(town, parent)) == 2


def test_another_school_and_another_parent_are_asked_anew(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent, other = a_parent(town), a_parent(town)
    elsewhere = str(id_of(town, "Школа 2"))
    parent.post("/requests", data=link_form(child, school))
    for visitor, form in (
        (parent, link_form(child, school, _to=elsewhere)),
        (other, link_form(child, school)),
    ):
        assert "again" not in visitor.post("/requests", data=form).headers["location"]


def test_once_it_is_decided_one_may_ask_again(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent, head = a_parent(town), town.sign_in("head", organization="Школа 1")
    first = str(parent.post("/requests", data=link_form(child, school)).headers["location"])
    assert step(head, first, "return", "Нет документа").status_code == 303
    again = parent.post("/requests", data=link_form(child, school)).headers["location"]
    assert again == f"{first}?again=yes", "a returned one is corrected, not sent anew"
    assert parent.post(f"{first}/edit", data=link_form(child, school, step="send")).status_code == 303
    assert step(head, first, "reject", "Нет документа").status_code == 303
    assert "again" not in parent.post("/requests", data=link_form(child, school)).headers["location"]


def test_what_came_with_files_stays_a_draft(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = a_parent(town)
    first = str(parent.post("/requests", data=link_form(child, school)).headers["location"])
    second = parent.post("/requests", data=link_form(child, school), files=paper()).headers["location"]
    assert second.startswith(f"{first}?again=")
    draft = asked(town, parent)[-1]
    assert draft.status == "draft"
    page = parent.get(second).text
    assert f'href="/requests/{draft.id}/edit"' in page
    assert "справка.txt" in parent.get(f"/requests/{draft.id}/edit").text
    sent_again = parent.post(f"/requests/{draft.id}/edit", data=link_form(child, school, step="send"))
    assert sent_again.headers["location"] == f"{first}?again={draft.id}"


def test_two_sendings_at_once_make_one_request(town: PortalUnderTest) -> None:
    """A double click without a key: both arrive at the same moment, in two threads of the server."""
    child, school = child_of_school(town)
    parent = a_parent(town)
    parent.get("/requests")
    token = parent.csrf_token()
    answers: list[Any] = []
    begin = threading.Barrier(4)

    def send() -> None:
        begin.wait()
        answers.append(
            town.client.post(
                "/requests",
                data=link_form(child, school),
                headers={
                    "cookie": "; ".join(f"{name}={value}" for name, value in parent.cookies.items()),
                    "x-csrf-token": token,
                },
                follow_redirects=False,
            )
        )

    threads = [threading.Thread(target=send) for _number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status_code for each in answers] == [303] * 4
    (made,) = asked(town, parent)
    assert {each.headers["location"].partition("?")[0] for each in answers} == {f"/requests/{made.id}"}


def test_whose_child_it_is_has_to_be_said(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = a_parent(town)
    page = parent.get(f"{FORM}&to={school.id}").text
    chooser = page.partition('id="relation"')[2].partition("</select>")[0]
    assert '<option value="" selected>Выберите</option>' in chooser
    assert chooser.count("selected") == 1
    refused = parent.post("/requests", data=link_form(child, school, relation=""))
    assert refused.status_code == 422
    assert "Кем вы приходитесь: Заполните поле." in refused.text
    assert asked(town, parent) == []
    kept = parent.post("/requests", data=link_form(child, school, relation="guardian", first_name=""))
    assert '<option value="guardian" selected>' in kept.text, "what was chosen stays"


def test_the_school_says_it_too_when_it_adds_a_guardian(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    child = id_of(town, "Семёнов")
    page = head.get(f"/people/{child}/guardians/new").text
    assert '<option value="" selected>Выберите</option>' in page.partition('id="relation"')[2]


def search(visitor: Visitor, words: str) -> str:
    return visitor.get(f"{FORM}&q={quote(words)}").text


@pytest.mark.parametrize("written", ["МБОУ СОШ №{}", "МБОУ «СОШ № {}»", "Средняя школа №  {}", "Лицей-{}"])
@pytest.mark.parametrize("typed", ["№{}", "{}", "школа {}", "№ {}", "СОШ №{}", "{}-я школа", "школа № {}"])
def test_a_school_is_found_by_its_number_however_it_is_typed(
    town: PortalUnderTest, written: str, typed: str
) -> None:
    school = id_of(town, "Школа 2")
    try:
        with town.portal.database.transaction() as db:
            db.execute(
                update(Organization)
                .where(Organization.id == school)
                .values(search_key=written.format(613).casefold().replace("ё", "е"))
            )
        parent = a_parent(town)
        assert str(school) in search(parent, typed.format(613))
        for other in (61, 6, 13, 6130):
            assert str(school) not in search(parent, typed.format(other)), other
    finally:
        with town.portal.database.transaction() as db:
            db.execute(
                update(Organization).where(Organization.id == school).values(search_key="школа 2 школа 2")
            )


def test_a_school_comes_before_a_kindergarten_of_the_same_number(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        above = db.scalars(select(Organization).where(Organization.short_name == "Округ")).one()
        kindergarten = new_id()
        db.add(
            Organization(
                id=kindergarten,
                parent_id=above.id,
                kind="kindergarten",
                name="Детский сад № 1",
                short_name="Детский сад № 1",
                name_key="детский сад № 1",
                path=f"{above.path}{kindergarten}/",
            )
        )
    parent = a_parent(town)
    page = search(parent, "школа 1")
    assert page.index(str(id_of(town, "Школа 1"))) < page.index(str(kindergarten))
    assert "Такой школы нет" in search(parent, "№%")
    with town.portal.database.transaction() as db:
        db.execute(delete(Organization).where(Organization.id == kindergarten))


def test_a_parent_and_a_child_without_a_patronymic(town: PortalUnderTest) -> None:
    _child, school = child_of_school(town)
    with town.portal.database.transaction() as db:
        enrolled = db.scalars(select(Enrollment).where(Enrollment.organization_id == school.id)).first()
        assert enrolled is not None
        child = Person(id=new_id(), last_name="Ли", first_name="Сан", birth_date=date(2016, 3, 4))
        db.add(child)
        db.flush()
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school.id,
                academic_year_id=enrolled.academic_year_id,
                school_class_id=enrolled.school_class_id,
                person_id=child.id,
                starts_on=enrolled.starts_on,
            )
        )
        db.flush()
        db.expunge_all()
    parent, head = (
        town.sign_in_person(town.new_person("Ли", "Мин")),
        town.sign_in("head", organization="Школа 1"),
    )
    answer = parent.post("/requests", data=link_form(child, school, middle_name=""))
    assert answer.status_code == 303, answer.text
    url = str(answer.headers["location"])
    page = head.get(url).text
    assert "Ли Сан, 7А" in page
    assert "имя и дата рождения совпадают" in page
    assert facts(page)["Кто"] == "Ли Мин"
    assert facts(page)["Отчество ребёнка"] == "не указано"
    for visitor in (parent, head):
        shown = main(visitor.get(url).text)
        assert "None" not in shown
        assert not re.search(r"Ли (Мин|Сан) [,.–]", shown)
    chosen = {"step": "approve", "chosen": str(child.id)}
    assert head.post(url, data=chosen).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        ties = db.scalar(select(func.count()).where(Guardianship.guardian_id == parent.person_id))
    assert ties == 1
    assert "Ли Сан" in parent.get("/account/children").text
    assert "Ли М." in main(head.get(url).text)


def main(page: str) -> str:
    """What a page says between its frame, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0]).split())


def facts(page: str) -> dict[str, str]:
    """The facts of a card."""
    return {
        what: " ".join(re.sub(r"<[^>]+>", " ", how).split())
        for what, how in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    }


def test_a_program_is_told_of_the_first(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = town.sign_in("guardian", organization="Школа 2")
    first = str(parent.post("/requests", data=link_form(child, school)).headers["location"])
    values = {
        name: value for name, value in link_form(child, school).items() if value and not name.startswith("_")
    }
    answer = parent.post(
        "/api/v1/requests",
        json={"kind": "core.guardian_link", "organization_id": str(school.id), "values": values},
    )
    assert answer.status_code == 409, answer.text
    assert first in answer.text
