"""The board of classes: pupils are dragged with the mouse, carried by keys, sent by boxes without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.identity.sessions import today_in
from core.organizations.models import Enrollment, SchoolClass
from core.portal import Portal
from tests.browser.browsers import chromium, new_page, sign_in

__all__ = ["chromium", "new_page"]
REASON = "Приказ № 7"


def open_board(page: Page) -> None:
    """The board of the parallel of 9А."""
    page.goto("/groupings?kind=class&q=9а")
    page.get_by_role("link", name="9А", exact=True).click()
    page.get_by_role("link", name="Перевести", exact=True).click()
    expect(page.get_by_role("heading", name="Перевести: 9 классы")).to_be_visible()


def names(page: Page, column: int) -> list[str]:
    """Who stands in a column."""
    return [
        each.strip() for each in page.locator(".board-column").nth(column).locator("li").all_inner_texts()
    ]


def agree(page: Page) -> None:
    """Say from which day on and why, and do it."""
    page.get_by_label("Основание").fill(REASON)
    page.get_by_role("button", name="Перевести", exact=True).click()
    expect(page.get_by_role("heading", name="Готово")).to_be_visible()


def in_class(storage: Portal, name: str) -> int:
    """How many came into a class for that reason."""
    with storage.database.reading(fresh=True) as db:
        rows = db.scalars(
            select(Enrollment.person_id)
            .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
            .where(SchoolClass.name == name, Enrollment.basis == REASON)
        )
        return len(rows.all())


def test_pupils_are_dragged_and_the_move_is_taken_back(
    storage: Portal, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    sign_in(page, "head")
    open_board(page)
    first, second = names(page, 0)[:2]
    columns = page.locator(".board-column")
    page.locator("li", has_text=second).get_by_role("checkbox").check()
    page.locator("li", has_text=second).drag_to(columns.nth(1).locator("h2"))
    page.locator("li", has_text=first).drag_to(columns.nth(1).locator("h2"))
    assert {first, second} <= set(names(page, 1))
    assert names(page, 1) == sorted(names(page, 1), key=lambda each: each.lower().replace("ё", "е"))
    expect(page.get_by_role("status")).to_contain_text("Перенесено: 2")
    page.locator("li", has_text=first).drag_to(columns.nth(0).locator("h2"))
    expect(page.get_by_role("status")).to_contain_text("Перенесено: 1")
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_text(re.compile(f"{second}: 9А → 9Б"))).to_be_visible()
    agree(page)
    assert in_class(storage, "9Б") == 1
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_role("heading", name="Перевод отменён")).to_be_visible()
    assert in_class(storage, "9Б") == 0


def test_the_keyboard_carries_pupils(storage: Portal, new_page: Callable[..., Page]) -> None:
    page = new_page(390, 844, has_touch=True)
    sign_in(page, "head")
    open_board(page)
    first = names(page, 0)[0]
    page.locator("li", has_text=first).get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.get_by_label("Перевести в").select_option(label="9Б")
    page.get_by_role("button", name="Перенести отмеченных").focus()
    page.keyboard.press("Enter")
    assert first in names(page, 1)
    expect(page.locator("li", has_text=first).get_by_role("checkbox")).to_be_focused()
    page.locator("li", has_text=names(page, 0)[0]).get_by_role("checkbox").check()
    page.get_by_label("Перевести в").select_option("")
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_label("Перевести в")).to_be_focused()
    page.get_by_label("Перевести в").select_option(label="9Б")
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name="будет сделано: 2")).to_be_visible()


def test_boxes_and_a_button_move_pupils_without_scripts(
    storage: Portal, new_page: Callable[..., Page]
) -> None:
    signed_in = new_page()
    sign_in(signed_in, "head")
    page = new_page(java_script_enabled=False)
    page.context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    open_board(page)
    expect(page.get_by_role("button", name="Перенести отмеченных")).to_be_hidden()
    boxes = page.locator(".board-column").nth(1).locator("input[name=ids]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_label("Перевести в").select_option(label="9А")
    page.get_by_role("button", name="Дальше").click()
    tomorrow = today_in("Europe/Moscow") + timedelta(days=1)
    page.get_by_label("С какого дня").fill(tomorrow.isoformat())
    page.get_by_label("Основание").fill(REASON)
    page.get_by_role("button", name="Перевести", exact=True).click()
    # Another day than the one that was shown: what happens then is shown first.
    expect(page.get_by_role("heading", name=f"С {tomorrow:%d.%m.%Y} будет сделано: 2")).to_be_visible()
    page.get_by_role("button", name="Перевести", exact=True).click()
    expect(page.get_by_role("heading", name="Готово")).to_be_visible()
    assert in_class(storage, "9А") == 2
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_role("heading", name="Перевод отменён")).to_be_visible()
