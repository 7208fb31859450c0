"""What the changes know of one person: absences of a teacher. A reason may tell of an illness, so it does not stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from core.audit.record import Change, record
from core.database.session import Session
from core.roles.actor import Actor
from plugins.diary.changes.absences import ABSENCE, REASONS
from plugins.diary.changes.models import CorridorScreen, TeacherAbsence


def export_absences(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """The absences of a person, with reasons and notes: they are the person's own."""
    rows = db.scalars(
        select(TeacherAbsence)
        .where(TeacherAbsence.teacher_id == person_id)
        .order_by(TeacherAbsence.first_day)
    )
    return {
        "teacher_absences": [
            {
                "first_day": each.first_day.isoformat(),
                "last_day": each.last_day.isoformat(),
                "reason": str(REASONS[each.reason]),
                "note": each.note,
            }
            for each in rows
        ]
    }


def erase_absences(db: Session, actor: Actor, person_id: UUID) -> Sequence[str]:
    """All absences go; what was decided about the lessons stays with the timetable."""
    gone = db.execute(
        delete(TeacherAbsence)
        .where(TeacherAbsence.teacher_id == person_id)
        .returning(TeacherAbsence.id, TeacherAbsence.organization_id)
    ).all()
    for row in gone:
        change = Change(action="diary.absence.erase", subject_type=ABSENCE, subject_id=str(row.id))
        record(db, actor, row.organization_id, change)
    for table in (TeacherAbsence, CorridorScreen):
        db.execute(update(table).where(table.author_id == person_id).values(author_id=None))
    return []
