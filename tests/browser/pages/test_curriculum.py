"""The curriculum: the list, a new one, the table to read and to write in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

LIST = "/curriculum"
ONE = LIST + "/{curriculum_id:uuid}"

approved = by_link(LIST, "main table tr:has(.status.positive) a[href^='/curriculum/']")


def begin(page: Page) -> str:
    """The address of a fresh draft from the template of the primary school."""
    page.goto(LIST + "/new")
    page.get_by_label(re.compile("НОО, вариант 1")).check()
    page.locator("#highest_grade_level").select_option("4")
    page.get_by_role("button", name="Начать план").click()
    page.wait_for_selector("curriculum-table[data-ready]")
    return page.url.partition("?")[0]


def of_grade(page: Page) -> str:
    """A grade level with its groups."""
    return approved(page) + "?show=7"


def draft(page: Page) -> str:
    """A draft of the primary school."""
    return begin(page)


def layout(page: Page) -> str:
    """What a draft consists of."""
    return begin(page) + "/layout"


def compared(page: Page) -> str:
    """A draft beside the approved plan."""
    return begin(page) + "/compare"


def checked(page: Page) -> str:
    """What a draft would do."""
    return begin(page) + "/consequences"


def what_holds(page: Page) -> str:
    """The approved plan, the timetable and the journal."""
    return approved(page) + "/consequences"


def sent_and_refused(page: Page) -> None:
    """A plan that is given back without a word."""
    send_unchecked("form[action$='/send-back']")(page)
    expect(page.locator(".summary")).to_be_visible()


def awaiting(page: Page) -> str:
    """The newest plan that awaits the head, whom the deputy head has sent it."""
    page.goto(LIST)
    link = page.locator("main table tr:has(.status.warning) a").first
    return str(link.get_attribute("href")) + "/consequences"


def submitted(page: Page) -> None:
    """The plan is sent to the head."""
    page.get_by_role("button", name="Отправить директору").click()
    expect(page.locator(".note.positive")).to_be_visible()


def loads(page: Page) -> str:
    """Who teaches what of the approved plan."""
    return approved(page) + "/loads"


def loads_of_draft(page: Page) -> str:
    """Who would teach what of a draft, with a vacancy."""
    address = begin(page)
    page.goto(address)
    page.get_by_label("Предмет", exact=True).select_option(label="Физика")
    page.get_by_role("button", name="Добавить предмет").click()
    page.wait_for_selector("curriculum-table[data-ready]")
    page.locator("tr[data-row]").last.locator("td").first.click()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state]").first).to_have_text("Сохранено")
    return address + "/loads"


def teacher(page: Page) -> str:
    """The form of one assignment."""
    page.goto(loads(page))
    return str(page.locator("main td.whole a").first.get_attribute("href"))


def import_of(page: Page) -> str:
    """A table for a draft."""
    return begin(page) + "/import"


def table_looked_at(page: Page) -> None:
    """What would be loaded of a table."""
    _send_table(page, "Предмет;1 класс;1А\nМузыка;2;½\n")
    expect(page.get_by_role("button", name="Загрузить 1 предмет")).to_be_visible()


def table_refused(page: Page) -> None:
    """A table with a mistake in a row."""
    _send_table(page, "Предмет;1 класс\nАстрология;много\n")
    expect(page.locator(".cu-wrong").first).to_be_visible()


def _send_table(page: Page, text: str) -> None:
    page.locator("#file").set_input_files(
        [{"name": "план.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    page.get_by_role("button", name="Проверить таблицу").click()


def written(page: Page) -> None:
    """Hours that are saved, and hours that are refused."""
    page.wait_for_selector("curriculum-table[data-ready]")
    page.locator("tr[data-row] td").first.click()
    page.keyboard.type("9,5")
    page.keyboard.press("Enter")
    expect(page.locator("[data-findings]")).to_contain_text("больше предельных 21")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    expect(page.locator(".toast.danger")).to_be_visible()
    expect(page.locator("td[data-state=failed]")).to_have_text("99")
    page.locator(".toast .close").click()


SIGHTS = [
    Sight("curricula", LIST, "deputy_head"),
    Sight("curricula of a teacher", LIST, "teacher"),
    Sight("new curriculum", LIST + "/new", "deputy_head"),
    Sight("new curriculum refused", LIST + "/new", "deputy_head", act=send_unchecked("main form.form")),
    Sight("curriculum", ONE, "head", approved),
    Sight("curriculum of a grade level", ONE, "deputy_head", of_grade),
    Sight("curriculum written", ONE, "deputy_head", draft, act=written),
    Sight("curricula compared", ONE + "/compare", "deputy_head", compared),
    Sight("curriculum before it is sent", ONE + "/consequences", "deputy_head", checked),
    Sight("curriculum that holds", ONE + "/consequences", "head", what_holds),
    Sight("curriculum sent", ONE + "/consequences", "deputy_head", checked, act=submitted),
    Sight("curriculum to be approved", ONE + "/consequences", "head", awaiting),
    Sight(
        "curriculum given back without a word", ONE + "/consequences", "head", awaiting, act=sent_and_refused
    ),
    Sight("loads of teachers", ONE + "/loads", "deputy_head", loads),
    Sight("loads of teachers with a vacancy", ONE + "/loads", "deputy_head", loads_of_draft),
    Sight("teacher of a subject", ONE + "/loads/{column_id:uuid}/{subject_id:uuid}", "deputy_head", teacher),
    Sight("curriculum table", ONE + "/import", "deputy_head", import_of),
    Sight("curriculum table looked at", ONE + "/import", "deputy_head", import_of, act=table_looked_at),
    Sight("curriculum table refused", ONE + "/import", "deputy_head", import_of, act=table_refused),
    Sight("curriculum layout", ONE + "/layout", "deputy_head", layout),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


def test_hours_are_written_by_keyboard_and_taken_back(eyes: Eyes) -> None:
    page = eyes.context("deputy_head").new_page()
    page.goto(begin(page))
    page.wait_for_selector("curriculum-table[data-ready]")
    state = page.locator("[data-state]").first
    cells = page.locator("tr[data-row]").first.locator("td")
    cells.first.click()
    page.keyboard.type("4½")
    page.keyboard.press("Tab")
    expect(cells.nth(1)).to_be_focused()
    expect(cells.nth(1)).to_have_text("4,5")
    expect(page.locator("tfoot .cu-week td").first).to_have_text("19,5")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(state).to_have_text("Сохранено")
    page.reload()
    expect(cells.first).to_have_text("4,5")
    expect(cells.nth(1)).to_have_text("3")
    page.wait_for_selector("curriculum-table[data-ready]")
    cells.nth(1).click()
    page.keyboard.press("Delete")
    expect(cells.nth(1)).to_have_text("4,5")
    page.keyboard.press("Control+z")
    expect(cells.nth(1)).to_have_text("3")
    expect(state).to_have_text("Сохранено")
    page.context.close()


def test_a_conflict_of_two_editors_is_shown(eyes: Eyes) -> None:
    context = eyes.context("deputy_head")
    first = context.new_page()
    address = begin(first)
    second = context.new_page()
    second.goto(address)
    second.wait_for_selector("curriculum-table[data-ready]")
    for page, hours in ((first, "6"), (second, "7")):
        page.locator("tr[data-row] td").first.click()
        page.keyboard.type(hours)
        page.keyboard.press("Enter")
        if page is first:
            expect(page.locator("[data-state]").first).to_have_text("Сохранено")
    toast = second.locator(".toast.danger")
    expect(toast).to_contain_text("Часы уже изменили")
    toast.get_by_role("button", name="Записать моё").click()
    expect(second.locator("[data-state]").first).to_have_text("Сохранено")
    first.reload()
    expect(first.locator("tr[data-row] td").first).to_have_text("7")
    context.close()
