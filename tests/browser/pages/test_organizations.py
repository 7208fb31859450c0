"""Organizations in the cabinet: cards and forms, as those above them and their own heads see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link

LIST = "/organizations"
CARD = "/organizations/{organization_id:uuid}"
EDIT = f"{CARD}/edit"
LICENCES = f"{CARD}/licences"
SCHOOL = by_link(f"{LIST}?kind=school", "tbody th a")


GROUPS = "/organization-groups"
GROUP = f"{GROUPS}/{{group_id:uuid}}"
FIRST_GROUP = by_link(GROUPS, "tbody th a")


def of_group(rest: str) -> Callable[[Page], str]:
    """A page of the first group."""
    return lambda page: FIRST_GROUP(page) + rest


def of_school(rest: str) -> Callable[[Page], str]:
    """A page of the first school."""
    return lambda page: SCHOOL(page) + rest


def refused(page: Page) -> None:
    """Wrong requisites."""
    page.get_by_label("ИНН").fill("6651002784")
    page.get_by_label("ОГРН").fill("102660")
    page.get_by_label("Телефон").fill("позвоните нам")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".summary")).to_be_visible()


def saved(page: Page) -> None:
    """A card with everything in it."""
    page.get_by_label("ИНН").fill("6651002785")
    page.get_by_label("Телефон").fill("8 (865) 531-23-45")
    page.get_by_label("Сайт").fill("школа13.рф")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".note.positive")).to_be_visible()
    page.locator("main details").evaluate_all("all => all.forEach(each => each.open = true)")


def licence_refused(page: Page) -> None:
    """A licence without a date."""
    page.get_by_label("Номер").fill("Л035-01217-26/00238345")
    page.get_by_role("button", name="Внести").click()
    expect(page.locator(".summary")).to_be_visible()


def licence_added(page: Page) -> None:
    """A licence written down."""
    page.get_by_label("Номер").fill("Л035-01217-26/00238345")
    page.get_by_label("Дата выдачи").fill("2020-05-18")
    page.get_by_label("Кем выдана").fill("Министерство образования Ставропольского края")
    page.get_by_role("button", name="Внести").click()
    expect(page.locator(".note.positive")).to_be_visible()


def made_nowhere(page: Page) -> None:
    """A new organization without its names."""
    page.get_by_role("button", name="Завести организацию").click()
    expect(page.locator(".summary")).to_be_visible()


def asked(action: str) -> Callable[[Page], object]:
    """A bulk action before it is done, for the first lines."""

    def ask(page: Page) -> None:
        for box in page.locator("input[name=ids]").all()[:2]:
            box.check()
        page.get_by_role("button", name=action).click()
        expect(page.get_by_role("heading", level=2).first).to_be_visible()

    return ask


def close(page: Page) -> None:
    """The first organization of the list is closed."""
    page.locator("input[name=ids]").first.check()
    page.get_by_role("button", name="Закрыть организации").click()
    page.get_by_label("С какого дня").fill("2026-09-01")
    page.get_by_label("Основание").fill("Приказ № 5")
    page.get_by_role("button", name="Закрыть организации").click()
    expect(page.locator(".note.positive")).to_be_visible()


def opened_again(page: Page) -> None:
    """An organization closed, and that undone."""
    close(page)
    page.get_by_role("button", name="Отменить").click()
    expect(page.locator(".note.positive")).to_contain_text("Снова открыта")


def closed(page: Page) -> None:
    """A closed organization, as its card tells it."""
    if not page.get_by_text("закрыта с").count():
        close(page)
        page.get_by_role("link", name="К списку").click()
    page.locator("tbody th a").first.click()
    expect(page.locator(".note.warning")).to_be_visible()


def unfolded(page: Page) -> None:
    """Down to the schools."""
    page.locator(".tree .tree [aria-expanded]").first.click()
    expect(page.locator(".tree .tree .tree")).to_be_visible()


def rule_shown(page: Page) -> None:
    """A rule with whom it takes in."""
    page.get_by_label("Название").fill("Небольшие школы округа")
    page.get_by_label("Кто в группе").select_option("rule")
    page.get_by_label("Школа", exact=True).check()
    page.get_by_label("Учеников не больше").fill("300")
    page.get_by_role("button", name="Дальше").click()
    expect(page.get_by_role("heading", name="В группе будет")).to_be_visible()


def rule_refused(page: Page) -> None:
    """A group without a name and with a wrong rule."""
    page.get_by_label("Кто в группе").select_option("rule")
    page.get_by_label("Учеников не больше").fill("много")
    page.get_by_role("button", name="Дальше").click()
    expect(page.locator(".summary")).to_be_visible()


def plugin_of_group(page: Page) -> None:
    """A decision for a group."""
    page.get_by_role("button", name=re.compile("ключить.*Журнал")).first.click()
    expect(page.get_by_text("решение этой группы")).to_be_visible()


def announcement_refused(page: Page) -> None:
    """An announcement to nobody."""
    page.get_by_label("Заголовок").fill("Совещание")
    page.get_by_role("button", name="Дальше: кто получит").click()
    expect(page.locator(".summary")).to_be_visible()


def announcement_shown(page: Page) -> None:
    """An announcement before it is sent."""
    page.get_by_label("Руководителям").check()
    page.get_by_label("Заголовок").fill("Совещание директоров 3 декабря")
    page.get_by_label("Текст").fill("Начало в 10:00.\nСсылка придёт утром.")
    page.get_by_role("button", name="Дальше: кто получит").click()
    expect(page.get_by_role("button", name="Отправить")).to_be_visible()


def announced(page: Page) -> None:
    """An announcement on its way."""
    announcement_shown(page)
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator(".note.positive")).to_be_visible()


SIGHTS = [
    Sight("groups of a region", GROUPS, "regional"),
    Sight("groups not found", GROUPS, "regional", f"{GROUPS}?q=щщщ"),
    Sight("groups of a municipality", GROUPS, "municipal"),
    Sight("group", GROUP, "regional", FIRST_GROUP),
    Sight("group with a decision", GROUP, "regional", FIRST_GROUP, act=plugin_of_group),
    Sight("new group", f"{GROUPS}/new", "regional"),
    Sight("new group refused", f"{GROUPS}/new", "regional", act=rule_refused),
    Sight("new group with its rule", f"{GROUPS}/new", "regional", act=rule_shown),
    Sight("group to change", f"{GROUP}/edit", "regional", of_group("/edit")),
    Sight("announcement", f"{GROUP}/announce", "regional", of_group("/announce")),
    Sight(
        "announcement refused",
        f"{GROUP}/announce",
        "regional",
        of_group("/announce"),
        act=announcement_refused,
    ),
    Sight(
        "announcement to confirm",
        f"{GROUP}/announce",
        "regional",
        of_group("/announce"),
        act=announcement_shown,
    ),
    Sight("announcement sent", f"{GROUP}/announce", "regional", of_group("/announce"), act=announced),
    Sight("organizations of a region", LIST, "regional"),
    Sight("organizations of a school", LIST, "head"),
    Sight("organizations spelt alike", LIST, "regional", f"{LIST}?q=министерсво"),
    Sight("organizations not found", LIST, "regional", f"{LIST}?q=щщщ&missing=inn"),
    Sight("organizations to move", LIST, "regional", f"{LIST}?kind=school", act=asked("Переместить")),
    Sight("tree of a region", f"{LIST}/tree", "regional"),
    Sight("tree unfolded", f"{LIST}/tree", "federal", act=unfolded),
    Sight("school to its region", CARD, "regional", SCHOOL),
    Sight("contacts to correct", EDIT, "head", of_school("/edit")),
    Sight("requisites to correct", EDIT, "regional", of_school("/edit")),
    Sight("requisites refused", EDIT, "regional", of_school("/edit"), act=refused),
    Sight("requisites saved", EDIT, "regional", of_school("/edit"), act=saved),
    Sight("licences", LICENCES, "regional", of_school("/licences")),
    Sight("licence refused", LICENCES, "regional", of_school("/licences"), act=licence_refused),
    Sight("licence added", LICENCES, "regional", of_school("/licences"), act=licence_added),
    Sight("new organization", "/organizations/new", "regional"),
    Sight("new organization refused", "/organizations/new", "regional", act=made_nowhere),
    Sight("organizations opened again", LIST, "regional", f"{LIST}?kind=school", act=opened_again),
    # Last, for nobody works in it any more.
    Sight("organization closed", LIST, "regional", f"{LIST}?kind=school&q=101", act=closed),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
