"""A real browser before a real server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from core.testing.server import Server
from plugins.auth_esia.stand.routes import COOKIE as STAND_COOKIE

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell without a window first: it opens pages two to three times faster than the whole browser."""
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


expect.set_options(timeout=10_000)


def launch(playwright: Playwright) -> Browser:
    """The system's browser, as it is started in all tests."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found is not None, "Нужен Chromium: sudo apt-get install chromium-headless-shell"
    return playwright.chromium.launch(executable_path=found, args=list(SWITCHES))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: while it runs, this thread has an event loop and can have no other."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(server: Server, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens a browser of its own: `new_page(width=390)`; broken scripts fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="ru-RU",
            base_url=server.address,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.set_default_timeout(10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def sign_in(page: Page, persona: str) -> None:
    """Through the stand, as a person would: choose the persona, agree to the data if asked."""
    page.goto("/sign-in")
    sign_in_here(page, persona)


def sign_in_here(page: Page, persona: str) -> None:
    """From the sign-in page that is open, wherever it leads back to; the stand asks anew who it is."""
    page.context.clear_cookies(name=STAND_COOKIE)
    page.get_by_role("link", name="Госуслуги").click()
    page.locator(f"button[name=persona][value={persona}]").click()
    page.wait_for_load_state()
    consent = page.get_by_role("button", name="Разрешить", exact=True)
    if consent.count():
        consent.click()
        page.wait_for_load_state()
    go_on = page.locator("#go-on")
    if go_on.count():
        go_on.click()
    page.wait_for_url(lambda url: "/esia" not in url and "sign-in" not in url)
    choose_a_role(page)


def choose_a_role(page: Page) -> None:
    """The first one, if the portal asks whoever has several."""
    if "choose=role" in page.url:
        page.get_by_role("button", name="Выбрать").first.click()
        page.wait_for_url(lambda url: "choose=role" not in url)


def accessibility_problems(page: Page) -> list[str]:
    """What axe-core finds wrong by WCAG 2.1 A and AA, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations"
    )
    return [
        f"{violation['id']}: {violation['help']}: {node['target']}"
        for violation in found
        for node in violation["nodes"][:3]
    ]


def wait_a_minute(*pages: Page) -> None:
    """The clock of the browser goes on by a minute."""
    for page in pages:
        page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 60_000; })()")
