"""Requests that somebody has, many at once with one that cannot be done, and drafts of other kinds."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import sign_in
from tests.browser.pages.looking import Eyes, Sight
from tests.browser.pages.test_everyday import CARD, sent_request

LIST = "/requests/list"
FORM = "/requests/{request_id:uuid}/edit"


def colleague(page: Page, persona: str) -> Page:
    """Another person at another computer."""
    browser = page.context.browser
    assert browser is not None
    page.goto("/account")
    address = page.url.removesuffix("/account")
    there = browser.new_context(base_url=address, locale="ru-RU", timezone_id="Europe/Moscow").new_page()
    sign_in(there, persona)
    return there


def asked(page: Page) -> str:
    """The address of a request that a parent has just sent."""
    parent = colleague(page, "parent")
    url = sent_request(parent)
    parent.context.close()
    return url


def taken(page: Page) -> str:
    """A request that the reader has taken up."""
    page.goto(asked(page))
    page.get_by_role("button", name="Взять в работу").click()
    expect(page.get_by_role("button", name="Вернуть в общий список")).to_be_visible()
    return page.url


def taken_by_another(page: Page) -> str:
    """A request that a colleague has taken up."""
    url = asked(page)
    deputy = colleague(page, "deputy_head")
    deputy.goto(url)
    deputy.get_by_role("button", name="Взять в работу").click()
    expect(deputy.get_by_role("button", name="Вернуть в общий список")).to_be_visible()
    deputy.context.close()
    return url


def taken_over(page: Page) -> None:
    """It is the reader's now."""
    page.get_by_role("button", name="Передать себе").click()
    expect(page.get_by_role("button", name="Вернуть в общий список")).to_be_visible()


def two_open(page: Page) -> str:
    """A list with a request that somebody has and one that nobody has."""
    taken_by_another(page)
    asked(page)
    return f"{LIST}?state=open"


def taken_in_part(page: Page) -> None:
    """What became of each."""
    page.locator("tbody input[name=ids]").first.wait_for()
    for box in page.locator("tbody input[name=ids]").all():
        box.check()
    page.get_by_role("button", name="Взять в работу").click()
    expect(page.get_by_role("heading", name="Останется как есть")).to_be_visible()
    page.get_by_role("button", name="Взять в работу").click()
    expect(page.get_by_role("heading", name="Осталось как было")).to_be_visible()


def transfer_drafted(page: Page) -> str:
    """A transfer begun, with the paper."""
    page.goto("/requests/new?kind=core.pupil_transfer&q=сош")
    page.locator(".results a").first.click()
    page.get_by_label("Фамилия ученика").fill("Константинопольская-Преображенская")
    scan = {"name": "заявление родителей о переводе.txt", "mimeType": "text/plain", "buffer": b"Paper"}
    page.set_input_files("#files", scan)
    page.get_by_role("button", name="Сохранить черновик").click()
    page.wait_for_url("**/edit?*")
    return page.url


def role_drafted(page: Page) -> str:
    """A role begun."""
    page.goto("/roles/new?q=Константинопольская")
    page.locator("main a[href*='person=']").first.click()
    page.get_by_label("Основание").fill("Приказ будет в понедельник")
    page.get_by_role("button", name="Сохранить черновик").click()
    page.wait_for_url("**/roles/new?draft=*")
    return page.url


SIGHTS = [
    Sight("request taken", CARD, "head", taken),
    Sight("request somebody has", CARD, "head", taken_by_another),
    Sight("request taken over", CARD, "head", taken_by_another, act=taken_over),
    Sight("requests of one's own", LIST, "deputy_head", f"{LIST}?state=open&whose=mine"),
    Sight("requests taken in part", LIST, "head", two_open, act=taken_in_part),
    Sight("transfer drafted", FORM, "head", transfer_drafted),
    Sight("role drafted", "/roles/new", "head", role_drafted),
    Sight(
        "role draft to delete",
        "/roles/new",
        "head",
        lambda page: role_drafted(page).partition("&")[0] + "&ask=delete",
    ),
    Sight("requests with drafts", "/requests", "head", "/requests?tab=mine"),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
