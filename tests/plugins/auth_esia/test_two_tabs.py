"""Sign-ins begun in several tabs of one browser: each ends where it wanted, and nobody goes on as somebody else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import func, select

from core.identity.models import ExternalIdentity, SignInSession
from core.portal import Portal
from plugins.auth_esia.stand.personas import persona

from .whole_portal import LOGIN, Browser, browser, portal

__all__ = ["browser", "portal"]


def begun(browser: Browser, next_address: str) -> str:
    """A tab that has been sent to Gosuslugi; the address of its page there."""
    return browser.http.get(f"{LOGIN}?next={next_address}").headers["location"]


def finished(browser: Browser, address: str, name: str) -> str:
    """A tab in which the sign-in goes on as a persona; returns where it ended."""
    end = browser.open(address)
    if urlsplit(end).path == "/esia-stand/login":
        end = browser.press("/login", persona=name)
    if "/consent" in end:
        end = browser.press("/consent", decision="allow")
    return end


def as_another(browser: Browser, address: str, name: str) -> str:
    """The same, after Gosuslugi have forgotten who was there before."""
    for cookie in list(browser.http.cookies.jar):
        if "esia_stand" in cookie.name:
            browser.http.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    return finished(browser, address, name)


def me(browser: Browser) -> str:
    return browser.http.get("/api/v1/me").json()["name"]


def identities(portal: Portal, name: str) -> int:
    with portal.database.reading(fresh=True) as db:
        tied = select(func.count()).select_from(ExternalIdentity)
        return db.scalar(tied.where(ExternalIdentity.subject == str(persona(name).oid))) or 0


def session_cookie(browser: Browser) -> str:
    return next(each.value for each in browser.http.cookies.jar if each.name == "moyashkola_session") or ""


def test_the_second_tab_ends_on_its_own_page(portal: Portal, browser: Browser) -> None:
    browser.stop_at = ""
    tabs = {where: begun(browser, where) for where in ("/account", "/notifications", "/requests")}
    seen: list[str] = []
    for where, address in tabs.items():
        assert urlsplit(finished(browser, address, "deputy_head")).path == where, browser.text()
        seen.append(session_cookie(browser))
    assert "Тарасова" in me(browser)
    assert len(set(seen)) == 3, "every sign-in has a token of its own"
    for former in seen[:-1]:
        answer = httpx2.get(
            f"{portal.config.address}/api/v1/me",
            cookies={"moyashkola_session": former},
            trust_env=False,
        )
        assert answer.status_code == 401, "the tokens before it sign nobody in"


def test_another_person_in_the_second_tab_is_told_who_is_signed_in(portal: Portal, browser: Browser) -> None:
    browser.stop_at = ""
    first, second = begun(browser, "/account"), begun(browser, "/requests")
    finished(browser, first, "deputy_head")
    tied = identities(portal, "no_email")
    as_another(browser, second, "no_email")
    assert browser.status == 409
    assert "Вы вошли как Тарасова" in browser.text() and "Это не я – выйти" in browser.text()
    assert "делать ничего не нужно" not in browser.text()
    assert "Лаптева" not in me(browser) and identities(portal, "no_email") == tied
    answer = browser.http.post("/auth/logout", data={"csrf_token": browser.sent_token})
    assert answer.status_code == 303 and not browser.signed_in
    assert urlsplit(as_another(browser, begun(browser, "/requests"), "no_email")).path in (
        "/requests",
        "/auth/esia/callback",
    )
    assert "Лаптева" in me(browser)


def test_somebody_refused_in_the_second_tab_is_told_who_is_signed_in(
    portal: Portal, browser: Browser
) -> None:
    browser.stop_at = ""
    first, second = begun(browser, "/account"), begun(browser, "/requests")
    finished(browser, first, "deputy_head")
    as_another(browser, second, "unverified")
    assert "Вы вошли как Тарасова" in browser.text() and "Это не я – выйти" in browser.text()


def test_an_answer_opened_again_names_who_is_signed_in(portal: Portal, browser: Browser) -> None:
    browser.sign_in("deputy_head")
    browser.open(browser.callback)
    assert "Вход уже выполнен" in browser.text() and "Вы вошли как Тарасова" in browser.text()
    assert "делать ничего не нужно" not in browser.text()
    assert re.search(r'<form[^>]+action="/auth/logout"', browser.page)


def test_a_refusal_is_forgotten_once_somebody_is_signed_in(portal: Portal, browser: Browser) -> None:
    Browser(portal).sign_in("teacher")
    browser.sign_in("reregistered")
    assert browser.http.get("/auth/esia/refused").text.count("уже связан")
    as_another(browser, begun(browser, "/landing"), "deputy_head")
    assert "уже связан" not in browser.http.get("/auth/esia/refused").text


def test_the_sessions_of_the_tabs_do_not_pile_up(portal: Portal, browser: Browser) -> None:
    browser.stop_at = ""
    tabs = [begun(browser, "/account") for _ in range(3)]
    with portal.database.reading(fresh=True) as db:
        before = db.scalar(select(func.count()).select_from(SignInSession)) or 0
    for address in tabs:
        finished(browser, address, "deputy_head")
    with portal.database.reading(fresh=True) as db:
        assert db.scalar(select(func.count()).select_from(SignInSession)) == before + 1
