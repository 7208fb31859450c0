"""The counter of visits in a real browser: nothing goes out before consent, and afterwards only the bare path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from core.portal import Portal
from core.testing.fixtures import Databases, demo_portal
from core.testing.server import Server
from tests.browser.pages.looking import Eyes, Sight

TAG = "window.ym.a.forEach(words => fetch('https://mc.yandex.ru/watch?' + encodeURIComponent(JSON.stringify(words))));"
"""Stands for the counter's own script: tells what it was given."""


@pytest.fixture(scope="module")
def server(storage: Portal) -> Iterator[Server]:
    """A demo school whose operator has set a counter."""
    running = Server(storage, YANDEX_METRIKA="12345678")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def storage(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One kind of database is enough here."""
    portal = demo_portal("sqlite", databases, tmp_path_factory)
    yield portal
    portal.close()


@pytest.fixture
def outside(chromium: Browser, server: Server) -> Iterator[tuple[Page, list[str]]]:
    """A page, and the addresses of other servers that it asked for; the counter's answers are made here."""
    context = chromium.new_context(base_url=server.address, viewport={"width": 390, "height": 844})
    page, asked = context.new_page(), list[str]()

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=TAG, content_type="text/javascript", headers={"access-control-allow-origin": "*"})

    context.route(lambda url: not url.startswith(server.address), answer)
    yield page, asked
    context.close()


def test_nothing_goes_out_before_consent_and_then_the_bare_path(outside: tuple[Page, list[str]]) -> None:
    page, asked = outside
    errors: list[str] = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto("/sign-in?next=/people/01234567-89ab-7def-8123-456789abcdef")
    expect(page.get_by_role("heading", name="Можно считать посещения?")).to_be_visible()
    assert asked == []
    page.get_by_role("button", name="Только необходимые").click()
    expect(page.get_by_role("heading", name="Можно считать посещения?")).to_have_count(0)
    assert asked == []
    page.goto("/privacy")
    page.get_by_role("button", name="Разрешить").click()
    with page.expect_request(lambda request: "watch" in request.url and "hit" in request.url):
        page.goto("/sign-in?next=/people/01234567-89ab-7def-8123-456789abcdef")
    assert asked
    assert not [url for url in asked if not url.startswith("https://mc.yandex.ru/")]
    assert not [url for url in asked if "01234567" in url or "people" in url]
    assert errors == []


@pytest.mark.parametrize("url", ["/sign-in", "/privacy"])
def test_the_question_is_seen_by_everybody(server: Server, chromium: Browser, url: str) -> None:
    problems = Eyes(chromium, server.address).look(Sight(f"counter {url[1:]}", url))
    assert not problems, "\n".join(problems)
