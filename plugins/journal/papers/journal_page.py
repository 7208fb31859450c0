"""A page of the journal on paper, as an opened paper journal: marks at the left, topics and homework at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from babel.dates import get_month_names
from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.papers import Column, Head, NewSheet, Part, Signatures, Table, Words, room_for
from core.roles.actor import Actor
from core.web.i18n import current_locale, show_short_day
from core.web.i18n import gettext as _
from plugins.journal.access import Opened, PageTerm
from plugins.journal.api import separator
from plugins.journal.external.former_marks import in_words
from plugins.journal.grid.cell_text import average_text
from plugins.journal.grid.gradebook import Gradebook, GridPupil, read_gradebook
from plugins.journal.homework.on_paper import homework_lines
from plugins.journal.models import JournalLesson
from plugins.journal.papers.summary import NAME, NUMBER, list_columns
from plugins.journal.terms.journal_term_marks import marks_on
from plugins.journal.terms.standings import TermCell, term_column

_LETTER, _NARROWEST = 1.55, 5.4
"""Widths of a letter in a cell, and of the narrowest column of a lesson."""

_TOTAL = 8.0


class _Numbering:
    """Counts the lessons of a page through the year, as the right part of a journal numbers them."""

    def __init__(self) -> None:
        self.given = 0


def page_title(page: Opened) -> str:
    """«Алгебра, 9А»."""
    return f"{page.subject}, {page.title}"


def page_parts(
    db: Session, actor: Actor, page: Opened, terms: Sequence[PageTerm], *, with_totals: bool
) -> Iterator[Part]:
    """The page in some of its terms that follow each other; `with_totals` the marks of terms and year come last.

    Five statements for each term. The page has been opened, which is the right to see it.
    """
    teachers = _teachers(db, page)
    numbering = _Numbering()
    # Lessons are numbered from the beginning of the year, whichever term is printed.
    if terms and terms[0] != page.terms[0]:
        for term in page.terms[: page.terms.index(terms[0])]:
            numbering.given += len(read_gradebook(db, page, term).lessons)
    if not terms:
        yield NewSheet(title=page_title(page), lines=_lines(page, teachers))
        yield Words(text=_("Учебных периодов ещё не было."))
    for term in terms:
        yield from _term_parts(db, actor, page, term, teachers, numbering)
    if with_totals:
        yield from _totals(db, actor, page, teachers)


def _lines(page: Opened, teachers: Mapping[UUID, str]) -> list[str]:
    names = ", ".join(dict.fromkeys(teachers.values()))
    return [_("Учитель: %s") % names] if names else []


def _term_parts(
    db: Session,
    actor: Actor,
    page: Opened,
    term: PageTerm,
    teachers: Mapping[UUID, str],
    numbering: _Numbering,
) -> Iterator[Part]:
    book = read_gradebook(db, page, term)
    marks = term_column(db, actor, page, term)
    title = f"{page_title(page)}, {term.name}"
    lines = [
        *_lines(page, teachers),
        _("%(first)s – %(last)s. Уроков: %(count)s")
        % {
            "first": show_short_day(term.starts_on),
            "last": show_short_day(term.ends_on),
            "count": len(book.lessons),
        },
    ]
    if not book.pupils or not book.lessons:
        yield NewSheet(title=title, lines=lines, landscape=True)
        yield Words(
            text=_("Уроков в этом периоде нет.") if book.pupils else _("Учеников в этом периоде нет.")
        )
        return
    widths = _widths(book)
    chunks = list(_chunks(widths, room_for(landscape=True) - NUMBER - NAME, 2 * _TOTAL))
    for at, chunk in enumerate(chunks):
        last = at == len(chunks) - 1
        shown = title if len(chunks) == 1 else f"{title} ({at + 1}/{len(chunks)})"
        yield NewSheet(title=shown, lines=lines, landscape=True, listed=at == 0)
        yield _left(book, chunk, widths, marks if last else None)
        brought = [each for each in book.pupils if each.former] if last else []
        if brought:
            told = "; ".join(f"{each.name}: {in_words(each.former)}" for each in brought)
            yield Words(text=_("Из прежней школы: %s") % told)
        yield NewSheet(
            title=_("%s: темы и домашние задания") % shown,
            lines=_lines(page, teachers),
            landscape=True,
            listed=False,
        )
        yield _right(db, book, chunk, numbering)
        yield Signatures(lines=[(_("Учитель"), ", ".join(dict.fromkeys(teachers.values())))])


def _widths(book: Gradebook) -> list[float]:
    """How wide each lesson's column has to be for all that stands in it."""
    longest = [2] * len(book.lessons)
    for pupil in book.pupils:
        for column, text in pupil.cells.items():
            longest[column] = max(longest[column], len(text))
    return [max(_NARROWEST, letters * _LETTER + 1) for letters in longest]


def _chunks(widths: Sequence[float], room: float, after: float) -> Iterator[range]:
    """The lessons that fit beside each other; the last ones leave room for the average and the mark."""
    begin, used = 0, 0.0
    for at, width in enumerate(widths):
        needed = width + (after if at == len(widths) - 1 else 0)
        if used + needed > room and at > begin:
            yield range(begin, at)
            begin, used = at, 0.0
        used += width
    yield range(begin, len(widths))


def _left(
    book: Gradebook, chunk: range, widths: Sequence[float], marks: Mapping[UUID, TermCell] | None
) -> Table:
    """Pupils by lessons; `marks` of the term, with averages, stand beside the last lessons."""
    kinds = book.page.settings.kinds
    names = get_month_names("wide", context="stand-alone", locale=current_locale.get())
    columns, heads = list_columns(), [Head(title="", columns=2)]
    for month, lessons in groupby(chunk, key=lambda at: book.lessons[at].day.month):
        count = 0
        for at in lessons:
            lesson = book.lessons[at]
            kind = kinds.get(lesson.control_kind)
            letter = f" {kind.letter}" if kind and kind.letter else ""
            columns.append(Column(title=f"{lesson.day.day}{letter}", width=widths[at]))
            count += 1
        heads.append(Head(title=names[month], columns=count))
    if marks is not None:
        columns.append(Column(title=_("Ср."), width=_TOTAL))
        columns.append(Column(title=_("Итог"), width=_TOTAL, bold=True))
        heads.append(Head(title="", columns=2))
    rows: list[list[str]] = []
    for number, pupil in enumerate(book.pupils, 1):
        row = [str(number), _named(pupil, book.term), *(pupil.cells.get(at, "") for at in chunk)]
        if marks is not None:
            mark = marks.get(pupil.id)
            row.append(average_text(pupil.weighted_sum, pupil.weights, separator()))
            row.append(mark.value if mark else "")
        rows.append(row)
    return Table(columns=columns, heads=heads, rows=rows, fixed=2, size=7.5)


def _named(pupil: GridPupil, term: PageTerm | None) -> str:
    """The name, with the day on which the pupil left or came if that was within the term."""
    first, last = pupil.spans[0][0], pupil.spans[-1][1]
    if term is not None and last is not None and last < term.ends_on:
        return _("%(name)s (выбыл %(day)s)") % {"name": pupil.name, "day": f"{last:%d.%m}"}
    if term is not None and first > term.starts_on:
        return _("%(name)s (прибыл %(day)s)") % {"name": pupil.name, "day": f"{first:%d.%m}"}
    return pupil.name


def _right(db: Session, book: Gradebook, chunk: range, numbering: _Numbering) -> Table:
    """Day, number, kind of work, topic and homework of the lessons; a substitute is named."""
    kinds = book.page.settings.kinds
    substitutes = _names(
        db, {book.lessons[at].teacher_id for at in chunk if book.lessons[at].status == "substituted"}
    )
    given = homework_lines(db, [book.lessons[at] for at in chunk])
    rows: list[list[str]] = []
    for at in chunk:
        lesson = book.lessons[at]
        numbering.given += 1
        kind = kinds.get(lesson.control_kind)
        topic = lesson.topic
        if lesson.status == "substituted" and lesson.teacher_id in substitutes:
            topic = _("%(topic)s (замена: %(name)s)") % {
                "topic": topic,
                "name": substitutes[lesson.teacher_id],
            }
        rows.append(
            [
                show_short_day(lesson.day),
                str(numbering.given),
                topic,
                kind.shown_title if kind else "",
                given[lesson.id],
            ]
        )
    return Table(
        columns=[
            Column(title=_("Дата"), width=19),
            Column(title="№", width=9),
            Column(title=_("Тема урока"), wraps=True),
            Column(title=_("Вид работы"), width=38, wraps=True),
            Column(title=_("Домашнее задание"), wraps=True),
        ],
        rows=rows,
        signed=1,
    )


def _totals(db: Session, actor: Actor, page: Opened, teachers: Mapping[UUID, str]) -> Iterator[Part]:
    found = marks_on(db, actor, page)
    yield NewSheet(title=_("%s: итоговые отметки") % page_title(page), lines=_lines(page, teachers))
    if page.without_marks:
        yield Words(text=_("Этот класс учится без отметок."))
        return
    yield Table(
        columns=[
            Column(title="№", width=NUMBER),
            Column(title=_("Ученик"), left=True),
            *(Column(title=column.title, width=15) for column in found.columns),
        ],
        rows=[
            [str(number), line.name, *(cell.value for cell in line.cells)]
            for number, line in enumerate(found.lines, 1)
        ],
        size=9,
        signed=1,
    )
    yield Signatures(lines=[(_("Учитель"), ", ".join(dict.fromkeys(teachers.values())))])


def _teachers(db: Session, page: Opened) -> Mapping[UUID, str]:
    """Who has taught the page's lessons, those of substitutes left out, by name."""
    rows: Any = db.execute(
        select(Person)
        .where(
            Person.id.in_(
                select(JournalLesson.teacher_id).where(
                    JournalLesson.organization_id == page.organization_id,
                    JournalLesson.academic_year_id == page.academic_year_id,
                    JournalLesson.page_id == page.id,
                    JournalLesson.status != "substituted",
                )
            )
        )
        .order_by(Person.name_key)
    ).scalars()
    return {person.id: person.short_name for person in rows}


def _names(db: Session, people: set[UUID | None]) -> Mapping[UUID | None, str]:
    if not people:
        return {}
    return {
        person.id: person.short_name
        for person in db.scalars(select(Person).where(Person.id.in_([each for each in people if each])))
    }
