"""One school day from end to end: a teacher marks, a colleague sees it at once, a parent reads it in the diary."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in

PUPIL = "Ковалёва Д. А."
COMMENT_FREE_VALUE = "4/5"


def open_language_page(page: Page) -> None:
    """The journal of 9А, Russian, with its grid at work."""
    page.goto("/journal")
    page.get_by_role("link", name=re.compile("Русский язык")).filter(has_text=re.compile("Русский")).first
    page.goto("/search?q=9а русский")
    page.locator("main a[href^='/journal/']").first.click()
    page.wait_for_selector("journal-grid[data-ready]")
    page.wait_for_selector("html[data-live=on]", state="attached")


def test_a_mark_goes_from_the_teacher_to_the_parent(new_page: Callable[..., Page]) -> None:
    teacher, deputy, parent = new_page(), new_page(), new_page(width=390)
    sign_in(teacher, "class_teacher")
    sign_in(deputy, "deputy_head")
    open_language_page(teacher)
    open_language_page(deputy)
    assert teacher.url.partition("?")[0] == deputy.url.partition("?")[0]

    column = teacher.evaluate(
        """name => {
            const today = new Date().toISOString().slice(0, 10);
            const row = [...document.querySelectorAll('.jr tbody tr')].find(r => r.cells[0].innerText.trim() === name);
            for (let at = row.cells.length - 2; at > 0; at--) {
                const head = document.querySelectorAll('.jr thead [data-l]')[at - 1];
                const past = document.querySelector('.jr thead .t');
                const before = !past || [...head.parentNode.children].indexOf(head) < [...head.parentNode.children].indexOf(past);
                if (before && !row.cells[at].innerText.trim()) return at;
            }
            return 0;
        }""",
        PUPIL,
    )
    assert column > 0
    row = teacher.locator(".jr tbody tr").filter(has_text=PUPIL)
    cell = row.locator("th, td").nth(column)
    lesson = teacher.locator(".jr thead [data-l]").nth(column - 1)
    lesson_id = lesson.get_attribute("data-l")
    cell.click()
    teacher.keyboard.type(COMMENT_FREE_VALUE)
    teacher.keyboard.press("Enter")
    expect(cell).to_contain_text(COMMENT_FREE_VALUE)

    seen = deputy.locator(".jr tbody tr").filter(has_text=PUPIL).locator("th, td").nth(column)
    expect(seen).to_contain_text(COMMENT_FREE_VALUE, timeout=2000)

    day = teacher.evaluate(
        "async id => (await (await fetch(location.pathname.replace('/journal/', '/api/v1/journal/pages/'))).json())"
        ".lessons.find(lesson => lesson.id.replaceAll('-', '') === id).day",
        lesson_id,
    )
    sign_in(parent, "parent")
    parent.goto("/diary")
    parent.get_by_role("link", name=re.compile("Дарья")).click()
    parent.goto(f"{parent.url.partition('?')[0]}?week={day}&day={day}")
    expect(parent.locator("section.day.chosen, section.day").filter(has_text=COMMENT_FREE_VALUE).first).to_contain_text(
        "Русский язык"
    )


def test_switching_to_contrast_is_kept_for_the_person(new_page: Callable[..., Page]) -> None:
    first = new_page()
    sign_in(first, "head")
    first.locator("form[action='/view'] button[name=contrast]").first.click()
    expect(first.locator("html[data-contrast]")).to_be_attached()
    second = new_page()
    sign_in(second, "head")
    expect(second.locator("html[data-contrast]")).to_be_attached()


def test_the_role_is_switched_from_the_header(new_page: Callable[..., Page]) -> None:
    page = new_page()
    sign_in(page, "teacher")
    page.locator(".switcher summary").click()
    page.locator(".switcher button", has_text="Родитель").click()
    expect(page.get_by_role("link", name="Дневник").first).to_be_visible()
    expect(page.locator(".switcher .as")).to_have_text("Родитель")


def test_signing_out_leaves_the_stand_too(new_page: Callable[..., Page]) -> None:
    page = new_page()
    sign_in(page, "pupil")
    page.locator("header details.menu summary").last.click()
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_load_state()
    page.goto("/auth/esia/login")
    expect(page.locator("button[name=persona]").first).to_be_visible()
