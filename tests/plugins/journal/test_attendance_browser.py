"""The day of a class in a real browser: codes chosen by keyboard, seen in another browser, never overwritten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.models import JournalAttendance, JournalLesson
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, empty_cells, find_page, sign_in_as

OpenDay = Callable[..., Page]


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


@pytest.fixture
def open_day(storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]) -> OpenDay:
    """A function that opens the day of the page's last lesson, nothing noted on the page, as the deputy head."""
    empty_cells(storage, found.page_id)
    with storage.database.reading(fresh=True) as db:
        day = db.get_one(JournalLesson, found.lessons[-1]).day

    def open_page(role: str = "deputy_head", **options: int) -> Page:
        page = new_page(**options)
        token = sign_in_as(storage, role, found.teacher_id if role == "teacher" else None)
        page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
        page.goto(f"/journal/classes/{found.school_class_id}/days/{day}")
        page.wait_for_selector("attendance-day[data-ready]")
        page.wait_for_selector("html[data-live=on]", state="attached")
        return page

    return open_page


def choice(page: Page, found: FoundPage, row: int) -> Locator:
    """The choice of a pupil, by the number in the class list, at the page's last lesson."""
    cells = page.locator(f".jr tbody td[data-lesson='{found.lessons[-1]}']")
    return cells.nth(row).locator("select")


def noted(storage: Portal, found: FoundPage) -> list[tuple[str, int | None]]:
    with storage.database.reading(fresh=True) as db:
        rows = db.execute(
            select(JournalAttendance.code, JournalAttendance.minutes)
            .where(JournalAttendance.lesson_id == found.lessons[-1])
            .order_by(JournalAttendance.created_at)
        )
        return [(code, minutes) for code, minutes in rows]


def test_codes_are_chosen_and_seen_in_another_browser(
    open_day: OpenDay, storage: Portal, found: FoundPage
) -> None:
    deputy, teacher = open_day(), open_day("teacher")
    first, second = choice(deputy, found, 0), choice(deputy, found, 1)
    first.select_option("н")
    expect(choice(teacher, found, 0)).to_have_value("н")
    first.focus()
    deputy.keyboard.press("Enter")
    expect(second).to_be_focused()
    second.select_option("оп10")
    expect(choice(teacher, found, 1)).to_have_value("оп10")
    assert noted(storage, found) == [("н", None), ("оп", 10)]
    assert accessibility_problems(deputy) == []


def test_a_code_that_somebody_else_has_changed_is_not_overwritten(
    open_day: OpenDay, storage: Portal, found: FoundPage
) -> None:
    deputy, teacher = open_day(), open_day("teacher")
    # The teacher's browser hears nothing of the deputy's change.
    teacher.route("**/days/*", lambda route: route.abort())
    choice(deputy, found, 0).select_option("б")
    expect(deputy.locator("td.saving")).to_have_count(0)
    choice(teacher, found, 0).select_option("н")
    expect(teacher.locator(".toast")).to_contain_text("Не сохранено")
    expect(choice(teacher, found, 0)).to_have_value("б")
    assert noted(storage, found) == [("б", None)]


def test_a_lost_network_is_told_and_the_choice_sent_again(
    open_day: OpenDay, storage: Portal, found: FoundPage
) -> None:
    page = open_day(width=390, height=844)
    page.context.set_offline(True)
    choice(page, found, 0).select_option("н")
    expect(page.locator("td.failed")).to_have_count(1)
    page.context.set_offline(False)
    page.get_by_role("button", name="Повторить").click()
    expect(page.locator("td.failed")).to_have_count(0)
    expect(page.locator("td.saving")).to_have_count(0)
    assert noted(storage, found) == [("н", None)]
