"""Praise and remarks of one person, given out and erased on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from core.audit.record import Change, record
from core.database.session import Session
from core.organizations.models import Subject
from core.roles.actor import Actor
from plugins.journal.grid.stored_cells import CELL, subject_id_of
from plugins.journal.models import JournalPage
from plugins.journal.remarks.models import PRAISE, JournalRemark


def remarks_about(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """What was said of a pupil, and how much somebody has said of pupils."""
    rows = db.execute(
        select(JournalRemark.day, Subject.name, JournalRemark.kind, JournalRemark.text)
        .join(JournalPage, JournalPage.id == JournalRemark.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(JournalRemark.pupil_id == person_id)
        .order_by(JournalRemark.day, JournalRemark.id)
    )
    return {
        "похвала и замечания": [
            {
                "день": str(day),
                "предмет": subject,
                "вид": "похвала" if kind == PRAISE else "замечание",
                "текст": text,
            }
            for day, subject, kind, text in rows
        ],
        "написано похвал и замечаний": db.scalar(
            select(func.count()).where(JournalRemark.author_id == person_id)
        )
        or 0,
    }


def erase_remarks(db: Session, actor: Actor, person_id: UUID) -> int:
    """Take out what was said of a pupil; returns how much. What the person has said of others is theirs."""
    gone = db.execute(select(*JournalRemark.__table__.c).where(JournalRemark.pupil_id == person_id)).all()
    db.execute(delete(JournalRemark).where(JournalRemark.pupil_id == person_id))
    for organization_id in {row.organization_id for row in gone}:
        record(
            db,
            actor,
            organization_id,
            *(
                Change(
                    action="journal.remark.erase",
                    subject_type=CELL,
                    subject_id=subject_id_of(row.lesson_id, row.pupil_id),
                )
                for row in gone
                if row.organization_id == organization_id
            ),
        )
    return len(gone)
