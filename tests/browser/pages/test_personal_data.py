"""Personal data: consents of families and of a school, their texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

PERSON = "/consents/people/{person_id:uuid}"
DECIDE = "/account/consents/decide"
TEXT = "/consent-texts/{name:str}"
FIRST = by_link("/consents?missing=pupils.core.publication", "tbody th a")
DECIDED = by_link("/consents?given=pupils.core.publication", "tbody th a")


def recorded(page: Page) -> None:
    """Papers of two people about to be written down, with a day missing."""
    for at in (0, 1):
        page.locator("input[name=ids]").nth(at).check()
    page.get_by_role("button", name="Внести с бумаги").click()
    page.locator("main form button.primary, main form button[name=step]").first.click()
    page.wait_for_load_state()


def blanks_of_a_class(page: Page) -> None:
    """Blanks for a class."""
    page.get_by_label("Для кого").select_option(index=1)
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("article").first).to_be_visible()


SIGHTS = [
    Sight("consents of a school", "/consents", "head"),
    Sight("consents missing", "/consents", "head", "/consents?missing=pupils.core.publication"),
    Sight("consents not found", "/consents", "head", "/consents?q=щщщ"),
    Sight("consents recorded", "/consents", "head", act=recorded),
    Sight("consents of a person", PERSON, "head", DECIDED),
    Sight("consent on paper", PERSON, "head", lambda page: f"{FIRST(page)}?do=record"),
    Sight(
        "consent on paper refused",
        PERSON,
        "head",
        lambda page: f"{FIRST(page)}?do=record",
        act=send_unchecked("form[action$='/record']"),
    ),
    Sight("withdrawal on paper", PERSON, "head", lambda page: f"{DECIDED(page)}?do=withdraw"),
    Sight("blanks", "/consents/blank", "head"),
    Sight("blanks of a class", "/consents/blank", "head", act=blanks_of_a_class),
    Sight("texts of consents", "/consent-texts", "head"),
    Sight("texts of a region", "/consent-texts", "regional"),
    Sight("text of a consent", TEXT, "head", "/consent-texts/core.publication"),
    Sight("text of a consent no more", TEXT, "regional", "/consent-texts/core.publication?ask=retire"),
    Sight("own consents", "/account/consents", "parent"),
    Sight("no consents", "/account/consents", "teacher"),
    Sight("consent to decide", DECIDE, "parent", by_link("/account/consents", "main a[href*='decide']")),
]

PUPIL = by_link("/consents?who=pupils", "tbody th a")


def of_pupil(end: str) -> Callable[[Page], str]:
    """A page about the first pupil of the list."""
    return lambda page: f"/people/{PUPIL(page).rpartition('/')[2]}{end}"


def ordered(page: Page) -> None:
    """An archive ordered, that waits."""
    page.get_by_label("Основание").fill("Заявление Константинопольской-Преображенской А.-В. М. от 12.11.2026")
    page.get_by_role("button", name="Собрать архив").click()
    page.wait_for_load_state()


SIGHTS += [
    Sight("card masked", "/people/{person_id:uuid}", "head", of_pupil("")),
    Sight("card shown", "/people/{person_id:uuid}", "head", of_pupil("?show=birth_date,phone,snils")),
    Sight("who looked", "/people/{person_id:uuid}/views", "head", of_pupil("/views")),
    Sight("who looked at me", "/account/views", "parent"),
    Sight("data of a person", "/people/{person_id:uuid}/data", "head", of_pupil("/data")),
    Sight(
        "data of a person refused",
        "/people/{person_id:uuid}/data",
        "head",
        of_pupil("/data"),
        act=send_unchecked("form[action$='/data']"),
    ),
    Sight(
        "data of a person taken out", "/people/{person_id:uuid}/data", "head", of_pupil("/data"), act=ordered
    ),
]

ERASE = "/people/{person_id:uuid}/erase"


def erasing(persona_list: str) -> Callable[[Page], str]:
    """The question about the first person of a list."""
    return lambda page: f"/people/{by_link(persona_list, 'tbody th a')(page).rpartition('/')[2]}/erase"


MESSAGE = "/support/messages/{message_id:uuid}"


OWN = "/support/questions/{message_id:uuid}"


def unsaid(button: str) -> Callable[[Page], object]:
    """An answer sent without a word."""

    def send(page: Page) -> None:
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()

    return send


def asked(page: Page) -> None:
    """A question sent."""
    page.get_by_label("О чём").fill("Не открывается дневник младшего ребёнка после перехода в другую школу")
    page.get_by_label("Что случилось").fill("Нажимаю «Дневник» и вижу пустую страницу.")
    page.get_by_role("button", name="Отправить вопрос").click()
    expect(page.get_by_text("Вопрос отправлен")).to_be_visible()


SIGHTS += [
    Sight("erasing", ERASE, "head", erasing("/accounts?role=secretary")),
    Sight("erasing a pupil", ERASE, "head", erasing("/accounts?role=pupil")),
    Sight(
        "erasing refused",
        ERASE,
        "head",
        erasing("/accounts?role=secretary"),
        act=send_unchecked("form[action$='/erase']"),
    ),
    Sight("support for a stranger", "/support", url="/support?error=0badf00d&page=/sign-in"),
    Sight("support asked", "/support", "parent", act=asked),
    Sight("support refused", "/support", "parent", act=send_unchecked("form[action='/support']")),
    Sight("support asked before", "/support", "parent"),
    Sight("own question", OWN, "parent", by_link("/support", "main .rows a")),
    Sight(
        "own question refused", OWN, "parent", by_link("/support", "main .rows a"), act=unsaid("Отправить")
    ),
    Sight("questions", "/support/messages", "municipal"),
    Sight("question", MESSAGE, "municipal", by_link("/support/messages", "tbody th a")),
    Sight(
        "question refused",
        MESSAGE,
        "municipal",
        by_link("/support/messages", "tbody th a"),
        act=unsaid("Ответить"),
    ),
    Sight("privacy", "/privacy"),
    Sight("privacy for a parent", "/privacy", "parent"),
    Sight("terms of storage", "/retention", "regional"),
    Sight("deletion asked for", "/requests/new", "teacher", "/requests/new?kind=core.profile_deletion"),
]


def erased(page: Page) -> None:
    """Somebody erased for good."""
    page.get_by_label("Основание").fill("Заявление от 12.11.2026")
    page.get_by_label("Напишите слово").fill("СТЕРЕТЬ")
    page.get_by_role("button", name="Стереть профиль навсегда").click()
    expect(page.get_by_role("heading", name="Профиль стёрт")).to_be_visible()


SIGHTS.append(Sight("erased", ERASE, "head", erasing("/accounts?role=guardian"), act=erased))
"""The last one: whoever it takes is not there any more."""


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
