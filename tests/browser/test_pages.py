"""Every page in a real browser: accessible, in every theme, on a desktop and on a phone, without sideways scroll."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.browsers import accessibility_problems, sign_in

PAGES = {
    "teacher": ("/", "/journal", "/timetable", "/account", "/notifications", "/search?q=алг", "/requests"),
    "parent": ("/", "/diary", "/timetable", "/account"),
    "pupil": ("/", "/diary", "/requests"),
    "head": ("/", "/organization", "/plugins", "/audit", "/import", "/journal", "/plugins/journal"),
    "regional": ("/", "/organization", "/plugins", "/audit", "/import"),
    "nobody": ("/", "/requests", "/account"),
}


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("persona", PAGES)
def test_pages_are_accessible_and_fit(new_page: Callable[..., Page], persona: str, width: int) -> None:
    page = new_page(width=width)
    sign_in(page, persona)
    problems: list[str] = []
    for look in ("", "true"):
        if look:
            page.locator("form[action='/view'] button[name=contrast]").first.click()
            page.wait_for_load_state()
        for url in PAGES[persona]:
            answer = page.goto(url)
            assert answer is not None
            assert answer.status == 200, f"{url}: {answer.status}"
            problems += [f"{url} ({look or 'base'}): {each}" for each in accessibility_problems(page)]
            if sideways(page) > 0:
                problems.append(f"{url} ({look or 'base'}): wider than the window by {sideways(page)} px")
    assert problems == []


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_for_strangers_are_accessible(new_page: Callable[..., Page], width: int) -> None:
    page = new_page(width=width)
    problems: list[str] = []
    for url in ("/sign-in", "/nowhere", "/auth/esia/callback?error=access_denied&state=x"):
        page.goto(url)
        problems += [f"{url}: {each}" for each in accessibility_problems(page)]
        assert sideways(page) <= 0
    assert problems == []
