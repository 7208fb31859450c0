"""Cells as the tables hold them: reading one, averages, and the page's version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import (
    BindParameter,
    Date,
    Select,
    Uuid,
    bindparam,
    exists,
    func,
    select,
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
_CELL_MARKS = (
    select(
        JournalMark.id,
        JournalMark.position,
        JournalMark.value,
        JournalMark.score,
        JournalMark.is_retake,
        JournalMark.comment,
        JournalMark.control_kind,
        JournalMark.weight,
    )
    .where(JournalMark.lesson_id == _id("lesson_id"), JournalMark.pupil_id == _id("pupil_id"))
    .order_by(JournalMark.position)
)
_CELL_ATTENDANCE = select(JournalAttendance.id, JournalAttendance.code, JournalAttendance.minutes).where(
    JournalAttendance.lesson_id == _id("lesson_id"), JournalAttendance.pupil_id == _id("pupil_id")
)
_CELL_STATE = select(JournalCell.changes, JournalCell.author_name, JournalCell.request_key).where(
    JournalCell.lesson_id == _id("lesson_id"), JournalCell.pupil_id == _id("pupil_id")
)


def _present(table: Any, place: Any) -> Select[Any]:
    day = bindparam("day", type_=Date())
    return select(
        exists().where(
            place == _id("place"),
            table.person_id == _id("pupil_id"),
            in_force(table, day),
        )
    )


_IN_CLASS = _present(Enrollment, Enrollment.school_class_id)
_IN_GROUP = _present(PupilGroupMembership, PupilGroupMembership.pupil_group_id)
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


class SavedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as it stands: its text, the pupil's average in the lesson's term, the page's version."""

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


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables hold about a cell."""

    marks: Sequence[Any]
    attendance: Any | None
    cell: Any | None

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
    """What the tables hold about a cell; three statements."""
    place = {"lesson_id": lesson_id, "pupil_id": pupil_id}
    marks = db.rows(_CELL_MARKS, place).all()
    attendance = db.rows(_CELL_ATTENDANCE, place).one_or_none()
    cell = db.rows(_CELL_STATE, place).one_or_none()
    return Stored(marks=marks, attendance=attendance, cell=cell)


def raise_version(db: Session, page_id: UUID, *, lessons: bool = False) -> int:
    """Raise the page's version; returns the new one. `lessons` says that columns have changed."""
    values = {"version": JournalPage.version + 1}
    if lessons:
        values["lessons_version"] = JournalPage.version + 1
    version = db.scalar(
        update(JournalPage)
        .where(JournalPage.id == page_id)
        .values(values)
        .returning(JournalPage.version)
        .execution_options(synchronize_session=False)
    )
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
