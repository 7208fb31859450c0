"""Typing in pages of other scales in a real browser: ten points wait for Enter, pass and fail are one key each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from core.identity.models import Person
from core.organizations.models import Subject
from core.organizations.switches import save_settings
from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.models import JournalMark
from tests.plugins.journal.conftest import FoundPage, empty_cells, find_page, sign_in_as

OpenGrid = Callable[..., Page]


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


@pytest.fixture
def open_scaled(
    storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]
) -> Iterator[OpenGrid]:
    """A function that opens the grid, its cells empty, with a scale of its subject's own."""
    empty_cells(storage, found.page_id)

    def keep(scale: str) -> None:
        with storage.database.transaction() as db:
            subject = db.scalars(select(Subject.name).where(Subject.id == found.subject_id)).one()
            values = {"subject_scales": f"{subject}; {scale}"} if scale else {}
            save_settings(db, "journal", found.organization_id, values)

    def open_page(scale: str, **options: Any) -> Page:
        keep(scale)
        page = new_page(**options)
        token = sign_in_as(storage, "teacher", found.teacher_id)
        page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
        page.goto(f"/journal/{found.page_id}?term={found.term.number}#l{found.lessons[0].hex}")
        page.wait_for_selector("journal-grid[data-ready]")
        page.wait_for_selector("html[data-live=on]", state="attached")
        return page

    yield open_page
    empty_cells(storage, found.page_id)
    keep("")


def cell(page: Page, row: int) -> Locator:
    """A cell of the first lesson."""
    return page.locator(f".jr tbody tr:nth-child({row + 1}) td.on")


def stored_marks(storage: Portal, found: FoundPage) -> list[str]:
    """The marks of the first lesson, in the order of the class list."""
    with storage.database.reading(fresh=True) as db:
        return list(
            db.scalars(
                select(JournalMark.value)
                .join(Person, Person.id == JournalMark.pupil_id)
                .where(JournalMark.lesson_id == found.lessons[0])
                .order_by(Person.name_key, Person.id, JournalMark.position)
            )
        )


def test_ten_points_wait_for_enter(open_scaled: OpenGrid, storage: Portal, found: FoundPage) -> None:
    page = open_scaled("10")
    cell(page, 0).click()
    for key in ("1", "0", "Enter", "9", "Enter", "3", "/", "8", "ArrowDown"):
        page.keyboard.press(key)
    for row, text in enumerate(("10", "9", "3/8")):
        expect(cell(page, row)).to_have_text(text)
    expect(page.locator(".jr td.saving, .jr td.failed")).to_have_count(0)
    assert stored_marks(storage, found) == ["10", "9", "3", "8"]
    cell(page, 1).click()
    for key in ("2", "Enter"):
        page.keyboard.press(key)
    expect(cell(page, 1)).to_have_class(re.compile(r"\bd\b"))


def test_pass_and_fail_are_one_key_each(open_scaled: OpenGrid, storage: Portal, found: FoundPage) -> None:
    page = open_scaled("зачёт")
    expect(page.locator(".jr td.avg").first).to_be_hidden()
    cell(page, 0).click()
    for key in ("+", "-", "=", "5", "Enter"):
        page.keyboard.press(key)
    for row, text in enumerate(("зач", "нз", "зач")):
        expect(cell(page, row)).to_have_text(text)
    expect(cell(page, 1)).to_have_class(re.compile(r"\bd\b"))
    expect(page.get_by_text("ставят только зачёт или незачёт").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    expect(page.locator(".jr td.saving, .jr td.failed")).to_have_count(0)
    assert stored_marks(storage, found) == ["зач", "нз", "зач", "зач"]


def test_a_phone_offers_the_keys_of_the_scale(open_scaled: OpenGrid) -> None:
    page = open_scaled("зачёт", width=390, height=844)
    keys = page.locator(".jr-keys button")
    expect(keys.first).to_have_text("зач")
    expect(keys.nth(1)).to_have_text("нз")
    cell(page, 0).click()
    keys.nth(1).click()
    expect(cell(page, 0)).to_have_text("нз")
