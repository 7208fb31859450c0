"""The teacher's and the family's pages: journal, diary, timetable."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.looking import Eyes, Sight, by_link, send_unchecked

PAGE = "/journal/{page_id:uuid}"
LESSON = PAGE + "/lessons/{lesson_id:uuid}"
NEW_LESSON = PAGE + "/lessons/new"
EXTERNAL = PAGE + "/external"
CRITERIA = LESSON + "/criteria"
NEW_COLUMN = PAGE + "/columns/new"
REMOVED_COLUMN = PAGE + "/columns/{lesson_id:uuid}/remove"
CELL = PAGE + "/cells/{lesson_id:uuid}/{pupil_id:uuid}"
PUPIL = "/journal/pupils/{pupil_id:uuid}"
CLASS_DAY = "/journal/classes/{class_id:uuid}/days/{day:str}"
TERM_MARKS = PAGE + "/term-marks"
TERM_MARK = TERM_MARKS + "/{pupil_id:uuid}/{column:str}"
ACCEPT = TERM_MARKS + "/accept/{column:str}"
BEHAVIOUR = "/journal/classes/{class_id:uuid}/behaviour"
SHEET = "/journal/classes/{class_id:uuid}/term-marks"
TERM = "/journal/terms/{term_id:uuid}"
DIARY = "/diary/{pupil_id:uuid}"
DIARY_TERM_MARKS = DIARY + "/term-marks"
COUNTED, ANNOUNCED = "/journal/attendance", "/journal/absences"
EXEMPTIONS = "/journal/exemptions"

language = by_link("/search?q=9а русский", "main a[href^='/journal/']")


def ready(page: Page) -> None:
    """The grid at work."""
    page.wait_for_selector("journal-grid[data-ready]")


def as_class_teacher(address: str) -> Callable[[Page], str]:
    """A page, in the role that leads a class; the account keeps the role."""

    def act_as(page: Page) -> str:
        page.goto("/")
        if "Классный руководитель" not in page.locator(".switcher .as").inner_text():
            page.locator(".switcher summary").click()
            page.locator(".switcher button", has_text="Классный руководитель").click()
            expect(page.locator(".switcher .as")).to_contain_text("Классный руководитель")
        return address

    return act_as


def own_day(page: Page) -> str:
    """The day of the own class with lessons, the latest."""
    page.goto(as_class_teacher("/journal/days")(page))
    if page.locator("attendance-day").count() == 0:
        page.locator("a[rel=prev]").click()
    return page.url


def class_day(page: Page) -> str:
    """The day of a class of the school."""
    page.goto("/journal/days")
    return str(page.locator(".at-classes a").first.get_attribute("href"))


def day_ready(page: Page) -> None:
    """The cells of the day as choices."""
    page.wait_for_selector("attendance-day[data-ready]")


def reason_asked(page: Page) -> str:
    """What giving a reason would change."""
    page.goto(as_class_teacher("/journal/recodings")(page))
    pupil = page.locator("#pupil option").first.get_attribute("value")
    return f"/journal/recodings?pupil={pupil}&first_day=2026-09-01&last_day=2026-11-30&code=б&explained=true"


def exempting(page: Page) -> str:
    """Exempting a pupil of the own class."""
    page.goto(as_class_teacher(EXEMPTIONS)(page))
    pupil = page.locator("#pupil option").first.get_attribute("value")
    return f"{EXEMPTIONS}?pupil={pupil}"


def new_column_page(page: Page) -> str:
    """The form of a column outside of lessons."""
    return language(page).split("?")[0] + "/columns/new"


def external_page(page: Page) -> str:
    """Marks of former schools on the page."""
    return language(page).split("?")[0] + "/external"


def external_refused(page: Page) -> None:
    """A mark of a former school with errors."""
    page.locator("details.jr-add summary").click()
    send_unchecked("details.jr-add form")(page)
    expect(page.locator(".summary")).to_be_visible()


def column_refused(page: Page) -> None:
    """A column with an error."""
    send_unchecked("main form")(page)
    expect(page.locator(".summary")).to_be_visible()


def column_to_remove(page: Page) -> str:
    """A column outside of lessons about to go."""
    page.goto(new_column_page(page))
    page.get_by_label("За что отметки").fill("Олимпиада")
    page.get_by_role("button", name="Добавить столбец").click()
    page.wait_for_selector("journal-grid")
    lesson = page.locator("tr[id^=l]", has_text="Олимпиада").first.get_attribute("id")
    return page.url.split("?")[0] + f"/columns/{str(lesson)[1:]}/remove"


def absence_refused(page: Page) -> None:
    """An announcement with an error."""
    page.get_by_label("Последний день").fill("2020-01-01")
    send_unchecked("main form")(page)
    expect(page.locator(".summary")).to_be_visible()


def closed_term(page: Page) -> str:
    """The first term of the page, closed by now."""
    return language(page) + "?term=1"


def other_pages(page: Page) -> None:
    """The list behind the title."""
    ready(page)
    page.locator(".jr-switch summary").click()
    expect(page.locator(".jr-switch .menu-title").first).to_be_visible()


def lesson_drawer(page: Page) -> None:
    """The lesson beside the grid."""
    ready(page)
    page.locator(".jr-topics tbody th a").nth(1).click()
    expect(page.locator("#journal-drawer form.form")).to_be_visible()


def lesson_drawer_refused(page: Page) -> None:
    """The lesson with an error."""
    lesson_drawer(page)
    page.get_by_label("Сколько минут").fill("много")
    page.get_by_role("button", name="Сохранить урок").click()
    expect(page.locator("#journal-drawer .error").first).to_be_visible()


def homework_saved(page: Page) -> None:
    """The lesson with its history."""
    lesson_drawer(page)
    page.get_by_label("Домашнее задание").fill(
        "§ 12, упражнения 84–86.\nВыучить правило, подготовить пересказ."
    )
    page.get_by_role("button", name="Сохранить урок").click()
    expect(page.locator("#journal-drawer .jr-history li").first).to_be_visible()


def new_lesson_drawer(page: Page) -> None:
    """A lesson to be added."""
    ready(page)
    page.get_by_role("link", name="Добавить урок").click()
    expect(page.locator("#journal-drawer form.form")).to_be_visible()


def cell_drawer(page: Page) -> None:
    """Marks of a cell, with a comment and the history."""
    ready(page)
    page.locator(".jr tbody td.on").first.click()
    page.keyboard.press("5")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".jr td.saving, .jr td.waiting")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#journal-drawer .jr-history li").first).to_be_visible()


def remark_written(page: Page) -> None:
    """A retake, a remark, and one that was refused."""
    cell_drawer(page)
    drawer = page.locator("#journal-drawer")
    drawer.get_by_label("Запись в клетке").fill("2>4")
    drawer.get_by_role("button", name="Записать").click()
    expect(drawer.get_by_text("Сохранено.")).to_be_visible()
    drawer.get_by_label("Текст, его видит семья").fill("Забыл тетрадь, обещал принести в пятницу.")
    drawer.get_by_role("button", name="Написать").click()
    expect(drawer.locator(".jr-remark").first).to_be_visible()
    drawer.get_by_role("button", name="Написать").click()
    expect(drawer.locator(".error").first).to_be_visible()


def block_chosen(page: Page) -> None:
    """Several cells at once."""
    ready(page)
    page.locator(".jr tbody td.on").nth(2).click()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".jr-words")).to_contain_text("Выбрано клеток: 4")


def what_if(page: Page) -> None:
    """Marks tried out."""
    ready(page)
    page.get_by_role("button", name="Что если").click()
    page.locator(".jr tbody td.on").first.click()
    page.keyboard.press("2")
    expect(page.locator(".jr td.tried").first).to_be_visible()
    page.locator(".toast .close").click()


def of_one_kind(page: Page) -> str:
    """The lessons of one kind of work."""
    page.goto(language(page))
    return f"{page.url.partition('?')[0]}{page.locator('.jr-top .chips a').nth(1).get_attribute('href')}"


def pupil_page(page: Page) -> str:
    """The first pupil of the class in all subjects."""
    page.goto(language(page))
    ready(page)
    return f"/journal/pupils/{page.locator('.jr tbody tr').first.get_attribute('data-p')}"


def offline(page: Page) -> None:
    """A mark that waits for the network, and one that was refused."""
    ready(page)
    page.route("**/cells", lambda route: route.abort())
    page.locator(".jr tbody tr").nth(3).locator("td.on").click()
    page.keyboard.press("4")
    expect(page.locator(".jr-offline")).to_be_visible()


def session_ended(page: Page) -> None:
    """The dialog that asks to sign in again."""
    ready(page)
    page.evaluate("document.getElementById('sign-in-again').showModal()")


def lesson_page(page: Page) -> str:
    """A lesson alone on a page."""
    page.goto(language(page))
    return str(page.locator(".jr-topics tbody th a").first.get_attribute("href"))


def new_lesson_page(page: Page) -> str:
    """A lesson to be added, alone on a page."""
    return language(page) + "/lessons/new"


def new_lesson_refused(page: Page) -> None:
    """The same with errors."""
    page.get_by_label("День").fill("")
    page.get_by_label("Номер урока").fill("сто")
    send_unchecked("main form")(page)
    expect(page.locator(".summary")).to_be_visible()


def cell_page(page: Page) -> str:
    """A cell with a mark, alone on a page."""
    page.goto(language(page))
    ready(page)
    lesson, pupil = page.evaluate(
        """() => {
          const heads = [...document.querySelectorAll('.jr thead [data-l]')];
          for (const row of document.querySelectorAll('.jr tbody tr'))
            for (const [at, head] of heads.entries())
              if (/^[2-5]$/.test(row.cells[at + 1].textContent.trim())) return [head.dataset.l, row.dataset.p];
        }"""
    )
    return f"{page.url.partition('?')[0]}/cells/{lesson}/{pupil}"


def own_class(page: Page) -> str:
    """The diaries of a class."""
    page.goto("/diary")
    return str(page.locator(".chips a").nth(3).get_attribute("href"))


def chosen_day(page: Page) -> None:
    """A day of the strip, on a phone."""
    if page.viewport_size == {"width": 390, "height": 844}:
        page.locator(".day-strip a").nth(1).click()


def marks_of_child(page: Page) -> str:
    """The marks of terms of the first of several children."""
    page.goto("/diary")
    page.locator(".kin a").nth(1).click()
    return str(page.locator("main .tabs a").nth(1).get_attribute("href"))


def week_of(person: str, day: str) -> object:
    """A certain week of a pupil."""

    def find(page: Page) -> str:
        page.goto("/diary")
        page.get_by_role("link", name=re.compile(person)).first.click()
        return f"{page.url.partition('?')[0]}?week={day}"

    return find


def term_marks(page: Page) -> str:
    """The term marks of the same page."""
    return language(page) + "/term-marks"


def term_marks_refused(page: Page) -> None:
    """A mark that asks for a reason, sent from the background."""
    mark = page.locator(".tm-cell.set .tm-mark").first
    mark.fill("1")
    mark.press("Enter")
    expect(page.locator(".tm-cell.refused .tm-reason input").first).to_be_visible()


def term_mark_drawer(page: Page) -> None:
    """The card of a term mark beside the table."""
    page.locator(".tm-cell.set .tm-more").first.click()
    expect(page.locator("#journal-drawer .jr-history li").first).to_be_visible()


def term_mark_page(page: Page) -> str:
    """The card of a term mark alone on a page."""
    page.goto(term_marks(page))
    return str(page.locator(".tm-cell.set .tm-more").first.get_attribute("href"))


def accepting(page: Page) -> str:
    """What would be set at once."""
    return term_marks(page) + "/accept/2"


def a_sheet(page: Page) -> str:
    """The summary sheet of a class with marks."""
    page.goto("/journal?q=9а")
    return f"{page.locator('.jr-sheet a').first.get_attribute('href')}?column=1"


def behaviour_of_class(page: Page) -> str:
    """The behaviour of a class."""
    return a_sheet(page).partition("/term-marks")[0] + "/behaviour"


def behaviour_refused(page: Page) -> None:
    """A word that is no mark."""
    page.locator(".cr .tm-mark").first.fill("хорошо")
    page.keyboard.press("Enter")
    expect(page.locator(".tm-problem")).to_be_visible()


def a_term(name: str) -> object:
    """A term of the school by its name."""

    def find(page: Page) -> str:
        page.goto("/journal/terms")
        return str(page.get_by_role("link", name=name).get_attribute("href"))

    return find


def reopening_refused(page: Page) -> None:
    """A closed term that is to be opened without a reason; it stays closed."""
    if page.get_by_role("button", name="Закрыть период").count():
        page.get_by_role("button", name="Закрыть период").click()
    page.get_by_role("button", name="Открыть снова").click()
    expect(page.locator(".summary")).to_be_visible()


def work_by_criteria(page: Page) -> str:
    """The latest work of a page that is judged by criteria, in the demo school."""
    page.goto("/search?q=9а русский")
    page.goto(str(page.locator("main a[href^='/journal/']").first.get_attribute("href")))
    ready(page)
    address = page.evaluate(
        """async () => {
          const works = [...document.querySelectorAll('thead th[data-l]')].filter((each) => each.querySelector('b'));
          for (const head of works.reverse()) {
            const url = `${location.pathname}/lessons/${head.dataset.l}/criteria`;
            if ((await (await fetch(url)).text()).includes('class="table tm cr"')) return url;
          }
          return '';
        }"""
    )
    if address:
        return str(address)
    lesson = page.locator("thead th[data-l]").first.get_attribute("data-l")
    page.locator("thead th[data-l]").first.click()
    expect(page.locator("#journal-drawer form").first).to_be_visible()
    page.locator("#control_kind").select_option("control")
    page.get_by_role("button", name="Сохранить урок").click()
    expect(page.locator("#journal-drawer .positive-text")).to_be_visible()
    page.goto(page.url.partition("?")[0].partition("#")[0] + f"/lessons/{lesson}/criteria")
    page.locator("#criteria").fill("Содержание; 5\nГрамотность; 4\nОформление; 2")
    page.get_by_role("button", name="Сохранить критерии").click()
    expect(page.locator(".cr")).to_be_visible()
    return page.url


def points_refused(page: Page) -> None:
    """Points beyond the criterion."""
    page.locator(".cr .tm-mark").first.fill("77")
    page.keyboard.press("Enter")
    expect(page.locator(".tm-problem")).to_be_visible()


def criteria_refused(page: Page) -> None:
    """A criterion without points."""
    page.locator("#criteria").fill("Содержание")
    page.get_by_role("button", name="Сохранить критерии").click()
    expect(page.locator(".summary")).to_be_visible()


OF_PAGES = [
    Sight("journal pages of a teacher", "/journal", "teacher"),
    Sight("journal pages of the school", "/journal", "deputy_head"),
    Sight("journal pages none found", "/journal", "head", "/journal?q=щщщ"),
    Sight("absent", "/journal/absent", "deputy_head"),
    Sight("absent nobody", "/journal/absent", "head", "/journal/absent?day=2026-07-05"),
    Sight("days of classes", "/journal/days", "deputy_head"),
    Sight("day of a class to read", CLASS_DAY, "head", class_day),
    Sight("attendance counted", COUNTED, "deputy_head"),
    Sight("absences of a family", "/absences", "parent"),
    Sight("absences of a family refused", "/absences", "parent", act=absence_refused),
    Sight("absences of a pupil", "/absences", "pupil"),
    Sight("journal", PAGE, "class_teacher", language, act=ready),
    Sight("journal of one kind of work", PAGE, "class_teacher", of_one_kind, act=ready),
    Sight("journal several cells", PAGE, "class_teacher", language, act=block_chosen),
    Sight("journal what if", PAGE, "class_teacher", language, act=what_if),
    Sight("pupil in all subjects", PUPIL, "deputy_head", pupil_page),
    Sight("journal to read", PAGE, "head", language, act=ready),
    Sight("journal of a closed term", PAGE, "class_teacher", closed_term, act=ready),
    Sight("journal other pages", PAGE, "class_teacher", language, act=other_pages),
    Sight("journal lesson", PAGE, "class_teacher", language, act=lesson_drawer),
    Sight("journal lesson refused", PAGE, "class_teacher", language, act=lesson_drawer_refused),
    Sight("journal homework saved", PAGE, "class_teacher", language, act=homework_saved),
    Sight("journal new lesson", PAGE, "class_teacher", language, act=new_lesson_drawer),
    Sight("journal cell", PAGE, "class_teacher", language, act=cell_drawer),
    Sight("journal remark", PAGE, "class_teacher", language, act=remark_written),
    Sight("work by criteria", CRITERIA, "class_teacher", work_by_criteria),
    Sight("work by criteria points refused", CRITERIA, "class_teacher", work_by_criteria, act=points_refused),
    Sight("work by criteria refused", CRITERIA, "class_teacher", work_by_criteria, act=criteria_refused),
    Sight("journal offline", PAGE, "class_teacher", language, act=offline),
    Sight("journal session ended", PAGE, "class_teacher", language, act=session_ended),
    Sight("term marks", TERM_MARKS, "class_teacher", term_marks),
    Sight("term marks to read", TERM_MARKS, "head", term_marks),
    Sight("term marks refused", TERM_MARKS, "class_teacher", term_marks, act=term_marks_refused),
    Sight("term marks card", TERM_MARKS, "class_teacher", term_marks, act=term_mark_drawer),
    Sight("term mark", TERM_MARK, "class_teacher", term_mark_page),
    Sight("term marks accepted", ACCEPT, "class_teacher", accepting),
    Sight("class sheet", SHEET, "deputy_head", a_sheet),
    Sight("behaviour", BEHAVIOUR, "deputy_head", behaviour_of_class),
    Sight("behaviour refused", BEHAVIOUR, "deputy_head", behaviour_of_class, act=behaviour_refused),
    Sight("behaviour to read", BEHAVIOUR, "head", behaviour_of_class),
    Sight("terms", "/journal/terms", "deputy_head"),
    Sight("term", TERM, "deputy_head", a_term("2 четверть")),
    Sight("term reopening refused", TERM, "deputy_head", a_term("1 полугодие"), act=reopening_refused),
    Sight("lesson", LESSON, "class_teacher", lesson_page),
    Sight("lesson to read", LESSON, "head", lesson_page),
    Sight("new lesson", NEW_LESSON, "class_teacher", new_lesson_page),
    Sight("new lesson refused", NEW_LESSON, "class_teacher", new_lesson_page, act=new_lesson_refused),
    Sight("marks of former schools", EXTERNAL, "class_teacher", external_page),
    Sight("mark of a former school refused", EXTERNAL, "class_teacher", external_page, act=external_refused),
    Sight("new column", NEW_COLUMN, "class_teacher", new_column_page),
    Sight("new column refused", NEW_COLUMN, "class_teacher", new_column_page, act=column_refused),
    Sight("column to remove", REMOVED_COLUMN, "class_teacher", column_to_remove),
    Sight("cell", CELL, "class_teacher", cell_page),
    Sight("diary of a pupil", "/diary", "pupil"),
    Sight("diary of all children", "/diary", "parent", pressed=chosen_day),
    Sight("diary of all children in the holidays", "/diary", "parent", "/diary?week=2026-07-06"),
    Sight("diary for a parent of the second child", DIARY, "parent", week_of("Егор", "2026-11-23")),
    Sight("diary in the holidays", DIARY, "parent", week_of("Дарья", "2026-07-06")),
    Sight("term marks of a pupil", DIARY_TERM_MARKS, "pupil", by_link("/diary", "main .tabs a >> nth=1")),
    Sight("term marks of a child", DIARY_TERM_MARKS, "parent", marks_of_child),
    Sight("diaries of the school", "/diary", "deputy_head"),
    Sight("diaries of a class", "/diary", "deputy_head", own_class),
    Sight("diary for the deputy", DIARY, "deputy_head", by_link("/diary", ".pupil-list a")),
    Sight("timetable of a pupil", "/timetable", "pupil"),
    Sight("timetable of a teacher", "/timetable", "teacher", pressed=chosen_day),
    Sight("timetable in the holidays", "/timetable", "head", "/timetable?week=2026-07-06"),
]
OF_A_CLASS = [
    Sight("diary for a class teacher", "/diary", "class_teacher", as_class_teacher("/diary")),
    Sight("home of a class teacher", "/", "class_teacher", as_class_teacher("/")),
    Sight("day of a class", CLASS_DAY, "class_teacher", own_day, act=day_ready),
    Sight("attendance of a class", COUNTED, "class_teacher", as_class_teacher(COUNTED)),
    Sight("reasons of absences", "/journal/recodings", "class_teacher", reason_asked),
    Sight("exemptions", EXEMPTIONS, "class_teacher", as_class_teacher(EXEMPTIONS)),
    Sight(
        "exemption refused",
        EXEMPTIONS,
        "class_teacher",
        exempting,
        act=send_unchecked("main form[method=post]"),
    ),
    Sight("absences announced", ANNOUNCED, "class_teacher", as_class_teacher(ANNOUNCED)),
]
"""Last: the account stays in the role of a class teacher."""

SIGHTS = [*OF_PAGES, *OF_A_CLASS]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)


def test_the_journal_prints_whole_on_paper_as_narrow_as_a_phone(eyes: Eyes) -> None:
    page = eyes.context("class_teacher").new_page()
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto(language(page))
    ready(page)
    heads = page.locator(".jr thead th[data-l]")
    expect(heads.first).to_be_hidden()
    page.emulate_media(media="print")
    for at in (0, heads.count() - 1):
        expect(heads.nth(at)).to_be_visible()
        expect(page.locator(".jr tbody tr").first.locator("td").nth(at)).to_be_visible()
    page.context.close()
