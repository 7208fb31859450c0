"""Reading a journal page: pupils, the lessons of a term, and what stands in the cells.

A page costs five statements, whatever its size. Rows are read as plain tuples and turned into text in one
function, because a function call or a template expression for each cell would cost most of the page's time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    null,
    or_,
    select,
    union_all,
)

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, PupilGroupMembership
from plugins.journal.access import Opened, PageTerm
from plugins.journal.exemptions.models import APART, EXEMPT_KIND, JournalExemption
from plugins.journal.external.former_marks import FormerMark
from plugins.journal.external.models import MARK_KIND, TERM_KIND, JournalExternalMark
from plugins.journal.grid.cell_text import RETAKE, average_text
from plugins.journal.grid.former_html import former_button_html
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark
from plugins.journal.remarks.models import JournalRemark


class GridPupil(msgspec.Struct, kw_only=True):
    """A line of the page. `spans` are the times the pupil was in the class, both days included.

    `exempt` has the class of the cells where the pupil does not take the subject with the class. `former` are marks
    of a former school for the days shown; they are not in the average.
    """

    id: UUID
    name: str
    spans: list[tuple[date, date | None]]
    cells: dict[int, str] = {}
    weighted_sum: int = 0
    weights: int = 0
    exempt: dict[int, str] = {}
    former: Sequence[FormerMark] = ()

    def present_on(self, day: date) -> bool:
        """Whether the pupil was in the class on `day`."""
        return any(first <= day and (last is None or day <= last) for first, last in self.spans)


class GridLesson(msgspec.Struct, frozen=True):
    """A column of the page."""

    id: UUID
    day: date
    number: int
    topic: str
    homework: str
    homework_minutes: int | None
    control_kind: str
    status: str
    teacher_id: UUID | None


class Gradebook(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the journal in one term, ready to be shown.

    `flags` holds the classes of cells that are more than their text: `c` has a comment, `h` has a history, `r` praise
    or a remark.
    `kinds` counts the term's lessons by the code of their control kind, those left out included.
    """

    page: Opened
    term: PageTerm | None
    lessons: Sequence[GridLesson]
    pupils: Sequence[GridPupil]
    flags: dict[tuple[int, int], str]
    kinds: Mapping[str, int] = {}


_EXEMPT_CLASSES = {EXEMPT_KIND: "e", APART: "s"}
_FIRST, _LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())


def _on_page(table: Any) -> ColumnElement[bool]:
    return and_(
        table.organization_id == bindparam("organization_id", type_=Uuid()),
        table.academic_year_id == bindparam("year_id", type_=Uuid()),
        table.page_id == bindparam("page_id", type_=Uuid()),
        table.day.between(_FIRST, _LAST),
    )


def _ids(table: Any) -> tuple[Any, Any]:
    # As text, whatever the database keeps: turning 1 500 of them into UUIDs would cost more than the query.
    return _ids_of(table.lesson_id, table.pupil_id)


def _ids_of(lesson_id: Any, pupil_id: Any) -> tuple[Any, Any]:
    return cast(lesson_id, Text), cast(pupil_id, Text)


def _pupils(membership: Any, place: str) -> Select[Any]:
    table, person = membership.__table__.c, Person.__table__.c
    statement: Any = (
        select(
            person.id, person.last_name, person.first_name, person.middle_name, table.starts_on, table.ends_on
        )
        .join_from(Person.__table__, membership.__table__, table.person_id == person.id)
        .where(table[place] == bindparam("place", type_=Uuid()), in_force(table, _FIRST, _LAST))
        .order_by(person.name_key, person.id, table.starts_on)
    )
    return statement


# Built once, over tables rather than classes: making the expressions anew for every page, or letting the ORM
# look after 800 plain rows, would each cost as much as running them.
_LESSON, _MARK = JournalLesson.__table__.c, JournalMark.__table__.c
_NOTED, _REMARK = JournalAttendance.__table__.c, JournalRemark.__table__.c
_PUPILS_OF_CLASS = _pupils(Enrollment, "school_class_id")
_PUPILS_OF_GROUP = _pupils(PupilGroupMembership, "pupil_group_id")
_LESSONS = (
    select(
        _LESSON.id,
        _LESSON.day,
        _LESSON.number,
        _LESSON.topic,
        _LESSON.homework,
        _LESSON.homework_minutes,
        _LESSON.control_kind,
        _LESSON.status,
        _LESSON.teacher_id,
    )
    .where(_on_page(_LESSON), _LESSON.status != "cancelled")
    .order_by(_LESSON.day, _LESSON.number, _LESSON.id)
)
# What is seldom there stands in one number, and rows come unsorted: each column and the sorting of 700 rows
# would be felt.
_COMMENTED, _CHANGED, _RETAKE, _POSITION = 1, 2, 4, 8
_MARKS = select(
    *_ids(_MARK),
    _MARK.value,
    _MARK.score,
    _MARK.weight,
    cast(_MARK.comment != "", Integer) * _COMMENTED
    + cast(_MARK.revision > 1, Integer) * _CHANGED
    + cast(_MARK.is_retake, Integer) * _RETAKE
    + _MARK.position * _POSITION,
).where(_on_page(_MARK))
# Remarks, exemptions and marks of former schools come with the attendance, told by a revision that no code has: a
# statement of their own would be felt. What a mark of a former school is and was for stands in one text.
_SAID, _EXEMPT, _FORMER = 0, -1, -2
_UNIT = "\x1f"
_EXTERNAL = JournalExternalMark.__table__.c
_EXEMPTION = JournalExemption.__table__.c
_NOTES = union_all(
    select(*_ids(_NOTED), _NOTED.code, _NOTED.minutes, _NOTED.revision).where(_on_page(_NOTED)),
    select(*_ids(_REMARK), cast("", String), cast(null(), Integer), cast(_SAID, Integer)).where(
        _on_page(_REMARK)
    ),
    select(
        *_ids_of(_LESSON.id, _EXEMPTION.pupil_id),
        _EXEMPTION.kind,
        cast(null(), Integer),
        cast(_EXEMPT, Integer),
    )
    .select_from(JournalExemption.__table__)
    .join(
        JournalLesson.__table__,
        and_(_on_page(_LESSON), _LESSON.day.between(_EXEMPTION.first_day, _EXEMPTION.last_day)),
    )
    .where(
        _EXEMPTION.organization_id == bindparam("organization_id", type_=Uuid()),
        _EXEMPTION.academic_year_id == bindparam("year_id", type_=Uuid()),
        _EXEMPTION.subject_id == bindparam("subject_id", type_=Uuid()),
        _EXEMPTION.withdrawn_at.is_(None),
        _EXEMPTION.kind.in_((bindparam("exempt", type_=String()), bindparam("apart", type_=String()))),
    ),
    select(
        cast(_EXTERNAL.day, Text),
        cast(_EXTERNAL.pupil_id, Text),
        _EXTERNAL.value + _UNIT + _EXTERNAL.work + _UNIT + _EXTERNAL.source,
        _EXTERNAL.weight,
        cast(_FORMER, Integer),
    ).where(
        _EXTERNAL.organization_id == bindparam("organization_id", type_=Uuid()),
        _EXTERNAL.academic_year_id == bindparam("year_id", type_=Uuid()),
        _EXTERNAL.subject_id == bindparam("subject_id", type_=Uuid()),
        or_(
            and_(_EXTERNAL.kind == MARK_KIND, _EXTERNAL.day.between(_FIRST, _LAST)),
            and_(_EXTERNAL.kind == TERM_KIND, _EXTERNAL.term_id == bindparam("term_id", type_=Uuid())),
        ),
    ),
)


def read_gradebook(db: Session, page: Opened, term: PageTerm | None, kind: str = "") -> Gradebook:
    """The page in `term`; four statements, the page itself has been opened before.

    With the code of a control kind only its lessons are shown; averages are those of all marks.
    """
    first, last = (term.starts_on, term.ends_on) if term else (date.min, date.max)
    pupils = read_pupils(db, page, first, last)
    where = {
        "organization_id": page.organization_id,
        "year_id": page.academic_year_id,
        "page_id": page.id,
        "first": first,
        "last": last,
        "subject_id": page.subject_id,
        "term_id": term.id if term else None,
        "exempt": EXEMPT_KIND,
        # Whoever is taught apart has a group of an own: its page expects marks, the class's does not.
        "apart": EXEMPT_KIND if page.pupil_group_id else APART,
    }
    lessons = [GridLesson(*row) for row in db.rows(_LESSONS, where)]
    kinds = Counter(lesson.control_kind for lesson in lessons if lesson.control_kind)
    if kind:
        lessons = [lesson for lesson in lessons if lesson.control_kind == kind]
    marks, notes = db.raw_rows(_MARKS, where), db.raw_rows(_NOTES, where)
    flags = _fill(db, pupils, lessons, marks, notes)
    if term:
        _bring(db, pupils, [note for note in notes if note[-1] == _FORMER], term)
    if page.scale.passes:
        # Numbers from before the subject became pass/fail make no average.
        for each in pupils:
            each.weighted_sum = each.weights = 0
    return Gradebook(page=page, term=term, lessons=lessons, pupils=pupils, flags=flags, kinds=kinds)


def read_pupils(db: Session, page: Opened, first: date, last: date) -> list[GridPupil]:
    """The pupils of the page's class or group at some time from `first` to `last`, by name."""
    statement = _PUPILS_OF_GROUP if page.pupil_group_id else _PUPILS_OF_CLASS
    where = {"place": page.pupil_group_id or page.school_class_id, "first": first, "last": last}
    pupils: dict[UUID, GridPupil] = {}
    for row in db.rows(statement, where):
        found = pupils.get(row.id)
        if found is None:
            pupils[row.id] = GridPupil(
                id=row.id,
                name=short_name(row.last_name, row.first_name, row.middle_name),
                spans=[(row.starts_on, row.ends_on)],
                cells={},
                exempt={},
            )
        else:
            found.spans.append((row.starts_on, row.ends_on))
    return list(pupils.values())


def _fill(
    db: Session,
    pupils: Sequence[GridPupil],
    lessons: Sequence[GridLesson],
    marks: Sequence[Any],
    notes: Sequence[Any],
) -> dict[tuple[int, int], str]:
    """Put marks and codes into the pupils' cells and sum up their averages; returns the cells' flags."""
    # SQLite keeps an id without hyphens.
    text = attrgetter("hex") if db.portal.database.is_sqlite else str
    line_of = {text(each.id): at for at, each in enumerate(pupils)}
    column_of = {text(each.id): at for at, each in enumerate(lessons)}
    flags: dict[tuple[int, int], str] = {}
    in_order = [row for row in marks if row[-1] < _POSITION]
    in_order += sorted((row for row in marks if row[-1] >= _POSITION), key=itemgetter(-1))
    for lesson_id, pupil_id, value, score, weight, note in in_order:
        line, column = line_of.get(pupil_id), column_of.get(lesson_id)
        if line is None:
            continue
        pupil = pupils[line]
        if score is not None:
            pupil.weighted_sum += score * weight
            pupil.weights += weight
        if column is None:
            continue
        cells = pupil.cells
        if column in cells:
            value = f"{cells[column]}{RETAKE if note & _RETAKE else '/'}{value}"
        cells[column] = value
        if note & (_COMMENTED | _CHANGED):
            names = {*flags.get((line, column), "").split()}
            names |= {name for bit, name in ((_COMMENTED, "c"), (_CHANGED, "h")) if note & bit}
            flags[line, column] = " ".join(sorted(names))
    for lesson_id, pupil_id, code, minutes, revision in notes:
        line, column = line_of.get(pupil_id), column_of.get(lesson_id)
        if line is None or column is None:
            continue
        if revision == _EXEMPT:
            pupils[line].exempt[column] = _EXEMPT_CLASSES[code]
            continue
        cells = pupils[line].cells
        if revision == _SAID:
            flags[line, column] = " ".join(sorted({*flags.get((line, column), "").split(), "r"}))
            cells.setdefault(column, "")
            continue
        noted = f"{code}{minutes}" if minutes else code
        cells[column] = f"{noted} {cells[column]}" if cells.get(column) else noted
        if revision > 1:
            flags[line, column] = " ".join(sorted({*flags.get((line, column), "").split(), "h"}))
    return flags


def _bring(db: Session, pupils: Sequence[GridPupil], notes: Sequence[Any], term: PageTerm) -> None:
    """Give the pupils their marks of a former school, by day; those of the term come last."""
    text = attrgetter("hex") if db.portal.database.is_sqlite else str
    of = {text(each.id): each for each in pupils}
    for day, pupil_id, told, weight, _former in sorted(notes, key=lambda note: (note[0] or "~", note[2])):
        pupil = of.get(pupil_id)
        if pupil is None:
            continue
        value, work, source = told.split(_UNIT)
        pupil.former = [
            *pupil.former,
            FormerMark(
                value=value,
                day=date.fromisoformat(day) if day else None,
                term="" if day else term.name,
                weight=weight,
                work=work,
                source=source,
            ),
        ]


def rows_html(book: Gradebook, separator: str = ",") -> str:
    """The table's body: one line for each pupil, cells without end tags, as HTML allows.

    Ids stand on the line (`data-p`) and on the column's head only. A cell outside of the pupil's time in
    the class has the class `x`, of an exempt pupil `e`, of one taught apart `s`, a mark below «satisfactory» `d`.
    The last cell of a term's page is for the mark of the term: the page asks for that column by itself.
    """
    lessons, flags = book.lessons, book.flags
    total = "<td class=tot>" if book.term else ""
    count = len(lessons)
    days = [lesson.day for lesson in lessons]
    failing = book.page.scale.failing
    lines: list[str] = []
    for at, pupil in enumerate(book.pupils):
        parts = ["<td>"] * count
        first, last = pupil.spans[0]
        if len(pupil.spans) > 1 or (days and (first > days[0] or (last is not None and last < days[-1]))):
            parts = ["<td>" if pupil.present_on(day) else "<td class=x>" for day in days]
        for column, name in pupil.exempt.items():
            if parts[column] == "<td>":
                parts[column] = f"<td class={name}>"
        for column, shown in pupil.cells.items():
            if shown in failing or (at, column) in flags or parts[column] != "<td>":
                names = flags.get((at, column), "")
                if shown in failing:
                    names = f"{names} d".strip()
                if parts[column] != "<td>":
                    names = f"{names} {parts[column][10:-1]}".strip()
                parts[column] = f'<td class="{names}">{shown}' if names else f"<td>{shown}"
            else:
                parts[column] = "<td>" + shown
        average = average_text(pupil.weighted_sum, pupil.weights, separator)
        name = escape(pupil.name)
        head = (
            f"<th scope=row class=f>{name}{former_button_html(pupil.id, pupil.former)}"
            if pupil.former
            else ""
        )
        lines.append(
            f"<tr data-p={pupil.id.hex}>{head or f'<th scope=row>{name}'}{''.join(parts)}<td class=avg>{average}{total}"
        )
    return "\n".join(lines)
