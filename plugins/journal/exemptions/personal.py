"""Exemptions of one person, given out and erased on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from core.audit.record import Change, record
from core.database.session import Session
from core.organizations.models import Subject
from core.roles.actor import Actor
from plugins.journal.exemptions.exempting import EXEMPTION, KINDS
from plugins.journal.exemptions.models import JournalExemption


def exemptions_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """Of what a pupil was exempt, and how many exemptions somebody has put."""
    rows = db.execute(
        select(
            JournalExemption.first_day,
            JournalExemption.last_day,
            Subject.name,
            JournalExemption.kind,
            JournalExemption.reason,
            JournalExemption.basis,
        )
        .join(Subject, Subject.id == JournalExemption.subject_id)
        .where(JournalExemption.pupil_id == person_id, JournalExemption.withdrawn_at.is_(None))
        .order_by(JournalExemption.first_day, JournalExemption.id)
    )
    return {
        "освобождения": [
            {
                "предмет": row.name,
                "вид": str(KINDS.get(row.kind, row.kind)),
                "с": str(row.first_day),
                "по": str(row.last_day),
                "причина": row.reason,
                "основание": row.basis,
            }
            for row in rows
        ],
        "поставлено освобождений": db.scalar(
            select(func.count()).where(JournalExemption.author_id == person_id)
        )
        or 0,
    }


def erase_exemptions(db: Session, actor: Actor, person_id: UUID) -> int:
    """Take out why a pupil was exempt and by which paper; returns how many. Days stay with the journal."""
    told = db.execute(
        select(JournalExemption.id, JournalExemption.organization_id).where(
            JournalExemption.pupil_id == person_id,
            or_(JournalExemption.reason != "", JournalExemption.basis != ""),
        )
    ).all()
    db.execute(
        update(JournalExemption).where(JournalExemption.pupil_id == person_id).values(reason="", basis="")
    )
    for organization_id in {row.organization_id for row in told}:
        record(
            db,
            actor,
            organization_id,
            *(
                Change(action="journal.exemption.erase", subject_type=EXEMPTION, subject_id=str(row.id))
                for row in told
                if row.organization_id == organization_id
            ),
        )
    return len(told)
