"""A pupil hands in a document of the portal and writes on, the teacher reads what was handed in; in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from core.portal import Portal
from core.testing.server import Server
from core.web.cookies import SESSION
from plugins.journal.homework.models import Submission, SubmissionDocument
from plugins.journal.models import JournalLesson
from tests.browser.browsers import accessibility_problems
from tests.plugins.journal.conftest import FoundPage, find_page, sign_in_as
from tests.plugins.journal.documents_wheel import wheel

__all__ = ["wheel"]

OpenAs = Callable[..., Page]


@pytest.fixture(scope="module")
def server(storage: Portal, wheel: Path) -> Iterator[Server]:
    """A server with the documents installed."""
    running = Server(storage, packages=[wheel])
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def found(storage: Portal) -> FoundPage:
    """A journal page of the running server."""
    return find_page(storage)


@pytest.fixture
def open_as(storage: Portal, found: FoundPage, server: Server, new_page: Callable[..., Page]) -> OpenAs:
    """A function that opens an address as a pupil or as the teacher; nothing is handed in yet."""
    with storage.database.transaction() as db:
        db.execute(delete(SubmissionDocument))
        db.execute(delete(Submission))
        db.get_one(JournalLesson, found.lessons[0]).homework = "Опишите опыт"

    def open_page(address: str, role: str = "pupil", *, scripts: bool = True, width: int = 1440) -> Page:
        page = new_page(width=width, java_script_enabled=scripts)
        person = found.teacher_id if role == "teacher" else found.pupils[0]
        token = sign_in_as(storage, role, person)
        page.context.add_cookies([{"name": SESSION, "value": token, "url": server.address}])
        page.goto(address)
        return page

    return open_page


def own(found: FoundPage) -> str:
    return f"/homework/{found.lessons[0]}/{found.pupils[0]}"


def review(found: FoundPage) -> str:
    return f"/journal/{found.page_id}/lessons/{found.lessons[0]}/homework/{found.pupils[0]}"


def titles(storage: Portal) -> list[str]:
    """What stands with the work, in its order."""
    with storage.database.reading(fresh=True) as db:
        current = select(SubmissionDocument.title).where(SubmissionDocument.earlier.is_(False))
        return list(db.scalars(current.order_by(SubmissionDocument.position)))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_teacher_reads_what_was_handed_in(
    open_as: OpenAs, storage: Portal, found: FoundPage, width: int
) -> None:
    pupil = open_as(own(found), width=width)
    expect(pupil.get_by_text("Ваши последние документы:")).to_be_visible()
    pupil.get_by_label("Моё лето", exact=False).first.check()
    expect(pupil.locator(".hw-chosen li")).to_have_count(1)
    search = pupil.get_by_label("Найти в своих документах")
    search.press_sequentially("маят")
    expect(pupil.locator(".hw-found")).to_contain_text("Отметьте, что сдать:")
    pupil.get_by_label("Опыты с маятником", exact=False).first.check()
    search.fill("нет такого")
    expect(pupil.locator(".hw-found")).to_contain_text("Ничего не нашлось")
    expect(pupil.locator(".hw-chosen li")).to_have_count(2)
    assert not accessibility_problems(pupil)
    pupil.get_by_role("button", name="Сдать работу").dblclick()
    expect(pupil.get_by_text("Работа сдана, учитель её увидит").first).to_be_visible()
    assert titles(storage) == ["Моё лето", "Опыты с маятником"]
    with pupil.context.expect_page() as opened:
        pupil.get_by_role("link", name="Открыть документ «Моё лето» в новой вкладке").click()
    written = opened.value
    before = written.get_by_label("Текст").input_value()
    written.get_by_label("Текст").fill(f"{before} и ещё строка")
    written.get_by_role("button", name="Сохранить").click()
    expect(written.get_by_label("Текст")).to_have_value(f"{before} и ещё строка")

    teacher = open_as(review(found), "teacher", width=width)
    assert not accessibility_problems(teacher)
    teacher.get_by_role("link", name="Моё лето").click()
    expect(teacher.get_by_role("heading", name="Моё лето")).to_be_visible()
    expect(teacher.locator("p")).to_have_text(before)
    teacher.go_back()
    teacher.get_by_label("Замечания").fill("Допишите вывод")
    teacher.get_by_role("button", name="Вернуть на исправление").click()
    teacher.wait_for_url("**done=returned")

    pupil.reload()
    expect(pupil.locator(".hw-chosen input:checked")).to_have_count(2)
    pupil.get_by_label("Опыты с маятником", exact=False).first.uncheck()
    pupil.get_by_role("button", name="Сдать заново").click()
    expect(pupil.get_by_text("Работа сдана, учитель её увидит").first).to_be_visible()
    assert titles(storage) == ["Моё лето"]
    teacher.goto(review(found))
    teacher.get_by_text("Сдано раньше").click()
    expect(teacher.get_by_role("link", name="Моё лето")).to_have_count(2)
    assert not accessibility_problems(teacher)
    teacher.get_by_role("link", name="Моё лето").first.click()
    expect(teacher.locator("p")).to_have_text(f"{before} и ещё строка")


def test_ticks_survive_a_reload(open_as: OpenAs, storage: Portal, found: FoundPage) -> None:
    page = open_as(own(found))
    page.get_by_label("Найти в своих документах").press_sequentially("маят")
    page.locator(".hw-found li").nth(0).wait_for()
    page.get_by_label("Опыты с маятником", exact=False).first.check()
    page.locator("textarea[name=text]").fill("Вот")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator(".hw-chosen").get_by_label("Опыты с маятником", exact=False).first).to_be_checked()
    expect(page.locator("textarea[name=text]")).to_have_value("Вот")
    page.get_by_role("button", name="Сдать работу").click()
    expect(page.get_by_text("Работа сдана, учитель её увидит").first).to_be_visible()
    assert titles(storage) == ["Опыты с маятником"]


def test_a_document_is_handed_in_without_scripts(open_as: OpenAs, storage: Portal, found: FoundPage) -> None:
    page = open_as(own(found), scripts=False)
    page.get_by_label("Найти в своих документах").fill("лето")
    page.get_by_role("button", name="Найти").click()
    page.get_by_label("Моё лето", exact=False).first.check()
    page.get_by_role("button", name="Сдать работу").click()
    expect(page.get_by_text("Сдано, ждёт проверки")).to_be_visible()
    assert titles(storage) == ["Моё лето"]
