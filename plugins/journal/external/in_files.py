"""Marks that a pupil brings from a former school, and how they are read out of the signed file that came along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.identity.names import sort_key
from core.pupil_files.models import FormerSchool
from plugins.journal.access import Opened, PageTerm
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.proposals import EXEMPT, NOT_ATTESTED, TOP_OF_SCHOOL

MARKS_KEY, TERM_MARKS_KEY = "отметки", "отметки за периоды"
DAY_KEY, SUBJECT_KEY, MARK_KEY, WEIGHT_KEY, WORK_KEY = "день", "предмет", "отметка", "вес", "работа"
FIRST_KEY, LAST_KEY = "с", "по"
YEAR_KEY, FOR_KEY = "учебный год", "за что"
"""What our pupil files call a pupil's marks, see `checks.export_person`; `docs/import.md` describes them."""

YEAR_WORD, HALF_YEAR_WORD = "Год", "полугодие"
MOST = 500
LONGEST = 200
HEAVIEST = 100


class ExternalMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of the former school: of a day, of a term or the whole of this year, of a grade before.

    One of `day`, `term`, `year` and `half_year` says what it is for; `grade` goes with the last two.
    """

    value: Annotated[str, Meta(max_length=16, description="Отметка: `5`, `зач`, за период и `н/а`, `осв`.")]
    day: Annotated[date | None, Meta(description="День отметки; null у отметки за период.")] = None
    term: Annotated[
        int | None, Meta(description="За какой период нашего года, считая с 1; null у отметки за день.")
    ] = None
    year: Annotated[
        bool,
        Meta(description="Отметка за год: этот, если предмет завершён в прежней школе, или прежнего класса."),
    ] = False
    half_year: Annotated[int | None, Meta(description="Полугодие прежнего класса, 1 или 2.")] = None
    grade: Annotated[
        int | None, Meta(description="Прежний класс, за который отметка: `10`; null – за этот год.")
    ] = None
    weight: Annotated[int, Meta(description="Вес, от 1 до 100.")] = 1
    work: Annotated[str, Meta(max_length=500, description="За что; может быть пусто.")] = ""
    source: Annotated[str, Meta(max_length=500, description="Прежняя школа.")]


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil's file tells of this subject in this academic year."""

    pupil: UUID
    pupil_name: str
    school: str
    marks: Sequence[ExternalMark]


def offered(db: Session, page: Opened) -> list[Offered]:
    """What the files of the page's pupils tell of its subject in this year; two statements, one without files."""
    if not page.terms:
        return []
    first, last = page.terms[0].starts_on, page.terms[-1].ends_on
    pupils = {each.id: each for each in read_pupils(db, page, first, last)}
    files = db.scalars(
        select(FormerSchool)
        .where(FormerSchool.organization_id == page.organization_id, FormerSchool.person_id.in_(list(pupils)))
        .order_by(FormerSchool.taken_at)
    )
    found: list[Offered] = []
    for file in files:
        marks = marks_in_file(file.parts, page, file.school)
        if marks:
            found.append(
                Offered(
                    pupil=file.person_id,
                    pupil_name=pupils[file.person_id].name,
                    school=file.school,
                    marks=marks,
                )
            )
    return found


def marks_in_file(parts: Mapping[str, Any], page: Opened, school: str) -> list[ExternalMark]:
    """The marks of the page's subject and year in what came with a pupil; what cannot be read is left out."""
    found: list[ExternalMark] = []
    for part in parts.values():
        for row in _rows(part, MARKS_KEY, page):
            day = _day(row.get(DAY_KEY))
            value = mark_here(row.get(MARK_KEY), page.settings, of_term=False)
            if day is None or not value or page.term_containing(day) is None:
                continue
            weight = row.get(WEIGHT_KEY)
            found.append(
                ExternalMark(
                    value=value,
                    day=day,
                    weight=weight if isinstance(weight, int) and 1 <= weight <= HEAVIEST else 1,
                    work=one_line(row.get(WORK_KEY)),
                    source=school,
                )
            )
        for row in _rows(part, TERM_MARKS_KEY, page):
            value = mark_here(row.get(MARK_KEY), page.settings, of_term=True)
            term = _term(page, row)
            if value and term is not None:
                found.append(ExternalMark(value=value, term=term.number, source=school))
            elif value and (before := _of_grade_before(page, row)):
                half_year, grade = before
                found.append(
                    ExternalMark(
                        value=value, year=not half_year, half_year=half_year, grade=grade, source=school
                    )
                )
    return found[:MOST]


def _rows(part: Any, key: str, page: Opened) -> list[dict[str, Any]]:
    rows = cast("dict[str, Any]", part).get(key) if isinstance(part, dict) else None
    if not isinstance(rows, list):
        return []
    wanted = sort_key(page.subject)
    return [
        cast("dict[str, Any]", row)
        for row in cast("list[Any]", rows)
        if isinstance(row, dict) and sort_key(str(cast("dict[str, Any]", row).get(SUBJECT_KEY, ""))) == wanted
    ]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def one_line(value: Any) -> str:
    return " ".join(str(value or "").split())[:LONGEST]


def _term(page: Opened, row: Mapping[str, Any]) -> PageTerm | None:
    """Our term that the mark is for: the same name, or most of the same days."""
    first, last = _day(row.get(FIRST_KEY)), _day(row.get(LAST_KEY))
    if first is None or last is None:
        return None
    best = max(page.terms, key=lambda term: min(term.ends_on, last) - max(term.starts_on, first))
    shared = (min(best.ends_on, last) - max(best.starts_on, first)).days + 1
    return best if 2 * shared > (best.ends_on - best.starts_on).days + 1 else None


def _of_grade_before(page: Opened, row: Mapping[str, Any]) -> tuple[int | None, int] | None:
    """The half-year (None: the year) and the grade of a mark of the year before, where final marks go by it."""
    begins, told = str(row.get(YEAR_KEY, ""))[:4], str(row.get(FOR_KEY, ""))
    grade = page.grade_level or 0
    if grade < TOP_OF_SCHOOL or not page.settings.with_exams(grade) or not begins.isdecimal():
        return None
    if int(begins) != page.terms[0].starts_on.year - 1:
        return None
    if told == YEAR_WORD:
        return None, grade - 1
    return (int(told[0]), grade - 1) if told[:1] in ("1", "2") and HALF_YEAR_WORD in told else None


def mark_here(value: Any, settings: JournalSettings, *, of_term: bool) -> str:
    """The mark in one spelling; empty for what is none here."""
    text = str(value or "").strip().casefold()
    if text.isascii() and text.isdigit() and len(text) <= 3:
        number = int(text)
        return str(number) if settings.lowest_mark <= number <= settings.highest_mark else ""
    if text in settings.words or (of_term and text in (NOT_ATTESTED, EXEMPT)):
        return text
    return ""
