"""One school day from end to end: a teacher marks, a colleague sees it at once, a parent reads it in the diary."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser.browsers import sign_in

PUPIL = "Ковалёва Д. А."
MARKS = "4/5"


def open_language_page(page: Page) -> None:
    """The journal of 9А, Russian, with its grid at work."""
    page.goto("/search?q=9а русский")
    page.locator("main a[href^='/journal/']").first.click()
    page.wait_for_selector("journal-grid[data-ready]")
    page.wait_for_selector("html[data-live=on]", state="attached")


def free_cell(page: Page) -> tuple[int, str]:
    """The column of the pupil's latest empty cell up to today, and the day of its lesson."""
    found = page.evaluate(
        """async name => {
            const address = location.pathname.replace('/journal/', '/api/v1/journal/pages/');
            const lessons = (await (await fetch(address)).json()).lessons;
            const days = Object.fromEntries(lessons.map(each => [each.id.replaceAll('-', ''), each.day]));
            const rows = [...document.querySelectorAll('.jr tbody tr')];
            const row = rows.find(each => each.cells[0].innerText.trim() === name);
            const heads = [...document.querySelectorAll('.jr thead [data-l]')];
            const today = new Intl.DateTimeFormat('sv').format(new Date());
            for (let at = heads.length; at > 0; at--) {
                const day = days[heads[at - 1].dataset.l];
                if (day <= today && !row.cells[at].innerText.trim()) return [at, day];
            }
        }""",
        PUPIL,
    )
    return found[0], found[1]


def test_a_mark_goes_from_the_teacher_to_the_parent(new_page: Callable[..., Page]) -> None:
    teacher, deputy, parent = new_page(), new_page(), new_page(width=390)
    sign_in(teacher, "class_teacher")
    sign_in(deputy, "deputy_head")
    open_language_page(teacher)
    open_language_page(deputy)
    assert teacher.url.partition("?")[0] == deputy.url.partition("?")[0]

    column, day = free_cell(teacher)
    row = teacher.locator(".jr tbody tr").filter(has_text=PUPIL)
    cell = row.locator("th, td").nth(column)
    cell.click()
    teacher.keyboard.type(MARKS)
    teacher.keyboard.press("Enter")
    expect(cell).to_contain_text(MARKS)

    seen = deputy.locator(".jr tbody tr").filter(has_text=PUPIL).locator("th, td").nth(column)
    expect(seen).to_contain_text(MARKS, timeout=2000)

    sign_in(parent, "parent")
    parent.goto("/diary")
    parent.locator(".kin").get_by_role("link", name=re.compile("Дарья")).click()
    parent.goto(f"{parent.url.partition('?')[0]}?week={day}&day={day}")
    expect(parent.locator("section.day.chosen, section.day").filter(has_text=MARKS).first).to_contain_text(
        "Русский язык"
    )


def test_a_mark_set_while_the_page_was_on_its_way_is_shown_too(new_page: Callable[..., Page]) -> None:
    teacher, deputy = new_page(), new_page()
    sign_in(teacher, "class_teacher")
    sign_in(deputy, "deputy_head")
    open_language_page(teacher)
    held: list[Route] = []
    deputy.route(re.compile("/live[?]"), lambda route: held.append(route))
    deputy.goto(teacher.url)
    deputy.wait_for_selector("journal-grid[data-ready]")

    column, _day = free_cell(teacher)
    cell = teacher.locator(".jr tbody tr").filter(has_text=PUPIL).locator("th, td").nth(column)
    cell.click()
    with teacher.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        teacher.keyboard.press("4")
    for route in held:
        route.continue_()

    seen = deputy.locator(".jr tbody tr").filter(has_text=PUPIL).locator("th, td").nth(column)
    expect(seen).to_contain_text("4")


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
