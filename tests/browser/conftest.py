"""A real server on a free port and a real browser before it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.portal import Portal
from core.testing.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    assert found is not None, "Нужен Chromium: sudo apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        yield browser
        browser.close()


class Server:
    """A portal in a process of its own."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.environment, self.port = environment, port
        self.address = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "run"],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, with all of its workers."""
        if self.process is not None:
            os.killpg(self.process.pid, number)
            self.process.wait(20)
            self.process = None


@pytest.fixture(scope="module")
def server(make_portal: Callable[..., Portal]) -> Iterator[Server]:
    """A server on a fresh copy of the demo schools, shared by the tests of a module."""
    portal = make_portal()
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "MOYASHKOLA_HOME": portal.config.home,
        "MOYASHKOLA_DATABASE_URL": portal.config.database_url,
        "MOYASHKOLA_PORT": str(port),
    }
    portal.close()
    running = Server(environment, port)
    running.start()
    yield running
    running.stop()


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
    page.get_by_role("link", name="Госуслуги").click()
    page.locator(f"button[name=persona][value={persona}]").click()
    page.wait_for_load_state()
    consent = page.get_by_role("button", name="Разрешить", exact=True)
    if consent.count():
        consent.click()
    page.wait_for_url(lambda url: "/esia" not in url and "sign-in" not in url)


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
