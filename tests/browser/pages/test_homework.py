"""Homework: of a lesson, of a pupil, works handed in and reviewed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

LESSON_HOMEWORK = "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework"
WORK = LESSON_HOMEWORK + "/{pupil_id:uuid}"
OWN = "/homework/{lesson_id:uuid}/{pupil_id:uuid}"

subject = by_link("/search?q=9а русский", "main a[href^='/journal/']")


def homework_with(selector: str) -> Callable[[Page], str]:
    """The homework of the latest lesson of a page that has something to show."""

    def find(page: Page) -> str:
        page.goto(subject(page))
        page.wait_for_selector("journal-grid[data-ready]")
        lessons = [
            str(each.get_attribute("href")) for each in page.locator(".jr-topics tbody th a").all()[:14]
        ]
        for address in lessons:
            page.goto(address + "/homework")
            if page.locator(selector).count():
                return address + "/homework"
        raise AssertionError(f"no homework with {selector}")

    return find


lesson_homework = homework_with(".table a[href*='/homework/']")


def work_of(state: str) -> Callable[[Page], str]:
    """A work in some state."""

    def find(page: Page) -> str:
        page.goto(homework_with(f"tr:has-text('{state}')")(page))
        return str(page.locator(f"tr:has-text('{state}') a").first.get_attribute("href"))

    return find


def work_not_there(page: Page) -> str:
    """The page of a work that nobody has handed in."""
    return lesson_homework(page) + "/00000000-0000-7000-8000-000000000000"


def copy_form(page: Page) -> str:
    """Parallel classes to choose."""
    return lesson_homework(page) + "/copy"


def copy_refused(page: Page) -> None:
    """No class is ticked."""
    page.get_by_role("button", name="Скопировать задание").click()
    expect(page.locator(".summary")).to_be_visible()


def task_opened(page: Page) -> None:
    """The form of a task for some pupils."""
    page.locator(".hw-new summary").click()
    expect(page.get_by_role("button", name="Дать задание")).to_be_visible()


def task_refused(page: Page) -> None:
    """The same with errors."""
    task_opened(page)
    page.get_by_label("Сколько минут займёт").fill("5")
    send_unchecked(".hw-new form")(page)
    expect(page.locator(".summary")).to_be_visible()


def review_refused(page: Page) -> None:
    """A return without a word why."""
    page.get_by_label("Замечания").fill("")
    page.get_by_role("button", name="Вернуть на исправление").click()
    expect(page.locator(".summary")).to_be_visible()


def own_homework(page: Page) -> str:
    """Homework that the diary leads to."""
    page.goto("/diary")
    if page.locator(".kin a").count():
        page.locator(".kin a").nth(1).click()
        page.wait_for_url("**/diary/*")
    if page.locator(".task a[href^='/homework/']").count() == 0:
        page.locator("a[rel=prev]").click()
        page.wait_for_url("**/diary*week=*")
    return str(page.locator(".task a[href^='/homework/']").first.get_attribute("href"))


def handed_in(page: Page) -> None:
    """A work just handed in, with a file."""
    page.get_by_label("Ответ", exact=False).first.fill("x = 5")
    page.locator("#files").set_input_files(
        [{"name": "тетрадь.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF"}]
    )
    page.locator("main form button.primary").click()
    expect(page.locator(".hw .status").first).to_be_visible()


def handing_in_refused(page: Page) -> None:
    """A work of nothing."""
    page.locator("main textarea").fill("")
    send_unchecked("main form.form")(page)
    expect(page.locator(".summary, .rows").first).to_be_visible()


CONTROL_WORKS = "/journal/control-works"
SIGHTS = [
    Sight("control works", CONTROL_WORKS, "deputy_head"),
    Sight("control works of a teacher", CONTROL_WORKS, "teacher", CONTROL_WORKS + "?month=2026-10"),
    Sight("no control works", CONTROL_WORKS, "head", CONTROL_WORKS + "?month=2001-01"),
    Sight("homework of a lesson", LESSON_HOMEWORK, "deputy_head", lesson_homework),
    Sight("homework of a lesson to read", LESSON_HOMEWORK, "head", lesson_homework),
    Sight("homework task", LESSON_HOMEWORK, "deputy_head", lesson_homework, act=task_opened),
    Sight("homework task refused", LESSON_HOMEWORK, "deputy_head", lesson_homework, act=task_refused),
    Sight("homework copied", LESSON_HOMEWORK + "/copy", "deputy_head", copy_form),
    Sight("homework copied wrongly", LESSON_HOMEWORK + "/copy", "deputy_head", copy_form, act=copy_refused),
    Sight("work to review", WORK, "deputy_head", work_of("ждёт проверки")),
    Sight("work reviewed wrongly", WORK, "deputy_head", work_of("ждёт проверки"), act=review_refused),
    Sight("work to read", WORK, "head", work_of("ждёт проверки")),
    Sight("work not handed in", WORK, "head", work_not_there),
    Sight("homework of a pupil", OWN, "pupil", own_homework),
    Sight("work handed in", OWN, "pupil", own_homework, act=handed_in),
    Sight("work handed in wrongly", OWN, "pupil", own_homework, act=handing_in_refused),
    Sight("homework of a child", OWN, "parent", own_homework),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


def test_the_load_of_the_day_follows_what_is_typed(eyes: Eyes) -> None:
    page = eyes.context("deputy_head").new_page()
    page.goto(lesson_homework(page).removesuffix("/homework"))
    page.get_by_label("Сколько минут").fill("500")
    expect(page.locator(".hw-load")).to_contain_text("больше нормы")
    page.get_by_label("Сколько минут").fill("1")
    expect(page.locator(".hw-load")).not_to_contain_text("больше нормы")
    page.context.close()


def test_the_load_of_the_day_follows_in_the_drawer(eyes: Eyes) -> None:
    page = eyes.context("deputy_head").new_page()
    page.goto(subject(page))
    page.wait_for_selector("journal-grid[data-ready]")
    page.locator(".jr-topics tbody th a").nth(3).click()
    expect(page.locator("#journal-drawer form").first).to_be_visible()
    page.locator("#journal-drawer").get_by_label("Сколько минут").fill("500")
    expect(page.locator("#journal-drawer .hw-load")).to_contain_text("больше нормы")
    page.context.close()
