"""Items of a content library given from the drawer of the grid, and opened from a pupil's diary, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.homework.models import GivenItem
from plugins.journal.models import JournalLesson
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, find_page, sign_in_as
from tests.plugins.journal.library_wheel import wheel

__all__ = ["wheel"]


@pytest.fixture(scope="module")
def server(storage: Portal, wheel: Path) -> Iterator[Server]:
    """A server with the library installed."""
    running = Server(storage, packages=[wheel])
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


OpenAs = Callable[..., Page]


@pytest.fixture
def open_as(storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]) -> OpenAs:
    """A function that opens an address as the teacher, or as somebody else; nothing is given yet."""
    with storage.database.transaction() as db:
        db.execute(delete(GivenItem))
        db.get_one(JournalLesson, found.lessons[0]).homework_minutes = None

    def open_page(address: str, role: str = "teacher", *, scripts: bool = True, width: int = 1440) -> Page:
        page = new_page(width=width, java_script_enabled=scripts)
        person = found.teacher_id if role == "teacher" else found.pupils[0]
        token = sign_in_as(storage, role, person)
        page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
        page.goto(address)
        return page

    return open_page


def stored(storage: Portal, found: FoundPage) -> list[str]:
    """The ids that the lesson has, in their order."""
    with storage.database.reading(fresh=True) as db:
        of_lesson = select(GivenItem.item_id).where(GivenItem.lesson_id == found.lessons[0])
        return list(db.scalars(of_lesson.order_by(GivenItem.position)))


def test_items_are_given_in_the_drawer_and_opened_from_the_diary(
    open_as: OpenAs, storage: Portal, found: FoundPage
) -> None:
    page = open_as(f"/journal/{found.page_id}?term={found.term.number}")
    page.wait_for_selector("journal-grid[data-ready]")
    page.locator(f".jr-topics a[href$='{found.lessons[0].hex}']").click()
    drawer = page.locator("#journal-drawer")
    search = drawer.get_by_label("Найти в библиотеке")
    search.press_sequentially("дроб")
    drawer.get_by_label("Сложение дробей", exact=False).first.check()
    expect(drawer.locator(".hw-chosen li")).to_have_count(1)
    expect(drawer.get_by_label("Сколько минут")).to_have_value("12")
    drawer.get_by_label("проверьте себя", exact=False).first.check()
    expect(drawer.get_by_label("Сколько минут")).to_have_value("27")
    assert not accessibility_problems(page)
    drawer.get_by_role("button", name="Выше: Дроби: проверьте себя").click()
    search.fill("нет такого")
    search.press("Enter")
    expect(drawer.locator(".hw-found")).to_contain_text("Ничего не нашлось")
    assert stored(storage, found) == []
    drawer.get_by_role("button", name="Сохранить урок").click()
    expect(drawer.get_by_text("Сохранено.")).to_be_visible()
    expect(drawer.locator(".hw-chosen li")).to_have_count(2)
    assert stored(storage, found) == ["test-3", "video-7"]
    drawer.get_by_label("Сложение дробей", exact=False).first.uncheck()
    drawer.get_by_label("Сколько минут").press("Enter")
    expect(drawer.locator(".hw-chosen li")).to_have_count(1)
    assert stored(storage, found) == ["test-3"]

    with storage.database.reading(fresh=True) as db:
        due = db.get_one(JournalLesson, found.lessons[1]).day
    diary = open_as(f"/diary?day={due.isoformat()}", "pupil", width=390)
    link = diary.get_by_role("link", name="Дроби: проверьте себя")
    expect(link).to_be_visible()
    assert not accessibility_problems(diary)
    link.click()
    expect(diary.get_by_role("heading", name="Дроби: проверьте себя")).to_be_visible()


def test_ticks_not_yet_saved_outlive_another_form_and_a_reload(
    open_as: OpenAs, storage: Portal, found: FoundPage
) -> None:
    with storage.database.transaction() as db:
        db.get_one(JournalLesson, found.lessons[0]).topic = "Дроби"
    page = open_as(f"/journal/{found.page_id}?term={found.term.number}")
    page.wait_for_selector("journal-grid[data-ready]")
    page.locator(f".jr-topics a[href$='{found.lessons[0].hex}']").click()
    drawer = page.locator("#journal-drawer")
    drawer.get_by_label("Тема урока").fill("Сложение")
    drawer.get_by_role("button", name="Сохранить урок").click()
    expect(drawer.get_by_text("Сохранено.")).to_be_visible()
    drawer.get_by_label("Найти в библиотеке").press_sequentially("дроб")
    drawer.get_by_label("Дроби: проверьте себя", exact=False).first.check()
    drawer.get_by_label("Сложение дробей", exact=False).first.check()
    expect(drawer.locator(".hw-chosen li")).to_have_count(2)
    drawer.get_by_role("button", name="Вернуть").first.click()
    expect(drawer.get_by_label("Тема урока")).to_have_value("Дроби")
    expect(drawer.locator(".hw-chosen input:checked")).to_have_count(2)
    expect(drawer.locator(".hw-chosen li").first).to_contain_text("проверьте себя")
    page.wait_for_timeout(500)
    page.reload()
    page.wait_for_selector("journal-grid[data-ready]")
    page.locator(f".jr-topics a[href$='{found.lessons[0].hex}']").click()
    expect(drawer.locator(".hw-chosen input:checked")).to_have_count(2)
    expect(drawer.locator(".hw-chosen li").first).to_contain_text("проверьте себя")
    drawer.get_by_role("button", name="Сохранить урок").click()
    expect(drawer.get_by_text("Сохранено.")).to_be_visible()
    assert stored(storage, found) == ["test-3", "video-7"]


def test_items_are_given_without_scripts(open_as: OpenAs, storage: Portal, found: FoundPage) -> None:
    page = open_as(f"/journal/{found.page_id}/lessons/{found.lessons[0]}", scripts=False)
    page.get_by_label("Найти в библиотеке").fill("дроби")
    page.get_by_role("button", name="Найти").click()
    page.get_by_label("проверьте себя", exact=False).first.check()
    page.get_by_label("Найти в библиотеке").fill("дробей")
    page.get_by_role("button", name="Найти").click()
    page.get_by_label("Сложение дробей", exact=False).first.check()
    page.get_by_label("Тема урока").fill("Дроби")
    page.get_by_label("Сколько минут").press("Enter")
    page.wait_for_url("**/journal/*")
    assert stored(storage, found) == ["test-3", "video-7"]
