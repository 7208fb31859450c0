"""A pupil let go by mistake: «Отменить» in the toast and on the card, with a mouse, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import sign_in

pytestmark = pytest.mark.only_sqlite
"""What scripts of the page do: the kind of database makes no difference."""


def let_go(page: Page) -> str:
    """Somebody of the school leaves; the address of the card."""
    page.goto("/accounts?role=pupil")
    card = str(page.locator("tbody th a").nth(5).get_attribute("href")).replace("/accounts/", "/people/")
    page.goto(f"{card}/pupil-file")
    page.get_by_label("Основание").fill("Заявление родителей от 20.11.2026")
    page.get_by_role("button", name="Отпустить ученика").click()
    page.wait_for_url("**/pupil-file?done=left")
    return card


def test_a_pupil_comes_back_by_the_toast_and_by_the_card(new_page: Callable[..., Page]) -> None:
    page = new_page()
    sign_in(page, "head")
    card = let_go(page)
    page.locator("#toasts").get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Выбытие отменено: ученик снова учится у вас.")).to_be_visible()
    expect(page.get_by_role("button", name="Отпустить ученика")).to_be_visible()
    assert let_go(page) == card
    page.goto(card)
    page.get_by_role("button", name="Отменить выбытие").click()
    expect(page.get_by_role("heading", name="Выбытие отменено")).to_be_visible()
    page.goto(card)
    expect(page.get_by_role("button", name="Отменить выбытие")).to_have_count(0)
