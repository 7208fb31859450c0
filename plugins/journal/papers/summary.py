"""The summary sheet of a class on paper: one term, or the year with all its terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from core.database.session import Session
from core.identity.sessions import school_today
from core.papers import Column, Head, NewSheet, Part, Signatures, Table, Words, room_for
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.behaviour.stored import behaviour_of_year
from plugins.journal.papers.headings import Heading
from plugins.journal.settings import settings_of
from plugins.journal.terms.class_members import pages_of_class_pupils, pupils_of_class
from plugins.journal.terms.class_sheets import ClassSheet, SheetColumn, class_with_terms, columns_of_class
from plugins.journal.terms.standings import EXAM, FINAL, Slot, read_standings

NUMBER, NAME = 7.0, 44.0
"""Widths of the columns that every list of a class begins with."""

_NARROW, _WIDE = 7.0, 12.0
_YEAR_CELL = 5.2
_BEHAVIOUR = 11.0


class YearSheet(msgspec.Struct, frozen=True, kw_only=True):
    """Marks of a class for a year. `marks` are by pupil, in the order of subjects and, within one, of columns.

    `behaved` are the titles of the columns of behaviour, none where the school does not mark it; `behaviour` is by
    pupil.
    """

    class_name: str
    columns: Sequence[SheetColumn]
    subjects: Sequence[str]
    pupils: Sequence[str]
    marks: Sequence[Sequence[Sequence[str]]]
    without_marks: bool
    behaved: Sequence[str] = ()
    behaviour: Sequence[Sequence[str]] = ()


def read_year_sheet(db: Session, actor: Actor, class_id: UUID) -> YearSheet:
    """All term, year, exam and final marks of a class; five statements, with behaviour six.

    Raises as `read_class_sheet`.
    """
    settings = settings_of(db, actor)
    school_class, terms = class_with_terms(db, actor, class_id)
    columns = columns_of_class(school_class.grade_level, terms, settings)
    span = (terms[0].starts_on, terms[-1].ends_on) if terms else None
    pupils = pupils_of_class(db, class_id, *span) if span else {}
    pages = pages_of_class_pupils(db, actor, school_class, class_id, list(pupils))
    standings = read_standings(
        db,
        school_class.organization_id,
        school_class.academic_year_id,
        [row.id for row in pages],
        [each.id for each in terms],
        settings,
        school_today(actor),
    )
    by_subject: dict[UUID, list[Any]] = defaultdict(list)
    for row in pages:
        by_subject[row.subject_id].append(row)
    numbered: Mapping[str, Slot] = {str(term.number): term.id for term in terms}
    slots = [numbered.get(column.name, column.name) for column in columns]

    put: Mapping[tuple[UUID, UUID | None], str] = (
        {} if settings.behaviour == "off" else behaviour_of_year(db, school_class, class_id)
    )
    behaved = [each for each in columns if settings.behaviour != "off" and each.name not in (EXAM, FINAL)]
    ids = {str(term.number): term.id for term in terms}

    def mark(pupil_id: UUID, rows: Sequence[Any], slot: Slot) -> str:
        found = (standings.get((row.id, pupil_id), {}).get(slot) for row in rows)
        return "/".join(dict.fromkeys(each.mark.value for each in found if each and each.mark))

    return YearSheet(
        class_name=school_class.name,
        columns=columns,
        subjects=[_narrow_name(rows[0], len(columns)) for rows in by_subject.values()],
        pupils=[pupil.name for pupil in pupils.values()],
        marks=[
            [[mark(pupil_id, rows, slot) for slot in slots] for rows in by_subject.values()]
            for pupil_id in pupils
        ],
        without_marks=settings.without_marks(school_class.grade_level),
        behaved=[each.title for each in behaved],
        behaviour=[[put.get((pupil_id, ids.get(each.name)), "") for each in behaved] for pupil_id in pupils],
    )


def _narrow_name(row: Any, columns: int) -> str:
    """The subject's name, the short one where so many columns have no room for it."""
    return row.subject if len(row.subject) <= columns * 3.4 else row.short_name or row.subject


def year_rows(sheet: YearSheet) -> list[list[str]]:
    """The year's marks as rows of a spreadsheet, under two rows of titles."""
    subjects = [subject if not at else "" for subject in sheet.subjects for at in range(len(sheet.columns))]
    behaved = [_("Поведение") if not at else "" for at in range(len(sheet.behaved))]
    return [
        ["", "", *subjects, *behaved],
        [
            "№",
            _("Ученик"),
            *([column.title for column in sheet.columns] * len(sheet.subjects)),
            *sheet.behaved,
        ],
        *(
            [str(number), name, *(value for subject in marks for value in subject), *behaviour]
            for number, (name, marks, behaviour) in _numbered(sheet)
        ),
    ]


def _numbered(sheet: YearSheet) -> Iterator[tuple[int, tuple[str, Sequence[Sequence[str]], Sequence[str]]]]:
    return enumerate(zip(sheet.pupils, sheet.marks, sheet.behaviour, strict=True), 1)


def summary_title(class_name: str, column: str) -> str:
    """«Сводная ведомость 9А, 1 четверть»."""
    return _("Сводная ведомость %(name)s, %(period)s") % {"name": class_name, "period": column}


def term_parts(sheet: ClassSheet, heading: Heading) -> Iterator[Part]:
    """The sheet of one term, or of another single column."""
    count = max(len(sheet.subjects), 1)
    fixed = NUMBER + NAME + (_BEHAVIOUR if sheet.with_behaviour else 0)
    landscape = (room_for(landscape=False) - fixed) / count < _NARROW
    room = room_for(landscape=landscape) - fixed
    yield NewSheet(
        title=_("Сводная ведомость учёта успеваемости"),
        lines=[f"{heading.about}, {sheet.column.title}"],
        landscape=landscape,
    )
    subjects = () if sheet.without_marks else sheet.subjects
    if sheet.without_marks:
        yield Words(text=_("Этот класс учится без отметок."))
    elif not sheet.lines or not sheet.subjects:
        yield Words(text=_("В этом периоде в классе нет учеников или страниц журнала."))
    if sheet.lines and (subjects or sheet.with_behaviour):
        width = max(_NARROW, min(_WIDE, room / count))
        behaviour = [Column(title=_("Поведение"), width=_BEHAVIOUR, vertical=True)]
        yield Table(
            columns=[
                *list_columns(),
                *(Column(title=subject.name, width=width, vertical=True) for subject in subjects),
                *(behaviour if sheet.with_behaviour else []),
            ],
            rows=[
                [
                    str(number),
                    line.name,
                    *(cell.value for cell in line.cells if subjects),
                    *([line.behaviour] if sheet.with_behaviour else []),
                ]
                for number, line in enumerate(sheet.lines, 1)
            ],
            fixed=2,
            size=9,
            signed=2,
        )
    yield signatures(heading)


def year_parts(sheet: YearSheet, heading: Heading, *, listed_as: str = "") -> Iterator[Part]:
    """The sheet of the year: subjects beside each other, under each its terms, the year and what follows."""
    yield NewSheet(
        title=listed_as or _("Сводная ведомость учёта успеваемости"),
        lines=[heading.about],
        landscape=True,
    )
    if sheet.without_marks:
        yield Words(text=_("Этот класс учится без отметок."))
    elif not sheet.pupils or not sheet.subjects:
        yield Words(text=_("В этом учебном году в классе нет учеников или страниц журнала."))
    subjects = () if sheet.without_marks else sheet.subjects
    if sheet.pupils and (subjects or sheet.behaved):
        cell = Column(title="", width=_YEAR_CELL, vertical=True)
        columns = [msgspec.structs.replace(cell, title=each.title) for each in sheet.columns]
        yield Table(
            columns=[
                *list_columns(),
                *(columns * len(subjects)),
                *(Column(title=title, width=_BEHAVIOUR, vertical=True) for title in sheet.behaved),
            ],
            heads=[
                Head(title="", columns=2),
                *(Head(title=subject, columns=len(columns)) for subject in subjects),
                *([Head(title=_("Поведение"), columns=len(sheet.behaved))] if sheet.behaved else []),
            ],
            rows=[
                [
                    str(number),
                    name,
                    *(value for subject in marks for value in subject if subjects),
                    *behaviour,
                ]
                for number, (name, marks, behaviour) in _numbered(sheet)
            ],
            fixed=2,
            signed=2,
        )
    yield signatures(heading)


def list_columns() -> list[Column]:
    """Number and name, which every list of a class begins with."""
    return [Column(title="№", width=NUMBER), Column(title=_("Ученик"), width=NAME, left=True)]


def signatures(heading: Heading) -> Signatures:
    """Whose signatures a class's paper bears."""
    return Signatures(
        lines=[(_("Классный руководитель"), heading.class_teacher), (_("Директор"), heading.head)]
    )
