"""Structural roles: who holds which, giving and lending them, and what their kinds may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.identity.sessions import today_in
from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

ROLE = "/roles/{role_id:uuid}"
LEND = "/account/roles/{role_id:uuid}/lend"
KIND = "/role-kinds/{name:str}"
LAST_DAY = (today_in("Europe/Moscow") + timedelta(days=30)).isoformat()
LONG = "Приказ департамента образования и молодёжной политики от 01.09.2026 № 01-07/1284-к"


def new_role(persona_list: str) -> Callable[[Page], str]:
    """The form of a role for the first person of a list."""

    def find(page: Page) -> str:
        page.goto(persona_list)
        person = str(page.locator("tbody th a").first.get_attribute("href")).rpartition("/")[2]
        return f"/roles/new?person={person}"

    return find


def role_for_group(page: Page) -> str:
    """The form of a role for a group of organizations."""
    person = new_role("/accounts?role=municipal_coordinator")(page).rpartition("=")[2]
    page.goto("/organization-groups")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Дать роль").click()
    page.wait_for_url("**/roles/new?*")
    return f"{page.url}&person={person}"


def given_for_group(page: Page) -> None:
    """The group's card after a role was given for it only; the second time it is there already."""
    page.get_by_label("Роль").select_option("regional_coordinator")
    page.get_by_label("Основание").fill(LONG)
    page.locator("form[action='/roles'] button.primary").click()
    page.goto("/organization-groups")
    page.locator("tbody th a").first.click()
    expect(page.locator("#roles-title")).to_be_visible()


def found(page: Page) -> None:
    """Somebody was looked for."""
    page.get_by_label("Найти человека").fill("ков")
    page.get_by_role("button", name="Найти", exact=True).click()
    expect(page.locator(".results")).to_be_visible()


def added(page: Page) -> None:
    """A new person whose role waits for the coordinator."""
    page.get_by_label("Фамилия").fill("Константинопольская-Преображенская")
    page.get_by_label("Имя", exact=True).fill("Александра-Виктория")
    page.get_by_label("Роль").select_option("psychologist")
    page.get_by_label("Основание").fill(LONG)
    page.get_by_role("button", name="Добавить").click()
    page.wait_for_load_state()
    if page.get_by_text("полный тёзка").count():
        return
    expect(page.get_by_text("Роль ждёт подтверждения")).to_be_visible()


def ended(page: Page) -> None:
    """A role about to end, without a reason."""
    page.locator("input[name=ids]").first.check()
    page.get_by_role("button", name="Прекратить").click()
    page.get_by_label("Основание").fill("а")
    page.get_by_role("button", name="Прекратить").click()
    expect(page.locator(".summary")).to_be_visible()


def lent(page: Page) -> None:
    """One's rights handed to a colleague."""
    page.get_by_label("Кому").select_option(index=1)
    page.get_by_label("По какой день").fill(LAST_DAY)
    page.get_by_label("Основание").fill("Отпуск")
    page.get_by_role("button", name="Передать права").click()
    page.wait_for_load_state()


def configured(page: Page) -> None:
    """A right taken away in the region; the second time it is away already."""
    page.locator("a[href*='edit=core.requests.send']").click()
    page.get_by_label("Что можно").select_option("нельзя")
    page.get_by_label("Основание").fill(LONG)
    page.get_by_role("button", name="Сохранить").click()
    expect(
        page.get_by_text("Сохранено: действует сразу").or_(page.get_by_text("Ничего не изменилось"))
    ).to_be_visible()


def taken_back(page: Page) -> None:
    """A right changed and given back at once."""
    configured(page)
    page.locator(".toast").get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Изменение отменено")).to_be_visible()


SIGHTS = [
    Sight("roles of a school", "/roles", "head"),
    Sight("roles of a region", "/roles", "regional"),
    Sight("roles to read", "/roles", "deputy_head", "/roles?state=active"),
    Sight("roles not found", "/roles", "head", "/roles?q=щщщ"),
    Sight("roles ending", "/roles", "head", "/roles?kind=teacher", act=ended),
    Sight("role", ROLE, "head", by_link("/roles?kind=teacher", "tbody th a")),
    Sight("role from above", ROLE, "regional", by_link("/roles?kind=head", "tbody th a")),
    Sight("role for whom", "/roles/new", "head"),
    Sight("role found for whom", "/roles/new", "head", act=found),
    Sight("role where", "/roles/new", "regional"),
    Sight("role where not found", "/roles/new", "regional", "/roles/new?q=щщщ"),
    Sight("new role", "/roles/new", "head", new_role("/accounts?role=teacher")),
    Sight(
        "new role refused",
        "/roles/new",
        "head",
        new_role("/accounts?role=teacher"),
        act=send_unchecked("form[action='/roles']"),
    ),
    Sight("role for a group", "/roles/new", "regional", role_for_group),
    Sight("group with a role", "/roles/new", "regional", role_for_group, act=given_for_group),
    Sight("new person", "/accounts/new", "head"),
    Sight("new person refused", "/accounts/new", "head", act=send_unchecked("form[action='/accounts']")),
    Sight("new person added", "/accounts/new", "head", act=added),
    Sight("kinds of roles", "/role-kinds", "teacher"),
    Sight("rights to read", KIND, "teacher", "/role-kinds/class_teacher"),
    Sight("rights to change", KIND, "regional", "/role-kinds/secretary"),
    Sight("right to change", KIND, "regional", "/role-kinds/secretary?edit=core.roles.view"),
    Sight(
        "right not changed",
        KIND,
        "regional",
        "/role-kinds/secretary?edit=core.roles.view",
        act=send_unchecked("form[action='/role-kinds/secretary']"),
    ),
    Sight("right given back", KIND, "regional", "/role-kinds/psychologist", act=taken_back),
    Sight("rights changed", KIND, "regional", "/role-kinds/librarian", act=configured),
    Sight("rights taken away", KIND, "head", "/role-kinds/librarian"),
    Sight("kinds of roles changed", "/role-kinds", "regional", "/role-kinds?show=changed"),
    Sight("lending", LEND, "head", by_link("/account", "main a[href$='/lend']")),
    Sight(
        "lending refused",
        LEND,
        "head",
        by_link("/account", "main a[href$='/lend']"),
        act=send_unchecked("form[action$='/lend']"),
    ),
    Sight("lent", LEND, "head", by_link("/account", "main a[href$='/lend']"), act=lent),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
