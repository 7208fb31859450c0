"""Plugins of vendors beside ours: the canteen of the example, and one that breaks everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.identity.sessions import today_in
from core.portal import Portal
from core.testing.server import Server
from tests.browser.browsers import ROOT
from tests.browser.pages.looking import Eyes, Sight

CANTEEN = ROOT / "examples" / "school_canteen"
MENU = "/school-canteen"
DAY = MENU + "/{day:date}"
NOW = today_in("Europe/Moscow")
MONDAY = f"{MENU}/{NOW - timedelta(days=NOW.weekday())}"
LUNCH = (
    "Борщ сибирский с фасолью и сметаной, 250 г\n"
    "Котлета рыбная с картофельным пюре, 90/150 г (рыба, молоко, глютен)"
)


@pytest.fixture(scope="module")
def server(storage: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A portal in which both are installed."""
    site = tmp_path_factory.mktemp("site")
    for name, module in (
        ("school_canteen", "school_canteen.plugin"),
        ("faulty", "tests.browser.pages.faulty"),
    ):
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[moyashkola.plugins]\n{name} = {module}\n")
    running = Server(storage, packages=[site, CANTEEN, ROOT])
    running.migrate()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def cooked(eyes: Eyes) -> None:
    """The canteen is switched on, and Monday's menu is written."""
    page = eyes.context("head").new_page()
    page.goto("/plugins/school_canteen")
    page.get_by_role("button", name="Включить в").first.click()
    page.goto(MONDAY)
    page.get_by_label("Обед").fill(LUNCH)
    page.get_by_label("Примечание").fill("Столовая закрыта с 13:00: санитарный час.")
    page.get_by_role("button", name="Сохранить меню").click()
    expect(page.get_by_text("Борщ сибирский")).to_be_visible()
    page.context.close()


def menu_refused(page: Page) -> None:
    """The form with an error."""
    page.get_by_label("Обед").fill("Суп, 250 г (((\n" + "Очень длинное блюдо " * 20)
    page.get_by_role("button", name="Сохранить меню").click()
    expect(page.locator(".summary")).to_be_visible()


SIGHTS = [
    Sight("home with a broken card", "/", "head"),
    Sight("search with a broken source", "/search", "head", "/search?q=9а"),
    Sight("organization with a broken piece", "/organization", "head"),
    Sight("broken page", "/faulty", "head", status=500),
    Sight("plugin with failures", "/plugins/{name:str}", "head", "/plugins/faulty"),
    Sight("plugins with failures", "/plugins", "head"),
    Sight("menu", MENU, "parent"),
    Sight("menu of the cook", MENU, "head"),
    Sight("menu not written", MENU, "pupil", f"{MENU}?week=2026-07-06"),
    Sight("menu form", DAY, "head", MONDAY),
    Sight("menu form refused", DAY, "head", MONDAY, act=menu_refused),
    Sight("free meals none", MENU + "/free-meals", "head"),
    Sight("free meal asked", "/requests/new", "parent", "/requests/new?kind=school_canteen.free_meal"),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
