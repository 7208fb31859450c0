"""Writing a cell of the journal and telling browsers what has changed.

A save names the text the teacher saw (`was`): if somebody else has changed the cell meanwhile, nothing is
overwritten and the other's text comes back. A request repeated with the same key is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from babel.dates import format_date
from sqlalchemy import delete, exists, func, insert, or_, select, update

from core.audit.record import Change, record
from core.capabilities import MarkSet
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, PupilGroupMembership
from core.roles.actor import Actor
from plugins.journal.access import MARK, Opened, PageTerm, open_page, require_right
from plugins.journal.marks import CellContent, average_text, cell_text, parse_cell, score_of
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage

CELL = "journal.cell"
TOPIC = "journal_page"


class SavedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as it stands: its text, the pupil's average in the lesson's term, the page's version."""

    lesson: UUID
    pupil: UUID
    text: str
    average: str
    version: int
    flags: str = ""


class ChangedCells(msgspec.Struct, frozen=True, kw_only=True):
    """Cells changed after some version of the page, and the version reached.

    `lessons_changed` says that columns were added, taken away or changed: read the page anew for them.
    """

    version: int
    cells: Sequence[SavedCell]
    lessons_changed: bool = False


class CellChanged(Conflict):
    """Somebody else has changed the cell; `fields` carry what stands there now and who wrote it."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables hold about a cell."""

    marks: Sequence[Any]
    attendance: Any | None
    cell: Any | None

    @property
    def text(self) -> str:
        """The cell as it is written."""
        code, minutes = (self.attendance.code, self.attendance.minutes) if self.attendance else ("", None)
        return cell_text(code, minutes, [mark.value for mark in self.marks])


def subject_id_of(lesson_id: UUID, pupil_id: UUID) -> str:
    """The cell's name in the audit record."""
    return f"{lesson_id}:{pupil_id}"


def set_cell(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    value: str,
    *,
    was: str | None = None,
    request_key: str = "",
    separator: str = ",",
) -> SavedCell:
    """Write `value` into a cell, with its history, in one transaction.

    `was` is the text the writer saw; None means "whatever it is". Raises `Invalid` for a text that cannot
    stand in a cell, `Conflict` in a closed term, `CellChanged` if somebody was faster, `Forbidden` for a
    page that another teacher keeps.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    content = parse_cell(value, page.settings)
    check_day(db, actor, page, lesson, pupil_id, content)
    stored = read_cell(db, lesson_id, pupil_id)
    if stored.text == content.text or (
        request_key and stored.cell is not None and stored.cell.request_key == request_key
    ):
        return _shown(db, page, lesson, pupil_id, stored.text, separator, page.version)
    if was is not None and _spelt(was) != stored.text:
        raise _changed_meanwhile(stored)
    version = raise_version(db, page.id)
    changes = (stored.cell.changes if stored.cell else 0) + 1
    _write(db, actor, page, lesson, pupil_id, stored, content, changes)
    _note_change(db, actor, page.id, lesson_id, pupil_id, stored, version, changes, request_key)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.cell.set",
            subject_type=CELL,
            subject_id=subject_id_of(lesson_id, pupil_id),
            before={"value": stored.text} if stored.text else None,
            after={"value": content.text} if content.text else None,
        ),
    )
    db.publish(
        MarkSet(
            organization_id=page.organization_id,
            pupil_id=pupil_id,
            subject_id=page.subject_id,
            day=lesson.day,
            value="/".join(content.marks),
        )
    )
    tell(db, page.id, version, lesson=lesson_id, pupil=pupil_id)
    return _shown(db, page, lesson, pupil_id, content.text, separator, version, "h" if changes > 1 else "")


def lesson_on(db: Session, page: Opened, lesson_id: UUID) -> Any:
    """The lesson, as a row, if it is on the page. Raises `NotFound` otherwise."""
    row = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.teacher_id,
            JournalLesson.control_kind,
            JournalLesson.status,
        ).where(JournalLesson.id == lesson_id, JournalLesson.page_id == page.id)
    ).one_or_none()
    if row is None:
        raise NotFound("Такого урока на странице нет.", advice="Обновите страницу: урок могли перенести.")
    return row


def check_day(
    db: Session, actor: Actor, page: Opened, lesson: Any, pupil_id: UUID, content: CellContent
) -> None:
    """Whether the cell may be written at all: the term is open, the pupil was there, marks are in place."""
    require_open_term(page, lesson.day)
    if not _belongs(db, page, pupil_id, lesson.day):
        raise Conflict(
            f"{_day(lesson.day)} этого ученика не было в списке класса или группы.",
            advice="Проверьте даты зачисления у секретаря школы.",
        )
    if content.marks and page.without_marks:
        raise Invalid(
            f"В {page.grade_level} классе отметки не ставят.", advice="Посещаемость отмечать можно."
        )
    if content.marks and lesson.day > school_today(actor):
        raise Conflict(
            f"Урок {_day(lesson.day)} ещё не прошёл.", advice="Отметку можно поставить в день урока и позже."
        )


def require_open_term(page: Opened, day: date) -> PageTerm | None:
    """The term of `day`. Raises `Conflict` if it is closed."""
    term = page.term_containing(day)
    if term is not None and term.is_closed:
        raise Conflict(
            f"Период закрыт: {term.name}, до {_day(term.ends_on)}.",
            advice="Попросите завуча открыть его или сделайте запись в новом периоде.",
        )
    return term


def _day(day: date) -> str:
    return format_date(day, "d MMMM", locale="ru")


def _belongs(db: Session, page: Opened, pupil_id: UUID, day: date) -> bool:
    table: Any = PupilGroupMembership if page.pupil_group_id else Enrollment
    place = (
        PupilGroupMembership.pupil_group_id == page.pupil_group_id
        if page.pupil_group_id
        else Enrollment.school_class_id == page.school_class_id
    )
    return bool(
        db.scalar(
            select(
                exists().where(
                    place,
                    table.person_id == pupil_id,
                    table.starts_on <= day,
                    or_(table.ends_on.is_(None), table.ends_on >= day),
                )
            )
        )
    )


def read_cell(db: Session, lesson_id: UUID, pupil_id: UUID) -> Stored:
    """What the tables hold about a cell; three statements."""
    marks = db.execute(
        select(
            JournalMark.id,
            JournalMark.position,
            JournalMark.value,
            JournalMark.comment,
            JournalMark.control_kind,
            JournalMark.weight,
        )
        .where(JournalMark.lesson_id == lesson_id, JournalMark.pupil_id == pupil_id)
        .order_by(JournalMark.position)
    ).all()
    attendance = db.execute(
        select(JournalAttendance.id, JournalAttendance.code, JournalAttendance.minutes).where(
            JournalAttendance.lesson_id == lesson_id, JournalAttendance.pupil_id == pupil_id
        )
    ).one_or_none()
    cell = db.execute(
        select(JournalCell.changes, JournalCell.author_name, JournalCell.request_key).where(
            JournalCell.lesson_id == lesson_id, JournalCell.pupil_id == pupil_id
        )
    ).one_or_none()
    return Stored(marks=marks, attendance=attendance, cell=cell)


def _spelt(text: str) -> str:
    return " ".join(text.casefold().split())


def _changed_meanwhile(stored: Stored) -> CellChanged:
    who = stored.cell.author_name if stored.cell else ""
    now_there = f"«{stored.text}»" if stored.text else "пусто"
    return CellChanged(
        f"Клетку уже изменили{f' ({who})' if who else ''}: сейчас там {now_there}.",
        advice="Проверьте запись и при необходимости введите свою ещё раз.",
        fields={"text": stored.text, "author": who},
    )


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


def _write(
    db: Session,
    actor: Actor,
    page: Opened,
    lesson: Any,
    pupil_id: UUID,
    stored: Stored,
    content: CellContent,
    changes: int,
) -> None:
    moment = now()
    place = {
        "organization_id": page.organization_id,
        "academic_year_id": page.academic_year_id,
        "page_id": page.id,
        "lesson_id": lesson.id,
        "pupil_id": pupil_id,
        "day": lesson.day,
        "created_at": moment,
    }
    signed = {"author_id": actor.person_id, "changed_at": moment, "revision": changes}
    for position, value in enumerate(content.marks):
        if position >= len(stored.marks):
            db.execute(
                insert(JournalMark).values(
                    **place,
                    **signed,
                    id=new_id(),
                    position=position,
                    value=value,
                    score=score_of(value),
                    control_kind=lesson.control_kind,
                    weight=page.settings.weight_of(lesson.control_kind),
                    comment="",
                )
            )
        elif stored.marks[position].value != value:
            db.execute(
                update(JournalMark)
                .where(JournalMark.id == stored.marks[position].id)
                .values(**signed, value=value, score=score_of(value))
            )
    gone = [mark.id for mark in stored.marks[len(content.marks) :]]
    if gone:
        db.execute(delete(JournalMark).where(JournalMark.id.in_(gone)))
    noted = stored.attendance
    if noted is None and content.code:
        db.execute(
            insert(JournalAttendance).values(
                **place, **signed, id=new_id(), code=content.code, minutes=content.minutes
            )
        )
    elif noted is not None and not content.code:
        db.execute(delete(JournalAttendance).where(JournalAttendance.id == noted.id))
    elif noted is not None and (noted.code, noted.minutes) != (content.code, content.minutes):
        db.execute(
            update(JournalAttendance)
            .where(JournalAttendance.id == noted.id)
            .values(**signed, code=content.code, minutes=content.minutes)
        )


def _note_change(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    stored: Stored,
    version: int,
    changes: int,
    request_key: str,
) -> None:
    values = {
        "version": version,
        "changes": changes,
        "author_name": actor.name,
        "request_key": request_key[:64],
    }
    if stored.cell is None:
        db.execute(
            insert(JournalCell).values(lesson_id=lesson_id, pupil_id=pupil_id, page_id=page_id, **values)
        )
    else:
        db.execute(
            update(JournalCell)
            .where(JournalCell.lesson_id == lesson_id, JournalCell.pupil_id == pupil_id)
            .values(**values)
        )


def _shown(
    db: Session,
    page: Opened,
    lesson: Any,
    pupil_id: UUID,
    text: str,
    separator: str,
    version: int,
    flags: str = "",
) -> SavedCell:
    averages = term_averages(db, page, page.term_on(lesson.day), [pupil_id], separator)
    return SavedCell(
        lesson=lesson.id,
        pupil=pupil_id,
        text=text,
        average=averages.get(pupil_id, ""),
        version=version,
        flags=flags,
    )


def term_averages(
    db: Session, page: Opened, term: PageTerm | None, pupils: Sequence[UUID], separator: str
) -> dict[UUID, str]:
    """The weighted averages of some pupils in a term, as shown."""
    first, last = (term.starts_on, term.ends_on) if term else (date.min, date.max)
    return {
        row.pupil_id: average_text(int(row.total), int(row.weights), separator)
        for row in db.execute(
            select(
                JournalMark.pupil_id,
                func.sum(JournalMark.score * JournalMark.weight).label("total"),
                func.sum(JournalMark.weight).label("weights"),
            )
            .where(
                JournalMark.organization_id == page.organization_id,
                JournalMark.academic_year_id == page.academic_year_id,
                JournalMark.page_id == page.id,
                JournalMark.day.between(first, last),
                JournalMark.pupil_id.in_(pupils),
                JournalMark.score.is_not(None),
            )
            .group_by(JournalMark.pupil_id)
        )
    }


def changed_cells(db: Session, actor: Actor, page_id: UUID, since: int, separator: str = ",") -> ChangedCells:
    """The cells that changed after version `since`. Raises `NotFound` as `open_page` does."""
    page = open_page(db, actor, page_id)
    if since >= page.version:
        return ChangedCells(version=page.version, cells=[])
    touched = db.execute(
        select(
            JournalCell.lesson_id,
            JournalCell.pupil_id,
            JournalCell.changes,
            JournalCell.version,
            JournalLesson.day,
        )
        .join(JournalLesson, JournalLesson.id == JournalCell.lesson_id)
        .where(JournalCell.page_id == page.id, JournalCell.version > since)
    ).all()
    lessons = {row.lesson_id for row in touched}
    texts = _texts(db, lessons)
    averages: dict[UUID | None, dict[UUID, str]] = {}
    cells: list[SavedCell] = []
    for row in touched:
        term = page.term_on(row.day)
        key = term.id if term else None
        if key not in averages:
            pupils = list({each.pupil_id for each in touched})
            averages[key] = term_averages(db, page, term, pupils, separator)
        text, comment = texts.get((row.lesson_id, row.pupil_id), ("", False))
        flags = " ".join(["c"] * comment + ["h"] * (row.changes > 1))
        cells.append(
            SavedCell(
                lesson=row.lesson_id,
                pupil=row.pupil_id,
                text=text,
                average=averages[key].get(row.pupil_id, ""),
                version=row.version,
                flags=flags,
            )
        )
    return ChangedCells(
        version=page.version,
        cells=cells,
        lessons_changed=page.lessons_version > since,
    )


def _texts(db: Session, lessons: set[UUID]) -> dict[tuple[UUID, UUID], tuple[str, bool]]:
    """The texts of all cells of some lessons, and whether a mark there has a comment."""
    marks: dict[tuple[UUID, UUID], list[str]] = {}
    comments: set[tuple[UUID, UUID]] = set()
    for row in db.execute(
        select(JournalMark.lesson_id, JournalMark.pupil_id, JournalMark.value, JournalMark.comment)
        .where(JournalMark.lesson_id.in_(lessons))
        .order_by(JournalMark.position)
    ):
        marks.setdefault((row.lesson_id, row.pupil_id), []).append(row.value)
        if row.comment:
            comments.add((row.lesson_id, row.pupil_id))
    codes = {
        (row.lesson_id, row.pupil_id): (row.code, row.minutes)
        for row in db.execute(
            select(
                JournalAttendance.lesson_id,
                JournalAttendance.pupil_id,
                JournalAttendance.code,
                JournalAttendance.minutes,
            ).where(JournalAttendance.lesson_id.in_(lessons))
        )
    }
    return {
        key: (cell_text(*codes.get(key, ("", None)), marks.get(key, [])), key in comments)
        for key in {*marks, *codes}
    }
