"""Asking the support: with the error's number, signed in or not, not too often; answering, and hearing the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id, now
from core.identity.models import Account, Notification, Person
from core.organizations.models import Organization
from core.retention.applying import KIND as RETENTION
from core.roles.models import StructuralRole
from core.support.asking import FREE
from core.support.models import SupportMessage, SupportReply
from core.tasks import Worker
from core.tasks.queue import enqueue
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.test_request_pages import paper
from tests.core.town_fixtures import town

__all__ = ["town"]
FORM = {"subject": "Не открывается журнал", "text": "Нажимаю «Журнал», вижу ошибку."}


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins without questions."""
    with town.portal.database.transaction() as db:
        db.execute(delete(SupportMessage))
        db.execute(delete(Notification))
        db.execute(delete(StructuralRole).where(StructuralRole.kind == "support"))
        db.execute(update(Organization).values(support_contact=None))
    yield


def helper(town: PortalUnderTest, where: str = "Край") -> Visitor:
    """Somebody of the support of an organization."""
    with town.portal.database.transaction() as db:
        person = Person(id=new_id(), last_name="Помогайкин", first_name="Лев")
        db.add(person)
        db.flush()
        db.add(Account(id=new_id(), person_id=person.id, preferences={}))
        role = StructuralRole(
            id=new_id(),
            person_id=person.id,
            kind="support",
            organization_id=id_of(town, where),
            starts_on=date(2020, 9, 1),
        )
        db.add(role)
        person_id = person.id
    return town.sign_in("support", person_id=person_id)


def kept(town: PortalUnderTest) -> list[SupportMessage]:
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(SupportMessage).order_by(SupportMessage.id)).all()
        db.expunge_all()
        return list(found)


def told(town: PortalUnderTest, person_id: UUID | None) -> list[str]:
    with town.portal.database.reading(fresh=True) as db:
        return [
            str(each)
            for each in db.scalars(
                select(Notification.title)
                .where(Notification.person_id == person_id, Notification.kind == "core.support.message")
                .order_by(Notification.id)
            )
        ]


def test_a_question_goes_to_the_support_of_the_region_and_the_answer_comes_back(
    town: PortalUnderTest,
) -> None:
    support = helper(town)
    teacher = town.sign_in("teacher", organization="Школа 1")
    sent = teacher.post("/support", data={**FORM, "error_id": "0badf00d", "page": "/journal"})
    (message,) = kept(town)
    mine = f"/support/questions/{message.id}"
    assert sent.headers["location"] == f"{mine}?sent=yes"
    assert (message.error_id, message.page, message.role) == ("0badf00d", "/journal", "teacher")
    assert message.organization_id == id_of(town, "Край")
    assert message.origin is None
    assert told(town, support.person_id) == ["Вопрос в поддержку: Не открывается журнал"]
    assert "Не открывается журнал" in support.get("/support/messages?state=open").text
    url = f"/support/messages/{message.id}"
    card = support.get(url).text
    for words in ("вижу ошибку", "0badf00d", "/journal", "Орлов Пётр Ильич", "Учитель"):
        assert words in card
    empty = support.post(url, data={"text": " "})
    assert empty.status_code == 422
    assert "Заполните поле." in empty.text
    assert (
        support.post(url, data={"text": "Обновите страницу."}).headers["location"] == f"{url}?done=answered"
    )
    assert told(town, teacher.person_id) == ["Поддержка ответила: Не открывается журнал"]
    assert "отвечено" in teacher.get("/support").text
    page = teacher.get(mine).text
    assert "Обновите страницу." in page
    assert "0badf00d" in page, "the error's number stays with the question"


def spoken(town: PortalUnderTest) -> tuple[Visitor, Visitor, str, str]:
    """Somebody of the support, a teacher who asks, and the question as each of them opens it."""
    support = helper(town)
    teacher = town.sign_in("teacher", organization="Школа 1")
    assert teacher.post("/support", data={**FORM, "error_id": "0badf00d"}).status_code == 303
    (message,) = kept(town)
    return support, teacher, f"/support/messages/{message.id}", f"/support/questions/{message.id}"


def state(town: PortalUnderTest) -> str:
    (message,) = kept(town)
    return message.status


def test_a_conversation_goes_on_is_closed_and_opens_again(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    assert support.post(card, data={"text": "Какой класс?"}).status_code == 303
    assert state(town) == "answered"
    assert teacher.post(mine, data={"text": "Седьмой"}).headers["location"] == f"{mine}?sent=more"
    assert state(town) == "open"
    assert support.post(card, data={"text": "Исправили", "step": "close"}).headers["location"] == (
        f"{card}?done=closed"
    )
    assert state(town) == "closed"
    assert support.post(card, data={"step": "close"}).status_code == 409
    assert "закрыла вопрос" in teacher.get(mine).text
    assert teacher.post(mine, data={"text": "Снова не открывается"}).status_code == 303
    assert state(town) == "open"
    assert support.post(card, data={"step": "close"}).status_code == 303
    for page in (support.get(card).text, teacher.get(mine).text):
        said = [
            page.index(words) for words in ("вижу ошибку", "Какой класс?", "Седьмой", "Исправили", "Снова")
        ]
        assert said == sorted(said)
    assert told(town, support.person_id) == [
        "Вопрос в поддержку: Не открывается журнал",
        "Дополнение к вопросу: Не открывается журнал",
        "Вопрос открыт снова: Не открывается журнал",
    ]
    assert told(town, teacher.person_id) == [
        "Поддержка ответила: Не открывается журнал",
        "Вопрос решён: Не открывается журнал",
        "Вопрос решён: Не открывается журнал",
    ]


def test_files_go_both_ways_and_only_those_of_the_conversation_read_them(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    asked = teacher.post(
        "/support", data={**FORM, "subject": "С файлом"}, files=paper("вид.txt", b"What I see")
    )
    assert "вид.txt" in teacher.get(asked.headers["location"]).text
    assert teacher.post(mine, data={"text": ""}, files=paper("экран.txt", b"Screen")).status_code == 303
    assert support.post(card, data={"text": "Вот"}, files=paper("ответ.txt", b"Answer")).status_code == 303
    links = re.findall(r"/files/[0-9a-f-]{36}", teacher.get(mine).text)
    assert re.findall(r"/files/[0-9a-f-]{36}", support.get(card).text) == links
    for visitor in (teacher, support):
        assert [visitor.get(each).content for each in links] == [b"Screen", b"Answer"]
    for stranger in (
        town.sign_in("head", organization="Школа 1"),
        town.sign_in("teacher", organization="Школа 2"),
        town.sign_in_person(town.new_person()),
    ):
        assert [stranger.get(each).status_code for each in links] == [404, 404]
    assert town.visitor().get(links[0]).status_code == 303


def test_a_file_of_a_wrong_sort_is_refused_and_nothing_typed_is_lost(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    script = paper("страница.html", b"<!doctype html><script>alert(1)</script>")
    for visitor, url in ((teacher, mine), (support, card)):
        refused = visitor.post(url, data={"text": "Набрано долго"}, files=script)
        assert refused.status_code == 422
        assert "Набрано долго</textarea>" in refused.text
        assert "не подходит" in refused.text
    refused = teacher.post("/support", data={**FORM, "subject": "Третий"}, files=script)
    assert refused.status_code == 422
    assert "Третий" in refused.text
    assert "не подходит" in refused.text
    assert len(kept(town)) == 1
    empty = teacher.post(mine, data={"text": "Ниже"}, files=paper("пусто.txt", b""))
    assert empty.status_code == 422


def test_a_stranger_gives_no_files_and_hears_a_number(town: PortalUnderTest) -> None:
    support = helper(town)
    stranger = town.visitor()
    form = {**FORM, "contact": "vera@example.org"}
    assert 'type="file"' not in stranger.get("/support").text
    sent = stranger.post("/support", data=form, files=paper("вирус.txt", b"Bytes"))
    (message,) = kept(town)
    assert sent.headers["location"] == f"/support?sent={message.number}"
    page = stranger.get(sent.headers["location"]).text
    assert f"<strong>{message.number[:4]}&nbsp;{message.number[4:]}</strong>" in page
    assert "Номер вопроса" not in town.visitor().get("/support?sent=<b>1</b>").text
    card = f"/support/messages/{message.id}"
    assert "/files/" not in support.get(card).text
    found = support.get("/support/messages", params={"q": f"{message.number[:4]} {message.number[4:]}"}).text
    assert str(message.id) in found
    assert str(message.id) not in support.get("/support/messages?q=00000000000").text
    assert support.post(card, data={"text": "Позвонили", "step": "close"}).status_code == 303
    assert "Позвонили" in support.get(card).text
    for visitor in (stranger, town.sign_in("teacher", organization="Школа 1")):
        assert visitor.get(f"/support/questions/{message.id}").status_code in (303, 404)


def test_the_list_of_the_support_goes_by_state_and_by_who_asked(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    key = card.rpartition("/")[2]

    def shown(query: str) -> bool:
        return key in support.get(f"/support/messages?{query}").text

    def states() -> list[bool]:
        return [shown(f"state={each}") for each in ("open", "answered", "closed")]

    assert states() == [True, False, False]
    support.post(card, data={"text": "Ответ"})
    assert states() == [False, True, False]
    support.post(card, data={"step": "close"})
    assert states() == [False, False, True]
    teacher.post(mine, data={"text": "Ещё"})
    assert states() == [True, False, False]
    assert shown("q=орлов")
    assert not shown("q=семенов")


def test_nobody_else_reads_or_writes(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    others = (
        town.sign_in("head", organization="Школа 1"),
        town.sign_in("teacher", organization="Школа 2"),
        town.sign_in_person(town.new_person()),
    )
    for other in (*others, support):
        assert other.get(mine).status_code == 404
        assert other.post(mine, data={"text": "Чужое"}).status_code == 404
    for other in (*others, teacher):
        assert other.get(card).status_code == 403
        assert other.post(card, data={"text": "Чужое"}).status_code == 403
    for visitor, url in ((teacher, mine), (support, card)):
        assert visitor.post(url, data={"text": "Без ключа"}, csrf=False).status_code == 403
        assert town.visitor().post(url, data={"text": "Чужое"}, csrf=False).status_code == 401
        assert town.visitor().get(url).status_code == 303
    assert state(town) == "open"
    assert "Чужое" not in teacher.get(mine).text


def test_a_flood_in_a_conversation_is_slowed_down(town: PortalUnderTest) -> None:
    _support, teacher, _card, mine = spoken(town)
    answers = [teacher.post(mine, data={"text": f"Сообщение {number}"}).status_code for number in range(21)]
    assert answers == [303] * 20 + [429]
    refused = teacher.post(mine, data={"text": "Ещё одно"})
    assert "Ещё одно</textarea>" in refused.text


def test_what_has_served_its_time_goes_with_its_files(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    assert teacher.post(mine, data={"text": "Вот"}, files=paper()).status_code == 303
    (file,) = re.findall(r"/files/[0-9a-f-]{36}", support.get(card).text)
    with town.portal.database.transaction() as db:
        db.execute(update(SupportMessage).values(created_at=now() - timedelta(days=400)))
        enqueue(db, RETENTION)
    worker = Worker(town.portal)
    while worker.run_once():
        pass
    assert kept(town) == []
    assert teacher.get(file).status_code == 404
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(SupportReply)).all() == []


def test_whoever_has_left_the_support_is_told_no_more(town: PortalUnderTest) -> None:
    support, teacher, card, mine = spoken(town)
    support.post(card, data={"text": "Посмотрю"})
    with town.portal.database.transaction() as db:
        db.execute(delete(StructuralRole).where(StructuralRole.person_id == support.person_id))
    other = helper(town)
    teacher.post(mine, data={"text": "Ну как?"})
    assert told(town, support.person_id) == ["Вопрос в поддержку: Не открывается журнал"]
    assert told(town, other.person_id) == ["Дополнение к вопросу: Не открывается журнал"]


def test_without_a_support_role_the_coordinators_of_the_nearest_place_answer(town: PortalUnderTest) -> None:
    town.sign_in("guardian", organization="Школа 1").post("/support", data=FORM)
    (message,) = kept(town)
    assert message.organization_id == id_of(town, "Округ")
    coordinator = town.sign_in("municipal_coordinator")
    assert coordinator.get(f"/support/messages/{message.id}").status_code == 200
    assert town.sign_in("head", organization="Школа 1").get("/support/messages").status_code == 403


def test_whoever_is_not_signed_in_asks_too_and_says_where_to_answer(town: PortalUnderTest) -> None:
    support = helper(town)
    stranger = town.visitor()
    page = stranger.get("/support?error=0badf00d&page=/sign-in").text
    assert "0badf00d" in page
    assert "Куда ответить" in page
    missing = stranger.post("/support", data=FORM)
    assert missing.status_code == 422
    assert "Нажимаю «Журнал»" in missing.text
    assert stranger.post("/support", data=FORM, csrf=False).status_code == 403
    assert stranger.post("/support", data={**FORM, "contact": "+7 918 000-00-00"}).status_code == 303
    (message,) = kept(town)
    assert (message.author_id, message.contact) == (None, "+7 918 000-00-00")
    assert message.origin is not None
    assert "+7 918 000-00-00" in support.get("/support/messages").text


def test_what_comes_with_the_address_is_checked(town: PortalUnderTest) -> None:
    page = town.visitor().get("/support?error=<script>&page=//evil.example").text
    assert "&lt;script&gt;" not in page
    assert "evil.example" not in page
    teacher = town.sign_in("teacher", organization="Школа 1")
    teacher.post("/support", data={**FORM, "error_id": "x" * 500, "page": "https://evil.example"})
    (message,) = kept(town)
    assert (message.error_id, message.page) == ("", "")


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_flood_is_slowed_down_and_ends_with_the_hour(town: PortalUnderTest, signed_in: bool) -> None:
    visitor = town.sign_in("teacher", organization="Школа 1") if signed_in else town.visitor()
    form = {**FORM, "contact": "+7 918 000-00-00"}

    def ask(number: int) -> Any:
        return visitor.post("/support", data={**form, "subject": f"Вопрос {number}"})

    assert [ask(number).status_code for number in range(FREE)] == [303] * FREE
    refused = ask(FREE)
    assert refused.status_code == 429
    assert "Слишком много вопросов подряд" in refused.text
    assert "Нажимаю «Журнал»" in refused.text
    assert len(kept(town)) == FREE
    assert town.sign_in("guardian", organization="Школа 1").post("/support", data=FORM).status_code == 303
    with town.portal.database.transaction() as db:
        db.execute(update(SupportMessage).values(created_at=now() - timedelta(minutes=61)))
    assert ask(FREE + 1).status_code == 303


def test_the_contact_of_the_nearest_organization_is_shown(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        db.execute(
            update(Organization)
            .where(Organization.short_name == "Край")
            .values(support_contact="8 800 000-00-01, с 8 до 20")
        )
    assert "8 800 000-00-01, с 8 до 20" in town.sign_in("teacher").get("/support").text
    assert "8 800 000-00-01" in town.visitor().get("/support").text, "there is one region only"
    with town.portal.database.transaction() as db:
        db.execute(
            update(Organization)
            .where(Organization.short_name == "Школа 1")
            .values(support_contact="Кабинет 12")
        )
    assert "Кабинет 12" in town.sign_in("teacher", organization="Школа 1").get("/support").text
    assert "Кабинет 12" not in town.sign_in("teacher", organization="Школа 2").get("/support").text


def test_a_neighbouring_region_does_not_see_the_question(town: PortalUnderTest) -> None:
    town.sign_in("teacher", organization="Школа 1").post("/support", data=FORM)
    (message,) = kept(town)
    with town.portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.kind == "federal")).one()
        key = new_id()
        other = Organization(
            id=key,
            parent_id=root.id,
            kind="region",
            name="Другой край",
            short_name="Другой край",
            name_key="другой край",
            path=f"{root.path}{key}/",
        )
        db.add(other)
    alien = helper(town, "Другой край")
    assert alien.get(f"/support/messages/{message.id}").status_code == 404
    assert alien.post(f"/support/messages/{message.id}", data={"text": "Чужой"}).status_code == 404
    assert "Не открывается журнал" not in alien.get("/support/messages").text


def test_a_page_that_is_not_there_leads_to_the_form(town: PortalUnderTest) -> None:
    missing = town.sign_in("teacher", organization="Школа 1").get("/no-such-page").text
    assert 'href="/support?page=/no-such-page"' in missing
    assert 'href="/support?page=/no-such-page"' in town.visitor().get("/no-such-page").text
