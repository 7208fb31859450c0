"""Asking the support: with the error's number, signed in or not, not too often; answering, and hearing the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id, now
from core.identity.models import Account, Notification, Person
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.support.asking import FREE
from core.support.models import SupportMessage
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
FORM = {"subject": "Не открывается журнал", "text": "Нажимаю «Журнал», вижу ошибку."}


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins without questions."""
    with town.portal.database.transaction() as db:
        db.execute(delete(SupportMessage))
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
    assert sent.headers["location"] == "/support?sent=yes"
    (message,) = kept(town)
    assert (message.error_id, message.page, message.role) == ("0badf00d", "/journal", "teacher")
    assert message.organization_id == id_of(town, "Край")
    assert message.origin is None
    assert told(town, support.person_id) == ["Вопрос в поддержку: Не открывается журнал"]
    assert "Не открывается журнал" in support.get("/support/messages?state=open").text
    url = f"/support/messages/{message.id}"
    card = support.get(url).text
    for words in ("вижу ошибку", "0badf00d", "/journal", "Орлов Пётр Ильич", "Учитель"):
        assert words in card
    empty = support.post(url, data={"answer": " "})
    assert empty.status_code == 422
    assert (
        support.post(url, data={"answer": "Обновите страницу."}).headers["location"] == f"{url}?done=answered"
    )
    assert support.post(url, data={"answer": "И ещё раз."}).status_code == 409
    assert told(town, teacher.person_id) == ["Поддержка ответила: Не открывается журнал"]
    page = teacher.get("/support").text
    assert "Обновите страницу." in page
    assert "отвечено" in page


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
    assert alien.post(f"/support/messages/{message.id}", data={"answer": "Чужой"}).status_code == 404
    assert "Не открывается журнал" not in alien.get("/support/messages").text


def test_a_page_that_is_not_there_leads_to_the_form(town: PortalUnderTest) -> None:
    missing = town.sign_in("teacher", organization="Школа 1").get("/no-such-page").text
    assert 'href="/support?page=/no-such-page"' in missing
    assert 'href="/support?page=/no-such-page"' in town.visitor().get("/no-such-page").text
