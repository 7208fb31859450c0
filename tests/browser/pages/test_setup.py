"""Letting a region in and setting organizations up: the request, the checklists, the list of schools, the subjects."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.browsers import sign_in
from tests.browser.pages.looking import Eyes, Sight

NEW_REQUEST = "/requests/new"
REGION = f"{NEW_REQUEST}?kind=core.region_connection"
CARD = "/requests/{request_id:uuid}"
OWN, LIST = "/setup", "/setup/schools"
CHECKLIST = "/organizations/{organization_id:uuid}/setup"
SUBJECTS = "/organizations/{organization_id:uuid}/subjects"
LETTER = FilePayload(name="Письмо министерства.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 letter")
NEW_SCHOOL = "Школа на реке"
CODES = iter(str(code) for code in range(30, 90))
"""Whoever has asked about a region does not ask again while the request is open."""


def fill(page: Page, code: str) -> None:
    """Everything but the letter."""
    for label, text in {
        "Регион": "Республика Калмыкия",
        "Код региона": code,
        "ОКТМО региона": "85000000",
        "Организация, которая представляет регион": "Министерство образования и науки Республики Калмыкия",
        "ИНН организации": "6651002785",
        "ОГРН организации": "1026602267780",
        "Контактное лицо": "Бадмаева Елена Очировна, начальник отдела",
        "Телефон контактного лица": "8 (847) 222-33-44",
        "Фамилия будущего координатора": "Манджиев",
        "Имя координатора": "Басан",
        "СНИЛС координатора": "112-233-445 95",
        "Электронная почта координатора": "mandzhiev@example.org",
    }.items():
        page.get_by_label(label, exact=True).fill(text)


def send(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Отправить запрос").click()


def without_letter(page: Page) -> None:
    """A form without the letter."""
    fill(page, "08")
    send(page)
    expect(page.locator(".summary")).to_contain_text("приложите файл")


def wrong_numbers(page: Page) -> None:
    """Identifiers with slips; the letter is kept in a draft."""
    fill(page, "08")
    page.get_by_label("ИНН организации").fill("6651002784")
    page.get_by_label("СНИЛС координатора").fill("112-233-445 96")
    page.locator("#files").set_input_files([LETTER])
    send(page)
    expect(page.locator(".summary")).to_be_visible()
    expect(page.get_by_role("link", name="Письмо министерства.pdf")).to_be_visible()


def sent_by_nobody(page: Page, code: str) -> str:
    """The address of a request that somebody without a role has sent."""
    author = somebody_else(page, "nobody")
    author.goto(REGION)
    fill(author, code)
    author.locator("#files").set_input_files([LETTER])
    send(author)
    author.wait_for_url("**/requests/*-*")
    url = author.url
    author.context.close()
    return url


def somebody_else(page: Page, persona: str) -> Page:
    """A page in another browser, of another persona."""
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(base_url=str(page.evaluate("location.origin"))).new_page()
    sign_in(other, persona)
    return other


def to_decide(page: Page) -> str:
    """A request before the operator, each time about another region."""
    page.goto("/requests")
    return sent_by_nobody(page, next(CODES))


def step(page: Page, name: str, text: str) -> None:
    """Say something and press a button."""
    page.get_by_label("Комментарий").fill(text)
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def returned(page: Page) -> None:
    """Sent back for correction."""
    step(page, "Вернуть на исправление", "В письме нет подписи министра.")
    expect(page.locator(".status").first).to_contain_text("Возвращён")


def let_in(page: Page) -> str:
    """The invitation after a region was let in; one organization acts for one region only."""
    page.goto("/requests?tab=closed")
    approved = page.get_by_role("row").filter(has_text="Одобрен").get_by_role("link")
    if approved.count():
        approved.first.click()
    else:
        page.goto(sent_by_nobody(page, next(CODES)))
        page.get_by_role("button", name="Одобрить").click()
    page.get_by_role("link", name="Что дальше").click()
    expect(page.get_by_role("heading", name="Приглашение координатору")).to_be_visible()
    return page.url


def returned_to_me(page: Page) -> str:
    """One's own request after it came back, as its form."""
    page.goto(REGION)
    fill(page, next(CODES))
    page.locator("#files").set_input_files([LETTER])
    send(page)
    page.wait_for_url("**/requests/*-*")
    url = page.url
    operator = somebody_else(page, "federal")
    operator.goto(url)
    step(operator, "Вернуть на исправление", "В письме нет подписи министра.")
    operator.context.close()
    return url


def untouched(page: Page) -> str:
    """The checklist of a school that has just been made."""
    page.goto(f"{LIST}?q=реке")
    if not page.get_by_role("link", name=NEW_SCHOOL).count():
        page.goto("/organizations/new")
        page.get_by_label("Кому подчиняется").select_option(label="Шпаковский муниципальный округ")
        page.get_by_label("Вид организации").select_option("school")
        page.get_by_label("Полное название").fill("Средняя школа на реке")
        page.get_by_label("Краткое название").fill(NEW_SCHOOL)
        page.get_by_role("button", name="Завести организацию").click()
        expect(page.locator(".note.positive")).to_be_visible()
        page.goto(f"{LIST}?q=реке")
    return str(page.get_by_role("link", name=NEW_SCHOOL).get_attribute("href"))


def confirmed(page: Page) -> None:
    """A step said to be fine as it is."""
    fine = page.get_by_role("button", name=re.compile("Оставить как есть.*Оформление"))
    if fine.count():
        fine.click()
    expect(page.get_by_text("так и нужно", exact=True)).to_be_visible()


def on_the_way(page: Page) -> str:
    """The page of a step, with the way back."""
    page.goto(OWN)
    page.get_by_role("link", name=re.compile("Куда людям обращаться")).click()
    expect(page.get_by_role("link", name="Вернуться к настройке")).to_be_visible()
    return page.url.partition("#")[0]


def subjects_of(page: Page) -> str:
    """The subjects of the head's school."""
    page.goto("/organization")
    link = page.locator('a[href*="/edit"]').first.get_attribute("href") or ""
    return link.replace("/edit", "/subjects")


def subjects_added(page: Page) -> None:
    """Two more."""
    page.get_by_label("Добавить предметы").fill("Шахматы; Шахм.\nРобототехника и основы программирования")
    page.get_by_role("button", name="Добавить").click()
    expect(page.locator(".note.positive")).to_be_visible()


def subjects_refused(page: Page) -> None:
    """Nothing."""
    page.get_by_role("button", name="Добавить").click()
    expect(page.locator(".summary")).to_be_visible()


SIGHTS = [
    Sight("region asks", NEW_REQUEST, "nobody", REGION),
    Sight("region asks without a letter", NEW_REQUEST, "nobody", REGION, act=without_letter),
    Sight("region asks with wrong numbers", NEW_REQUEST, "nobody", REGION, act=wrong_numbers),
    Sight("region before the operator", CARD, "federal", to_decide),
    Sight("region returned", CARD, "federal", to_decide, act=returned),
    Sight("region to correct", CARD, "nobody", returned_to_me),
    Sight("region let in", f"{CARD}/region", "federal", let_in),
    Sight("checklist of a region", OWN, "regional"),
    Sight("checklist of a municipality", OWN, "municipal"),
    Sight("checklist of a ready school", OWN, "head"),
    Sight("checklist of a new school", CHECKLIST, "regional", untouched),
    Sight("readiness of schools", LIST, "regional"),
    Sight("readiness of schools, none", LIST, "regional", f"{LIST}?q=щщщ"),
    Sight("home while it is set up", "/", "regional"),
    Sight("step on the way", "/organizations/{organization_id:uuid}/edit", "regional", on_the_way),
    Sight("subjects", SUBJECTS, "head", subjects_of),
    Sight("subjects added", SUBJECTS, "head", subjects_of, act=subjects_added),
    Sight("subjects refused", SUBJECTS, "head", subjects_of, act=subjects_refused),
    Sight("checklist confirmed by hand", OWN, "regional", act=confirmed),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
