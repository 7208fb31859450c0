"""What attendance knows about one person besides the cells, and whether announcements are whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from core.audit.record import Change, record
from core.contributions import Finding
from core.database.session import Session
from core.files import StoredFile
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.attendance.announcing import ABSENCE, ABSENCE_FILES
from plugins.journal.attendance.deciding import STATES
from plugins.journal.attendance.models import JournalAbsence, JournalRecodedCell, JournalRecoding
from plugins.journal.attendance.recoding import RECODING, RECODING_FILES
from plugins.journal.settings import journal_settings


def check_attendance(db: Session) -> Iterable[Finding]:
    """Announcements whose days or state cannot be, and recodings that lost their cells."""
    wrong = db.scalar(
        select(func.count(JournalAbsence.id)).where(
            or_(
                JournalAbsence.last_day < JournalAbsence.first_day,
                JournalAbsence.state.not_in(list(STATES)),
                (JournalAbsence.state == "confirmed") & JournalAbsence.decided_at.is_(None),
            )
        )
    )
    if wrong:
        yield Finding(
            level="error",
            message=sentence(
                "Сообщений о пропусках с неверными днями или состоянием: %(count)s.", count=wrong
            ),
            advice=sentence("Их правили в обход портала. Сравните с резервной копией."),
        )
    empty = db.scalar(
        select(func.count(JournalRecoding.id)).where(
            JournalRecoding.undone_at.is_(None),
            ~select(JournalRecodedCell.id)
            .where(JournalRecodedCell.recoding_id == JournalRecoding.id)
            .exists(),
        )
    )
    if empty:
        yield Finding(
            level="warning",
            message=sentence(
                "Указаний причин, от которых не осталось ни одной клетки: %(count)s.", count=empty
            ),
            advice=sentence("Уроки удалены из журнала; отменить такое указание нельзя."),
        )


def absences_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """What was announced and explained about a pupil, and what somebody has announced and decided."""
    announced = db.execute(
        select(
            JournalAbsence.first_day,
            JournalAbsence.last_day,
            JournalAbsence.code,
            JournalAbsence.comment,
            JournalAbsence.state,
            JournalAbsence.answer,
            Organization.path,
        )
        .join(Organization, Organization.id == JournalAbsence.organization_id)
        .where(JournalAbsence.pupil_id == person_id)
        .order_by(JournalAbsence.id)
    )
    explained = db.execute(
        select(
            JournalRecoding.first_day,
            JournalRecoding.last_day,
            JournalRecoding.code,
            JournalRecoding.basis,
        )
        .where(JournalRecoding.pupil_id == person_id, JournalRecoding.undone_at.is_(None))
        .order_by(JournalRecoding.id)
    )
    return {
        "сообщения о пропусках": [
            {
                "с": str(row.first_day),
                "по": str(row.last_day),
                "причина": known.shown_title
                if (known := journal_settings(db, row.path).codes.get(row.code))
                else row.code,
                "пояснение": row.comment,
                "состояние": str(STATES.get(row.state, row.state)),
                "ответ школы": row.answer,
            }
            for row in announced
        ],
        "причины пропусков": [
            {"с": str(row.first_day), "по": str(row.last_day), "код": row.code, "основание": row.basis}
            for row in explained
        ],
        "сообщено о пропусках детей": _count(db, JournalAbsence.author_id, person_id),
        "отвечено на сообщения о пропусках": _count(db, JournalAbsence.decided_by, person_id),
        "указано причин пропусков": _count(db, JournalRecoding.author_id, person_id),
    }


def _count(db: Session, column: Any, person_id: UUID) -> int:
    return db.scalar(select(func.count()).where(column == person_id)) or 0


def erase_absences(db: Session, actor: Actor, person_id: UUID) -> int:
    """Take out what people have written of the pupil's absences, and their papers; returns how many texts.

    Days and codes stay with the journal. A guardian's own words about a child go with the guardian too.
    """
    told = (JournalAbsence.pupil_id == person_id) | (JournalAbsence.author_id == person_id)
    absences = db.execute(select(JournalAbsence.id, JournalAbsence.organization_id).where(told)).all()
    recodings = db.execute(
        select(JournalRecoding.id, JournalRecoding.organization_id).where(
            JournalRecoding.pupil_id == person_id
        )
    ).all()
    db.execute(update(JournalAbsence).where(told).values(comment="", answer=""))
    db.execute(update(JournalRecoding).where(JournalRecoding.pupil_id == person_id).values(basis=""))
    papers = select(StoredFile).where(
        or_(
            (StoredFile.purpose == ABSENCE_FILES) & StoredFile.subject.in_([str(row.id) for row in absences]),
            (StoredFile.purpose == RECODING_FILES)
            & StoredFile.subject.in_([str(row.id) for row in recodings]),
        )
    )
    for file in db.scalars(papers).all():
        db.portal.files.delete(db, file)
    changes = [(row.organization_id, ABSENCE, row.id) for row in absences]
    changes += [(row.organization_id, RECODING, row.id) for row in recodings]
    for organization_id in {each[0] for each in changes}:
        record(
            db,
            actor,
            organization_id,
            *(
                Change(action="journal.absence.erase", subject_type=kind, subject_id=str(key))
                for school, kind, key in changes
                if school == organization_id
            ),
        )
    return len(changes)
