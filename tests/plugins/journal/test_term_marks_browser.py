"""«Итоги» in a real browser: marks by keyboard are saved in the background, a reason is asked for in the cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import delete, select, update

from core.identity.models import Person
from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.models import JournalLesson, JournalMark
from plugins.journal.terms.models import JournalTermMark
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, find_page, sign_in_as


def give_marks(storage: Portal, found: FoundPage, value: int) -> None:
    """Every mark of the page is `value`; no term marks."""
    with storage.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.page_id == found.page_id))
        db.execute(
            update(JournalMark)
            .where(
                JournalMark.lesson_id.in_(
                    select(JournalLesson.id).where(JournalLesson.page_id == found.page_id)
                )
            )
            .values(value=str(value), score=value)
        )


def set_values(storage: Portal, found: FoundPage) -> list[tuple[str, str]]:
    with storage.database.reading(fresh=True) as db:
        rows = db.execute(
            select(JournalTermMark.value, JournalTermMark.reason)
            .join(Person, Person.id == JournalTermMark.pupil_id)
            .where(JournalTermMark.term_id == found.term.id, JournalTermMark.page_id == found.page_id)
            .order_by(Person.name_key, Person.id)
        )
        return [(value, reason) for value, reason in rows]


def test_marks_are_typed_down_a_column(
    storage: Portal, server: Server, new_page: Callable[..., Page]
) -> None:
    found = find_page(storage)
    give_marks(storage, found, 4)
    page = new_page()
    token = sign_in_as(storage, "teacher", found.teacher_id)
    page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
    page.goto(f"/journal/{found.page_id}/term-marks")
    first, second = mark(page, found, 0), mark(page, found, 1)
    first.focus()
    page.keyboard.type("осв")
    page.keyboard.press("Enter")
    expect(second).to_be_focused()
    page.keyboard.type("зач")
    page.keyboard.press("ArrowDown")
    expect(cell(page, found, 1)).to_have_class("tm-cell set differs")
    assert set_values(storage, found) == [("осв", ""), ("зач", "")]
    # A mark is sent alone, not with all others.
    assert all(body is None or body.count("mark%3A") == 1 for body in sent)
    first.fill("2")
    first.press("Tab")
    reason = cell(page, found, 0).get_by_placeholder("Причина")
    reason.fill("Не сдал зачёт")
    reason.press("Tab")
    expect(cell(page, found, 0)).not_to_contain_text("напишите почему")
    assert set_values(storage, found)[0] == ("2", "Не сдал зачёт")
    cell(page, found, 0).locator(".tm-more").click()
    expect(page.locator("#journal-drawer .jr-history li").first).to_contain_text("Причина: Не сдал зачёт")
    assert accessibility_problems(page) == []


def cell(page: Page, found: FoundPage, row: int) -> Locator:
    return page.locator(".tm tbody tr").nth(row).locator("td").nth(found.term.number - 1)


def mark(page: Page, found: FoundPage, row: int) -> Locator:
    return cell(page, found, row).locator(".tm-mark")
