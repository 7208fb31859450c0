"""Writing a cell of the journal, with its history.

A save names the text the teacher saw (`was`): if somebody else has changed the cell meanwhile, nothing is
overwritten and the other's text comes back. A request repeated with the same key is done once.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, delete, insert, update

from core.audit.record import Change, record
from core.capabilities import MarkSet
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.school_events import AttendanceNoted
from core.web.i18n import sentence
from plugins.journal.access import MARK, Opened, PageTerm, open_page, require_right
from plugins.journal.attendance.live import tell_of_attendance
from plugins.journal.grid.cell_text import RETAKE, CellContent, cell_text, parse_cell, scores_of
from plugins.journal.grid.stored_cells import (
    CELL,
    SavedCell,
    Stored,
    belongs_on,
    lesson_on,
    raise_version,
    read_cell_of,
    subject_id_of,
    tell,
    term_averages,
)
from plugins.journal.models import OUTSIDE, JournalAttendance, JournalCell, JournalMark


def _changing(table: Any, *names: str) -> Any:
    """An update of the row with the id `key`."""
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(table).where(table.c.id == bindparam("key", type_=Uuid())).values(values)


# Built once, over tables: making the six statements of a save anew would cost as much as running them.
_MARK: Any = JournalMark.__table__
_NOTED: Any = JournalAttendance.__table__
_CELL: Any = JournalCell.__table__
_SIGNED = ("author_id", "changed_at", "revision")
_ADD_MARK, _ADD_ATTENDANCE, _ADD_CELL = insert(_MARK), insert(_NOTED), insert(_CELL)
_CHANGE_MARK = _changing(_MARK, "value", "score", "is_retake", *_SIGNED)
_CHANGE_ATTENDANCE = _changing(_NOTED, "code", "minutes", *_SIGNED)
_REMOVE_MARK = delete(_MARK).where(_MARK.c.id == bindparam("key", type_=Uuid()))
_REMOVE_ATTENDANCE = delete(_NOTED).where(_NOTED.c.id == bindparam("key", type_=Uuid()))
_CHANGE_CELL = (
    update(_CELL)
    .where(_CELL.c.lesson_id == bindparam("of_lesson", type_=Uuid()))
    .where(_CELL.c.pupil_id == bindparam("of_pupil", type_=Uuid()))
    .values({name: bindparam(name) for name in ("version", "changes", "author_name", "request_key")})
)


class CellChanged(Conflict):
    """Somebody else has changed the cell; `fields` carry what stands there now and who wrote it."""


class CellWrite(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to stand in a cell.

    `was` is the text the writer saw; None means "whatever it is". `key` is the key of the request.
    """

    lesson: UUID
    pupil: UUID
    value: str
    was: str | None = None
    key: str = ""


class Put(NamedTuple):
    """What a cell became: its text, its flags, and the version of the page that made it so."""

    text: str
    flags: str
    version: int


class PageVersion:
    """The version of an opened page, raised once by whatever is changed in this transaction."""

    def __init__(self, db: Session, page: Opened) -> None:
        self._db, self._page = db, page
        self.number, self.is_raised = page.version, False

    def raised(self) -> int:
        """The version that the changes of this transaction bear."""
        if not self.is_raised:
            self.number, self.is_raised = raise_version(self._db, self._page.id), True
        return self.number


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
    version = PageVersion(db, page)
    write = CellWrite(lesson=lesson_id, pupil=pupil_id, value=value, was=was, key=request_key)
    lesson = lesson_on(db, page, lesson_id)
    became = put(db, actor, page, lesson, write, version)
    if version.is_raised:
        tell(db, page.id, version.number, lesson=lesson_id, pupil=pupil_id)
    return _shown(db, page, lesson, pupil_id, became, separator)


def put(db: Session, actor: Actor, page: Opened, lesson: Any, write: CellWrite, version: PageVersion) -> Put:
    """Write one cell of a page opened for writing. Raises as `set_cell` does."""
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    content = parse_cell(write.value, page.settings, page.scale)
    stored, is_here = read_cell_of(db, page, lesson, write.pupil)
    check_day(actor, page, lesson, content, is_here=is_here)
    if _is_done(stored, content, write.key):
        return Put(stored.text, "", stored.version)
    if write.was is not None and _spelt(write.was) != stored.text:
        raise _changed_meanwhile(stored)
    return _put_content(db, actor, page, lesson, write.pupil, content, stored, version, write.key)


def write_cell(
    db: Session,
    actor: Actor,
    page: Opened,
    lesson: Any,
    pupil_id: UUID,
    content: CellContent,
    stored: Stored,
    *,
    request_key: str = "",
    separator: str = ",",
) -> SavedCell:
    """Put `content` in the place of what is `stored` in a cell of a locked page, with its history.

    The caller has asked for the right. Raises `Invalid` and `Conflict` as `set_cell` does.
    """
    check_day(actor, page, lesson, content, is_here=belongs_on(db, page, pupil_id, lesson.day))
    if _is_done(stored, content, request_key):
        return _shown(db, page, lesson, pupil_id, Put(stored.text, "", stored.version), separator)
    version = PageVersion(db, page)
    became = _put_content(db, actor, page, lesson, pupil_id, content, stored, version, request_key)
    tell(db, page.id, version.number, lesson=lesson.id, pupil=pupil_id)
    return _shown(db, page, lesson, pupil_id, became, separator)


def _is_done(stored: Stored, content: CellContent, request_key: str) -> bool:
    return stored.text == content.text or bool(
        request_key and stored.cell is not None and stored.cell.request_key == request_key
    )


def _put_content(
    db: Session,
    actor: Actor,
    page: Opened,
    lesson: Any,
    pupil_id: UUID,
    content: CellContent,
    stored: Stored,
    version: PageVersion,
    request_key: str,
) -> Put:
    changes = (stored.cell.changes if stored.cell else 0) + 1
    _write(db, actor, page, lesson, pupil_id, stored, content, changes)
    _note_change(db, actor, page.id, lesson.id, pupil_id, stored, version.raised(), changes, request_key)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.cell.set",
            subject_type=CELL,
            subject_id=subject_id_of(lesson.id, pupil_id),
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
            value=cell_text("", None, content.marks),
            page_id=page.id,
            lesson_id=lesson.id,
            version=version.number,
        )
    )
    if (content.code, content.minutes) != stored.attended:
        db.publish(
            AttendanceNoted(
                organization_id=page.organization_id,
                page_id=page.id,
                lesson_id=lesson.id,
                pupil_id=pupil_id,
                day=lesson.day,
                version=version.number,
            )
        )
        tell_of_attendance(db, page.organization_id, lesson.day)
    return Put(content.text, "h" if changes > 1 else "", version.number)


def check_day(actor: Actor, page: Opened, lesson: Any, content: CellContent, *, is_here: bool) -> None:
    """Whether the cell may be written at all: the term is open, the pupil was there, marks are in place."""
    require_open_term(page, lesson.day)
    if content.code and lesson.status == OUTSIDE:
        raise Invalid(
            "Это отметки вне урока: посещаемость здесь не отмечают.",
            advice="Поставьте отметку или сотрите запись.",
        )
    if not is_here:
        raise Conflict(
            sentence("%(day)s этого ученика не было в списке класса или группы.", day=lesson.day),
            advice="Проверьте даты зачисления у секретаря школы.",
        )
    if content.marks and page.without_marks:
        raise Invalid(
            sentence("В %(grade)s классе отметки не ставят.", grade=page.grade_level),
            advice="Посещаемость отмечать можно.",
        )
    if content.marks and lesson.day > school_today(actor):
        raise Conflict(
            sentence("Урок %(day)s ещё не прошёл.", day=lesson.day),
            advice="Отметку можно поставить в день урока и позже.",
        )


def require_open_term(page: Opened, day: date) -> PageTerm | None:
    """The term of `day`. Raises `Conflict` if it is closed."""
    term = page.term_containing(day)
    if term is not None and term.is_closed:
        raise Conflict(
            sentence("Период закрыт: %(term)s, до %(day)s.", term=term.name, day=term.ends_on),
            advice="Попросите завуча открыть его или сделайте запись в новом периоде.",
        )
    return term


def _spelt(text: str) -> str:
    return " ".join(text.casefold().split())


def _changed_meanwhile(stored: Stored) -> CellChanged:
    who = stored.cell.author_name if stored.cell else ""
    there = sentence("«%(text)s»", text=stored.text) if stored.text else sentence("пусто")
    return CellChanged(
        sentence("Клетку уже изменили (%(who)s): сейчас там %(there)s.", who=who, there=there)
        if who
        else sentence("Клетку уже изменили: сейчас там %(there)s.", there=there),
        advice="Проверьте запись и при необходимости введите свою ещё раз.",
        fields={"text": stored.text, "author": who},
    )


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
    scores = scores_of(content.marks, page.settings, page.scale)
    for position, (written, score) in enumerate(zip(content.marks, scores, strict=True)):
        is_retake = written.startswith(RETAKE)
        said = {"value": written.removeprefix(RETAKE), "score": score, "is_retake": is_retake}
        if position >= len(stored.marks):
            mark = {
                "id": new_id(),
                "position": position,
                **said,
                "control_kind": lesson.control_kind,
                "weight": page.settings.weight_of(lesson.control_kind),
                "comment": "",
            }
            db.rows(_ADD_MARK, {**place, **signed, **mark})
            continue
        there = stored.marks[position]
        if (there.value, there.score, there.is_retake) != (said["value"], score, is_retake):
            db.rows(_CHANGE_MARK, {**signed, **said, "key": there.id})
    for mark in stored.marks[len(content.marks) :]:
        db.rows(_REMOVE_MARK, {"key": mark.id})
    noted = stored.attendance
    code = {"code": content.code, "minutes": content.minutes}
    if noted is None and content.code:
        db.rows(_ADD_ATTENDANCE, {**place, **signed, **code, "id": new_id()})
    elif noted is not None and not content.code:
        db.rows(_REMOVE_ATTENDANCE, {"key": noted.id})
    elif noted is not None and (noted.code, noted.minutes) != (content.code, content.minutes):
        db.rows(_CHANGE_ATTENDANCE, {**signed, **code, "key": noted.id})


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
        db.rows(_ADD_CELL, {"lesson_id": lesson_id, "pupil_id": pupil_id, "page_id": page_id, **values})
    else:
        db.rows(_CHANGE_CELL, {"of_lesson": lesson_id, "of_pupil": pupil_id, **values})


def _shown(db: Session, page: Opened, lesson: Any, pupil_id: UUID, became: Put, separator: str) -> SavedCell:
    averages = term_averages(db, page, page.term_on(lesson.day), [pupil_id], separator)
    return SavedCell(
        lesson=lesson.id,
        pupil=pupil_id,
        text=became.text,
        average=averages.get(pupil_id, ""),
        version=became.version,
        flags=became.flags,
    )
