"""Marks of a former school in a real browser: the list opens at the name, prints, and leaves the name as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from core.database.base import new_id
from core.portal import Portal
from plugins.journal.external.models import MARK_KIND, JournalExternalMark
from plugins.journal.models import JournalLesson, JournalPage
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage
from tests.plugins.journal.test_browser import OpenGrid, found, open_grid

__all__ = ["found", "open_grid"]


@pytest.fixture
def brought(storage: Portal, found: FoundPage) -> Iterator[None]:
    """The first pupil has brought a mark along."""
    with storage.database.transaction() as db:
        page = db.get_one(JournalPage, found.page_id)
        db.add(
            JournalExternalMark(
                id=new_id(),
                organization_id=page.organization_id,
                academic_year_id=page.academic_year_id,
                pupil_id=found.pupils[0],
                subject_id=page.subject_id,
                kind=MARK_KIND,
                day=db.get_one(JournalLesson, found.lessons[0]).day,
                value="5",
                score=5,
                source="Лицей № 2",
                work="Диктант",
            )
        )
        page.version += 1
    yield
    with storage.database.transaction() as db:
        db.execute(delete(JournalExternalMark))
        db.get_one(JournalPage, found.page_id).version += 1


def test_the_list_opens_at_the_name(open_grid: OpenGrid, found: FoundPage, brought: None) -> None:
    page = open_grid()
    pupil = found.pupils[0].hex
    listed = page.locator(f"#f{pupil}")
    expect(listed).to_be_hidden()
    page.locator(f"tr[data-p='{pupil}'] .jr-f").click()
    expect(listed).to_be_visible()
    expect(listed).to_contain_text("Диктант")
    expect(listed).to_contain_text("Лицей № 2")
    assert accessibility_problems(page) == []
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    page.locator(f"tr[data-p='{pupil}'] td.on").dblclick()
    field = page.locator(f"tr[data-p='{pupil}'] td input")
    assert "прежней" not in (field.get_attribute("aria-label") or "")
    page.keyboard.press("Escape")
    page.emulate_media(media="print")
    expect(listed).to_be_visible()
