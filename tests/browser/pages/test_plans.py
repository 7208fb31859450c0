"""Lesson plans: the list, the editor, tables, what is applied to pages, the lag."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

PLANS = "/journal/plans"
PLAN = PLANS + "/{plan_id:uuid}"
PAGE_PLAN = "/journal/{page_id:uuid}/plan"
TABLE = (
    "№;Тема урока;Часов;Домашнее задание;Вид контроля\n;Раздел 1. Дроби;;;\n1;Понятие дроби;2;§ 1;\n"
    "2;Контрольная работа № 1;1;;Контрольная работа\n3;Проект;1;;Защита у доски\n"
)

any_plan = by_link(PLANS, "main table a[href^='/journal/plans/']")
with_plan = by_link(PLANS + "/progress?show=lag", "main table a[href$='/plan']")


def part_of(what: str) -> Callable[[Page], str]:
    """A page below a plan."""

    def find(page: Page) -> str:
        return any_plan(page) + what

    return find


def topic(page: Page) -> str:
    """The form of a topic."""
    page.goto(any_plan(page))
    return str(page.locator(".jt-topics tbody tr[id] th a").nth(1).get_attribute("href"))


def topic_refused(page: Page) -> None:
    """The same with errors."""
    page.get_by_label("Часов").fill("много")
    send_unchecked("main form.form")(page)
    expect(page.locator(".summary")).to_be_visible()


def removed(page: Page) -> None:
    """A topic just taken out, put back by the note."""
    page.locator(".jt-topics [data-remove]").nth(2).click()
    expect(page.locator(".toast")).to_be_visible()
    rows = page.locator(".jt-topics tbody tr[id]").count()
    page.locator(".toast button").first.click()
    expect(page.locator(".jt-topics tbody tr[id]")).to_have_count(rows + 1)


def table_looked_at(page: Page) -> None:
    """What would be loaded of a table."""
    page.locator("#file").set_input_files(
        [{"name": "план.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}]
    )
    page.get_by_role("button", name="Проверить таблицу").click()
    expect(page.get_by_role("button", name="Загрузить 3 темы")).to_be_visible()


def table_refused(page: Page) -> None:
    """A table with a mistake in a row."""
    page.locator("#file").set_input_files(
        [{"name": "план.csv", "mimeType": "text/csv", "buffer": TABLE.replace("дроби;2", "дроби;х").encode()}]
    )
    page.get_by_role("button", name="Проверить таблицу").click()
    expect(page.locator(".jt-wrong")).to_be_visible()


def forecast(page: Page) -> None:
    """Which lesson gets which topic."""
    page.locator("input[name=page]").first.check()
    page.get_by_role("button", name="Показать, что получится").click()
    expect(page.locator("#forecast-title")).to_be_visible()


def departing(page: Page) -> None:
    """What can be done with a topic on one page."""
    page.locator(".jt-topics tbody tr[id]").nth(3).locator("a.icon-button").click()
    expect(page.locator(".jt-edit")).to_be_visible()


def writing(page: Page) -> str:
    """The topics that would be written."""
    return with_plan(page) + "/write"


SIGHTS = [
    Sight("lesson plans", PLANS, "deputy_head"),
    Sight("lesson plans none found", PLANS, "deputy_head", PLANS + "?q=щщщ"),
    Sight("new lesson plan", PLANS + "/new", "deputy_head"),
    Sight("new lesson plan refused", PLANS + "/new", "deputy_head", act=send_unchecked("main form.form")),
    Sight("lesson plan", PLAN, "deputy_head", any_plan),
    Sight("lesson plan to read", PLAN, "head", any_plan),
    Sight("lesson plan topic removed", PLAN, "deputy_head", any_plan, act=removed),
    Sight("lesson plan title", PLAN + "/edit", "deputy_head", part_of("/edit")),
    Sight("lesson plan topic", PLAN + "/topics/{topic_id:uuid}", "deputy_head", topic),
    Sight(
        "lesson plan topic refused", PLAN + "/topics/{topic_id:uuid}", "deputy_head", topic, act=topic_refused
    ),
    Sight("lesson plan table", PLAN + "/import", "deputy_head", part_of("/import")),
    Sight(
        "lesson plan table looked at",
        PLAN + "/import",
        "deputy_head",
        part_of("/import"),
        act=table_looked_at,
    ),
    Sight(
        "lesson plan table refused",
        PLAN + "/import",
        "deputy_head",
        part_of("/import"),
        act=table_refused,
    ),
    Sight("lesson plan applied", PLAN + "/apply", "deputy_head", part_of("/apply"), act=forecast),
    Sight("plan of a page", PAGE_PLAN, "deputy_head", with_plan),
    Sight("plan of a page departed from", PAGE_PLAN, "deputy_head", with_plan, act=departing),
    Sight("plan of a page written", PAGE_PLAN + "/write", "deputy_head", writing),
    Sight("progress of plans", PLANS + "/progress", "deputy_head"),
    Sight("progress of plans none found", PLANS + "/progress", "head", PLANS + "/progress?school_class=99Я"),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


def test_topics_move_by_keyboard(eyes: Eyes) -> None:
    page = eyes.context("deputy_head").new_page()
    page.goto(any_plan(page))
    rows = page.locator(".jt-topics tbody tr[id]")
    second = rows.nth(1).locator("th a")
    title = second.inner_text()
    second.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(0).locator("th a")).to_have_text(title)
    expect(rows.nth(0).locator("th a")).to_be_focused()
    page.wait_for_load_state()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(1).locator("th a")).to_have_text(title)
    page.context.close()
