"""What heads and operators work with: plugins, history of changes, loading data, the API's documentation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.portal import Portal
from core.tasks import Worker
from core.testing.server import Server
from tests.browser.pages.looking import STRANGER, Eyes, Sight, by_link, send_unchecked

ACCOUNT = "/accounts/{person_id:uuid}"
PLUGIN = "/plugins/{name:str}"
IMPORT = "/import/{import_id:uuid}"
RUN = "/import/history/{run_id:uuid}"
ADDRESSES: dict[str, str] = {}
"""Where something was seen while it was made."""

GOOD = (
    "Класс;ФИО;Дата рождения;Любимое блюдо\n"
    "5А;Константинопольская-Преображенская Александра-Виктория Максимилиановна;01.02.2015;Каша\n"
    "5А;Лис Яна;11.12.2014;\n"
)
STAFF = "ФИО;Должность;СНИЛС;Что-то ещё\nЛомов Олег Ильич;библиотекарь;112-233-445 96;да\n"
UNKNOWN = "Кружок юных техников;;\nГде;Кто;Когда родился\n5А;Орлов Пётр;01.02.2015\n5А;Лис Яна;02.02.2015\n"
BAD = "Класс;ФИО;Дата рождения\n5А;Орлов Пётр;41.02.2015\n;Лис Яна;01.02.2015\n5Ы;;01.02.2015\n"


@pytest.fixture(scope="module")
def server(storage: Portal) -> object:
    """A server that leaves its tasks to us: an import waits as long as it is looked at."""
    running = Server(storage, TASKS_IN_SERVER="false")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def loaded(eyes: Eyes, storage: Portal) -> None:
    """Imports in every state."""
    worker = Worker(storage)
    page = eyes.context("head").new_page()

    def upload(name: str, text: str) -> None:
        page.goto("/import")
        page.set_input_files("#files", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
        page.get_by_role("button", name="Проверить файл").click()
        page.wait_for_url("**/import/*-*")

    upload("отменено.csv", GOOD.replace("Лис", "Барсук").replace("Константинопольская", "Вишневецкая"))
    worker.run_once()
    page.reload()
    page.get_by_role("button", name="Загрузить данные").click()
    worker.run_once()
    page.reload()
    page.get_by_role("link", name="Отменить загрузку").click()
    page.get_by_role("button", name="Отменить загрузку").click()
    page.wait_for_selector("#undo-progress")
    worker.run_once()
    upload("отменяется.csv", GOOD.replace("Лис", "Куница").replace("Константинопольская", "Белозерская"))
    worker.run_once()
    page.reload()
    page.get_by_role("button", name="Загрузить данные").click()
    worker.run_once()
    upload("сотрудники.csv", STAFF)
    ADDRESSES["staff"] = page.url
    worker.run_once()
    upload("непонятно.csv", UNKNOWN)
    ADDRESSES["unknown"] = page.url
    upload("готово.csv", GOOD)
    worker.run_once()
    page.reload()
    page.get_by_role("button", name="Загрузить данные").click()
    page.wait_for_selector("#import-progress")
    worker.run_once()
    upload("проверено.csv", GOOD.replace("Лис", "Рысь"))
    upload("ошибки.csv", BAD)
    while worker.run_once():
        pass
    page.goto(run_of("отменяется")(page))
    page.get_by_role("button", name="Отменить загрузку").click()
    page.wait_for_selector("#undo-progress")
    upload("остановлено.csv", GOOD)
    page.get_by_role("button", name="Остановить").click()
    expect(page.get_by_text("Работа остановлена")).to_be_visible()
    upload("идёт, и название у этого файла очень длинное, как бывает у выгрузок.csv", GOOD)
    page.context.close()


def file_of(name: str) -> Callable[[Page], str]:
    """The import of a file."""
    return by_link("/import", f"main .rows a:has-text('{name}')")


def run_of(name: str) -> Callable[[Page], str]:
    """The import of a file in the history."""
    return by_link("/import/history", f"main table a:has-text('{name}')")


def opened(page: Page) -> None:
    """Everything that unfolds."""
    page.locator("main details").evaluate_all("all => all.slice(0, 8).forEach(each => each.open = true)")


def settings_refused(page: Page) -> None:
    """Settings with errors."""
    page.get_by_role("textbox", name="Сколько отметок может быть в одной клетке").fill("сто")
    page.get_by_role("button", name="Сохранить настройки").click()
    expect(page.locator(".summary")).to_be_visible()


def settings_saved(page: Page) -> None:
    """Settings of one's own."""
    page.get_by_role("textbox", name="Сколько отметок может быть в одной клетке").fill("4")
    page.get_by_role("button", name="Сохранить настройки").click()
    expect(page.locator(".note.positive")).to_be_visible()


def decided(page: Page) -> None:
    """A decision locked for those below."""
    page.get_by_text("Закрепить: нижние").check()
    page.get_by_role("button", name="Включить в").first.click()
    expect(page.locator(".note.positive")).to_be_visible()


def theme_chosen(page: Page) -> None:
    """The look of a region."""
    page.get_by_label("Тема").select_option("stavropol")
    page.get_by_role("button", name="Выбрать").click()
    expect(page.locator(".region-foot")).to_be_visible()


def chosen(page: Page) -> None:
    """Some lines of a list are chosen."""
    for box in page.locator("input[name=ids]").all()[:3]:
        box.check()
    expect(page.locator(".bulk")).to_be_visible()


def bulk_left_out(page: Page) -> None:
    """A bulk action that fits nobody."""
    chosen(page)
    page.get_by_role("button", name="Закрыть вход").click()
    expect(page.get_by_role("heading", name="Останется как есть")).to_be_visible()


def bulk_refused(page: Page) -> None:
    """The door about to be closed, without a reason."""
    page.get_by_label("Выбрать все строки страницы").check()
    page.get_by_role("button", name="Закрыть вход").click()
    page.get_by_label("Основание").fill("а")
    page.get_by_role("button", name="Закрыть вход").click()
    expect(page.locator(".summary")).to_be_visible()


def bulk_done(page: Page) -> None:
    """The door closed, and that undone."""
    bulk_refused(page)
    page.get_by_label("Основание").fill("Приказ № 7")
    page.get_by_role("button", name="Закрыть вход").click()
    page.get_by_role("button", name="Отменить").click()
    expect(page.locator(".note.positive")).to_contain_text("Вход открыт")


def columns_opened(page: Page) -> None:
    """Which columns to show."""
    page.get_by_role("button", name="Столбцы").click()
    expect(page.locator("dialog#columns")).to_be_visible()


SIGHTS = [
    Sight("accounts of a school", "/accounts", "head"),
    Sight("accounts of a region", "/accounts", "regional"),
    Sight("accounts to read", "/accounts", "deputy_head", "/accounts?status=none"),
    Sight("accounts spelt alike", "/accounts", "head", "/accounts?q=савчинко"),
    Sight("accounts not found", "/accounts", "head", "/accounts?q=щщщ&role=teacher"),
    Sight("accounts chosen", "/accounts", "head", "/accounts?role=teacher", act=chosen),
    Sight("accounts on paper", "/accounts/print", "head", "/accounts/print?role=teacher&status=active"),
    Sight("accounts nothing for paper", "/accounts/print", "head", "/accounts/print?q=щщщ"),
    Sight("accounts columns", "/accounts", "head", act=columns_opened),
    Sight("accounts left out", "/accounts", "head", "/accounts?status=none", act=bulk_left_out),
    Sight("account card", ACCOUNT, "head", by_link("/accounts?role=teacher", "tbody th a")),
    Sight("account to open", ACCOUNT, "regional", by_link("/accounts?role=head", "tbody th a")),
    Sight("plugins of a school", "/plugins", "head"),
    Sight("plugins of a region", "/plugins", "regional"),
    Sight("plugins another organization", "/plugins", "regional", "/plugins?find=школа"),
    Sight("plugins no such organization", "/plugins", "regional", "/plugins?find=щщщ"),
    Sight("plugin", PLUGIN, "head", "/plugins/journal"),
    Sight("plugin to read", PLUGIN, "deputy_head", "/plugins/journal"),
    Sight("plugin without settings", PLUGIN, "head", "/plugins/diary"),
    Sight("plugin settings refused", PLUGIN, "head", "/plugins/journal", act=settings_refused),
    Sight("plugin settings saved", PLUGIN, "head", "/plugins/journal", act=settings_saved),
    Sight("plugin decided", PLUGIN, "regional", "/plugins/diary", act=decided),
    Sight("plugin decided above", PLUGIN, "head", "/plugins/diary"),
    Sight("plugin of the sign-in", PLUGIN, "federal", "/plugins/auth_esia"),
    Sight("history of a school", "/audit", "head"),
    Sight("history of a region", "/audit", "regional"),
    Sight("history about somebody", "/audit", "head", "/audit?about=алексев"),
    Sight("history nothing found", "/audit", "head", "/audit?person=щщщ&first=2026-01-01"),
    Sight("import", "/import", "head"),
    Sight("import of a region", "/import", "regional"),
    Sight("import refused", "/import", "head", act=send_unchecked("form[action='/import']")),
    Sight("import waiting", IMPORT, "head", file_of("идёт")),
    Sight("import stopped", IMPORT, "head", file_of("остановлено")),
    Sight("import with errors", IMPORT, "head", file_of("ошибки"), act=opened),
    Sight("import rehearsed", IMPORT, "head", file_of("проверено"), act=opened),
    Sight("import done", IMPORT, "head", file_of("готово"), act=opened),
    Sight("import of unknown titles", IMPORT, "head", lambda _page: ADDRESSES["unknown"], act=opened),
    Sight("import of staff", IMPORT, "head", lambda _page: ADDRESSES["staff"], act=opened),
    Sight("history of imports", "/import/history", "head"),
    Sight("history of imports of a region", "/import/history", "regional"),
    Sight("import to undo", RUN, "head", run_of("готово")),
    Sight("import undone", RUN, "head", run_of("отменено")),
    Sight("import being undone", RUN, "head", run_of("отменяется")),
    Sight("API", "/api/v1/docs", "head"),
    Sight("API unfolded", "/api/v1/docs", STRANGER, "/api/v1/docs?group=tokens", act=opened),
    Sight("theme chosen", "/organization", "regional", act=theme_chosen),
    Sight("history in the theme of a region", "/audit", "regional"),
    # Last, for they sign the deputy head out.
    Sight(
        "accounts refused", "/accounts", "head", "/accounts?status=active&role=deputy_head", act=bulk_refused
    ),
    Sight("accounts closed", "/accounts", "head", "/accounts?status=active&role=deputy_head", act=bulk_done),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
