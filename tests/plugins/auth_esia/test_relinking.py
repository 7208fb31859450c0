"""Somebody signs up at Gosuslugi anew: the school confirms, and only then the portal moves the tie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, select

from core.database.base import new_id
from core.identity.models import Account, ExternalIdentity, Person
from core.organizations.models import Organization
from core.portal import Portal
from core.requests.models import Request, RequestComment
from core.roles.models import StructuralRole

from .whole_portal import Browser, browser, portal

__all__ = ["browser", "portal"]
TEACHER, HEAD, PARENT = "97110103766", "97110311167", "97110518593"


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
    assert again.status == 403 and not again.signed_in
    assert "Школа" in again.text() and "запрос" in again.text()
    [asked] = open_requests(school)
    assert (asked.kind, asked.author_id) == ("core.identity_relinking", person_of(school, TEACHER).id)
    head.open("/notifications")
    assert "Новая учётная запись для входа" in head.text()
    assert decide(head, asked, "approve") == 303
    assert "1000700016" in head.text() and "паспорт" in head.text()
    assert identities(school, TEACHER) == ["1000700016"]
    assert not old.signed_in
    assert signed_in(school, "reregistered").signed_in
    assert signed_in(school, "teacher").status == 403
    head.open("/audit")
    assert "Вход перенесён на новую внешнюю учётную запись" in head.text()


def test_asking_twice_is_one_request(school: Portal) -> None:
    signed_in(school, "teacher")
    signed_in(school, "reregistered")
    signed_in(school, "reregistered")
    assert len(open_requests(school)) == 1


def test_a_refusal_leaves_everything_as_it_was(school: Portal) -> None:
    old, head = signed_in(school, "teacher"), signed_in(school, "head")
    signed_in(school, "reregistered")
    [asked] = open_requests(school)
    assert decide(head, asked, "reject", "Не он") == 303
    assert identities(school, TEACHER) == ["1000700001"]
    assert old.signed_in
    assert not signed_in(school, "reregistered").signed_in


def test_nobody_confirms_their_own_new_account(school: Portal) -> None:
    give_role(school, TEACHER, "head")
    old = signed_in(school, "teacher")
    signed_in(school, "reregistered")
    [asked] = open_requests(school)
    assert decide(old, asked, "approve") == 403
    assert identities(school, TEACHER) == ["1000700001"]


def test_a_deputy_may_not_confirm(school: Portal) -> None:
    give_role(school, PARENT, "deputy_head")
    signed_in(school, "teacher")
    signed_in(school, "reregistered")
    [asked] = open_requests(school)
    deputy = signed_in(school, "parent")
    deputy.open(f"/requests/{asked.id}")
    assert deputy.status == 404


def test_a_blocked_account_is_not_moved(school: Portal) -> None:
    signed_in(school, "teacher")
    head = signed_in(school, "head")
    signed_in(school, "reregistered")
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
