"""Each way a sign-in may end has words of its own: what happened, what was compared, whom to ask."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account, ExternalIdentity, Person
from core.portal import Portal
from plugins.auth_esia.outcomes import masked_snils

from .whole_portal import LOGIN, Browser, browser, portal

__all__ = ["browser", "portal"]


def person_behind(portal: Portal, subject: str) -> Person:
    with portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(Person)
            .join(Account, Account.person_id == Person.id)
            .join(ExternalIdentity, ExternalIdentity.account_id == Account.id)
            .where(ExternalIdentity.subject == subject)
        ).one()


def test_somebody_the_school_does_not_know_learns_how_to_get_a_role(portal: Portal, browser: Browser) -> None:
    end = browser.sign_in("nobody", next_address="/landing")
    assert "школа вас пока не знает" in browser.said
    assert "Рожков Кирилл Данилович" in browser.said and "•••-•••-•18 95" in browser.said
    assert "971-114" not in browser.said and "97111451895" not in browser.said
    assert "классный руководитель" in browser.said and "администратор школы" in browser.said
    assert browser.signed_in and urlsplit(end).path == "/landing"
    person = person_behind(portal, "1000700014")
    assert (person.phone, person.email) == ("+79007000014", "k.rozhkov@example.org")


def test_it_is_told_once(portal: Portal) -> None:
    Browser(portal).sign_in("nobody")
    again = Browser(portal)
    again.sign_in("nobody")
    assert again.signed_in and "пока не знает" not in again.said


def test_a_person_without_a_middle_name_and_without_mail(portal: Portal, browser: Browser) -> None:
    browser.sign_in("no_middle_name")
    assert "Ким Инна" in browser.said and "None" not in browser.said
    assert "не указана почта" in browser.said
    person = person_behind(portal, "1000700019")
    assert (person.full_name, person.middle_name, person.email) == ("Ким Инна", None, None)
    assert browser.signed_in


def test_a_missing_mail_is_a_page_and_no_obstacle(portal: Portal, browser: Browser) -> None:
    end = browser.sign_in("no_email", next_address="/landing")
    assert browser.said.count("не указана почта") >= 1 and "можно добавить позже" in browser.said
    assert "пока не знает" not in browser.said
    assert urlsplit(end).path == "/landing" and browser.signed_in


def test_children_are_not_asked_for_mail(portal: Portal, browser: Browser) -> None:
    end = browser.sign_in("pupil", next_address="/landing")
    assert urlsplit(end).path == "/landing" and "почта" not in browser.said


def test_a_parent_learns_which_child_was_not_found(portal: Portal, browser: Browser) -> None:
    browser.sign_in("teacher")
    assert "ребёнка в школе не нашли" in browser.said
    assert "Берёзкин Матвей Ильич" in browser.said and "•••-•••-•92 12" in browser.said
    assert "971-116" not in browser.said and "классного руководителя" in browser.said
    assert browser.signed_in


def test_a_namesake_and_somebody_with_the_same_mail_are_other_people(portal: Portal) -> None:
    subjects = ("1000700001", "1000700015", "1000700018")
    for persona in ("teacher", "namesake", "same_email"):
        Browser(portal).sign_in(persona)
    assert len({person_behind(portal, subject).id for subject in subjects}) == 3
    assert person_behind(portal, "1000700018").email is None


def test_data_that_do_not_agree_are_shown_masked_and_the_schools_own_are_not(
    portal: Portal, browser: Browser
) -> None:
    with portal.database.transaction() as db:
        db.add(Person(id=new_id(), last_name="Секретов", first_name="Пётр", snils="97111762912"))
    browser.sign_in("blocked_employee")
    assert browser.status == 403 and "не совпали" in browser.said
    assert "Фомин Сергей Вадимович" in browser.said and "•••-•••-•29 12" in browser.said
    assert "Секретов" not in browser.page and "97111762912" not in browser.page
    assert "Сменить учётную запись" in browser.said
    assert not browser.signed_in


def test_a_blocked_account_has_its_page(portal: Portal) -> None:
    Browser(portal).sign_in("federal")
    with portal.database.transaction() as db:
        person = person_behind(portal, "1000700011")
        account = db.scalars(select(Account).where(Account.person_id == person.id)).one()
        account.status = "blocked"
    late = Browser(portal)
    late.sign_in("federal")
    assert late.status == 403 and "заблокирована" in late.said and "администратору" in late.said
    assert not late.signed_in
    with portal.database.transaction() as db:
        db.get_one(Account, account.id).status = "active"


def test_ones_settings_tell_what_gosuslugi_gave_and_where_to_take_it_back(
    portal: Portal, browser: Browser
) -> None:
    browser.sign_in("parent")
    browser.open("/account")
    assert "Данные из Госуслуг" in browser.text() and "для уведомлений; необязательны" in browser.text()
    assert 'href="/esia-stand/consents"' in browser.page
    browser.open("/esia-stand/consents")
    assert "Система «Моя школа»" in browser.text() and "СНИЛС детей" in browser.text()
    answer = browser.http.post("/esia-stand/consents/revoke", data={"client": "MOYASHKOLA"})
    assert "отозвано" in answer.text
    browser.open("/esia-stand/consents")
    assert "пока никому не разрешали" in browser.text()
    browser.sign_out()
    browser.open(LOGIN)
    assert urlsplit(browser.press("/login", persona="parent")).path == "/esia-stand/consent"


@pytest.mark.parametrize(
    ("digits", "shown"), [("97110103766", "•••-•••-•37 66"), (None, ""), ("00100199800", "•••-•••-•98 00")]
)
def test_masked_numbers(digits: str | None, shown: str) -> None:
    assert masked_snils(digits) == shown
