"""Organizations in the cabinet: cards and forms, as those above them and their own heads see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link

CARD = "/organizations/{organization_id:uuid}"
EDIT = f"{CARD}/edit"
LICENCES = f"{CARD}/licences"
SCHOOL = by_link("/search?q=сош", "main a[href^='/organizations/']")


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


SIGHTS = [
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
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
