"""Whom the portal does not let in asks the school on that very page; the school confirms, and only then it is tied.

A person who signed up at Gosuslugi anew, data that do not agree, a child no school knows, an unconfirmed account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id, now
from core.identity.models import Account, ExternalIdentity, Person
from core.organizations.models import Organization
from core.portal import Portal
from core.requests.models import Request, RequestComment
from core.roles.models import StructuralRole
from plugins.auth_esia.models import RefusedSignIn

from .whole_portal import Browser, browser, portal

__all__ = ["browser", "portal"]
TEACHER, HEAD, PARENT = "97110103766", "97110311167", "97110518593"
UNVERIFIED, NO_EMAIL = "97111244486", "97111140777"


def person_of(portal: Portal, snils: str) -> Person:
    with portal.database.reading() as db:
        return db.scalars(select(Person).where(Person.snils == snils)).one()


def give_role(portal: Portal, snils: str, kind: str) -> None:
    person = person_of(portal, snils)
    with portal.database.transaction() as db:
        role = StructuralRole(id=new_id(), person_id=person.id, kind=kind, status="active")
        role.organization_id = db.scalars(select(Organization.id)).one()
        role.starts_on = date(2026, 9, 1)
        db.add(role)


@pytest.fixture
def school(portal: Portal) -> Iterator[Portal]:
    """A teacher and a head, and nobody asks for anything yet."""
    with portal.database.transaction() as db:
        for table in (RequestComment, Request, StructuralRole):
            db.execute(delete(table))
        db.execute(delete(ExternalIdentity))
    give_role(portal, TEACHER, "teacher")
    give_role(portal, HEAD, "head")
    yield portal


def signed_in(portal: Portal, persona: str) -> Browser:
    browser = Browser(portal)
    browser.sign_in(persona)
    return browser


def refused(portal: Portal, persona: str) -> Browser:
    """The browser of somebody who was not let in and has asked the school."""
    browser = signed_in(portal, persona)
    browser.ask_school()
    return browser


def identities(portal: Portal, snils: str) -> list[str]:
    with portal.database.reading(fresh=True) as db:
        found = (
            select(ExternalIdentity.subject)
            .join(Account, Account.id == ExternalIdentity.account_id)
            .join(Person, Person.id == Account.person_id)
            .where(Person.snils == snils)
        )
        return list(db.scalars(found))


def open_requests(portal: Portal) -> list[Request]:
    with portal.database.reading(fresh=True) as db:
        return list(db.scalars(select(Request).where(Request.status == "sent")))


def decide(browser: Browser, request: Request, step: str, text: str = "") -> int:
    """The way of somebody who decides: open the request, press the button."""
    browser.open(f"/requests/{request.id}")
    token = re.search(r'name="csrf_token" value="(\w+)"', browser.page)
    assert token, browser.text()
    fields = {"csrf_token": token[1], "step": step, "text": text}
    return browser.http.post(f"/requests/{request.id}", data=fields).status_code


def test_the_school_confirms_a_new_account_and_the_tie_moves(school: Portal) -> None:
    old, head = signed_in(school, "teacher"), signed_in(school, "head")
    again = signed_in(school, "reregistered")
    assert again.status == 403 and not again.signed_in and open_requests(school) == []
    assert "Решит: Школа" in again.text()
    again.ask_school("8 900 700-00-01, после обеда")
    assert again.status == 403 and "Запрос отправлен: Школа" in again.text()
    [asked] = open_requests(school)
    assert (asked.kind, asked.author_id) == ("core.identity_relinking", person_of(school, TEACHER).id)
    head.open("/notifications")
    assert "Новая учётная запись для входа" in head.text()
    assert decide(head, asked, "approve") == 303
    assert "1000700016" in head.text() and "паспорт" in head.text()
    assert "с этим человеком связана другая учётная запись" in head.text()
    assert "8 900 700-00-01, после обеда" in head.text() and "Берёзкина Анна Сергеевна" in head.text()
    assert identities(school, TEACHER) == ["1000700016"]
    assert not old.signed_in
    assert signed_in(school, "reregistered").signed_in
    assert signed_in(school, "teacher").status == 403
    head.open("/audit")
    assert "Вход перенесён на новую внешнюю учётную запись" in head.text()


def test_asking_twice_is_one_request(school: Portal) -> None:
    signed_in(school, "teacher")
    again = refused(school, "reregistered")
    token = again.sent_token
    for contact in ("ещё раз", "и ещё"):
        again.http.post("/auth/esia/refused", data={"csrf_token": token, "contact": contact})
    later = signed_in(school, "reregistered")
    assert "Запрос отправлен: Школа" in later.text() and "Отправить запрос" not in later.text()
    assert len(open_requests(school)) == 1


def test_a_refusal_leaves_everything_as_it_was(school: Portal) -> None:
    old, head = signed_in(school, "teacher"), signed_in(school, "head")
    refused(school, "reregistered")
    [asked] = open_requests(school)
    assert decide(head, asked, "reject", "Не он") == 303
    assert identities(school, TEACHER) == ["1000700001"]
    assert old.signed_in
    again = signed_in(school, "reregistered")
    assert not again.signed_in and "Прежний запрос отклонён" in again.text() and "Не он" in again.text()
    again.ask_school()
    assert len(open_requests(school)) == 1


def test_nobody_confirms_their_own_new_account(school: Portal) -> None:
    give_role(school, TEACHER, "head")
    old = signed_in(school, "teacher")
    refused(school, "reregistered")
    [asked] = open_requests(school)
    assert decide(old, asked, "approve") == 403
    assert identities(school, TEACHER) == ["1000700001"]


def test_a_deputy_may_not_confirm(school: Portal) -> None:
    give_role(school, PARENT, "deputy_head")
    signed_in(school, "teacher")
    refused(school, "reregistered")
    [asked] = open_requests(school)
    deputy = signed_in(school, "parent")
    deputy.open(f"/requests/{asked.id}")
    assert deputy.status == 404


def test_a_blocked_account_is_not_moved(school: Portal) -> None:
    signed_in(school, "teacher")
    head = signed_in(school, "head")
    refused(school, "reregistered")
    [asked] = open_requests(school)
    with school.database.transaction() as db:
        account = db.scalars(select(Account).where(Account.person_id == person_of(school, TEACHER).id)).one()
        account.status = "blocked"
    assert decide(head, asked, "approve") == 409
    assert identities(school, TEACHER) == ["1000700001"]
    with school.database.transaction() as db:
        db.get_one(Account, account.id).status = "active"


def test_nobody_sends_such_a_request_by_a_form(school: Portal) -> None:
    head = signed_in(school, "head")
    head.open("/requests/new")
    assert "Новая учётная запись" not in head.text()
    head.open("/requests/new?kind=core.identity_relinking")
    assert head.status == 404
    assert urlsplit(str(head.http.get("/requests").url)).path == "/requests"


@pytest.fixture
def misspelt(school: Portal) -> Iterator[Portal]:
    """The school has written down the parent's surname and birthday wrong."""
    person_id = person_of(school, PARENT).id
    with school.database.transaction() as db:
        person = db.get_one(Person, person_id)
        rightly = (person.last_name, person.birth_date)
        person.last_name, person.birth_date = "Ковылева", None
    give_role(school, PARENT, "guardian")
    yield school
    with school.database.transaction() as db:
        person = db.get_one(Person, person_id)
        person.last_name, person.birth_date = rightly


def test_data_that_do_not_agree_are_a_request_to_the_school(misspelt: Portal) -> None:
    head = signed_in(misspelt, "head")
    parent = signed_in(misspelt, "parent")
    assert parent.status == 403 and "не совпали" in parent.text() and "Ковылева" not in parent.page
    parent.ask_school("+79007000005")
    [asked] = open_requests(misspelt)
    assert decide(head, asked, "approve") == 303
    head.open(f"/requests/{asked.id}")
    assert "не такие, как в карточке" in head.text() and "25.09.1984" in head.text()
    assert "Ковалёва" in head.text() and "Ковылева" in head.text()
    assert signed_in(misspelt, "parent").signed_in


def test_a_child_no_school_has_among_its_pupils_asks_too(school: Portal) -> None:
    child = signed_in(school, "child")
    assert child.status == 403 and "учеником вас школа не записала" in child.text()
    child.ask_school()
    assert "Запрос отправлен: Школа" in child.text()
    head = signed_in(school, "head")
    [asked] = open_requests(school)
    assert decide(head, asked, "approve") == 303
    assert signed_in(school, "child").signed_in


def test_an_unconfirmed_account_asks_and_learns_nothing_of_whom_it_names(school: Portal) -> None:
    person_id = person_of(school, UNVERIFIED).id
    with school.database.transaction() as db:
        db.get_one(Person, person_id).snils = None
    unknown = signed_in(school, "unverified")
    unknown.ask_school()
    assert "Запрос отправлен в школу, где вы записаны" in unknown.text() and open_requests(school) == []
    with school.database.transaction() as db:
        db.get_one(Person, person_id).snils = UNVERIFIED
    give_role(school, UNVERIFIED, "teacher")
    known = signed_in(school, "unverified")
    assert "Решит: Школа" not in known.text()
    known.ask_school()
    assert "Запрос отправлен в школу, где вы записаны" in known.text()
    assert "Отправить запрос" in signed_in(school, "unverified").text()
    head = signed_in(school, "head")
    [asked] = open_requests(school)
    assert decide(head, asked, "approve") == 303
    head.open(f"/requests/{asked.id}")
    assert "СНИЛС назвал её владелец" in head.text()
    assert signed_in(school, "unverified").signed_in


def test_whoever_has_no_organization_asks_the_topmost_one(school: Portal) -> None:
    signed_in(school, "no_email")
    with school.database.transaction() as db:
        db.execute(
            update(ExternalIdentity).values(subject="1").where(ExternalIdentity.subject == "1000700012")
        )
    again = refused(school, "no_email")
    assert "Запрос отправлен: Школа" in again.text()
    [asked] = open_requests(school)
    assert asked.author_id == person_of(school, NO_EMAIL).id


def test_a_contact_too_long_keeps_the_form(school: Portal) -> None:
    signed_in(school, "teacher")
    again = signed_in(school, "reregistered")
    again.ask_school("9" * 400)
    assert again.status == 422 and "Не длиннее" in again.text() and "9" * 400 in again.page
    assert open_requests(school) == []


def test_nobody_asks_without_having_signed_in_at_gosuslugi(school: Portal) -> None:
    browser = Browser(school)
    browser.open("/auth/esia/refused")
    assert browser.status == 403 and "Начните заново" in browser.text()
    browser.open("/sign-in")
    answer = browser.http.post("/auth/esia/refused", data={"csrf_token": browser.sent_token})
    assert answer.status_code == 403
    assert browser.http.post("/auth/esia/refused", data={}).status_code == 403
    assert open_requests(school) == []


def test_a_refusal_is_forgotten_after_a_quarter_of_an_hour(school: Portal) -> None:
    signed_in(school, "teacher")
    again = signed_in(school, "reregistered")
    with school.database.transaction() as db:
        db.execute(update(RefusedSignIn).values(created_at=now() - timedelta(minutes=16)))
    again.open("/auth/esia/refused")
    assert again.status == 403 and "слишком давно" in again.text()
    signed_in(school, "reregistered")
    with school.database.reading(fresh=True) as db:
        assert len(db.scalars(select(RefusedSignIn)).all()) == 1
