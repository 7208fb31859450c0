"""Classes and groups of pupils in the cabinet: the list, cards, the board, the preview, splitting a class."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link

LIST = "/groupings"
CARD = "/groupings/{grouping_id:uuid}"
MOVED = "/groupings/moves/{move_id:uuid}"
CLASS = by_link(f"{LIST}?kind=class&q=9а", "tbody th a")
HALF = by_link(f"{LIST}?kind=subgroup&q=9а+иностранный", "tbody th a")


def of_class(rest: str) -> Callable[[Page], str]:
    """A page of a class."""
    return lambda page: CLASS(page) + rest


def of_half(rest: str) -> Callable[[Page], str]:
    """A page of a part of a split."""
    return lambda page: HALF(page) + rest


def chosen(page: Page, column: int = 0) -> None:
    """Two pupils marked, and where they go."""
    for box in page.locator(".board-column").nth(column).locator("input[name=ids]").all()[:2]:
        box.check()
    page.get_by_label("Перевести в").select_option(index=2)


def carried(page: Page) -> None:
    """Two pupils carried to another column by the button."""
    chosen(page)
    page.get_by_role("button", name="Перенести отмеченных").click()
    expect(page.locator(".board-column .moved")).to_have_count(2)


def previewed(page: Page) -> None:
    """What would change."""
    carried(page)
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name="будет сделано")).to_be_visible()


def refused(page: Page) -> None:
    """A move without a reason."""
    previewed(page)
    page.get_by_role("button", name="Перевести", exact=True).click()
    expect(page.locator(".summary")).to_be_visible()


def done(page: Page) -> None:
    """A move that is done."""
    previewed(page)
    page.get_by_label("Основание").fill("Приказ № 5 от 23.11.2026")
    page.get_by_role("button", name="Перевести", exact=True).click()
    expect(page.locator(".note.positive")).to_be_visible()


def undone(page: Page) -> None:
    """A move taken back."""
    done(page)
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_role("heading", name="Перевод отменён")).to_be_visible()


def last_move(page: Page) -> str:
    """The page of the last move of a half."""
    page.goto(HALF(page))
    return str(page.locator("a[href^='/groupings/moves/']").first.get_attribute("href"))


def unfolded(page: Page) -> None:
    """A card with its history."""
    page.locator("main details").evaluate_all("all => all.forEach(each => each.open = true)")


def asked(page: Page) -> None:
    """Groups before they are closed."""
    for box in page.locator("input[name=ids]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Закрыть").click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()


def sent_empty(button: str) -> Callable[[Page], object]:
    """A form sent with nothing in it."""

    def send(page: Page) -> None:
        page.get_by_role("button", name=button).click()
        expect(page.locator(".summary")).to_be_visible()

    return send


def split_shown(page: Page) -> None:
    """Whom each part gets."""
    page.get_by_label("Предмет").select_option("Физическая культура")
    page.get_by_label("Основание").fill("Приказ № 6")
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name="Так получится")).to_be_visible()


def marked(page: Page) -> None:
    """Pupils of a class marked in its list, and where they go."""
    for box in page.locator("main tbody input[name=ids]").all()[:3]:
        box.check()
    page.get_by_label("Перевести в").select_option(label="перевести в 9Б")


def of_schools(page: Page) -> str:
    """The card of a new group of several schools."""
    page.goto(f"{LIST}/new?kind=network")
    page.get_by_label("Название").fill(f"Инженерный класс округа {time.time_ns() % 10_000}")
    page.get_by_role("button", name="Завести").click()
    expect(page.locator(".note.positive")).to_be_visible()
    return page.url


def filled(page: Page) -> None:
    """Pupils of several schools in a group."""
    page.get_by_role("link", name="Добавить учеников").click()
    for box in page.locator("input[name=ids]").all()[:12]:
        box.check()
    page.get_by_role("button", name="Дальше").click()
    page.get_by_label("Основание").fill("Приказ управления образования № 12")
    page.get_by_role("button", name="Добавить", exact=True).click()
    page.get_by_role("link", name="К карточке").click()
    expect(page.locator("tbody th").first).to_be_visible()


SIGHTS = [
    Sight("empty group of several schools", CARD, "municipal", of_schools),
    Sight("group of several schools", CARD, "municipal", of_schools, act=filled),
    Sight("groupings of a school", LIST, "head"),
    Sight("groupings of a region", LIST, "regional"),
    Sight("groupings not found", LIST, "head", f"{LIST}?q=щщщ&conflicts=yes"),
    Sight("groupings to close", LIST, "head", f"{LIST}?kind=subgroup", act=asked),
    Sight("class with its groups", CARD, "head", CLASS),
    Sight("pupils of a class chosen", CARD, "head", CLASS, act=marked),
    Sight("class to its region", CARD, "regional", CLASS),
    Sight("half of a split", CARD, "head", HALF, act=unfolded),
    Sight("kinds of groupings", f"{LIST}/new", "head"),
    Sight("new class", f"{LIST}/new", "head", f"{LIST}/new?kind=class"),
    Sight("new stream refused", f"{LIST}/new", "head", f"{LIST}/new?kind=stream", act=sent_empty("Завести")),
    Sight("new group of several schools", f"{LIST}/new", "municipal"),
    Sight("class to correct", f"{CARD}/edit", "head", of_class("/edit")),
    Sight("class to split", f"{CARD}/split", "head", of_class("/split")),
    Sight("class split", f"{CARD}/split", "head", of_class("/split"), act=split_shown),
    Sight("split refused", f"{CARD}/split", "head", of_class("/split"), act=sent_empty("Дальше")),
    Sight("classes side by side", f"{CARD}/board", "head", of_class("/board")),
    Sight("halves side by side", f"{CARD}/board", "head", of_half("/board"), act=carried),
    Sight("move to be done", f"{CARD}/board", "head", of_class("/board"), act=previewed),
    Sight("move refused", f"{CARD}/board", "head", of_half("/board"), act=refused),
    Sight("move done", f"{CARD}/board", "head", of_half("/board"), act=done),
    Sight("move remembered", MOVED, "head", last_move),
    Sight("move undone", f"{CARD}/board", "head", of_half("/board"), act=undone),
    Sight("pupils to add", f"{CARD}/add", "head", of_half("/add")),
    Sight("nobody to add to a class", f"{CARD}/add", "head", of_class("/add")),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
