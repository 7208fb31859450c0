"""What everybody meets every day: home, the frame, search, notifications, requests, people, one's account."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import sign_in
from tests.browser.pages.looking import Eyes, Sight, by_link, click, send_unchecked

NEW = "/requests/new"
CORRECTION = f"{NEW}?kind=core.person_correction"
CARD = "/requests/{request_id:uuid}"


def suggestions(page: Page) -> None:
    """The palette with what it found."""
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("9а")
    expect(page.locator("#palette-list [role=option]").nth(2)).to_be_visible()


def nothing_suggested(page: Page) -> None:
    """The palette that found nothing."""
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("щщщщ")
    expect(page.locator("#palette .nothing")).to_be_visible()


def more(page: Page) -> None:
    """The rest of the menu: on a phone behind «Ещё», on a desktop in the rail, folded."""
    if page.viewport_size == {"width": 390, "height": 844}:
        page.locator(".bottom-bar summary").click()
    else:
        page.locator("[data-rail-toggle]").click()


def keys(page: Page) -> None:
    """The keys of the page."""
    page.keyboard.press("?")
    expect(page.locator("#keys dl dt").first).to_be_visible()


def sent_request(page: Page) -> str:
    """The address of a request just sent, by whoever looks."""
    page.goto(CORRECTION)
    page.get_by_label("Фамилия").fill("Константинопольская-Преображенская")
    page.get_by_label("Что неверно").fill(
        "Фамилия в паспорте другая.\nПаспорт обменяли в июне, прежний недействителен."
    )
    page.get_by_role("button", name="Отправить запрос").click()
    page.wait_for_url("**/requests/*-*")
    return page.url


def drafted_request(page: Page) -> str:
    """The address of a draft just saved, with a file."""
    page.goto(CORRECTION)
    page.get_by_label("Что неверно").fill("Опечатка в отчестве, исправьте по паспорту")
    scan = {"name": "очень длинное имя скана паспорта.txt", "mimeType": "text/plain", "buffer": b"Passport"}
    page.set_input_files("#files", scan)
    page.get_by_role("button", name="Сохранить черновик").click()
    page.wait_for_url("**/edit?*")
    return page.url


def wrong_request(page: Page) -> None:
    """The form with its errors."""
    page.get_by_label("Телефон").fill("не телефон")
    page.get_by_label("Электронная почта").fill("не почта")
    page.get_by_role("button", name="Отправить запрос").click()
    expect(page.locator(".summary")).to_be_visible()


def refused_without_words(page: Page) -> None:
    """The decision that lacks a reason."""
    page.get_by_role("button", name="Отклонить").click()
    expect(page.locator(".field .error")).to_be_visible()


def token_form(page: Page) -> None:
    """The form of a new key."""
    page.get_by_text("Создать ключ").first.click()


def token_form_refused(page: Page) -> None:
    """The form of a new key with errors."""
    token_form(page)
    send_unchecked("form[action='/account/tokens']")(page)
    expect(page.locator(".summary")).to_be_visible()


def token_made(page: Page) -> None:
    """A key, shown once."""
    token_form(page)
    page.get_by_label("Название").fill("Выгрузка отметок в бухгалтерию муниципалитета")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="Создать ключ").click()
    expect(page.get_by_text("Скопируйте ключ сейчас")).to_be_visible()


def signed_in_elsewhere(page: Page) -> str:
    """The account of somebody who has not signed out on another device."""
    page.goto("/account")
    browser = page.context.browser
    assert browser is not None
    for _device in range(2):
        other = browser.new_context(base_url=page.url.removesuffix("/account"), locale="ru-RU")
        sign_in(other.new_page(), "municipal")
        other.close()
    return "/account"


SIGHTS = [
    Sight("home of a teacher", "/", "teacher"),
    Sight("rest of the menu", "/", "head", pressed=more),
    Sight("home of a parent", "/", "parent"),
    Sight("home of a pupil", "/", "pupil"),
    Sight("home of the head", "/", "head"),
    Sight("home of the deputy", "/", "deputy_head"),
    Sight("home of a region", "/", "regional"),
    Sight("home of an operator", "/", "federal"),
    Sight("home of somebody unknown", "/", "nobody"),
    Sight("roles to choose from", "/", "teacher", act=click(".switcher summary")),
    Sight("menu of the person", "/", "head", act=click("header details.menu:not(.switcher) summary")),
    Sight("keys of the page", "/", "head", act=keys),
    Sight("search suggestions", "/", "head", act=suggestions),
    Sight("search suggestions none", "/", "head", act=nothing_suggested),
    Sight("search not begun", "/search", "teacher"),
    Sight("search results", "/search", "head", "/search?q=ко"),
    Sight("search nothing", "/search", "parent", "/search?q=щщщщ"),
    Sight("notifications none", "/notifications", "no_email"),
    Sight("notifications unread none", "/notifications", "no_email", "/notifications?unread=true"),
    Sight("requests none", "/requests", "pupil"),
    Sight("requests of nobody", "/requests", "nobody"),
    Sight("requests to decide none", "/requests", "deputy_head", "/requests?tab=closed"),
    Sight("request kinds", NEW, "parent"),
    Sight("request form", NEW, "parent", CORRECTION),
    Sight("request form refused", NEW, "parent", CORRECTION, act=wrong_request),
    Sight("request sent", CARD, "parent", sent_request),
    Sight("request drafted", "/requests/{request_id:uuid}/edit", "parent", drafted_request),
    Sight(
        "request draft to delete",
        "/requests/{request_id:uuid}/edit",
        "parent",
        lambda page: drafted_request(page).partition("?")[0] + "?ask=delete",
    ),
    Sight("request to which school", NEW, "nobody", "/requests/new?kind=core.guardian_link"),
    Sight("request to a school found", NEW, "nobody", "/requests/new?kind=core.guardian_link&q=сош"),
    Sight(
        "request for a child",
        NEW,
        "nobody",
        by_link("/requests/new?kind=core.guardian_link&q=сош", "main .results a"),
    ),
    Sight("requests of a parent", "/requests", "parent"),
    Sight("requests as a work list", "/requests/list", "head"),
    Sight("requests of a region", "/requests/list", "regional", "/requests/list?state=overdue"),
    Sight("requests to decide", "/requests", "head", "/requests?tab=decide"),
    Sight("request to decide", CARD, "head", by_link("/requests?tab=decide", "main tbody a")),
    Sight(
        "request refused without words",
        CARD,
        "head",
        by_link("/requests?tab=decide", "main tbody a"),
        act=refused_without_words,
    ),
    Sight("notifications new", "/notifications", "head"),
    Sight("organization of a teacher", "/organization", "teacher"),
    Sight("organization of the head", "/organization", "head"),
    Sight("organization of a region", "/organization", "regional"),
    Sight(
        "organization below",
        "/organizations/{organization_id:uuid}",
        "regional",
        by_link("/organization", "main a[href^='/organizations/']:not([href$='/edit'], [href*='/licences'])"),
    ),
    Sight(
        "class",
        "/classes/{class_id:uuid}",
        "class_teacher",
        by_link("/search?q=9а", "main a[href^='/classes/']"),
    ),
    Sight(
        "card of a pupil",
        "/people/{person_id:uuid}",
        "class_teacher",
        by_link("/search?q=Константинопольская", "main a[href^='/people/']"),
    ),
    Sight(
        "card of a teacher",
        "/people/{person_id:uuid}",
        "head",
        by_link("/search?q=Берёзкина", "main a[href^='/people/']"),
    ),
    Sight("account", "/account", "head"),
    Sight("account on several devices", "/account", "municipal", signed_in_elsewhere),
    Sight("account of two roles", "/account", "teacher"),
    Sight("account of nobody", "/account", "nobody"),
    Sight("new key", "/account", "head", act=token_form),
    Sight("new key refused", "/account", "head", act=token_form_refused),
    Sight("new key made", "/account", "class_teacher", act=token_made),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
