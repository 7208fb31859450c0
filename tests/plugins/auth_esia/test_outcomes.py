"""Each way a sign-in may end has words of its own: what happened, what was compared, whom to ask."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id
from core.identity.linking import Link, Outcome
from core.identity.models import Account, ExternalIdentity, Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.models import StructuralRole
from plugins.auth_esia.outcomes import masked_snils, welcome
from plugins.auth_esia.profile import Employment, Profile
from plugins.auth_esia.stand.personas import SCHOOL_OGRN, SCHOOL_SHORT_NAME

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
    assert "пока не знает" not in browser.said and "письм" not in browser.said
    assert urlsplit(end).path == "/landing" and browser.signed_in


@pytest.mark.parametrize("persona", ["namesake", "same_email"])
def test_a_mail_that_is_not_confirmed_is_not_called_missing(portal: Portal, persona: str) -> None:
    with portal.database.transaction() as db:
        db.execute(delete(ExternalIdentity))
    browser = Browser(portal)
    browser.sign_in(persona)
    assert "Почта в профиле Госуслуг не подтверждена" in browser.said
    assert "не указана" not in browser.said and "письм" not in browser.said


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
        secret = Person(id=new_id(), last_name="Секретов", first_name="Пётр", snils="97111762912")
        db.add(secret)
    browser.sign_in("blocked_employee")
    assert browser.status == 403 and "не совпали" in browser.said
    assert "Фомин Сергей Вадимович" in browser.said and "•••-•••-•29 12" in browser.said
    assert "Секретов" not in browser.page and "97111762912" not in browser.page
    assert "Сменить учётную запись" in browser.said
    assert not browser.signed_in
    with portal.database.transaction() as db:
        db.delete(db.get_one(Person, secret.id))


def test_a_blocked_account_has_its_page_which_names_whom_to_ask(portal: Portal) -> None:
    of_school(portal, phone="+78655300013")
    Browser(portal).sign_in("federal")
    with portal.database.transaction() as db:
        person = person_behind(portal, "1000700011")
        account = db.scalars(select(Account).where(Account.person_id == person.id)).one()
        account.status = "blocked"
    late = Browser(portal)
    late.sign_in("federal")
    assert late.status == 403 and "заблокирована" in late.said
    assert "Обратитесь сюда: Школа" in late.said and "+7 (865) 530-00-13" in late.said
    assert not late.signed_in
    with portal.database.transaction() as db:
        db.get_one(Account, account.id).status = "active"


def of_school(portal: Portal, **values: str | None) -> None:
    """What is written down of the school."""
    with portal.database.transaction() as db:
        db.execute(update(Organization).values(**values))


def test_a_blocked_employee_without_a_role_learns_who_blocked_him_and_whom_to_ask(
    portal: Portal, browser: Browser
) -> None:
    of_school(portal, ogrn=SCHOOL_OGRN, phone="+78655300013")
    end = browser.sign_in("blocked_employee", next_address="/landing")
    assert "На Госуслугах вам закрыт доступ сотрудника" in browser.said
    assert SCHOOL_SHORT_NAME in browser.said and "+7 (865) 530-00-13" in browser.said
    assert "открыть вам доступ" in browser.said and "Вы там больше не работаете" in browser.said
    assert "пока не знает" not in browser.said
    assert urlsplit(end).path == "/landing" and browser.signed_in
    again = Browser(portal)
    again.sign_in("blocked_employee")
    assert "вам закрыт доступ сотрудника" in again.said, "until there is a role"
    with portal.database.transaction() as db:
        school = db.scalars(select(Organization)).one()
        role = StructuralRole(id=new_id(), person_id=person_behind(portal, "1000700017").id, kind="guardian")
        role.organization_id, role.starts_on, role.status = school.id, date(2026, 9, 1), "active"
        db.add(role)
    parent = Browser(portal)
    parent.sign_in("blocked_employee")
    assert parent.signed_in and "закрыт доступ" not in parent.said
    with portal.database.transaction() as db:
        db.execute(delete(StructuralRole).where(StructuralRole.id == role.id))
    of_school(portal, ogrn=None, phone="")


def test_of_several_places_each_that_blocked_is_named_and_the_one_that_did_not(
    portal: Portal, browser: Browser
) -> None:
    browser.sign_in("part_timer")
    assert "вам закрыт доступ сотрудника" in browser.said
    who, _, rest = browser.said.partition("Вы там работаете")
    assert SCHOOL_SHORT_NAME in who and "Дом детского творчества" in who and "Колледж" not in who
    assert "вы работаете здесь: ГБПОУ «Колледж связи»" in rest
    assert "Гуляев Роман Олегович" in rest and browser.signed_in


def test_a_place_of_that_ogrn_that_is_open_counts_more_than_one_that_is_not(portal: Portal) -> None:
    place = Employment(oid=1, ogrn=SCHOOL_OGRN, name="Филиал", kind="LEGAL", chief=False, admin=False)
    profile = Profile(
        issuer="x",
        subject="1",
        level="PR",
        last_name="Фомин",
        first_name="Сергей",
        middle_name=None,
        birth_date=None,
        gender="M",
        snils=None,
        employments=(place,),
        blocked_at=(place,),
    )
    Browser(portal).sign_in("nobody")
    with portal.database.reading(fresh=True) as db:
        account = db.scalars(
            select(Account).where(Account.person_id == person_behind(portal, "1000700014").id)
        ).one()
        link = Link(outcome=Outcome.CREATED, account_id=account.id)
        said = welcome(db, link, profile, (), date(2026, 11, 29))
    assert said is not None and said.template == "auth_esia/welcome.html"


def support_link(browser: Browser) -> dict[str, list[str]]:
    """What the button to the support carries."""
    found = re.search(
        r'href="/support\?([^"]+)"[^>]*>(?:(?!</a>).)*Написать в поддержку', browser.page, re.DOTALL
    )
    assert found, browser.page
    return parse_qs(unescape(found[1]))


@pytest.mark.parametrize("persona", ["unverified", "reregistered"])
def test_a_refusal_has_a_number_that_goes_to_the_support(portal: Portal, persona: str) -> None:
    Browser(portal).sign_in("teacher")
    browser = Browser(portal)
    browser.sign_in(persona)
    assert browser.status == 403
    [number] = support_link(browser)["error"]
    assert re.fullmatch(r"[0-9a-f]{8}", number) and number in browser.said
    assert support_link(browser)["page"] == ["/auth/esia/refused"]
    browser.open("/auth/esia/refused")
    assert support_link(browser)["error"] == [number], "the same page, the same number"
    browser.open(f"/support?error={number}&page=/auth/esia/refused")
    assert number in browser.text()
    later = Browser(portal)
    later.sign_in(persona)
    assert support_link(later)["error"] != [number]


@pytest.mark.parametrize("fault", ["bad_signature", "overload", "unconfirmed_refused"])
def test_a_sign_in_that_failed_has_its_code_its_number_and_the_way_to_the_support(
    browser: Browser, fault: str
) -> None:
    browser.sign_in("head", fault=fault)
    [number] = support_link(browser)["error"]
    assert f"номер {number}" in browser.said and "Код:" in browser.said
    assert support_link(browser)["page"] == ["/auth/esia/callback"]


def test_ones_settings_tell_what_gosuslugi_gave_and_where_to_take_it_back(
    portal: Portal, browser: Browser
) -> None:
    browser.sign_in("parent")
    browser.open("/account")
    assert "Данные из Госуслуг" in browser.text() and "связаться; необязательны" in browser.text()
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
