"""A card beside its list: opened from a line, with an address of its own, left by Esc and Back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from core.portal import Portal
from core.testing.fixtures import Databases, demo_portal
from tests.browser.browsers import accessibility_problems, chromium, new_page, sign_in

pytestmark = pytest.mark.only_sqlite
"""What scripts of the page do: the kind of database makes no difference."""

__all__ = ["chromium", "new_page"]
LIST = re.compile(r"/accounts\?role=teacher$")
CARD = re.compile(r"/accounts/[0-9a-f-]{36}$")


@pytest.fixture(scope="module")
def storage(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The demo schools; one kind of database is enough, what is looked at comes from templates and scripts."""
    portal = demo_portal("sqlite", databases, tmp_path_factory)
    yield portal
    portal.close()


def line(page: Page, at: int = 0) -> Locator:
    """A line of the list."""
    return page.locator("tr[data-card]").nth(at)


def drawer(page: Page) -> Locator:
    """The drawer, open or not."""
    return page.locator("dialog.beside")


def open_list(page: Page, persona: str = "head", url: str = "/accounts?role=teacher") -> None:
    """The teachers of the school."""
    sign_in(page, persona)
    page.goto(url)


def beside_name(page: Page, at: int = 0) -> None:
    """A click on a line where nothing else is."""
    line(page, at).locator("td").last.click(position={"x": 3, "y": 3})


def test_a_line_opens_its_card_and_esc_and_back_lead_to_the_line(new_page: Callable[..., Page]) -> None:
    page = new_page()
    open_list(page)
    name = line(page, 1).locator("th a").inner_text()
    card = page.url.split("/accounts")[0] + str(line(page, 1).locator("th a").get_attribute("href"))
    beside_name(page, 1)
    heading = drawer(page).get_by_role("heading", level=1)
    expect(heading).to_have_text(name)
    expect(heading).to_be_focused()
    expect(page).to_have_url(card)
    expect(page).to_have_title(re.compile(re.escape(name)))
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    assert accessibility_problems(page) == []
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    page.keyboard.press("Escape")
    expect(page).to_have_url(LIST)
    expect(drawer(page)).to_be_hidden()
    expect(line(page, 1)).to_be_focused()
    expect(page).to_have_title(re.compile("Учётные записи"))
    page.go_forward()
    expect(drawer(page).get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(page).to_have_url(LIST)
    expect(drawer(page)).to_be_hidden()
    beside_name(page, 2)
    expect(page).to_have_url(CARD)
    drawer(page).get_by_role("button", name="Закрыть", exact=True).click()
    expect(page).to_have_url(LIST)
    expect(line(page, 2)).to_be_focused()
    # What else a line holds keeps its own meaning.
    line(page).get_by_role("checkbox").check()
    expect(page).to_have_url(LIST)
    line(page).locator("th a").click()
    expect(page).to_have_url(CARD)
    expect(page.locator("main h1")).to_be_visible()
    expect(drawer(page)).to_have_count(0)


def test_keys_walk_the_lines_and_open_a_card(new_page: Callable[..., Page]) -> None:
    page = new_page()
    open_list(page)
    line(page).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(line(page, 1)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("tr[data-card]").last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(drawer(page).get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(line(page)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Клавиши этой страницы")).to_contain_text(
        "Открыть карточку строки"
    )


def test_the_card_s_own_actions_work_there(new_page: Callable[..., Page]) -> None:
    sign_in(new_page(), "deputy_head")
    page = new_page()
    open_list(page, url="/accounts?role=deputy_head&status=active")
    beside_name(page)
    name = drawer(page).get_by_role("heading", level=1).inner_text()
    drawer(page).get_by_role("button", name="Закрыть вход").click()
    expect(page.get_by_role("heading", name="Будет сделано: 1")).to_be_visible()
    expect(page.locator("main")).to_contain_text(name)
    page.get_by_label("Основание").fill("Приказ № 9")
    page.get_by_role("button", name="Закрыть вход").click()
    expect(page.get_by_text("Вход закрыт: 1 человеку.")).to_be_visible()


def test_a_reloaded_card_leads_back_to_the_list(new_page: Callable[..., Page]) -> None:
    page = new_page()
    open_list(page)
    beside_name(page)
    expect(page).to_have_url(CARD)
    page.reload()
    expect(page.locator("main h1")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(LIST)
    expect(line(page)).to_be_visible()


def test_a_lost_connection_is_told_and_tried_again(new_page: Callable[..., Page]) -> None:
    page = new_page()
    open_list(page)
    page.route("**/accounts/*-*", lambda route: route.abort())
    beside_name(page)
    expect(drawer(page).get_by_role("alert")).to_contain_text("Нет связи")
    page.unroute_all()
    drawer(page).get_by_role("button", name="Повторить").click()
    expect(drawer(page).get_by_role("heading", level=1)).to_be_visible()


def test_a_session_that_has_ended_asks_to_sign_in(new_page: Callable[..., Page]) -> None:
    page = new_page()
    open_list(page)
    page.context.clear_cookies()
    beside_name(page)
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/accounts/"))


def test_on_a_phone_the_card_is_a_page(new_page: Callable[..., Page]) -> None:
    page = new_page(390, 844, has_touch=True)
    open_list(page)
    line(page).locator("td[data-label]").first.click()
    expect(page).to_have_url(CARD)
    expect(page.locator("main h1")).to_be_visible()
    expect(drawer(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("persona", "url"),
    [
        ("head", "/roles"),
        ("head", "/consents"),
        ("head", "/groupings?kind=class"),
        ("municipal", "/organizations"),
        ("municipal", "/setup/schools"),
    ],
)
def test_every_list_opens_its_cards_so(new_page: Callable[..., Page], persona: str, url: str) -> None:
    page = new_page()
    open_list(page, persona, url)
    beside_name(page)
    expect(drawer(page).get_by_role("heading", level=1)).to_be_focused()
    assert accessibility_problems(page) == []
    wide = "each => [...each.querySelectorAll('.body')].map(body => body.scrollWidth - body.clientWidth)"
    assert drawer(page).evaluate(wide) == [0]


def test_without_scripts_the_name_is_the_way(new_page: Callable[..., Page]) -> None:
    signed_in = new_page()
    sign_in(signed_in, "head")
    page = new_page(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page.goto("/accounts?role=teacher")
    beside_name(page)
    expect(page).to_have_url(LIST)
    line(page).locator("th a").click()
    expect(page).to_have_url(CARD)


def test_a_phone_folds_the_filters_away(new_page: Callable[..., Page]) -> None:
    page = new_page(390, 844, has_touch=True)
    open_list(page)
    button = page.get_by_role("button", name="Фильтры")
    expect(button).to_contain_text("1")
    expect(page.get_by_label("Роль", exact=True)).to_be_hidden()
    first = line(page).bounding_box()
    assert first is not None
    assert first["y"] < 500
    button.click()
    expect(page.get_by_label("Роль", exact=True)).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert accessibility_problems(page) == []
    page.get_by_label("Роль", exact=True).select_option("head")
    page.get_by_role("button", name="Показать").click()
    expect(page).to_have_url(re.compile("role=head"))
    expect(page.get_by_label("Роль", exact=True)).to_be_hidden()
    wide = new_page()
    open_list(wide)
    expect(wide.get_by_label("Роль", exact=True)).to_be_visible()
    expect(wide.get_by_role("button", name="Фильтры")).to_be_hidden()
