"""What was typed survives an ended session, and what was sent is saved once however often it was clicked."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Error, Locator, Page, Route, expect
from sqlalchemy import delete, func, select, update

from core.audit.models import AuditRecord
from core.database.base import now
from core.identity.models import SignInSession
from core.portal import Portal
from core.requests.models import Request
from plugins.journal.models import JournalLesson, JournalMark
from tests.browser.browsers import sign_in, sign_in_here, wait_a_minute
from tests.browser.test_school_day import free_cell, open_language_page

NewPage = Callable[..., Page]
NEW_REQUEST = "/requests/new?kind=core.person_correction"
DIALOG, AGAIN = "Сеанс завершён", "Войти снова"


def end_sessions(storage: Portal, *pages: Page) -> None:
    """Nobody is signed in any more; their browsers do not know it yet. Open `pages` have stood for a while."""
    with storage.database.transaction() as db:
        db.execute(delete(SignInSession))
    wait_a_minute(*pages)


def let_idle(storage: Portal, *pages: Page) -> None:
    """Nobody has worked for so long that all sessions are over; the `pages` have stood open meanwhile."""
    with storage.database.transaction() as db:
        db.execute(update(SignInSession).values(seen_at=now() - timedelta(hours=13)))
    wait_a_minute(*pages)


def leave_to_sign_in(page: Page) -> None:
    """From the dialog on to the sign-in page, as in a browser that opens no windows."""
    page.evaluate("window.open = () => null")
    page.get_by_role("link", name=AGAIN).click()
    page.wait_for_url("**/sign-in?**")


def in_the_small_window(page: Page, enter: Callable[[Page], object]) -> None:
    """From the dialog to the small window; who has signed in there finds it closed."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name=AGAIN).click()
    small = opened.value
    closed: list[Page] = []
    small.on("close", lambda gone: closed.append(gone))
    with contextlib.suppress(Error):
        enter(small)
    for _attempt in range(100):
        if closed:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the small window is still open: {small.url}")


def count(storage: Portal, *conditions: Any) -> int:
    """How many rows there are."""
    with storage.database.reading(fresh=True) as db:
        return db.scalars(select(func.count()).where(*conditions)).one()


def requests_with(storage: Portal, reason: str) -> int:
    """How many requests give this reason."""
    with storage.database.reading(fresh=True) as db:
        return [each.get("reason") for each in db.scalars(select(Request.values))].count(reason)


def in_store(page: Page, text: str) -> bool:
    """Whether a text lies in what the browser keeps of the portal."""
    return text in str(page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"))


def reason_of(page: Page) -> Locator:
    """The field of the request form in which one types most."""
    return page.get_by_label("Что неверно")


def send_button(page: Page) -> Locator:
    """The button of the request form."""
    return page.get_by_role("button", name="Отправить запрос")


def test_a_request_typed_before_the_session_ended_is_sent_after_signing_in_again(
    new_page: NewPage, storage: Portal
) -> None:
    page, reason = new_page(), "Отчество с опечаткой"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    end_sessions(storage, page)
    send_button(page).click()
    expect(page.get_by_role("heading", name=DIALOG)).to_be_visible()
    leave_to_sign_in(page)
    sign_in_here(page, "parent")
    page.wait_for_url(f"**{NEW_REQUEST}")
    expect(reason_of(page)).to_have_value(reason)
    expect(page.get_by_text("Мы вернули то, что вы не успели отправить")).to_be_visible()
    send_button(page).click()
    expect(page.get_by_role("heading", name="Исправление данных")).to_be_visible()
    assert requests_with(storage, reason) == 1
    assert not in_store(page, reason)
    page.goto(NEW_REQUEST)
    expect(reason_of(page)).to_have_value("")


def test_a_form_that_came_back_with_errors_is_not_lost_either(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(), "Сменила фамилию"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    page.get_by_label("Телефон").fill("не телефон")
    send_button(page).click()
    expect(page.locator(".summary")).to_be_visible()
    page.get_by_label("Телефон").fill("+79991234567")
    end_sessions(storage, page)
    send_button(page).click()
    leave_to_sign_in(page)
    sign_in_here(page, "parent")
    page.wait_for_url(f"**{NEW_REQUEST}")
    expect(reason_of(page)).to_have_value(reason)
    expect(page.get_by_label("Телефон")).to_have_value("+79991234567")
    send_button(page).click()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    assert requests_with(storage, reason) == 1


def test_settings_of_a_plugin_survive_the_end_of_the_session(new_page: NewPage, storage: Portal) -> None:
    page = new_page()
    sign_in(page, "head")
    page.goto("/plugins/journal")
    field = page.get_by_role("textbox", name="Сколько отметок может быть в одной клетке")
    field.fill("3")
    before = count(storage, AuditRecord.action.like("core.plugin%"))
    end_sessions(storage, page)
    page.get_by_role("button", name="Сохранить настройки").click()
    leave_to_sign_in(page)
    sign_in_here(page, "head")
    page.wait_for_url("**/plugins/journal")
    expect(field).to_have_value("3")
    page.get_by_role("button", name="Сохранить настройки").click()
    expect(page.get_by_text("Сохранено.").first).to_be_visible()
    expect(field).to_have_value("3")
    assert count(storage, AuditRecord.action.like("core.plugin%")) == before + 1


def first_lesson(page: Page) -> str:
    """The address of a lesson of the journal page that is open."""
    link = page.locator(".jr-topics th a").first
    return str(link.get_attribute("href"))


def test_homework_on_its_page_survives_the_end_of_the_session(new_page: NewPage, storage: Portal) -> None:
    page, homework = new_page(), "§ 12, упражнение 7"
    sign_in(page, "class_teacher")
    open_language_page(page)
    lesson = first_lesson(page)
    page.goto(lesson)
    page.get_by_label("Домашнее задание").fill(homework)
    end_sessions(storage, page)
    page.get_by_role("button", name="Сохранить урок").click()
    leave_to_sign_in(page)
    sign_in_here(page, "class_teacher")
    page.wait_for_url(f"**{lesson}")
    expect(page.get_by_label("Домашнее задание")).to_have_value(homework)
    page.get_by_role("button", name="Сохранить урок").click()
    page.wait_for_selector("journal-grid[data-ready]")
    assert count(storage, JournalLesson.homework == homework) == 1


def ended_in_the_drawer(page: Page, storage: Portal, homework: str) -> None:
    """Homework is typed in the drawer of the grid and sent after the session has ended."""
    sign_in(page, "class_teacher")
    open_language_page(page)
    page.locator(".jr-topics th a").nth(1).click()
    page.get_by_label("Домашнее задание").fill(homework)
    end_sessions(storage, page)
    page.get_by_role("button", name="Сохранить урок").click()
    expect(page.get_by_role("heading", name="Сеанс завершён")).to_be_visible()


def test_homework_in_the_drawer_is_sent_by_itself_after_signing_in_in_another_tab(
    new_page: NewPage, storage: Portal
) -> None:
    page, homework = new_page(), "Сочинение о лете"
    ended_in_the_drawer(page, storage, homework)
    sign_in(page.context.new_page(), "class_teacher")
    expect(page.get_by_role("heading", name="Сеанс завершён")).to_be_hidden()
    expect(page.locator("#journal-drawer")).to_contain_text("Сохранено.")
    expect(page.locator("#journal-drawer .jr-history li")).to_have_count(1)
    assert count(storage, JournalLesson.homework == homework) == 1
    assert not in_store(page, homework)


def test_homework_in_the_drawer_is_sent_by_itself_on_return(new_page: NewPage, storage: Portal) -> None:
    page, homework = new_page(), "Выучить правило"
    ended_in_the_drawer(page, storage, homework)
    address = page.url
    leave_to_sign_in(page)
    sign_in_here(page, "class_teacher")
    page.wait_for_url(address)
    expect(page.locator(".toast")).to_contain_text("Отправили то, что не успело сохраниться")
    expect(page.locator(".jr-topics")).to_contain_text(homework)
    assert count(storage, JournalLesson.homework == homework) == 1
    assert not in_store(page, homework)


def ended_in_a_cell(page: Page, storage: Portal) -> Locator:
    """A mark is typed after the session has ended; returns its cell."""
    sign_in(page, "class_teacher")
    open_language_page(page)
    column, _day = free_cell(page)
    with storage.database.transaction() as db:
        db.execute(delete(JournalMark).where(JournalMark.comment == "проба"))
    cell = page.locator(".jr tbody tr").filter(has_text="Ковалёва Д. А.").locator("th, td").nth(column)
    cell.click()
    end_sessions(storage, page)
    page.keyboard.press("5")
    expect(page.get_by_role("heading", name="Сеанс завершён")).to_be_visible()
    expect(page.locator(".jr-offline")).to_contain_text("Сеанс завершён. Не отправлено: 1")
    return cell


def test_a_mark_is_sent_by_itself_after_signing_in_in_another_tab(new_page: NewPage, storage: Portal) -> None:
    page = new_page()
    cell = ended_in_a_cell(page, storage)
    before = count(storage, JournalMark.id.is_not(None))
    sign_in(page.context.new_page(), "class_teacher")
    expect(page.get_by_role("heading", name="Сеанс завершён")).to_be_hidden()
    expect(page.locator(".jr td.waiting, .jr td.saving, .jr td.failed")).to_have_count(0)
    expect(page.locator(".jr-offline")).to_be_hidden()
    expect(cell).to_have_text("5")
    assert count(storage, JournalMark.id.is_not(None)) == before + 1


def test_a_mark_is_sent_by_itself_on_return(new_page: NewPage, storage: Portal) -> None:
    page = new_page()
    cell = ended_in_a_cell(page, storage)
    before = count(storage, JournalMark.id.is_not(None))
    leave_to_sign_in(page)
    sign_in_here(page, "class_teacher")
    page.wait_for_selector("journal-grid[data-ready]")
    expect(page.get_by_text("Досылаем записи").first).to_be_visible()
    expect(page.locator(".jr td.waiting, .jr td.saving, .jr td.failed")).to_have_count(0)
    expect(cell).to_have_text("5")
    assert count(storage, JournalMark.id.is_not(None)) == before + 1


def test_somebody_else_who_signs_in_does_not_send_it(new_page: NewPage, storage: Portal) -> None:
    page = new_page()
    ended_in_a_cell(page, storage)
    before = count(storage, JournalMark.id.is_not(None))
    other = page.context.new_page()
    sign_in(other, "deputy_head")
    # The page of the first opens anew as the second's, without the mark.
    expect(page.locator("header .avatar")).to_have_text("ТЕ")
    page.wait_for_selector("journal-grid[data-ready]")
    expect(page.locator(".jr td.waiting, .jr td.saving, .jr td.failed")).to_have_count(0)
    assert count(storage, JournalMark.id.is_not(None)) == before


def test_signing_out_forgets_what_was_typed(new_page: NewPage) -> None:
    page, reason = new_page(), "Передумала совсем"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    page.wait_for_function("text => JSON.stringify(localStorage).includes(text)", arg=reason)
    page.locator("header details.menu summary").last.click()
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_url(lambda url: NEW_REQUEST not in url)
    sign_in(page, "parent")
    assert not in_store(page, reason)
    page.goto(NEW_REQUEST)
    expect(reason_of(page)).to_have_value("")


def test_signing_out_in_one_tab_closes_the_page_in_the_other(new_page: NewPage) -> None:
    page, reason = new_page(), "Осталось в соседней вкладке"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    other = page.context.new_page()
    other.goto("/")
    other.locator("header details.menu summary").last.click()
    other.get_by_role("button", name="Выйти").click()
    page.wait_for_url("**/sign-in?**")
    assert not in_store(page, reason)


def test_another_person_on_the_same_browser_never_sees_it(new_page: NewPage, storage: Portal) -> None:
    page, reason = new_page(), "Только моё дело"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    end_sessions(storage, page)
    send_button(page).click()
    leave_to_sign_in(page)
    sign_in_here(page, "class_teacher")
    page.goto(NEW_REQUEST)
    expect(reason_of(page)).to_have_value("")
    assert reason not in page.content()
    end_sessions(storage, page)
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    expect(reason_of(page)).to_have_value(reason)


def test_a_form_stays_good_when_the_role_is_switched_in_another_tab(
    new_page: NewPage, storage: Portal
) -> None:
    page, reason = new_page(), "Имя в дипломе"
    sign_in(page, "teacher")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    token = page.locator("form.form input[name=csrf_token]").input_value()
    other = page.context.new_page()
    other.goto("/")
    other.locator(".switcher summary").click()
    other.locator(".switcher button", has_text="Родитель").click()
    expect(other.locator(".switcher .as")).to_have_text("Родитель")
    expect(page.locator("form.form input[name=csrf_token]")).not_to_have_value(token)
    send_button(page).click()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    assert requests_with(storage, reason) == 1


def test_three_clicks_on_a_slow_answer_send_once(new_page: NewPage, storage: Portal) -> None:
    page, reason, held = new_page(), "Трижды нетерпелива", list[Route]()
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    page.route("**/requests", lambda route: held.append(route))
    send_button(page).scroll_into_view_if_needed()
    box = send_button(page).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 5, box["y"] + 5, click_count=3)
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    assert len(held) == 1
    assert requests_with(storage, reason) == 1


def test_three_clicks_without_scripts_are_saved_once(new_page: NewPage, storage: Portal) -> None:
    page, reason, answers = new_page(java_script_enabled=False), "Трижды без скриптов", list[Any]()
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)

    def lose(route: Route) -> None:
        """The portal gets it, the browser hears nothing of it and stays where it is."""
        answers.append(route.fetch(max_redirects=0))
        route.fulfill(status=204)

    page.route("**/requests", lose)
    for _ in range(3):
        with page.expect_response("**/requests"):
            send_button(page).click(no_wait_after=True)
    assert [each.status for each in answers] == [303, 303, 303]
    assert requests_with(storage, reason) == 1


def test_back_and_send_again_changes_nothing_and_says_so(new_page: NewPage, storage: Portal) -> None:
    page, reason, other = new_page(), "Нужна запись", "Нужна другая запись"
    sign_in(page, "parent")
    page.goto(NEW_REQUEST)
    reason_of(page).fill(reason)
    send_button(page).click()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    card = page.url
    page.go_back()
    expect(page.get_by_text("Эта форма уже отправлена")).to_be_visible()
    reason_of(page).fill(reason)
    send_button(page).click()
    page.wait_for_url(card)
    assert requests_with(storage, reason) == 1
    # Another text is another change, for which the form has to be opened anew; it is not lost.
    page.go_back()
    reason_of(page).fill(other)
    send_button(page).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("уже отправлено, но с другим содержанием")
    page.get_by_role("link", name="Вернуться к форме").click()
    expect(reason_of(page)).to_have_value(other)
    send_button(page).click()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]{36}"))
    assert page.url != card
    assert (requests_with(storage, reason), requests_with(storage, other)) == (1, 1)
