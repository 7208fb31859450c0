"""Cells as the tables hold them: reading one, averages, and the page's version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import (
    BindParameter,
    Boolean,
    Date,
    Exists,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    null,
    select,
    union_all,
    update,
)

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.organizations.models import Enrollment, PupilGroupMembership
from plugins.journal.access import Opened, PageTerm
from plugins.journal.grid.cell_text import average_text, cell_text, written_mark
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage

CELL = "journal.cell"
TOPIC = "journal_page"
Version = Annotated[
    int, Meta(description="Версия страницы: растёт с каждым изменением на ней. Годится как `since`.")
]
CellLesson = Annotated[UUID, Meta(description="Ключ урока: столбец клетки.")]
CellPupil = Annotated[UUID, Meta(description="Ключ ученика: строка клетки.")]
CellText = Annotated[
    str, Meta(description="Что стоит в клетке: отметки и код посещаемости, «н 4/5»; пусто – ничего.")
]


def _id(name: str) -> BindParameter[UUID]:
    return bindparam(name, type_=Uuid())


# Built once: making an expression anew for every save would cost more than running it.
_LESSON = select(
    JournalLesson.id,
    JournalLesson.day,
    JournalLesson.number,
    JournalLesson.teacher_id,
    JournalLesson.control_kind,
    JournalLesson.status,
).where(JournalLesson.id == _id("lesson_id"), JournalLesson.page_id == _id("page_id"))
_MARK, _NOTED, _CELL = (table.__table__.c for table in (JournalMark, JournalAttendance, JournalCell))


def _columns(what: str, **columns: Any) -> Select[Any]:
    """A row in the columns that all three tables about a cell share; `what` says whose it is."""
    statement: Any = select(
        cast(what, String).label("what"),
        *(
            cast(columns.get(name, null()), kind).label(name)
            for name, kind in (
                ("id", Uuid),
                ("position", Integer),
                ("text", Text),
                ("number", Integer),
                ("is_retake", Boolean),
                ("more", Text),
                ("control_kind", Text),
                ("weight", Integer),
            )
        ),
    )
    return statement


def _of_cell(table: Any, what: str, **columns: Any) -> Select[Any]:
    """Rows of a table about one cell."""
    return _columns(what, **columns).where(
        table.lesson_id == _id("lesson_id"), table.pupil_id == _id("pupil_id")
    )


# One statement for what stands in three tables: each more would be felt at every save.
_STORED = union_all(
    _of_cell(
        _MARK,
        "mark",
        id=_MARK.id,
        position=_MARK.position,
        text=_MARK.value,
        number=_MARK.score,
        is_retake=_MARK.is_retake,
        more=_MARK.comment,
        control_kind=_MARK.control_kind,
        weight=_MARK.weight,
    ),
    _of_cell(_NOTED, "code", id=_NOTED.id, text=_NOTED.code, number=_NOTED.minutes),
    _of_cell(
        _CELL,
        "cell",
        position=_CELL.version,
        text=_CELL.author_name,
        number=_CELL.changes,
        more=_CELL.request_key,
    ),
)


def _present(table: Any, place: Any) -> Exists:
    day = bindparam("day", type_=Date())
    return exists().where(
        place == _id("place"),
        table.person_id == _id("pupil_id"),
        in_force(table, day),
    )


_HERE = (
    _present(Enrollment, Enrollment.school_class_id),
    _present(PupilGroupMembership, PupilGroupMembership.pupil_group_id),
)
_IN_CLASS, _IN_GROUP = (select(here) for here in _HERE)
# Whether the pupil was there stands beside what the cell holds: a save asks for both.
_STORED_IN_CLASS, _STORED_IN_GROUP = (
    union_all(*_STORED.selects, _columns("here").where(here)) for here in _HERE
)
_AVERAGES = (
    select(
        JournalMark.pupil_id,
        func.sum(JournalMark.score * JournalMark.weight).label("total"),
        func.sum(JournalMark.weight).label("weights"),
    )
    .where(
        JournalMark.organization_id == _id("organization_id"),
        JournalMark.academic_year_id == _id("year_id"),
        JournalMark.page_id == _id("page_id"),
        JournalMark.day.between(bindparam("first", type_=Date()), bindparam("last", type_=Date())),
        JournalMark.pupil_id.in_(bindparam("pupils", type_=Uuid(), expanding=True)),
        JournalMark.score.is_not(None),
    )
    .group_by(JournalMark.pupil_id)
)


_PAGE: Any = JournalPage.__table__
_HIGHER = {"version": _PAGE.c.version + 1}
_RAISE, _RAISE_LESSONS = (
    update(_PAGE).where(_PAGE.c.id == _id("page_id")).values(values).returning(_PAGE.c.version)
    for values in (_HIGHER, {**_HIGHER, "lessons_version": _PAGE.c.version + 1})
)


class SavedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as it stands: its text, the pupil's average in the lesson's term, the version that made it so."""

    lesson: CellLesson
    pupil: CellPupil
    text: CellText
    average: Annotated[
        str, Meta(description="Средневзвешенный балл ученика за период этого урока: «4,44»; пусто, если нет.")
    ]
    version: Annotated[int, Meta(description="Версия страницы, в которой клетка стала такой.")]
    flags: Annotated[
        str,
        Meta(
            description="Через пробел: `c` – есть комментарий, `h` – клетку меняли не раз, `r` – есть похвала "
            "или замечание."
        ),
    ] = ""


class StoredMark(msgspec.Struct, frozen=True):
    """A mark of a cell."""

    id: UUID
    position: int
    value: str
    score: int | None
    is_retake: bool
    comment: str
    control_kind: str
    weight: int


class StoredCode(msgspec.Struct, frozen=True):
    """What was noted about presence."""

    id: UUID
    code: str
    minutes: int | None


class StoredChange(msgspec.Struct, frozen=True):
    """The latest change of a cell, and the version of the page that it made."""

    version: int
    author_name: str
    changes: int
    request_key: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables hold about a cell."""

    marks: Sequence[StoredMark]
    attendance: StoredCode | None
    cell: StoredChange | None

    @property
    def text(self) -> str:
        """The cell as it is written."""
        return cell_text(*self.attended, self.written)

    @property
    def written(self) -> tuple[str, ...]:
        """The marks as they are written, in order."""
        return tuple(written_mark(mark.value, mark.is_retake) for mark in self.marks)

    @property
    def attended(self) -> tuple[str, int | None]:
        """The attendance code, or nothing, and the minutes of lateness."""
        return (self.attendance.code, self.attendance.minutes) if self.attendance else ("", None)

    @property
    def version(self) -> int:
        """The version of the page in which the cell became what it is; 0 if nobody has written in it."""
        return self.cell.version if self.cell else 0


def subject_id_of(lesson_id: UUID, pupil_id: UUID) -> str:
    """The cell's name in the audit record."""
    return f"{lesson_id}:{pupil_id}"


def lesson_on(db: Session, page: Opened, lesson_id: UUID) -> Any:
    """The lesson, as a row, if it is on the page. Raises `NotFound` otherwise."""
    row = db.rows(_LESSON, {"lesson_id": lesson_id, "page_id": page.id}).one_or_none()
    if row is None:
        raise NotFound("Такого урока на странице нет.", advice="Обновите страницу: урок могли перенести.")
    return row


def belongs_on(db: Session, page: Opened, pupil_id: UUID, day: date) -> bool:
    """Whether the pupil was in the page\'s class or group on `day`."""
    statement = _IN_GROUP if page.pupil_group_id else _IN_CLASS
    place = page.pupil_group_id or page.school_class_id
    return bool(db.rows(statement, {"place": place, "pupil_id": pupil_id, "day": day}).scalar())


def read_cell(db: Session, lesson_id: UUID, pupil_id: UUID) -> Stored:
    """What the tables hold about a cell; one statement."""
    return _stored(db.rows(_STORED, {"lesson_id": lesson_id, "pupil_id": pupil_id}).all())


def read_cell_of(db: Session, page: Opened, lesson: Any, pupil_id: UUID) -> tuple[Stored, bool]:
    """`read_cell`, and whether the pupil was in the page's class or group on the lesson's day; one statement."""
    rows = db.rows(
        _STORED_IN_GROUP if page.pupil_group_id else _STORED_IN_CLASS,
        {
            "lesson_id": lesson.id,
            "pupil_id": pupil_id,
            "place": page.pupil_group_id or page.school_class_id,
            "day": lesson.day,
        },
    ).all()
    own = [row for row in rows if row.what != "here"]
    return _stored(own), len(own) < len(rows)


def _stored(rows: Sequence[Any]) -> Stored:
    marks: list[StoredMark] = []
    attendance: StoredCode | None = None
    cell: StoredChange | None = None
    for what, *row in rows:
        identity, _position, text, number, _is_retake, more, _control_kind, _weight = row
        if what == "mark":
            marks.append(StoredMark(identity, row[1], text, number, *row[4:]))
        elif what == "code":
            attendance = StoredCode(identity, text, number)
        else:
            cell = StoredChange(row[1], text, number, more)
    marks.sort(key=attrgetter("position"))
    return Stored(marks=marks, attendance=attendance, cell=cell)


def raise_version(db: Session, page_id: UUID, *, lessons: bool = False) -> int:
    """Raise the page's version; returns the new one. `lessons` says that columns have changed."""
    version = db.rows(_RAISE_LESSONS if lessons else _RAISE, {"page_id": page_id}).scalar()
    assert version is not None  # noqa: S101 -- the page was opened in this transaction
    return version


def tell(db: Session, page_id: UUID, version: int, **ids: UUID) -> None:
    """Tell the browsers that show the page what has changed, once the change is durable."""
    message = {name: value.hex for name, value in ids.items()}
    db.portal.live.publish(db, f"{TOPIC}:{page_id}", {**message, "version": version})


def term_averages(
    db: Session, page: Opened, term: PageTerm | None, pupils: Sequence[UUID], separator: str
) -> dict[UUID, str]:
    """The weighted averages of some pupils in a term, as shown; a pass/fail subject has none."""
    if page.scale.passes:
        return {}
    first, last = (term.starts_on, term.ends_on) if term else (date.min, date.max)
    return {
        row.pupil_id: average_text(int(row.total), int(row.weights), separator)
        for row in db.rows(
            _AVERAGES,
            {
                "organization_id": page.organization_id,
                "year_id": page.academic_year_id,
                "page_id": page.id,
                "first": first,
                "last": last,
                "pupils": pupils,
            },
        )
    }
