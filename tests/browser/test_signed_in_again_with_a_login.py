"""«Сеанс завершён», and one signs in again with the school's login: what was typed is sent once, by nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pyotp.totp import TOTP
from sqlalchemy import select

from core.database.base import now
from core.identity.models import Person
from core.portal import Portal
from plugins.auth_local import passwords, second_factor
from plugins.auth_local.models import Attempts, LocalLogin
from plugins.journal.models import JournalLesson
from tests.browser.browsers import choose_a_role
from tests.browser.test_nothing_is_lost import (
    DIALOG,
    NEW_REQUEST,
    NewPage,
    count,
    end_sessions,
    in_store,
    in_the_small_window,
    leave_to_sign_in,
    let_idle,
    reason_of,
    requests_with,
    send_button,
)
from tests.browser.test_school_day import open_language_page

pytestmark = pytest.mark.only_sqlite
"""What scripts of the page do: the kind of database makes no difference."""

PASSWORD = "лиловый трактор едет"
TEACHER, DEPUTY, PARENT = "97110207475", "97110414884", "97110518593"


def give_login(storage: Portal, snils: str, login: str, *, codes: bool = False) -> str:
    """A login for somebody of the demo school; returns the secret of the codes, «» without codes."""
    with storage.database.transaction() as db:
        for counted in db.scalars(select(Attempts)):
            db.delete(counted)
        person_id = db.scalars(select(Person.id).where(Person.snils == snils)).one()
        known = db.get(LocalLogin, person_id) or LocalLogin(
            person_id=person_id, login=login, password_hash=""
        )
        known.login, known.password_hash, known.one_time = login, passwords.hashed(PASSWORD), False
        db.add(known)
        db.flush()
        second_factor.remove(db, known)
        if not codes:
            return ""
        second_factor.prepare(db, known)
        shown = second_factor.enrolment(storage, known)
        assert shown is not None
        known.totp_since = now()
        return shown.secret.replace(" ", "")


def by_login(page: Page, login: str, secret: str = "") -> None:
    """From the sign-in page that is open: another way, login and password, the code if it is asked for."""
    if page.get_by_text("Другие способы").count():
        page.get_by_text("Другие способы").click()
    page.get_by_role("link", name=re.compile("логин", re.IGNORECASE)).click()
    fill_in(page, login, secret)


def fill_in(page: Page, login: str, secret: str = "") -> None:
    """Login and password, and the code."""
    page.get_by_label("Логин", exact=True).fill(login)
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    if secret:
        page.wait_for_url("**/auth/local/code")
        page.get_by_label("Код", exact=False).first.fill(TOTP(secret).now())
        page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(lambda url: "/auth/local" not in url and "sign-in" not in url)


def signed_in(page: Page, login: str, secret: str = "") -> Page:
    """Signed in with a login, from the sign-in page on."""
    page.goto("/sign-in")
    by_login(page, login, secret)
    choose_a_role(page)
    return page


def ended_in_the_drawer(page: Page, storage: Portal, homework: str) -> None:
    """Homework is typed in the drawer of the grid and sent after the session has ended."""
    open_language_page(page)
    page.locator(".jr-topics th a").nth(1).click()
    page.get_by_label("Домашнее задание").fill(homework)
    end_sessions(storage, page)
    page.get_by_role("button", name="Сохранить урок").click()
    expect(page.get_by_role("heading", name=DIALOG)).to_be_visible()


@pytest.mark.parametrize("codes", [False, True], ids=["password", "password and code"])
def test_a_form_comes_back_and_is_sent_once(new_page: NewPage, storage: Portal, codes: bool) -> None:
    page, reason = new_page(), f"Отчество с опечаткой, {codes}"
    secret = give_login(storage, PARENT, "kovaleva", codes=codes)
    signed_in(page, "kovaleva", secret)
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    end_sessions(storage, page)
    send_button(page).click()
    expect(page.get_by_role("heading", name=DIALOG)).to_be_visible()
    secret = give_login(storage, PARENT, "kovaleva", codes=codes)
    leave_to_sign_in(page)
    by_login(page, "kovaleva", secret)
    page.wait_for_url(f"**{NEW_REQUEST}")
    expect(reason_of(page)).to_have_value(reason)
    send_button(page).click()
    expect(page.get_by_role("heading", name="Исправление данных")).to_be_visible()
    assert requests_with(storage, reason) == 1
    assert not in_store(page, reason) and not in_store(page, PASSWORD)


@pytest.mark.parametrize("codes", [False, True], ids=["password", "password and code"])
def test_the_window_in_another_tab_has_it_sent_by_itself_once(
    new_page: NewPage, storage: Portal, codes: bool
) -> None:
    page, homework = new_page(), f"Сочинение о лете, {codes}"
    secret = give_login(storage, TEACHER, "dorofeeva", codes=codes)
    signed_in(page, "dorofeeva", secret)
    ended_in_the_drawer(page, storage, homework)
    secret = give_login(storage, TEACHER, "dorofeeva", codes=codes)
    signed_in(page.context.new_page(), "dorofeeva", secret)
    expect(page.get_by_role("heading", name=DIALOG)).to_be_hidden()
    expect(page.locator("#journal-drawer")).to_contain_text("Сохранено.")
    assert count(storage, JournalLesson.homework == homework) == 1
    expect(page.locator("#journal-drawer .jr-history li").filter(has_text=homework)).to_have_count(1)
    assert not in_store(page, homework)


@pytest.mark.parametrize("codes", [False, True], ids=["password", "password and code"])
def test_the_window_on_the_same_page_has_it_sent_on_return(
    new_page: NewPage, storage: Portal, codes: bool
) -> None:
    page, homework = new_page(), f"Выучить правило, {codes}"
    secret = give_login(storage, TEACHER, "dorofeeva", codes=codes)
    signed_in(page, "dorofeeva", secret)
    ended_in_the_drawer(page, storage, homework)
    address = page.url
    secret = give_login(storage, TEACHER, "dorofeeva", codes=codes)
    leave_to_sign_in(page)
    by_login(page, "dorofeeva", secret)
    page.wait_for_url(address)
    expect(page.locator(".toast")).to_contain_text("Отправили то, что не успело сохраниться")
    assert count(storage, JournalLesson.homework == homework) == 1


def test_a_mistake_on_the_way_loses_neither_the_text_nor_the_place(
    new_page: NewPage, storage: Portal
) -> None:
    page, reason = new_page(), "Опечатка и в пароле"
    give_login(storage, PARENT, "kovaleva")
    signed_in(page, "kovaleva")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    end_sessions(storage, page)
    send_button(page).click()
    leave_to_sign_in(page)
    if page.get_by_text("Другие способы").count():
        page.get_by_text("Другие способы").click()
    page.get_by_role("link", name=re.compile("логин", re.IGNORECASE)).click()
    page.get_by_label("Логин", exact=True).fill("kovaleva")
    page.get_by_label("Пароль", exact=True).fill("не тот")
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, "kovaleva")
    page.wait_for_url(f"**{NEW_REQUEST}")
    expect(reason_of(page)).to_have_value(reason)


def test_another_account_neither_sends_nor_sees_it(new_page: NewPage, storage: Portal) -> None:
    page, homework = new_page(), "Только учителю"
    give_login(storage, TEACHER, "dorofeeva")
    give_login(storage, DEPUTY, "zavuch")
    signed_in(page, "dorofeeva")
    ended_in_the_drawer(page, storage, homework)
    signed_in(page.context.new_page(), "zavuch")
    # The page of the first opens anew as the second's, without the homework.
    expect(page.locator("header .avatar")).to_have_text("ТЕ")
    expect(page.get_by_role("heading", name=DIALOG)).to_be_hidden()
    page.wait_for_timeout(500)
    assert homework not in page.content()
    assert count(storage, JournalLesson.homework == homework) == 0


def test_another_account_on_the_same_page_neither_sends_nor_sees_it(
    new_page: NewPage, storage: Portal
) -> None:
    page, homework = new_page(), "Тоже только учителю"
    give_login(storage, TEACHER, "dorofeeva")
    give_login(storage, DEPUTY, "zavuch")
    signed_in(page, "dorofeeva")
    ended_in_the_drawer(page, storage, homework)
    address = page.url
    leave_to_sign_in(page)
    by_login(page, "zavuch")
    page.wait_for_url(address)
    page.wait_for_timeout(500)
    assert homework not in page.content()
    assert count(storage, JournalLesson.homework == homework) == 0


@pytest.mark.parametrize("codes", [False, True], ids=["password", "password and code"])
def test_an_ordinary_form_is_sent_once_after_a_sign_in_in_the_small_window(
    new_page: NewPage, storage: Portal, codes: bool
) -> None:
    page, reason = new_page(), f"Ошибка в отчестве, {codes}"
    secret = give_login(storage, PARENT, "kovaleva", codes=codes)
    signed_in(page, "kovaleva", secret)
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    let_idle(storage, page)
    send_button(page).click()
    secret = give_login(storage, PARENT, "kovaleva", codes=codes)
    in_the_small_window(page, lambda small: by_login(small, "kovaleva", secret))
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    assert requests_with(storage, reason) == 1
    assert not in_store(page, reason) and not in_store(page, PASSWORD)
