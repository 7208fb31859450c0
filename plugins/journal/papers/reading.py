"""Papers and tables of the journal by what they are about, with the right to each asked where it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.papers import Paper, Part
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.access import Opened, PageTerm, chosen_term, open_page
from plugins.journal.api import separator
from plugins.journal.grid.cell_text import average_text
from plugins.journal.grid.gradebook import read_gradebook
from plugins.journal.homework.on_paper import homework_lines
from plugins.journal.papers.headings import heading_of, paper_of
from plugins.journal.papers.journal_page import page_parts, page_title
from plugins.journal.papers.pupil_paper import pupil_paper
from plugins.journal.papers.sheet_parts import Sheets
from plugins.journal.papers.summary import (
    read_year_sheet,
    summary_title,
    term_parts,
    year_parts,
    year_rows,
)
from plugins.journal.pupils.pupil_sheet import PupilSheet, SheetEntry, SheetSubject, read_pupil_sheet
from plugins.journal.terms.class_sheets import read_class_sheet, sheet_rows
from plugins.journal.terms.journal_term_marks import marks_on
from plugins.journal.terms.standings import term_column

ALL = "all"
"""Of a class's sheet: every column beside each other. Of a page: the whole year."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A paper ready to be drawn, how it is called in the record, and how many lines it has."""

    list_name: str
    paper: Paper
    parts: Iterator[Part]
    count: int


class GivenTable(msgspec.Struct, frozen=True, kw_only=True):
    """The same as a spreadsheet."""

    list_name: str
    title: str
    sheets: Sheets
    count: int


def class_sheet_paper(db: Session, actor: Actor, class_id: UUID, column: str) -> Given:
    """The summary sheet of a class, of one column or of all. Raises as `read_class_sheet`."""
    if column == ALL:
        year = read_year_sheet(db, actor, class_id)
        heading = heading_of(db, class_id)
        title = summary_title(year.class_name, _("год"))
        parts, count = year_parts(year, heading), len(year.pupils)
    else:
        sheet = read_class_sheet(db, actor, class_id, column)
        heading = heading_of(db, class_id)
        title = summary_title(sheet.class_name, sheet.column.title)
        parts, count = term_parts(sheet, heading), len(sheet.lines)
    paper = paper_of(actor, title, school=heading.school, about=heading.about)
    return Given(list_name="journal.class_sheet", paper=paper, parts=parts, count=count)


def class_sheet_table(db: Session, actor: Actor, class_id: UUID, column: str) -> GivenTable:
    """The summary sheet of a class as a spreadsheet."""
    if column == ALL:
        year = read_year_sheet(db, actor, class_id)
        title, count = summary_title(year.class_name, _("год")), len(year.pupils)
        sheets: Sheets = [(f"{year.class_name}, {_('год')}", year_rows(year))]
    else:
        sheet = read_class_sheet(db, actor, class_id, column)
        title, count = summary_title(sheet.class_name, sheet.column.title), len(sheet.lines)
        sheets = [(f"{sheet.class_name}, {sheet.column.title}", sheet_rows(sheet))]
    return GivenTable(list_name="journal.class_sheet", title=title, sheets=sheets, count=count)


def page_paper(db: Session, actor: Actor, page_id: UUID, term: str) -> Given:
    """A page of the journal in a term named by its number, else the present one, or `all` the year."""
    page = open_page(db, actor, page_id)
    terms = _terms(actor, page, term)
    whole = term == ALL
    title = _page_name(page, terms, whole=whole)
    paper = paper_of(actor, title, school=_school(db, page), about=page.title)
    parts = page_parts(db, actor, page, terms, with_totals=whole)
    return Given(list_name="journal.page", paper=paper, parts=parts, count=len(terms))


def page_table(db: Session, actor: Actor, page_id: UUID, term: str) -> GivenTable:
    """A page as a spreadsheet: for each term marks on one sheet, topics on another; for the year the totals too."""
    page = open_page(db, actor, page_id)
    terms = _terms(actor, page, term)
    sheets: list[tuple[str, Sequence[Sequence[Any]]]] = []
    for each in terms:
        sheets += _term_sheets(db, actor, page, each)
    if term == ALL or not sheets:
        sheets.append((_("Итоговые отметки"), _total_rows(db, actor, page)))
    count = len(sheets[0][1]) - 1
    title = _page_name(page, terms, whole=term == ALL)
    return GivenTable(list_name="journal.page", title=title, sheets=sheets, count=count)


def term_marks_table(db: Session, actor: Actor, page_id: UUID) -> GivenTable:
    """The term marks of a page as a spreadsheet."""
    page = open_page(db, actor, page_id)
    rows = _total_rows(db, actor, page)
    title = _("Итоговые отметки: %s") % page_title(page)
    return GivenTable(
        list_name="journal.term_marks",
        title=title,
        sheets=[(_("Итоговые отметки"), rows)],
        count=len(rows) - 1,
    )


def pupil_given(db: Session, actor: Actor, pupil_id: UUID, term: str) -> Given:
    """The sheet of a pupil. Raises as `read_pupil_sheet`."""
    sheet = read_pupil_sheet(db, actor, pupil_id, term, separator())
    paper, parts = pupil_paper(db, actor, sheet)
    return Given(list_name="journal.pupil", paper=paper, parts=parts, count=len(sheet.subjects))


def pupil_table(db: Session, actor: Actor, pupil_id: UUID, term: str) -> GivenTable:
    """A pupil's subjects and entries of a term as a spreadsheet."""
    sheet = read_pupil_sheet(db, actor, pupil_id, term, separator())
    period = sheet.term.name if sheet.term else ""
    return GivenTable(
        list_name="journal.pupil",
        title=", ".join(filter(None, (sheet.name, period))),
        sheets=[(_("Предметы"), _subject_rows(sheet)), (_("Записи"), _entry_rows(sheet))],
        count=len(sheet.subjects),
    )


def _terms(actor: Actor, page: Opened, term: str) -> Sequence[PageTerm]:
    today = school_today(actor)
    if term == ALL:
        begun = sum(each.starts_on <= today for each in page.terms)
        return page.terms[: max(begun, 1)]
    found = chosen_term(page.terms, term, today)
    return [found] if found else []


def _page_name(page: Opened, terms: Sequence[PageTerm], *, whole: bool) -> str:
    period = _("год") if whole else terms[0].name if terms else ""
    return ", ".join(filter(None, (_("Журнал: %s") % page_title(page), period)))


def _school(db: Session, page: Opened) -> str:
    school = db.get(Organization, page.organization_id)
    if school is None:
        raise NotFound("Такой школы нет.", advice="Обновите страницу.")
    return school.short_name


def _term_sheets(
    db: Session, actor: Actor, page: Opened, term: PageTerm
) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
    book, marks = read_gradebook(db, page, term), term_column(db, actor, page, term)
    kinds = page.settings.kinds
    rows: list[list[Any]] = [
        ["№", _("Ученик"), *(show_short_day(each.day) for each in book.lessons), _("Ср."), _("Итог")]
    ]
    for number, pupil in enumerate(book.pupils, 1):
        mark = marks.get(pupil.id)
        rows.append(
            [
                number,
                pupil.name,
                *(_value(pupil.cells.get(at, "")) for at in range(len(book.lessons))),
                average_text(pupil.weighted_sum, pupil.weights, separator()),
                _value(mark.value if mark else ""),
            ]
        )
    topics: list[list[Any]] = [
        [_("Дата"), _("Урок"), _("Тема урока"), _("Вид работы"), _("Домашнее задание")]
    ]
    given = homework_lines(db, book.lessons)
    for lesson in book.lessons:
        kind = kinds.get(lesson.control_kind)
        title = kind.shown_title if kind else ""
        topics.append([show_short_day(lesson.day), lesson.number, lesson.topic, title, given[lesson.id]])
    yield term.name, rows
    yield _("Темы, %s") % term.name, topics


def _value(text: str) -> Any:
    """A single mark as a number, so that a spreadsheet can count with it."""
    return int(text) if text.isdecimal() and len(text) < 4 else text


def _total_rows(db: Session, actor: Actor, page: Opened) -> list[list[Any]]:
    found = marks_on(db, actor, page)
    return [
        ["№", _("Ученик"), *(column.title for column in found.columns)],
        *(
            [number, line.name, *(_value(cell.value) for cell in line.cells)]
            for number, line in enumerate(found.lines, 1)
        ),
    ]


def _subject_rows(sheet: PupilSheet) -> list[list[Any]]:
    return [
        [_("Предмет"), _("Ср."), _("Отметок"), _("Пропусков")],
        *([_named(each), each.average, each.marks, each.absences] for each in sheet.subjects),
    ]


def _entry_rows(sheet: PupilSheet) -> list[list[Any]]:
    return [
        [_("Предмет"), _("Дата"), _("Запись"), _("Вид работы"), _("Тема урока"), _("Комментарий")],
        *(
            [_named(each), show_short_day(entry.day), _value(entry.text), *_about(entry)]
            for each in sheet.subjects
            for entry in each.entries
        ),
        *(
            [
                _named(each),
                mark.when,
                _value(mark.value),
                mark.work,
                "",
                _("из прежней школы: %s") % mark.source,
            ]
            for each in sheet.subjects
            for mark in each.former
        ),
    ]


def _named(subject: SheetSubject) -> str:
    return f"{subject.subject} ({subject.group})" if subject.group else subject.subject


def _about(entry: SheetEntry) -> tuple[str, str, str]:
    return entry.work, entry.topic, entry.comment
