"""Reports of the journal: of a class, of subjects, and what is not filled in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.pages.looking import Eyes, Sight

REPORTS = "/journal/reports"
CLASS = REPORTS + "/classes/{class_id:uuid}"
SUBJECTS, CONTROL = REPORTS + "/subjects", REPORTS + "/control"


def of_class(name: str, query: str = "") -> Callable[[Page], str]:
    """The report of a class by its name."""

    def find(page: Page) -> str:
        page.goto(REPORTS)
        link = page.locator(".at-classes").get_by_role("link", name=name, exact=True)
        return f"{link.get_attribute('href')}{query}"

    return find


def of_page(page: Page) -> str:
    """The remarks of one journal page."""
    page.goto(CONTROL)
    return f"{CONTROL}{page.locator('main table th a').first.get_attribute('href')}"


def reminded(page: Page) -> None:
    """The teacher has been reminded, now or by the look before."""
    button = page.get_by_role("button", name="Напомнить учителю").first
    if button.count():
        button.click()
    page.get_by_text("напомнили сегодня").first.wait_for()


def last_term(page: Page) -> str:
    """The term that is over, with its marks."""
    page.goto(SUBJECTS)
    value = page.locator("#period option", has_text="1 четверть").get_attribute("value")
    return f"{SUBJECTS}?period={value}"


def paper_ordered(page: Page) -> None:
    """The journal of a class waits to be made, now or from the look before."""
    if not page.get_by_role("button", name="Остановить").count():
        page.locator("#class_id").select_option(label="9А")
        page.get_by_role("button", name="Заказать", exact=True).click()
    page.get_by_role("button", name="Остановить").first.wait_for()


PAPERS = "/journal/papers"
SCHOOLS, DYNAMICS = "/journal/schools", REPORTS + "/dynamics"

SIGHTS = [
    Sight("reports of classes", REPORTS, "deputy_head"),
    Sight("report of a class", CLASS, "deputy_head", of_class("9А", "?column=1")),
    Sight("report of a class to come", CLASS, "head", of_class("9А", "?column=4")),
    Sight("report of a class preliminary", CLASS, "head", of_class("9А", "?column=2&preliminary=yes")),
    Sight("report of a class without marks", CLASS, "head", of_class("1А")),
    Sight("report of subjects", SUBJECTS, "deputy_head", last_term),
    Sight("report of own subjects", SUBJECTS, "teacher", last_term),
    Sight("control of the journal", CONTROL, "head", CONTROL + "?school_class=9А"),
    Sight("control of the journal none found", CONTROL, "head", CONTROL + "?kind=few&school_class=1А"),
    Sight("control of a page", CONTROL, "deputy_head", of_page),
    Sight("control of a page reminded", CONTROL, "deputy_head", of_page, act=reminded),
    Sight("control of own pages", CONTROL, "teacher"),
    Sight("papers none ordered", PAPERS, "head"),
    Sight("papers ordered", PAPERS, "deputy_head", act=paper_ordered),
    Sight("dynamics of the school", DYNAMICS, "head"),
    Sight("dynamics of subjects", DYNAMICS, "deputy_head", DYNAMICS + "?school_class=9А&compare=subjects"),
    Sight("dynamics of own classes", DYNAMICS, "teacher", DYNAMICS + "?compare=classes&measure=quality"),
    Sight("schools of a municipality", SCHOOLS, "municipal"),
    Sight("schools of a region", SCHOOLS, "regional", SCHOOLS + "?period=year"),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
