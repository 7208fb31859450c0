"""The academic year: its terms, the archive, and the passage of the school to the next year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.database.base import new_id
from core.organizations.models import AcademicYear, Organization, SchoolClass
from core.portal import Portal
from tests.browser.pages.looking import Eyes, Sight

YEARS, TERMS = "/school-year", "/school-year/{year_id:uuid}/terms"
PROMOTION = "/promotions/{promotion_id:uuid}"
CLASS = f"{PROMOTION}/classes/{{class_id:uuid}}"


@pytest.fixture(scope="module", autouse=True)
def years(storage: Portal) -> None:
    """A year that is over, and the one to come."""
    with storage.database.transaction() as db:
        for school in db.scalars(
            select(Organization)
            .where(Organization.id.in_(select(SchoolClass.organization_id)))
            .order_by(Organization.id)
        ):
            for name, first, last in (
                ("2025/26", date(2025, 9, 1), date(2026, 5, 26)),
                ("2027/28", date(2027, 9, 1), date(2028, 5, 26)),
            ):
                db.add(
                    AcademicYear(
                        id=new_id(), organization_id=school.id, name=name, starts_on=first, ends_on=last
                    )
                )


def promotion(page: Page) -> str:
    """The passage to the next year, begun if it is not."""
    page.goto(YEARS)
    prepare = page.get_by_role("button", name="Подготовить перевод")
    if prepare.count():
        prepare.click()
        page.wait_for_url("**/promotions/*")
        return page.url
    return str(page.locator("main a[href^='/promotions/']").first.get_attribute("href"))


def of_a_class(name: str) -> Callable[[Page], str]:
    """The pupils of a class in the passage."""

    def find(page: Page) -> str:
        page.goto(promotion(page))
        row = page.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))
        return str(row.locator("a").first.get_attribute("href"))

    return find


def terms(page: Page) -> str:
    """The terms of the year that lasts."""
    page.goto(YEARS)
    links = page.locator("main a[href$='/terms']")
    return str(links.nth(1).get_attribute("href"))


def backwards(page: Page) -> None:
    """A year that ends before it begins."""
    page.get_by_label("Последний день").fill("2027-01-01")
    page.get_by_role("button", name="Завести учебный год").click()
    expect(page.locator(".summary")).to_be_visible()


def overlapping(page: Page) -> None:
    """A term that begins before the one before has ended."""
    page.get_by_label("2 четверть: Первый день").fill("2026-09-10")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".summary")).to_be_visible()


def decided(page: Page) -> None:
    """Pupils for whom it will be otherwise, one of them in vain."""
    choices, classes = page.locator("select[name^='outcome:']"), page.locator("input[name^='target:']")
    for number, outcome in enumerate(("conditional", "repeats", "left", "graduated", "promoted")):
        choices.nth(number).select_option(outcome)
    classes.nth(4).fill("5Щ")
    page.get_by_role("button", name="Сохранить решения").click()
    page.wait_for_url("**done=pupils")


def wrong_class(page: Page) -> None:
    """A class that skips a grade."""
    page.locator("input[name^='class:']").first.fill("7А")
    page.get_by_role("button", name="Сохранить классы").click()
    expect(page.locator(".summary")).to_be_visible()


def about_to_move(page: Page) -> None:
    """The question before the step."""
    page.get_by_text("Перевести школу").click()


def moved(page: Page) -> None:
    """The school in its next year, about to be taken back."""
    if page.get_by_text("Перевести школу").count():
        page.get_by_text("Перевести школу").click()
        page.get_by_role("button", name="Перевести", exact=True).click()
        page.wait_for_url("**done=moved")
    page.locator("summary", has_text="Отменить перевод").click()


SIGHTS = [
    Sight("school years", YEARS, "head"),
    Sight("school year refused", YEARS, "head", act=backwards),
    Sight("terms", TERMS, "head", terms),
    Sight("terms refused", TERMS, "head", terms, act=overlapping),
    Sight("promotion", PROMOTION, "head", promotion),
    Sight("promotion of a class", CLASS, "head", of_a_class("4А")),
    Sight("promotion of a graduating class", CLASS, "head", of_a_class("11А")),
    Sight("promotion decided", CLASS, "head", of_a_class("4А"), act=decided),
    Sight("promotion refused", PROMOTION, "head", promotion, act=wrong_class),
    Sight("promotion sure", PROMOTION, "head", promotion, act=about_to_move),
    Sight("promotion done", PROMOTION, "head", promotion, act=moved),
    Sight("promotion of a class done", CLASS, "head", of_a_class("4А")),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
