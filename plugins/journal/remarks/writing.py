"""Praise and remarks: written by whoever may mark at the lesson, told to the family, taken back with a trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.notifications import notify
from core.roles.actor import Actor
from core.school_events import RemarkWritten
from core.web.i18n import counted, sentence, show_short_day
from plugins.journal.access import MARK, Opened, open_page, require_right
from plugins.journal.grid.stored_cells import CELL, belongs_on, lesson_on, raise_version, subject_id_of, tell
from plugins.journal.models import JournalCell, JournalLesson
from plugins.journal.remarks.models import PRAISE, REMARK, JournalRemark

LONGEST_REMARK = 1000
REMARK_NEWS = "journal.remark.news"
Kind = Annotated[
    str, Meta(pattern="^(praise|remark)$", description="`praise` – похвала, `remark` – замечание.")
]
Text = Annotated[str, Meta(max_length=2000, description="Текст до 1000 знаков; его видит семья.")]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Praise or a remark."""

    id: UUID
    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    day: date
    kind: Kind
    text: Text
    author: Annotated[str, Meta(description="Кто написал: фамилия и инициалы.")]
    at: Annotated[datetime, Meta(description="Когда написано.")]


def read_remarks(
    db: Session, page: Opened, *, lesson_id: UUID | None = None, pupil_id: UUID | None = None
) -> Sequence[Remark]:
    """Praise and remarks of an opened page, the latest first: all, of a lesson, of a pupil."""
    wanted = [
        JournalRemark.organization_id == page.organization_id,
        JournalRemark.academic_year_id == page.academic_year_id,
        JournalRemark.page_id == page.id,
    ]
    if lesson_id is not None:
        wanted.append(JournalRemark.lesson_id == lesson_id)
    if pupil_id is not None:
        wanted.append(JournalRemark.pupil_id == pupil_id)
    rows = db.execute(
        select(*JournalRemark.__table__.c, Person.last_name, Person.first_name, Person.middle_name)
        .outerjoin(Person, Person.id == JournalRemark.author_id)
        .where(*wanted)
        .order_by(JournalRemark.day.desc(), JournalRemark.created_at.desc(), JournalRemark.id)
    )
    return [
        Remark(
            id=row.id,
            lesson=row.lesson_id,
            pupil=row.pupil_id,
            day=row.day,
            kind=row.kind,
            text=row.text,
            author=short_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
            at=row.created_at,
        )
        for row in rows
    ]


def add_remark(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, pupil_id: UUID, kind: str, text: str
) -> UUID:
    """Write praise or a remark and tell the family; returns its id.

    Raises `Invalid` for an empty or too long text, `Conflict` if the pupil was not there or the lesson is still to
    come, `Forbidden` for a lesson of another teacher.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    said = _checked(kind, text)
    if lesson.day > school_today(actor):
        raise Conflict(
            sentence("Урок %(day)s ещё не прошёл.", day=lesson.day),
            advice="Написать семье можно в день урока и позже.",
        )
    if not belongs_on(db, page, pupil_id, lesson.day):
        raise Conflict(
            sentence("%(day)s этого ученика не было в списке класса или группы.", day=lesson.day),
            advice="Проверьте даты зачисления у секретаря школы.",
        )
    remark_id = new_id()
    db.execute(
        insert(JournalRemark).values(
            id=remark_id,
            organization_id=page.organization_id,
            academic_year_id=page.academic_year_id,
            page_id=page.id,
            lesson_id=lesson_id,
            pupil_id=pupil_id,
            day=lesson.day,
            kind=kind,
            text=said,
            author_id=actor.person_id,
        )
    )
    change = Change(
        action="journal.remark.add",
        subject_type=CELL,
        subject_id=subject_id_of(lesson_id, pupil_id),
        after={"kind": kind, "text": said},
    )
    version = _changed(db, actor, page, lesson_id, pupil_id, change)
    db.publish(
        RemarkWritten(
            organization_id=page.organization_id,
            page_id=page.id,
            lesson_id=lesson_id,
            pupil_id=pupil_id,
            remark_id=remark_id,
            day=lesson.day,
            step="written",
            version=version,
        )
    )
    _tell_family(db, actor, page, lesson.day, pupil_id, kind, said)
    return remark_id


def remove_remark(db: Session, actor: Actor, page_id: UUID, remark_id: UUID) -> None:
    """Take praise or a remark back; the history keeps it.

    Raises `NotFound` for one that is not on the page, `Forbidden` for a lesson of another teacher.
    """
    page = open_page(db, actor, page_id, lock=True)
    found = db.execute(
        select(*JournalRemark.__table__.c, JournalLesson.teacher_id)
        .join(JournalLesson, JournalLesson.id == JournalRemark.lesson_id)
        .where(JournalRemark.id == remark_id, JournalRemark.page_id == page.id)
    ).one_or_none()
    if found is None:
        raise NotFound("Этой записи больше нет.", advice="Закройте клетку и откройте её снова.")
    require_right(actor, MARK, page.may_mark, found.teacher_id)
    db.execute(delete(JournalRemark).where(JournalRemark.id == remark_id))
    change = Change(
        action="journal.remark.remove",
        subject_type=CELL,
        subject_id=subject_id_of(found.lesson_id, found.pupil_id),
        before={"kind": found.kind, "text": found.text},
    )
    version = _changed(db, actor, page, found.lesson_id, found.pupil_id, change)
    db.publish(
        RemarkWritten(
            organization_id=page.organization_id,
            page_id=page.id,
            lesson_id=found.lesson_id,
            pupil_id=found.pupil_id,
            remark_id=remark_id,
            day=found.day,
            step="taken_back",
            version=version,
        )
    )


def _checked(kind: str, text: str) -> str:
    said = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if kind not in (PRAISE, REMARK):
        raise Invalid("Запись не сохранена.", fields={"kind": sentence("Выберите: похвала или замечание.")})
    if not said:
        raise Invalid("Запись не сохранена.", fields={"text": sentence("Напишите, что увидит семья.")})
    if len(said) > LONGEST_REMARK:
        longest = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_REMARK)
        raise Invalid("Запись не сохранена.", fields={"text": longest})
    return said


def _changed(db: Session, actor: Actor, page: Opened, lesson_id: UUID, pupil_id: UUID, change: Change) -> int:
    version = raise_version(db, page.id)
    cell: Any = db.get(JournalCell, (lesson_id, pupil_id))
    if cell is None:
        db.add(
            JournalCell(
                lesson_id=lesson_id,
                pupil_id=pupil_id,
                page_id=page.id,
                version=version,
                changes=0,
                author_name=actor.name,
            )
        )
        db.flush()
    else:
        db.execute(
            update(JournalCell)
            .where(JournalCell.lesson_id == lesson_id, JournalCell.pupil_id == pupil_id)
            .values(version=version)
        )
    record(db, actor, page.organization_id, change)
    tell(db, page.id, version, lesson=lesson_id, pupil=pupil_id)
    return version


def _tell_family(
    db: Session, actor: Actor, page: Opened, day: date, pupil_id: UUID, kind: str, text: str
) -> None:
    guardians = db.scalars(
        select(Guardianship.guardian_id).where(Guardianship.child_id == pupil_id, tied(school_today(actor)))
    ).all()
    said = {"subject": page.subject, "day": show_short_day(day)}
    title = (
        sentence("Похвала: %(subject)s, %(day)s", **said)
        if kind == PRAISE
        else sentence("Замечание: %(subject)s, %(day)s", **said)
    )
    notify(db, [*guardians, pupil_id], REMARK_NEWS, title, text, f"/diary/{pupil_id}?week={day.isoformat()}")
