"""As people do it: a late request is found and decided, a child is asked for once, the support is talked to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from core.database.base import now
from core.identity.sessions import today_in
from core.portal import Portal
from core.requests.deadlines import KIND
from core.requests.models import Request
from core.tasks import Worker
from core.tasks.queue import enqueue
from core.testing.fixtures import Databases, demo_portal
from tests.browser.browsers import accessibility_problems, chromium, new_page, sign_in

__all__ = ["chromium", "new_page"]
CARD = re.compile(r"/requests/[0-9a-f-]{36}")
QUESTION = re.compile(r"/support/questions/[0-9a-f-]{36}")
LINK = "/requests/new?kind=core.guardian_link"


@pytest.fixture(scope="module")
def storage(engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The demo schools, on each kind of database."""
    portal = demo_portal(engine, databases, tmp_path_factory)
    yield portal
    portal.close()


def ask_for_correction(page: Page) -> str:
    """A request sent as a parent does; its address."""
    page.goto("/requests/new?kind=core.person_correction")
    page.get_by_label("Что неверно").fill("Фамилия в паспорте другая")
    page.get_by_role("button", name="Отправить запрос").click()
    page.wait_for_url(CARD)
    return page.url


def test_a_late_request_is_found_at_home_and_decided(new_page: Callable[..., Page], storage: Portal) -> None:
    parent, head = new_page(), new_page()
    sign_in(parent, "parent")
    address = ask_for_correction(parent)
    with storage.database.transaction() as db:
        db.execute(
            update(Request)
            .where(Request.status == "sent")
            .values(
                deadline=today_in(storage.config.timezone) - timedelta(days=2),
                created_at=now() - timedelta(days=14),
            )
        )
        enqueue(db, KIND)
    worker = Worker(storage)
    while worker.run_once():
        pass
    sign_in(head, "head")
    head.goto("/")
    card = head.locator(".card", has=head.get_by_role("heading", name="Ждут решения"))
    expect(card).to_contain_text("Просрочен на 2 дня")
    assert accessibility_problems(head) == []
    card.get_by_role("link", name="Просроченные").click()
    expect(head).to_have_url(re.compile(r"/requests/list\?state=overdue"))
    expect(head.locator("tbody").get_by_text("Просрочен на 2 дня").first).to_be_visible()
    parent.goto("/notifications")
    expect(parent.get_by_text("Ваш запрос не решили в срок").first).to_be_visible()
    parent.goto(address)
    expect(parent.get_by_text("Запрос не решили в срок.")).to_be_visible()
    expect(parent.get_by_text("Обратитесь:")).to_be_visible()
    assert accessibility_problems(parent) == []
    head.goto(address)
    head.get_by_role("button", name="Одобрить").click()
    expect(head.get_by_text("Одобрен").first).to_be_visible()
    parent.reload()
    expect(parent.get_by_text("Запрос не решили в срок.")).to_have_count(0)


def fill_in(page: Page, *, surname: str) -> None:
    """The form of «Связь с ребёнком», without a patronymic and without the relation."""
    page.get_by_label("Фамилия ребёнка").fill(surname)
    page.get_by_label("Имя ребёнка").fill("Пётр")
    page.get_by_label("Дата рождения ребёнка").fill("2016-05-04")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_child_is_asked_for_once(new_page: Callable[..., Page], width: int) -> None:
    page = new_page(width=width)
    sign_in(page, "nobody")
    surname = f"Ёлкин{'а' * (width == 390)}"
    for typed in ("№13", "школа 13", "13"):
        page.goto(LINK)
        page.get_by_label("В какую школу?").fill(typed)
        page.get_by_role("button", name="Найти").last.click()
        expect(page.locator("main .results").get_by_text("СОШ № 13").first).to_be_visible()
    page.locator("main .results a").first.click()
    relation = page.get_by_label("Кем вы приходитесь")
    expect(relation).to_have_value("")
    fill_in(page, surname=surname)
    page.get_by_role("button", name="Отправить запрос").click()
    expect(page.get_by_role("alert")).to_contain_text("Кем вы приходитесь")
    relation.select_option("parent")
    page.get_by_role("button", name="Отправить запрос").dblclick()
    page.wait_for_url(CARD)
    first = page.url.partition("?")[0]
    page.goto("/requests?tab=mine")
    expect(page.locator("main tbody tr", has_text="Отправлен")).to_have_count(1 if width == 1440 else 2)
    page.goto(f"{LINK}&q=13")
    page.locator("main .results a").first.click()
    fill_in(page, surname=surname.replace("Ё", "Е").upper())
    page.get_by_label("Кем вы приходитесь").select_option("parent")
    page.get_by_role("button", name="Отправить запрос").click()
    page.wait_for_url(re.compile(re.escape(first)))
    expect(page.get_by_text("Такой запрос вы уже отправили")).to_be_visible()
    assert accessibility_problems(page) == []


def test_the_support_is_talked_to(new_page: Callable[..., Page]) -> None:
    parent, support = new_page(width=390), new_page()
    sign_in(parent, "parent")
    parent.goto("/support?error=0badf00d")
    parent.get_by_label("О чём").fill("Не открывается дневник")
    parent.get_by_label("Что случилось").fill("Вижу пустую страницу.")
    parent.locator("#files").set_input_files(
        {"name": "экран.txt", "mimeType": "text/plain", "buffer": b"An empty page"}
    )
    parent.get_by_role("button", name="Отправить вопрос").click()
    parent.wait_for_url(QUESTION)
    expect(parent.get_by_text("Вопрос отправлен")).to_be_visible()
    expect(parent.get_by_role("link", name="экран.txt")).to_be_visible()
    assert accessibility_problems(parent) == []
    sign_in(support, "municipal")
    support.goto("/support/messages?state=open")
    support.get_by_role("link", name="Не открывается дневник").first.click()
    expect(support.get_by_text("0badf00d").first).to_be_visible()
    support.get_by_label("Ответ", exact=True).fill("Какой это был день?")
    support.get_by_role("button", name="Ответить").click()
    expect(support.get_by_text("Ответ отправлен.")).to_be_visible()
    parent.goto("/notifications")
    parent.get_by_role("button", name=re.compile("Поддержка ответила")).first.click()
    parent.wait_for_url(QUESTION)
    expect(parent.get_by_text("Какой это был день?")).to_be_visible()
    parent.get_by_label("Сообщение").fill("Понедельник")
    parent.get_by_role("button", name="Отправить", exact=True).click()
    expect(parent.get_by_text("Сообщение отправлено")).to_be_visible()
    support.reload()
    expect(support.get_by_text("Понедельник")).to_be_visible()
    support.get_by_label("Ответ", exact=True).fill("Исправили")
    support.get_by_role("button", name="Решено").click()
    expect(support.get_by_text("Вопрос закрыт.")).to_be_visible()
    assert accessibility_problems(support) == []
    parent.reload()
    expect(parent.get_by_text("Вопрос решён. Если нет, напишите")).to_be_visible()
