"""Changes of the timetable: the day's list, absences, ways out for a lesson, the corridor screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

CHANGES, ABSENCES, SCREEN = "/timetable/changes", "/timetable/absences", "/timetable/screen"
ABSENCE = ABSENCES + "/{teacher_absence_id:uuid}"
LESSON = "/timetable/lessons/{planned_lesson_id:uuid}"

any_absence = by_link(ABSENCES, "main table th a")


def of_absence(what: str) -> Callable[[Page], str]:
    """A page below an absence."""

    def find(page: Page) -> str:
        return any_absence(page) + what

    return find


def a_lesson(text: str) -> Callable[[Page], str]:
    """A lesson of the absent teacher."""

    def find(page: Page) -> str:
        page.goto(any_absence(page))
        return str(page.locator("main table a", has_text=text).first.get_attribute("href"))

    return find


def with_changes(page: Page) -> str:
    """The list of the day on which the demo's teacher is away."""
    page.goto(a_lesson("Изменить")(page))
    return str(page.locator(".crumbs a").last.get_attribute("href"))


def address_given(page: Page) -> None:
    """The address, shown this once."""
    page.locator("button[name=step][value=open]").click()
    expect(page.locator(".note a")).to_be_visible()


def own_screen(page: Page) -> str:
    """A screen with an address of this moment."""
    page.goto(SCREEN)
    address_given(page)
    return str(page.locator(".note a").get_attribute("href"))


def impossible(page: Page) -> None:
    """A move to nowhere is refused, and what was typed stays."""
    page.locator("input[name=option][value=move]").check()
    page.get_by_label("Пояснение для всех").fill("Класс приходит с учебниками")
    send_unchecked("main form.ch-ways")(page)
    expect(page.locator(".summary")).to_be_visible()
    expect(page.get_by_label("Пояснение для всех")).to_have_value("Класс приходит с учебниками")


SIGHTS = [
    Sight("changes of a day", CHANGES, "deputy_head", with_changes),
    Sight("changes of a day for a family", CHANGES, "parent"),
    Sight("changes of a day without any", CHANGES, "head", CHANGES + "?day=2026-07-06"),
    Sight("absences", ABSENCES, "deputy_head"),
    Sight("absence new", ABSENCES + "/new", "deputy_head"),
    Sight("absence new refused", ABSENCES + "/new", "deputy_head", act=send_unchecked("main form.form")),
    Sight("absence", ABSENCE, "deputy_head", any_absence),
    Sight("absence edited", ABSENCE + "/edit", "deputy_head", of_absence("/edit")),
    Sight("absence filled", ABSENCE + "/fill", "deputy_head", of_absence("/fill")),
    Sight("lesson open", LESSON, "deputy_head", a_lesson("Решить")),
    Sight("lesson refused", LESSON, "deputy_head", a_lesson("Решить"), act=impossible),
    Sight("lesson substituted", LESSON, "deputy_head", a_lesson("Изменить")),
    Sight("timetable of who changes it", "/timetable", "deputy_head"),
    Sight("corridor screen settings", SCREEN, "deputy_head"),
    Sight("corridor screen address", SCREEN, "deputy_head", act=address_given),
    Sight("corridor screen", "/screen", "deputy_head", own_screen),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
