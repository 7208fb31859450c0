"""What a school does with one person by hand: corrects the data, admits a pupil, lets one go."""

from __future__ import annotations

from time import time_ns

import pytest
from playwright.sync_api import Page

from tests.browser.pages.looking import Eyes, Sight, send_unchecked
from tests.browser.pages.test_families import of_a_pupil

CORRECT, WITHDRAW = "/people/{person_id:uuid}/correct", "/people/{person_id:uuid}/withdraw"
NEW, MOVED = "/pupils/new", "/groupings/moves/{move_id:uuid}"
ORDER = "Приказ № 127-у от 28.11.2026"


def correction(page: Page) -> str:
    """The form of the pupil with the longest name."""
    return of_a_pupil()(page).replace("/guardians", "/correct")


def of_a_head(page: Page) -> str:
    """The correction of the school's head."""
    page.goto("/accounts?role=head")
    person = str(page.locator("tbody th a").first.get_attribute("href")).rpartition("/")[2]
    return f"/people/{person}/correct"


def wrong_numbers(page: Page) -> None:
    """Numbers that are none, and no reason."""
    page.get_by_label("СНИЛС").fill("112-233-445 96")
    page.get_by_label("Электронная почта").fill("почта")
    send_unchecked("form[action$='/correct']")(page)


def corrected(page: Page) -> None:
    """A name that was misspelt, on the card again."""
    first = page.get_by_label("Имя", exact=True)
    first.fill("Александрина" if first.input_value() != "Александрина" else "Александра")
    page.get_by_label("Основание").fill("Свидетельство о рождении VII-ГН 123456")
    with page.expect_navigation():
        page.get_by_role("button", name="Исправить").click()


def fill_in(page: Page, last_name: str) -> None:
    """Send the form of a new pupil."""
    page.get_by_label("Фамилия").fill(last_name)
    page.get_by_label("Имя", exact=True).fill("Александра")
    page.get_by_label("Отчество").fill("Максимилиановна")
    page.get_by_label("Дата рождения").fill("2014-05-06")
    page.get_by_label("В какой класс").select_option(index=1)
    page.get_by_label("Основание").fill(ORDER)
    with page.expect_navigation():
        page.get_by_role("button", name="Принять").click()


def somebody_new() -> str:
    """A surname that nobody has."""
    return "Новосёлова-" + "".join(chr(ord("а") + int(digit)) for digit in str(time_ns())[4:16])


def admitted(page: Page) -> str:
    """A pupil who was admitted just now."""
    page.goto(NEW)
    fill_in(page, somebody_new())
    return page.url


def asked(page: Page) -> None:
    """Somebody of a like name and the same birth date is there already."""
    name = somebody_new()
    for each in (name, name[:-1]):
        page.goto(NEW)
        fill_in(page, each)


def leaving(page: Page) -> str:
    """The form for a pupil who came just now."""
    page.goto(admitted(page))
    person = page.locator("main li a[href^='/people/']").first.get_attribute("href")
    return f"{person}/withdraw"


def gone(page: Page) -> None:
    """The pupil is withdrawn."""
    page.get_by_label("Причина").select_option("family")
    page.get_by_label("Приказ").fill(ORDER)
    with page.expect_navigation():
        page.get_by_role("button", name="Отчислить").click()


def undone(page: Page) -> None:
    """And comes back."""
    with page.expect_navigation():
        page.get_by_role("button", name="Отменить").click()


SIGHTS = [
    Sight("person to correct", CORRECT, "head", correction),
    Sight("person to correct refused", CORRECT, "head", correction, act=wrong_numbers),
    Sight("person to correct by others", CORRECT, "head", of_a_head),
    Sight("person to correct from above", CORRECT, "municipal", correction),
    Sight("person corrected", CORRECT, "head", correction, act=corrected),
    Sight("new pupil", NEW, "head"),
    Sight("new pupil refused", NEW, "head", act=send_unchecked("form[action='/pupils']")),
    Sight("new pupil asked about", NEW, "head", act=asked),
    Sight("new pupil admitted", MOVED, "head", admitted),
    Sight("new pupil admitted and undone", MOVED, "head", admitted, act=undone),
    Sight("pupil to withdraw", WITHDRAW, "head", leaving),
    Sight(
        "pupil to withdraw refused",
        WITHDRAW,
        "head",
        leaving,
        act=send_unchecked("form[action$='/withdraw']"),
    ),
    Sight("pupil withdrawn", WITHDRAW, "head", leaving, act=gone),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
