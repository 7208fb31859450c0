"""A pupil who leaves for a school of another installation, and one who comes from there."""

from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import Page, expect

from core.pupil_files.signing import sign
from tests.browser.pages.conftest import LONG_SUBJECT
from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

LEAVING, NEW = "/people/{person_id:uuid}/pupil-file", "/pupil-files/new"
ADMISSION, FORMER = "/pupil-files/{file_id:uuid}", "/people/{person_id:uuid}/former-schools"
SCHOOL = (
    "Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная школа № 5» за рекой"
)
PERSON = "main a[href^='/people/']"
FOUND = "/search?q=константинопольская-заречная"
COURT = "Решение Прикубанского районного суда города Краснодара от 12.03.2026 по делу № 2-1548/2026"
ABOUT = {
    "made_at": "2026-11-20T10:00:00Z",
    "installation": "https://school.third.example",
    "school": {"name": SCHOOL, "short_name": "СОШ № 5"},
    "pupil": {
        "last_name": "Константинопольская-Заречная",
        "first_name": "Александра",
        "middle_name": "Максимилиановна",
        "birth_date": "2016-02-03",
    },
    "school_class": "5Б",
    "guardians": [
        {"last_name": "Константинопольская-Заречная", "first_name": "Виктория", "phone": "+7 918 000-00-00"},
        {"last_name": "Заречный", "first_name": "Максимилиан", "rights": "view", "basis": COURT},
    ],
    "parts": {
        "Журнал": {
            "отметки": [
                {"день": "2026-11-19", "предмет": LONG_SUBJECT, "отметка": "5", "вес": 1, "комментарий": ""},
                {
                    "день": "2026-11-18",
                    "предмет": "Алгебра",
                    "отметка": "4",
                    "вес": 2,
                    "комментарий": "у доски",
                },
            ]
        }
    },
}


def choose(page: Page, content: bytes) -> None:
    """Upload a file."""
    page.locator("input[type=file]").set_input_files(
        {"name": "Константинопольская А. М..pupil.json", "mimeType": "application/json", "buffer": content}
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Проверить файл").click()


def uploaded(page: Page) -> str:
    """The page of a pupil whose file was uploaded."""
    page.goto(NEW)
    choose(page, sign(b"the third installation", msgspec.json.encode(ABOUT)))
    expect(page.get_by_label("В какой класс")).to_be_visible()
    return page.url


def unfolded(page: Page) -> None:
    """What the former school told is read before the pupil is taken in."""
    page.locator("main details summary", has_text="Журнал").click()


def changed(page: Page) -> None:
    """A file that was changed on the way."""
    file = msgspec.json.decode(sign(b"the third installation", msgspec.json.encode(ABOUT)))
    choose(page, msgspec.json.encode({**file, "payload": file["payload"][:-4] + "AAAA"}))


def admitted(page: Page) -> str:
    """What a former school told of a pupil who was taken in; on the second look, of the same one."""
    page.goto(FOUND)
    known = page.locator(PERSON)
    if known.count():
        return f"{known.first.get_attribute('href')}/former-schools"
    page.goto(uploaded(page))
    page.get_by_label("В какой класс").select_option(index=1)
    page.get_by_label("Основание").fill("Приказ № 7 от 20.11.2026")
    page.get_by_label("Отпечаток ключа сверен").check()
    page.get_by_role("button", name="Зачислить").click()
    page.wait_for_url("**/former-schools?*")
    return page.url


def pupil(page: Page) -> str:
    """The page of a pupil who leaves."""
    page.goto("/search?q=константинопольская-преображенская")
    found = page.locator(PERSON).first.get_attribute("href")
    return f"{found}/pupil-file"


def left(page: Page) -> None:
    """The pupil is let go; the second time is told that it was done."""
    if page.get_by_label("Основание").count():
        page.get_by_label("Основание").fill("Заявление родителей от 20.11.2026")
        page.get_by_role("button", name="Отпустить ученика").click()
        page.wait_for_url("**/pupil-file?done=left")


SIGHTS = [
    Sight("pupil leaving", LEAVING, "head", pupil),
    Sight("pupil leaving refused", LEAVING, "head", pupil, act=send_unchecked("form[action$='/pupil-file']")),
    Sight("pupil left", LEAVING, "head", pupil, act=left),
    Sight("pupil's file to choose", NEW, "head"),
    Sight("pupil's file none", NEW, "head", act=send_unchecked("form[action='/pupil-files']")),
    Sight("pupil's file changed", NEW, "head", act=changed),
    Sight("pupil to take in", ADMISSION, "head", uploaded, act=unfolded),
    Sight(
        "pupil to take in refused",
        ADMISSION,
        "head",
        uploaded,
        act=send_unchecked("form[action^='/pupil-files/']"),
    ),
    Sight("pupil of a former school", FORMER, "head", admitted),
    Sight("pupil taken in", "/people/{person_id:uuid}", "head", by_link(FOUND, PERSON)),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
