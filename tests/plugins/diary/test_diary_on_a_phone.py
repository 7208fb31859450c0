"""The diary in a real browser of a phone's size: one day at a time, homework first, marks as they come."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.sync_api import Page, expect, sync_playwright

from core.app import create_app
from core.testing.portal import PortalUnderTest
from core.testing.postgres import free_port
from core.web import cookies
from tests.browser.browsers import launch

from .school import MONDAY, Pair
from .test_diary import mark


@contextmanager
def served(portal: PortalUnderTest) -> Iterator[str]:
    """The portal on a local port, in a thread of this process; yields its address."""
    import asyncio

    port = free_port()
    loop = asyncio.new_event_loop()
    server = Server(
        create_app(portal.portal),
        address="127.0.0.1",
        port=port,
        log_enabled=False,
        interface=Interfaces.ASGI,
    )

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    for _attempt in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(timeout=10)


@pytest.fixture
def phone(portal: PortalUnderTest, pair: Pair) -> Iterator[Page]:
    """A phone on which Anna's parent is signed in."""
    parent = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    with served(portal) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, base_url=address
        )
        context.add_cookies(
            [{"name": cookies.SESSION, "value": parent.cookies[cookies.SESSION], "url": address}]
        )
        yield context.new_page()
        browser.close()


def test_a_parent_reads_the_day_on_a_phone(phone: Page, portal: PortalUnderTest, pair: Pair) -> None:
    anna = pair.own.people["anna"]
    errors: list[str] = []
    phone.on("pageerror", lambda error: errors.append(str(error)))
    phone.goto(f"/diary/{anna}?week={MONDAY.isoformat()}")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    day = phone.locator(".day:visible")
    expect(day).to_have_count(1)
    expect(day).to_contain_text("Физика")

    wednesday = (MONDAY + timedelta(days=2)).isoformat()
    phone.locator(f".day-strip a[data-day='{wednesday}']").click()
    expect(day).to_have_count(1)
    expect(day).to_have_attribute("data-day", wednesday)
    expect(phone).to_have_url(re.compile(f"day={wednesday}"))
    expect(phone.locator("html")).to_have_attribute("data-live", "on")

    before = phone.evaluate("performance.getEntriesByType('navigation').length")
    mark(portal, pair, MONDAY + timedelta(days=2), 1, anna, "5")
    expect(day.locator(".marks")).to_have_text("5", timeout=5000)
    expect(day).to_have_attribute("data-day", wednesday)
    assert phone.evaluate("performance.getEntriesByType('navigation').length") == before

    phone.locator(".kin a", has_text="Анна").nth(1).click()
    expect(phone).to_have_url(re.compile(str(pair.other.people["anna"])))
    assert errors == []


def test_a_mark_comes_to_the_open_page_of_the_family(
    phone: Page, portal: PortalUnderTest, pair: Pair
) -> None:
    thursday = MONDAY + timedelta(days=3)
    anna = pair.own.people["anna"]
    phone.goto(f"/diary?week={MONDAY.isoformat()}&day={thursday.isoformat()}")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    day = phone.locator(".day:visible")
    expect(day).to_have_count(1)
    expect(day.locator("h3")).to_have_count(2)
    expect(phone.locator("html")).to_have_attribute("data-live", "on")
    wednesday = (MONDAY + timedelta(days=2)).isoformat()
    phone.locator(f".day-strip a[data-day='{wednesday}']").click()
    mark(portal, pair, MONDAY + timedelta(days=2), 1, anna, "5/4")
    expect(day.locator("li > b")).to_have_text("5/4", timeout=5000)
    expect(day).to_have_attribute("data-day", wednesday)
    day.locator("h3 a").first.click()
    expect(phone).to_have_url(re.compile(f"/diary/[0-9a-f-]+[?]day={wednesday}"))
