"""Passkeys with a real browser, whose authenticator is a virtual one; and where there are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.config import Config
from core.portal import Portal
from core.testing.server import Server
from core.web import cookies
from plugins.auth_local.models import TRIAL_PASSWORD, Attempts, Passkey
from plugins.auth_local.passkeys import place

LOGIN, OWN = "/auth/local", "/account/login"
WITH_PASSKEY = "Войти с ключом входа"


@pytest.fixture
def page(new_page: Callable[..., Page], server: Server, storage: Portal) -> Page:
    """A browser at the portal's address with a name, for passkeys need one; nobody has a passkey yet."""
    with storage.database.transaction() as db:
        db.execute(delete(Passkey))
        db.execute(delete(Attempts))
    return new_page()


def open_page(page: Page, server: Server, path: str) -> None:
    page.goto(f"http://localhost:{server.port}{path}")


def authenticator(page: Page, *, verifies: bool = True) -> CDPSession:
    """A device that keeps passkeys and, unless told otherwise, knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools


def with_password(page: Page, server: Server, login: str = "teacher") -> None:
    open_page(page, server, f"{LOGIN}?next={OWN}")
    page.get_by_label("Логин", exact=True).fill(login)
    page.get_by_label("Пароль", exact=True).fill(TRIAL_PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(re.compile(rf":\d+{OWN}$"))


def add(page: Page, name: str = "Ноутбук") -> None:
    """On the page of one's own login: confirm the password, name the key, make it."""
    page.get_by_text("Добавить ключ входа").click()
    page.locator("#password-passkey").fill(TRIAL_PASSWORD)
    page.get_by_role("button", name="Продолжить").last.click()
    page.get_by_label("Название").fill(name)
    page.get_by_role("button", name="Создать ключ").click()


def test_a_passkey_is_added_signs_in_and_is_removed(page: Page, server: Server, storage: Portal) -> None:
    authenticator(page)
    with_password(page, server)
    add(page)
    expect(page.get_by_text("Ключ добавлен")).to_be_visible()
    expect(page.locator("main .rows")).to_contain_text("Ноутбук")
    page.context.clear_cookies()
    open_page(page, server, f"{LOGIN}?next=/account")
    page.get_by_role("button", name=WITH_PASSKEY).click()
    page.wait_for_url(re.compile(r":\d+/account$"))
    open_page(page, server, OWN)
    expect(page.locator("main .rows")).to_contain_text("вход")
    page.locator("main .rows button").click()
    expect(page.get_by_text("Ключ удалён")).to_be_visible()
    page.context.clear_cookies()
    open_page(page, server, LOGIN)
    page.get_by_role("button", name=WITH_PASSKEY).click()
    expect(page.get_by_role("alert")).to_contain_text("Ключ входа не подошёл")
    with storage.database.reading(fresh=True) as db:
        done = set(db.scalars(select(AuditRecord.action)))
    assert {"auth_local.passkey.add", "auth_local.passkey.remove"} <= done


def test_an_answer_of_a_passkey_serves_once(page: Page, server: Server) -> None:
    authenticator(page)
    with_password(page, server)
    add(page)
    expect(page.get_by_text("Ключ добавлен")).to_be_visible()
    page.context.clear_cookies()
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.post_data or "") if request.url.endswith("/passkey") else None,
    )
    open_page(page, server, LOGIN)
    page.get_by_role("button", name=WITH_PASSKEY).click()
    page.wait_for_url(re.compile(r"/$"))
    page.context.clear_cookies(name=cookies.SESSION)
    again = page.context.request.post(
        f"http://localhost:{server.port}{LOGIN}/passkey",
        data=sent[0],
        headers={"content-type": "application/x-www-form-urlencoded"},
        max_redirects=0,
    )
    assert again.status == 422
    assert "Ключ входа не подошёл" in again.text()


def test_a_device_that_does_not_know_its_owner_is_not_enough(page: Page, server: Server) -> None:
    authenticator(page, verifies=False)
    with_password(page, server)
    add(page)
    expect(page.locator("passkey-form [role=status]")).to_contain_text("Ключ не создан")


def test_a_key_is_not_added_without_the_password(page: Page, server: Server) -> None:
    authenticator(page)
    with_password(page, server)
    page.get_by_text("Добавить ключ входа").click()
    page.locator("#password-passkey").fill("не тот")
    page.get_by_role("button", name="Продолжить").last.click()
    expect(page.locator("#password-passkey-error")).to_be_visible()
    expect(page.get_by_role("button", name="Создать ключ")).to_have_count(0)


@pytest.mark.parametrize(
    ("settings", "asked", "host"),
    [
        ({"base_url": "https://school.example.org"}, "school.example.org", "school.example.org"),
        ({"base_url": "https://school.example.org"}, "evil.example", "school.example.org"),
        ({"base_url": "https://school.example.org", "production": True}, "localhost", "school.example.org"),
        ({"base_url": "http://school.example.org"}, "school.example.org", None),
        ({"base_url": "https://10.0.0.7"}, "10.0.0.7", None),
        ({}, "127.0.0.1:8000", None),
        ({}, "localhost:8000", "localhost"),
    ],
)
def test_passkeys_belong_to_the_portals_own_name(
    settings: dict[str, Any], asked: str, host: str | None
) -> None:
    here = place(Config(**settings), asked)
    assert (here.host if here else None) == host
