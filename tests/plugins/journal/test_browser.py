"""The grid in a real browser: marks by keyboard, a second browser sees them, a lost network loses none."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from core.audit.record import check as check_audit
from core.identity.models import Person
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.models import JournalLesson, JournalMark
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, empty_cells, find_page, sign_in_as

OpenGrid = Callable[..., Page]


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


@pytest.fixture
def open_grid(storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]) -> OpenGrid:
    """A function that opens the grid, its cells empty, as the teacher or in another role."""
    empty_cells(storage, found.page_id)

    def open_page(role: str = "teacher", person_id: UUID | None = None, **options: Any) -> Page:
        page = new_page(**options)
        token = sign_in_as(storage, role, person_id or (found.teacher_id if role == "teacher" else None))
        page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
        page.goto(f"/journal/{found.page_id}?term={found.term.number}#l{found.lessons[0].hex}")
        page.wait_for_selector("journal-grid[data-ready]")
        page.wait_for_selector("html[data-live=on]", state="attached")
        return page

    return open_page


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


def test_marks_are_typed_by_keyboard_and_seen_in_another_browser(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    teacher, deputy = open_grid(), open_grid("deputy_head")
    cell(teacher, 0).click()
    # 5 goes down, 4/5 is one cell, «y» is «н» on the English layout, Backspace clears, Ctrl Z takes back.
    for key in ("5", "4", "/", "5", "y", "Enter", "3", "ArrowUp", "Backspace", "Control+z"):
        teacher.keyboard.press(key)
    for row, text in enumerate(("5", "4/5", "н", "3")):
        expect(cell(teacher, row)).to_have_text(text)
        expect(cell(deputy, row)).to_have_text(text, timeout=2000)
    expect(teacher.locator(".jr td.saving, .jr td.failed")).to_have_count(0)
    assert stored_marks(storage, found) == ["5", "4", "5", "3"]
    expect(deputy.locator(".jr tbody tr:first-child td.avg")).to_have_text(
        teacher.locator(".jr tbody tr:first-child td.avg").inner_text()
    )


def test_the_proposed_mark_of_the_term_follows_the_marks(open_grid: OpenGrid) -> None:
    teacher, deputy = open_grid(), open_grid("deputy_head")
    total = teacher.locator(".jr tbody tr:first-child td.tot")
    expect(total).to_have_text("")
    cell(teacher, 0).click()
    for key in ("5", "ArrowUp", "ArrowRight") * 3:
        teacher.keyboard.press(key)
    expect(total.locator("i")).to_have_text("5")
    expect(total).to_have_attribute("title", re.compile("Портал предлагает. Средний балл 5,00"))
    expect(deputy.locator(".jr tbody tr:first-child td.tot i")).to_have_text("5")


def test_a_refused_mark_is_shown_as_failed_and_can_be_mended(open_grid: OpenGrid) -> None:
    page = open_grid()
    cell(page, 0).click()
    for key in ("k", "Enter"):
        page.keyboard.press(key)
    expect(cell(page, 0)).to_have_class("on failed")
    expect(page.get_by_text("в журнал записать нельзя").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("4")
    expect(cell(page, 0)).to_have_text("4")
    expect(page.locator(".jr td.failed")).to_have_count(0)


def test_a_lost_network_loses_no_mark(open_grid: OpenGrid, storage: Portal, found: FoundPage) -> None:
    page = open_grid()
    cell(page, 0).click()
    page.keyboard.press("5")
    expect(page.locator(".jr td.saving")).to_have_count(0)
    page.context.set_offline(True)
    for key in ("4", "3", "5"):
        page.keyboard.press(key)
    expect(page.locator(".jr-offline")).to_contain_text("Не отправлено: 3")
    expect(page.locator(".jr td.waiting")).to_have_count(3)
    page.context.set_offline(False)
    expect(page.locator(".jr td.waiting, .jr td.saving")).to_have_count(0, timeout=10_000)
    expect(page.locator(".jr-offline")).to_be_hidden()
    assert stored_marks(storage, found) == ["5", "4", "3", "5"]


def test_marks_typed_offline_survive_a_reload(open_grid: OpenGrid, storage: Portal, found: FoundPage) -> None:
    page = open_grid()
    page.route("**/cells", lambda route: route.abort())
    cell(page, 0).click()
    page.keyboard.press("4")
    expect(page.locator(".jr td.waiting")).to_have_count(1)
    page.unroute("**/cells")
    page.reload()
    expect(page.get_by_text("Досылаем записи").first).to_be_visible()
    expect(page.locator(".jr td.saving, .jr td.waiting")).to_have_count(0)
    assert stored_marks(storage, found) == ["4"]


def test_somebody_elses_mark_is_not_overwritten(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    teacher, deputy = open_grid(), open_grid("deputy_head")
    # The teacher's browser hears nothing of the deputy's change.
    teacher.route("**/cells?since=*", lambda route: route.abort())
    cell(deputy, 0).click()
    deputy.keyboard.press("2")
    expect(deputy.locator(".jr td.saving")).to_have_count(0)
    cell(teacher, 0).click()
    teacher.keyboard.press("5")
    expect(cell(teacher, 0)).to_have_text("2")
    teacher.get_by_role("button", name="Записать моё").click()
    expect(cell(teacher, 0)).to_have_text("5")
    expect(teacher.locator(".jr td.saving, .jr td.failed")).to_have_count(0)
    assert stored_marks(storage, found) == ["5"]


def test_the_drawer_saves_a_topic_and_the_other_browser_sees_it(open_grid: OpenGrid) -> None:
    teacher, deputy = open_grid(), open_grid("deputy_head")
    teacher.locator(".jr thead th.on").click()
    teacher.get_by_label("Тема урока").fill("Деепричастный оборот")
    teacher.get_by_role("button", name="Сохранить урок").click()
    expect(teacher.locator("#journal-drawer")).to_contain_text("Сохранено.")
    expect(teacher.locator("#journal-drawer")).to_contain_text("тема: «Деепричастный оборот»")
    expect(deputy.locator(".jr-topics")).to_contain_text("Деепричастный оборот", timeout=3000)


def test_what_a_substitute_writes_comes_to_the_teachers_open_page(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    with storage.database.transaction() as db:
        substitute = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.kind == "teacher",
                StructuralRole.organization_id == found.organization_id,
                StructuralRole.status == "active",
                StructuralRole.person_id != found.teacher_id,
            )
            .order_by(StructuralRole.id)
            .limit(1)
        ).one()
        db.get_one(JournalLesson, found.lessons[0]).teacher_id = substitute
    try:
        teacher, other = open_grid(), open_grid(person_id=substitute)
        other.locator(".jr thead th.on").click()
        other.get_by_label("Тема урока").fill("Замещаю: причастия")
        other.get_by_role("button", name="Сохранить урок").click()
        expect(other.locator("#journal-drawer")).to_contain_text("Сохранено.")
        expect(teacher.locator(".jr-topics")).to_contain_text("Замещаю: причастия", timeout=3000)
        other.keyboard.press("Escape")
        cell(other, 0).click()
        other.keyboard.type("5")
        other.keyboard.press("Enter")
        expect(cell(teacher, 0)).to_have_text("5", timeout=3000)
    finally:
        with storage.database.transaction() as db:
            db.get_one(JournalLesson, found.lessons[0]).teacher_id = found.teacher_id


def test_without_a_connection_the_drawer_says_so_and_keeps_what_was_typed(open_grid: OpenGrid) -> None:
    page = open_grid()
    told = page.get_by_role("region", name="Сообщения портала").get_by_text("Нет связи с порталом")
    lesson = page.get_by_role("button", name="Урок", exact=True)
    page.context.set_offline(True)
    lesson.click()
    expect(told).to_be_visible()
    page.context.set_offline(False)
    lesson.click()
    topic = page.locator("#journal-drawer").get_by_label("Тема")
    topic.fill("Глаголы в прошедшем времени")
    page.context.set_offline(True)
    page.locator("#journal-drawer").get_by_role("button", name="Сохранить").click()
    expect(told.nth(1)).to_be_visible()
    expect(topic).to_have_value("Глаголы в прошедшем времени")
    page.context.set_offline(False)


def test_what_is_typed_in_one_form_of_the_drawer_stays_while_another_is_saved(open_grid: OpenGrid) -> None:
    page = open_grid()
    cell(page, 0).click()
    page.keyboard.press("Control+Enter")
    drawer = page.locator("#journal-drawer")
    entry, remark = drawer.get_by_label("Запись в клетке"), drawer.get_by_label("Текст, его видит семья")
    held: list[Route] = []
    page.route(
        re.compile(r"/journal/[^/]+/cells/"),
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    remark.fill("Помогает")
    entry.fill("4")
    drawer.get_by_role("button", name="Записать", exact=True).click()
    page.wait_for_timeout(200)
    remark.press("End")
    page.keyboard.type(" товарищам")
    held[0].continue_()
    expect(drawer).to_contain_text("Сохранено.")
    expect(remark).to_have_value("Помогает товарищам")
    expect(remark).to_be_focused()
    page.keyboard.type(" всегда")
    expect(remark).to_have_value("Помогает товарищам всегда")
    expect(entry).to_have_value("4")


def test_the_history_of_a_cell_opens_from_the_keyboard(open_grid: OpenGrid) -> None:
    page = open_grid()
    cell(page, 0).click()
    page.keyboard.press("5")
    expect(page.locator(".jr td.saving")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#journal-drawer")).to_contain_text("записано «5»")


def test_a_phone_shows_one_lesson_with_big_keys(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    page = open_grid(width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    # The lesson, the average and the mark of the term.
    expect(page.locator(".jr tbody tr:first-child td:visible")).to_have_count(3)
    cell(page, 0).click()
    keys = page.locator(".jr-keys button")
    keys.get_by_text("5", exact=True).click()
    keys.get_by_text("4", exact=True).click()
    expect(page.locator(".jr td.saving")).to_have_count(0)
    assert stored_marks(storage, found) == ["5", "4"]


def test_at_twice_the_size_the_grid_is_typed_into_without_losing_sight_of_the_cell(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    """A browser at 200 % shows half as many pixels of the page: 720 × 450 of 1440 × 900."""
    page = open_grid(width=720, height=450)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    cell(page, 0).click()
    for mark in ("5", "4", "3"):
        page.keyboard.press(mark)
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    shown = page.evaluate(
        """() => {
            const {left, right, top, bottom} = document.querySelector('.jr td.active').getBoundingClientRect();
            const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
            return there?.closest('td')?.classList.contains('active');
        }"""
    )
    assert shown
    settled(page)
    assert stored_marks(storage, found) == ["5", "4", "3"]


def pasted(page: Page, text: str) -> None:
    """Paste a block as a spreadsheet gives it."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData('text/plain', text);
            const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def settled(page: Page) -> None:
    """Nothing is on its way any more."""
    expect(page.locator(".jr td.saving, .jr td.waiting")).to_have_count(0)


def test_thirty_marks_typed_by_keyboard_with_the_network_cut_in_the_middle_are_all_kept(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    page = open_grid()
    typed = [str(2 + number % 4) for number in range(min(30, len(found.pupils)))]
    cell(page, 0).click()
    for number, mark in enumerate(typed):
        if number == len(typed) // 3:
            page.context.set_offline(True)
        if number == 2 * len(typed) // 3:
            expect(page.locator(".jr-offline")).to_contain_text("Не отправлено")
            page.context.set_offline(False)
        page.keyboard.press(mark)
    settled(page)
    assert stored_marks(storage, found) == typed


def given_in(page: Page, rows: int) -> None:
    """Leave the field that is open, wait until nothing is on its way; give in where somebody else was faster."""
    page.keyboard.press("Enter")
    expect(page.locator(".jr-offline")).to_be_hidden(timeout=60_000)
    expect(page.locator(".jr td.saving, .jr td.waiting")).to_have_count(0, timeout=60_000)
    for row in range(rows):
        if "failed" in (cell(page, row).get_attribute("class") or ""):
            cell(page, row).click()
            page.keyboard.press("Escape")


def test_what_a_colleague_wrote_while_requests_failed_comes_when_they_do_not(open_grid: OpenGrid) -> None:
    """The live connection stood all the while, so nothing else tells of the change again."""
    page, other = open_grid(), open_grid("deputy_head")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        cell(other, 0).click()
        other.keyboard.press("4")
    settled(other)
    expect(cell(page, 0)).to_have_text("")
    page.context.set_offline(False)
    expect(cell(page, 0)).to_have_text("4")


@pytest.mark.only_sqlite
@pytest.mark.parametrize("seed", [0, 1, 2, 22, 36, 52])
def test_any_keys_in_two_browsers_with_a_network_that_comes_and_goes_end_alike(
    open_grid: OpenGrid, storage: Portal, seed: int
) -> None:
    random, rows = Random(seed), 3  # noqa: S311 -- the same keys every time
    pages, cut = [open_grid(), open_grid("deputy_head")], [False, False]
    for _step in range(14):
        side = random.randrange(2)
        if random.random() < 0.25:
            cut[side] = not cut[side]
            pages[side].context.set_offline(cut[side])
            continue
        cell(pages[side], random.randrange(rows)).click()
        pages[side].keyboard.press(random.choice(("5", "4", "2", "y", "Backspace", "Control+z", "Control+y")))
    for page in pages:
        page.context.set_offline(False)
    for page in pages:
        given_in(page, rows)
    stored = open_grid()
    texts = [cell(stored, row).inner_text().strip() for row in range(rows)]
    for page in pages:
        for row, text in enumerate(texts):
            expect(cell(page, row)).to_have_text(text)
    with storage.database.reading(fresh=True) as db:
        assert list(check_audit(db)) == []


def test_a_block_of_a_spreadsheet_is_pasted_and_taken_back(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    page = open_grid()
    cell(page, 0).click()
    pasted(page, "5\t4\n\t3\nн\t\n4/5\t2\n5\t5\n")
    expect(page.locator(".toast")).to_contain_text("Вставлено клеток: 8")
    settled(page)
    expect(page.locator(".jr td.in")).to_have_count(10)
    assert stored_marks(storage, found) == ["5", "4", "5", "5"]
    page.locator(".toast").get_by_role("button", name="Отменить").click()
    settled(page)
    assert stored_marks(storage, found) == []
    page.keyboard.press("Control+y")
    settled(page)
    assert stored_marks(storage, found) == ["5", "4", "5", "5"]


def test_a_column_is_filled_from_one_cell(open_grid: OpenGrid, storage: Portal, found: FoundPage) -> None:
    page = open_grid()
    fill = page.get_by_role("button", name="Заполнить столбец")
    cell(page, 0).click()
    fill.click()
    expect(page.locator(".toast")).to_contain_text("Поставьте отметку в одну клетку")
    cell(page, 1).click()
    page.keyboard.press("3")
    cell(page, 0).click()
    page.keyboard.press("5")
    cell(page, 0).click()
    fill.click()
    settled(page)
    marks = stored_marks(storage, found)
    assert marks[:3] == ["5", "3", "5"]
    assert len(marks) == len(found.pupils)
    page.keyboard.press("Control+z")
    settled(page)
    assert stored_marks(storage, found) == ["5", "3"]


def test_several_cells_are_chosen_written_copied_and_cleared(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    page = open_grid()
    cell(page, 0).click()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".jr td[aria-selected=true]")).to_have_count(4)
    expect(page.locator(".jr-words")).to_contain_text("Выбрано клеток: 4")
    page.keyboard.press("4")
    settled(page)
    assert stored_marks(storage, found) == ["4"] * 4
    copied = page.evaluate(
        """() => {
            const data = new DataTransfer();
            const event = new ClipboardEvent('copy', {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
            return data.getData('text/plain');
        }"""
    )
    assert copied == "4\n4\n4\n4"
    page.keyboard.press("Delete")
    settled(page)
    assert stored_marks(storage, found) == []
    cell(page, 0).click()
    cell(page, 5).click(modifiers=["Shift"])
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    for row in range(6):
        expect(cell(page, row)).to_have_text("н")


def test_what_if_shows_the_average_and_saves_nothing(
    open_grid: OpenGrid, storage: Portal, found: FoundPage
) -> None:
    page = open_grid()
    average = page.locator(".jr tbody tr:first-child td.avg")
    cell(page, 0).click()
    page.keyboard.press("4")
    settled(page)
    expect(average).to_have_text("4,00")
    page.get_by_role("button", name="Что если").click()
    cell(page, 0).click()
    page.keyboard.press("F2")
    page.keyboard.type("/5")
    page.keyboard.press("Enter")
    expect(cell(page, 0)).to_have_text("4/5")
    expect(average).to_have_text("4,50")
    page.keyboard.press("Escape")
    expect(cell(page, 0)).to_have_text("4")
    expect(average).to_have_text("4,00")
    assert stored_marks(storage, found) == ["4"]


def test_what_a_block_cannot_write_is_marked_and_said(open_grid: OpenGrid) -> None:
    page = open_grid()
    cell(page, 0).click()
    pasted(page, "5\nчудо\n9\n4\n3")
    expect(page.locator(".toast").first).to_contain_text("Вставлено клеток: 5")
    expect(page.locator(".jr td.failed")).to_have_count(2)
    expect(page.locator(".toast").last).to_contain_text("Не записано клеток: 2")
    cell(page, 2).click()
    expect(page.locator(".jr-words")).to_contain_text("отметка должна быть от 1 до 5")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_grid_is_accessible(open_grid: OpenGrid, width: int) -> None:
    page = open_grid(width=width)
    assert accessibility_problems(page) == []
