"""Systems outside that hear of events, as an administrator sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight

LIST = "/webhooks"
NEW = f"{LIST}/new"
CARD = f"{LIST}/{{webhook_id:uuid}}"


def refused(page: Page) -> None:
    """An address without a name and without events."""
    page.get_by_label("Адрес").fill("example.ru")
    page.get_by_role("button", name="Добавить").click()
    expect(page.locator(".summary")).to_be_visible()


def connected(page: Page) -> None:
    """A webhook that was made just now, with its secret."""
    page.get_by_label("Система").fill("Региональная аналитика")
    page.get_by_label("Адрес").fill("https://analytics.nowhere.invalid/portal/events?school=13")
    page.get_by_label("Отметки в клетке журнала").check()
    page.get_by_label("Учебный период закрыт").check()
    page.get_by_role("button", name="Добавить").click()
    expect(page.get_by_text("whsec_")).to_be_visible()


def found(rest: str = "") -> Callable[[Page], str]:
    """A page of the first webhook; one is made if there is none."""

    def address(page: Page) -> str:
        page.goto(LIST)
        if not page.locator("main .rows a").count():
            page.goto(NEW)
            connected(page)
            page.goto(LIST)
        return (page.locator("main .rows a").first.get_attribute("href") or "") + rest

    return address


def tried(page: Page) -> None:
    """A test event that could not be delivered, unfolded."""
    page.get_by_role("button", name="Проверить").click()
    for _each in range(40):
        if page.get_by_text("Не доставлено").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.locator("main .rows summary").first.click()
    expect(page.get_by_text("webhook-id").first).to_be_visible()


def asked(action: str) -> Callable[[Page], object]:
    """What is to be confirmed."""

    def ask(page: Page) -> None:
        page.locator("details.menu:has(.menu-list button[name=step]) > summary").first.click()
        page.get_by_role("button", name=action).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("?")

    return ask


def paused(page: Page) -> None:
    """A webhook that is paused."""
    if page.get_by_role("button", name="Возобновить").count():
        return
    page.locator("details.menu:has(.menu-list button[name=step]) > summary").first.click()
    page.get_by_role("button", name="Приостановить").click()
    expect(page.get_by_role("button", name="Возобновить")).to_be_visible()


SIGHTS = [
    Sight("no webhooks", LIST, "head"),
    Sight("new webhook", NEW, "head"),
    Sight("new webhook refused", NEW, "head", act=refused),
    Sight("webhook with its secret", NEW, "head", act=connected),
    Sight("webhook", CARD, "head", found()),
    Sight("webhook tried out", CARD, "head", found(), act=tried),
    Sight("webhooks", LIST, "head"),
    Sight("deliveries", f"{CARD}/deliveries", "head", found("/deliveries")),
    Sight("no such deliveries", f"{CARD}/deliveries", "head", found("/deliveries?state=delivered")),
    Sight("webhook to change", f"{CARD}/edit", "head", found("/edit")),
    Sight("another secret", CARD, "head", found(), act=asked("Сменить секрет")),
    Sight("webhook to delete", CARD, "head", found(), act=asked("Удалить")),
    Sight("webhook paused", CARD, "head", found(), act=paused),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
