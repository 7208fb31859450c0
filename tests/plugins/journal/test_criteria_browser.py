"""The table of points in a real browser: typed with the keyboard alone, sums and marks follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from core.database.base import new_id
from core.database.session import Session
from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.models import JournalLesson
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, empty_cells, find_page, sign_in_as


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


@pytest.fixture
def table(storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]) -> Iterator[Page]:
    """The table of a work with two criteria, nothing given yet."""
    empty_cells(storage, found.page_id)
    with storage.database.transaction() as db:
        without_criteria(db, found)
        lesson = db.get_one(JournalLesson, found.lessons[0])
        lesson.control_kind = "control"
        for position, (title, greatest) in enumerate((("Содержание", 6), ("Речь", 4))):
            db.add(
                JournalCriterion(
                    id=new_id(),
                    organization_id=found.organization_id,
                    academic_year_id=lesson.academic_year_id,
                    page_id=found.page_id,
                    lesson_id=lesson.id,
                    position=position,
                    title=title,
                    greatest=greatest,
                )
            )
    page = new_page()
    token = sign_in_as(storage, "teacher", found.teacher_id)
    page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
    page.goto(f"/journal/{found.page_id}/lessons/{found.lessons[0]}/criteria")
    yield page
    with storage.database.transaction() as db:
        without_criteria(db, found)
        db.get_one(JournalLesson, found.lessons[0]).control_kind = ""


def without_criteria(db: Session, found: FoundPage) -> None:
    for table in (JournalPoints, JournalCriterion):
        db.execute(delete(table).where(table.lesson_id == found.lessons[0]))


def test_points_are_typed_by_keyboard_and_propose_marks(
    table: Page, storage: Portal, found: FoundPage
) -> None:
    rows = table.locator(".cr tbody tr")
    table.locator(".cr .tm-mark").first.focus()
    # Down the first criterion, then the second one of the first pupil.
    for key in ("6", "Enter", "3", "Enter", "2", "Enter"):
        table.keyboard.press(key)
    expect(rows.nth(2).locator("td.number")).to_have_text("2")
    rows.nth(0).locator(".tm-mark").nth(1).focus()
    for key in ("3", "Enter", "9", "Enter"):
        table.keyboard.press(key)
    expect(rows.nth(0).locator("td.number")).to_have_text("9")
    expect(rows.nth(0).locator(".tm-value.proposed")).to_have_text("5")
    expect(rows.nth(1).locator(".tm-problem")).to_contain_text("от 0 до 4")
    rows.nth(1).locator(".tm-mark").nth(1).fill("2")
    table.keyboard.press("ArrowDown")
    expect(rows.nth(1).locator(".tm-problem")).to_have_count(0)
    expect(rows.nth(1).locator(".tm-value.proposed")).to_have_text("3")
    with storage.database.reading(fresh=True) as db:
        points = db.scalars(
            select(JournalPoints.points).where(JournalPoints.lesson_id == found.lessons[0])
        ).all()
    assert sorted(points) == [2, 2, 3, 3, 6]
    table.get_by_role("button", name="Выставить предложенные отметки").click()
    expect(rows.nth(0).locator("b.tm-value")).to_have_text("5")
    expect(rows.nth(1).locator("b.tm-value")).to_have_text("3")
    assert accessibility_problems(table) == []
