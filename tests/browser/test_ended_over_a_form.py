"""An ordinary form meets an ended session: with scripts the page stays, without them the portal keeps what was sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.portal import Portal
from tests.browser.browsers import sign_in, sign_in_here
from tests.browser.test_nothing_is_lost import (
    AGAIN,
    DIALOG,
    NEW_REQUEST,
    NewPage,
    end_sessions,
    in_store,
    in_the_small_window,
    leave_to_sign_in,
    let_idle,
    reason_of,
    requests_with,
    send_button,
)

pytestmark = pytest.mark.only_sqlite
"""What scripts of the page do: the kind of database makes no difference."""

IDLE = "Вы не работали на портале 12 часов, поэтому сеанс завершился."
CARD = re.compile("/requests/[0-9a-f-]{36}")


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A document to attach."""
    path = tmp_path / "скан паспорта.txt"
    path.write_text("0401 123456", encoding="utf-8")
    return path


def filled(page: Page, reason: str, scan: Path | None = None) -> None:
    """The form of a request, filled in by the parent."""
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    if scan is not None:
        page.locator("input[name=files]").set_input_files(scan)


def test_the_page_stays_with_its_file_and_the_form_goes_once_by_itself(
    new_page: NewPage, storage: Portal, scan: Path
) -> None:
    page, reason = new_page(), "Страница осталась"
    filled(page, reason, scan)
    let_idle(storage, page)
    send_button(page).click()
    dialog = page.get_by_role("dialog", name=DIALOG)
    expect(dialog).to_contain_text(IDLE)
    assert page.url.endswith(NEW_REQUEST)
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    in_the_small_window(page, lambda small: sign_in_here(small, "parent"))
    page.wait_for_url(CARD)
    expect(page.get_by_role("link", name="скан паспорта.txt")).to_be_visible()
    assert [each.rpartition("/")[2] for each in sent] == ["requests"]
    assert requests_with(storage, reason) == 1
    assert not in_store(page, reason)


def test_a_sign_in_in_another_tab_does_as_well(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(), "Вошла в соседней вкладке"
    filled(page, reason)
    end_sessions(storage, page)
    send_button(page).click()
    expect(page.get_by_role("dialog", name=DIALOG)).to_be_visible()
    sign_in(page.context.new_page(), "parent")
    page.wait_for_url(CARD)
    assert requests_with(storage, reason) == 1


def test_somebody_else_in_the_small_window_sends_nothing_and_is_told(
    new_page: NewPage, storage: Portal
) -> None:
    page, reason = new_page(), "Это дело родителя"
    filled(page, reason)
    let_idle(storage, page)
    send_button(page).click()
    in_the_small_window(page, lambda small: sign_in_here(small, "class_teacher"))
    expect(page.locator(".toast")).to_contain_text("вошёл другой человек")
    assert reason not in page.content()
    assert requests_with(storage, reason) == 0
    end_sessions(storage, page)
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    expect(reason_of(page)).to_have_value(reason)


def test_a_dialog_put_away_leaves_the_form_to_its_button(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(), "Ещё допишу"
    filled(page, reason)
    let_idle(storage, page)
    send_button(page).click()
    expect(page.get_by_role("dialog", name=DIALOG)).to_be_visible()
    page.keyboard.press("Escape")
    reason_of(page).fill(f"{reason}, дописала")
    other = page.context.new_page()
    sign_in(other, "parent")
    page.wait_for_timeout(500)
    assert page.url.endswith(NEW_REQUEST)
    send_button(page).click()
    page.wait_for_url(CARD)
    assert requests_with(storage, f"{reason}, дописала") == 1
    assert requests_with(storage, reason) == 0


def test_where_no_window_opens_the_draft_asks_for_the_file(
    new_page: NewPage, storage: Portal, scan: Path
) -> None:
    page, reason = new_page(), "Окно не открылось"
    filled(page, reason, scan)
    let_idle(storage, page)
    send_button(page).click()
    expect(page.get_by_role("link", name=AGAIN)).to_be_visible()
    leave_to_sign_in(page)
    expect(page.get_by_text(IDLE)).to_be_visible()
    sign_in_here(page, "parent")
    page.wait_for_url(f"**{NEW_REQUEST}")
    expect(reason_of(page)).to_have_value(reason)
    asked = page.locator("#files-again")
    expect(asked).to_contain_text("Выберите снова: скан паспорта.txt.")
    files = page.locator("input[name=files]")
    expect(files).to_have_attribute("aria-describedby", re.compile("files-again"))
    files.set_input_files(scan)
    expect(asked).to_have_count(0)
    send_button(page).click()
    page.wait_for_url(CARD)
    expect(page.get_by_role("link", name="скан паспорта.txt")).to_be_visible()


def test_without_scripts_the_portal_keeps_the_form_and_asks_after_the_sign_in(
    new_page: NewPage, storage: Portal, scan: Path
) -> None:
    page, reason = new_page(java_script_enabled=False), "Без скриптов"
    filled(page, reason, scan)
    let_idle(storage)
    send_button(page).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(IDLE.rstrip("."))
    expect(page.get_by_text("портал сохранил на сутки")).to_be_visible()
    expect(page.get_by_text("Файл нужно будет выбрать снова: скан паспорта.txt.")).to_be_visible()
    page.get_by_role("link", name="Войти").click()
    sign_in_here(page, "parent")
    page.wait_for_url("**/unsent/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Вы хотели отправить: Исправление данных")
    expect(page.get_by_text(reason)).to_be_visible()
    page.locator("input[type=file]").set_input_files(scan)
    kept = page.url
    page.get_by_role("button", name="Отправить", exact=True).click()
    page.wait_for_url(CARD)
    expect(page.get_by_role("link", name="скан паспорта.txt")).to_be_visible()
    assert requests_with(storage, reason) == 1
    page.goto(kept)
    expect(page.get_by_role("heading", level=1)).to_contain_text("уже отправлена")


def test_without_scripts_nobody_else_gets_it(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(java_script_enabled=False), "Не для чужих"
    filled(page, reason)
    let_idle(storage)
    send_button(page).click()
    page.get_by_role("link", name="Войти").click()
    sign_in_here(page, "class_teacher")
    expect(page.get_by_role("heading", level=1)).to_contain_text("заполнил другой человек")
    assert reason not in page.content()
    assert requests_with(storage, reason) == 0


def test_the_button_that_was_pressed_is_sent_with_the_form(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(), "Отзову"
    filled(page, reason)
    send_button(page).click()
    page.wait_for_url(CARD)
    let_idle(storage, page)
    page.get_by_role("button", name=re.compile("Отозвать")).click()
    in_the_small_window(page, lambda small: sign_in_here(small, "parent"))
    expect(page.get_by_text("Отозван").first).to_be_visible()
