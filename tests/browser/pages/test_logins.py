"""The sign-in with the school's login: the ways in, one's own login, what the school hands over."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pyotp.totp import TOTP
from sqlalchemy import delete, select, update

from core.identity.models import Person
from core.organizations.models import Organization
from core.organizations.switches import save_settings
from core.portal import Portal
from plugins.auth_local.models import TRIAL_PASSWORD, Attempts, LocalLogin
from tests.browser.browsers import sign_in
from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

CLASS = "/classes/{class_id:uuid}/invitations"
LOGIN, INVITATION, NEW_LOGIN = "/auth/local", "/invitation", "/auth/local/new-login"
NEW_PASSWORD, OWN, ACCOUNT = "/auth/local/new-password", "/account/login", "/accounts/{person_id:uuid}"
INVITE = re.compile("Выдать (новое )?приглашение")
PUPILS, GUARDIANS = "/accounts?role=pupil&status=none", "/accounts?role=guardian&status=none"


def fill_in(page: Page, login: str, password: str) -> None:
    """Login and password, sent."""
    page.get_by_label("Логин", exact=True).fill(login)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.get_by_role("button", name="Войти", exact=True).click()


def wrong_password(page: Page) -> None:
    """Refused, and the trial logins unfolded."""
    fill_in(page, "teacher", "не тот пароль")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_text("Логины для пробы").click()
    page.get_by_label("Пароль", exact=True).fill("не тот")
    page.get_by_role("button", name="Показать").click()


def issued(page: Page, button: str | re.Pattern[str], people: str) -> list[str]:
    """What the school hands to the last of some people who has nothing yet; the page is left open on it."""
    page.goto(people)
    cards = [str(each.get_attribute("href")) for each in page.locator("tbody th a").all()]
    for card in reversed(cards):
        page.goto(card)
        if page.get_by_role("button", name=button).count():
            break
    page.get_by_role("button", name=button).click()
    expect(page.locator(".slip")).to_be_visible()
    return [each.strip() for each in page.locator(".code").all_inner_texts()]


def invited(page: Page) -> None:
    """A slip of paper."""
    issued(page, INVITE, PUPILS)


def password_issued(page: Page) -> None:
    """A login with a one-time password."""
    issued(page, "Выдать логин и пароль", GUARDIANS)


def with_one_time_password(page: Page) -> None:
    """About to choose a password of one's own, in vain."""
    sign_in(page, "head")
    login, password = issued(page, "Выдать логин и пароль", GUARDIANS)
    page.context.clear_cookies()
    page.goto(LOGIN)
    fill_in(page, login, password)
    page.wait_for_url(f"**{NEW_PASSWORD}")
    page.get_by_label("Новый пароль", exact=True).fill("1234567890")
    page.get_by_label("Новый пароль ещё раз").fill("1234567890")
    page.get_by_role("button", name="Сохранить и войти").click()
    expect(page.locator(".summary")).to_be_visible()


def own_login(page: Page) -> str:
    """One's own login."""
    page.goto(LOGIN)
    fill_in(page, "parent", TRIAL_PASSWORD)
    page.wait_for_url(re.compile(r"/$"))
    return OWN


def own_in_settings(page: Page) -> str:
    """The section in one's settings."""
    own_login(page)
    return "/account"


def change_refused(page: Page) -> None:
    """A change of password with every mistake."""
    page.get_by_label("Нынешний пароль").fill("не тот")
    page.get_by_label("Новый пароль", exact=True).fill("короткий")
    page.get_by_label("Новый пароль ещё раз").fill("другой")
    page.get_by_role("button", name="Сменить пароль").click()
    expect(page.locator(".summary")).to_be_visible()


def class_itself(page: Page) -> str:
    """A class of the school."""
    page.goto("/organization")
    return str(page.locator("a[href^='/classes/']").last.get_attribute("href"))


def class_page(page: Page) -> str:
    """The invitations of a class."""
    page.goto(class_itself(page))
    return str(page.get_by_role("link", name="Приглашения для входа").get_attribute("href"))


def nobody_chosen(page: Page) -> None:
    """Sent with no box ticked."""
    for box in page.locator("input[name=ids]:enabled").all():
        box.uncheck()
    page.get_by_role("button", name="Выдать приглашения").click()
    expect(page.locator(".summary")).to_be_visible()


def class_invited(page: Page) -> None:
    """Slips for a few."""
    boxes = page.locator("input[name=ids]:enabled")
    for number, box in enumerate(boxes.all()):
        box.set_checked(number < 4)
    page.get_by_role("button", name="Выдать приглашения").click()
    expect(page.locator(".slip").first).to_be_visible()


def secret_of(page: Page) -> str:
    """The secret shown for an application."""
    return page.locator(".enrolment code").inner_text().replace(" ", "")


def codes_begun(page: Page) -> str:
    """The picture to point a phone at."""
    teacher(page)
    if page.get_by_text("Включить код из приложения").count():
        page.get_by_text("Включить код из приложения").click()
        page.locator("#password-begin").fill(TRIAL_PASSWORD)
        page.get_by_role("button", name="Продолжить").click()
        expect(page.locator(".enrolment img")).to_be_visible()
    return OWN


def wrong_code(page: Page) -> None:
    """A code that does not fit."""
    page.get_by_role("textbox", name="Код из приложения").fill("000000")
    page.get_by_role("button", name="Включить", exact=True).click()
    expect(page.locator(".summary")).to_be_visible()


def confirmed(page: Page) -> None:
    """Recovery codes, shown this once; the switch to turn codes off is open."""
    page.get_by_role("textbox", name="Код из приложения").fill(TOTP(secret_of(page)).now())
    page.get_by_role("button", name="Включить", exact=True).click()
    expect(page.locator(".recovery-codes")).to_be_visible()
    page.get_by_text("Выключить", exact=True).click()


def teacher(page: Page) -> None:
    """The teacher with a trial login, on the page of their own login."""
    page.goto(f"{LOGIN}?next={OWN}")
    fill_in(page, "teacher", TRIAL_PASSWORD)
    page.wait_for_url(re.compile(rf":\d+{OWN}$"))


@pytest.fixture
def without_codes(storage: Portal) -> Iterator[None]:
    """Nobody has codes from an application before the test and after it."""

    def off() -> None:
        with storage.database.transaction() as db:
            db.execute(update(LocalLogin).values(totp_secret=None, totp_since=None, totp_period=0))
            db.execute(delete(Attempts))

    off()
    yield
    off()


@pytest.fixture
def required(storage: Portal) -> Iterator[None]:
    """The demo's schools require codes of their staff."""

    def say(values: dict[str, str]) -> None:
        with storage.database.transaction() as db:
            root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
            save_settings(db, "auth_local", root.id, values)

    say({"second_factor": "required"})
    yield
    say({})


def to_enrol(page: Page) -> None:
    """A member of staff who has to set codes up before being in."""
    fill_in(page, "secretary", TRIAL_PASSWORD)
    page.wait_for_url("**/auth/local/second-factor")


def to_recovery_codes(page: Page) -> None:
    """Recovery codes on the way in; and out again, for the next look."""
    to_enrol(page)
    page.get_by_role("textbox", name="Код из приложения").fill(TOTP(secret_of(page)).now())
    page.get_by_role("button", name="Включить", exact=True).click()
    expect(page.locator(".recovery-codes")).to_be_visible()


def to_code(page: Page) -> None:
    """Asked for a code, and a wrong one given."""
    to_recovery_codes(page)
    page.context.clear_cookies()
    page.goto(LOGIN)
    fill_in(page, "secretary", TRIAL_PASSWORD)
    page.wait_for_url("**/auth/local/code")
    page.get_by_label("Код", exact=True).fill("000000")
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.locator(".summary")).to_be_visible()


@pytest.fixture(scope="module")
def birth_dates(storage: Portal) -> dict[str, str]:
    """When somebody was born, by name."""
    with storage.database.reading() as db:
        return {
            each.full_name: f"{each.birth_date}" for each in db.scalars(select(Person)) if each.birth_date
        }


WITH_CODES = [
    Sight("codes to be set up", OWN, url=codes_begun),
    Sight("codes refused", OWN, url=codes_begun, act=wrong_code),
    Sight("codes on", OWN, url=codes_begun, act=confirmed),
]
REQUIRED = [
    Sight("codes too late", "/auth/local/code", status=410),
    Sight("codes required too late", "/auth/local/second-factor", status=410),
    Sight("codes required", LOGIN, act=to_enrol),
    Sight("codes required recovery", LOGIN, act=to_recovery_codes),
    Sight("codes asked for", LOGIN, act=to_code),
]
PLAIN = [
    Sight("login class", CLASS, "head", class_page),
    Sight("login class nobody chosen", CLASS, "head", class_page, act=nobody_chosen),
    Sight("login class slips", CLASS, "head", class_page, act=class_invited),
    Sight("login class with a link", "/classes/{class_id:uuid}", "head", class_itself),
    Sight("login", LOGIN, url=f"{LOGIN}?next=/diary"),
    Sight("login refused", LOGIN, act=wrong_password),
    Sight("login one-time password", LOGIN, act=with_one_time_password),
    Sight("login too late", NEW_PASSWORD, status=410),
    Sight("invitation", INVITATION),
    Sight("invitation refused", INVITATION, act=send_unchecked("main form.form")),
    Sight("invitation too late", NEW_LOGIN, status=410),
    Sight("login of one's own", OWN, url=own_login),
    Sight("login in the settings", "/account", url=own_in_settings),
    Sight("login change refused", OWN, url=own_login, act=change_refused),
    Sight("login nobody's", OWN, "teacher"),
    Sight("login on a card", ACCOUNT, "head", by_link(PUPILS, "tbody th a")),
    Sight("login invitation slip", ACCOUNT, "head", by_link(PUPILS, "tbody th a"), act=invited),
    Sight("login issued", ACCOUNT, "head", by_link(GUARDIANS, "tbody th a"), act=password_issued),
    Sight(
        "login card after that",
        ACCOUNT,
        "head",
        by_link("/accounts?role=guardian&status=active", "tbody th a"),
    ),
    Sight("login nobody may issue", ACCOUNT, "deputy_head", by_link("/accounts?role=head", "tbody th a")),
]
SIGHTS = [*PLAIN, *WITH_CODES, *REQUIRED]


@pytest.mark.parametrize("sight", WITH_CODES, ids=str)
def test_codes(eyes: Eyes, sight: Sight, without_codes: None) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("sight", REQUIRED, ids=str)
def test_required_codes(eyes: Eyes, sight: Sight, without_codes: None, required: None) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("sight", PLAIN, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


def test_an_invitation_on_paper_becomes_a_login(eyes: Eyes, birth_dates: dict[str, str]) -> None:
    """From the slip to the first page, and the password shown meanwhile."""
    school = eyes.context("head")
    page = school.new_page()
    (code,) = issued(page, INVITE, PUPILS)
    name = page.locator(".slip h2").inner_text()
    school.close()
    family = eyes.context("")
    page = family.new_page()
    page.goto("/sign-in")
    page.get_by_role("link", name="Войти с логином школы").click()
    page.get_by_role("link", name="У меня есть приглашение").click()
    page.get_by_label("Код приглашения").fill(code)
    page.get_by_label("Дата рождения").fill(birth_dates[name])
    page.get_by_role("button", name="Продолжить").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_label("Новый пароль", exact=True).fill("лиловый трактор едет")
    page.get_by_role("button", name="Показать").first.click()
    expect(page.get_by_label("Новый пароль", exact=True)).to_have_attribute("type", "text")
    page.get_by_label("Новый пароль ещё раз").fill("лиловый трактор едет")
    page.get_by_role("button", name="Создать логин и войти").click()
    page.wait_for_url(re.compile(r"/$"))
    expect(page.get_by_text(name.split()[0]).first).to_be_attached()
    family.close()
