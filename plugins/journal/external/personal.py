"""Marks of former schools of one person, given out on demand; they stay with the journal as its own marks do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.database.session import Session
from core.organizations.models import Subject, Term
from plugins.journal.external.listed import period_title
from plugins.journal.external.models import JournalExternalMark


def external_marks_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """A pupil's marks of former schools, and how many somebody has written down."""
    rows = db.execute(
        select(
            JournalExternalMark.day,
            JournalExternalMark.kind,
            JournalExternalMark.grade_level,
            JournalExternalMark.half_year,
            Term.name.label("term"),
            Subject.name,
            JournalExternalMark.value,
            JournalExternalMark.weight,
            JournalExternalMark.work,
            JournalExternalMark.source,
        )
        .join(Subject, Subject.id == JournalExternalMark.subject_id)
        .outerjoin(Term, Term.id == JournalExternalMark.term_id)
        .where(JournalExternalMark.pupil_id == person_id)
        .order_by(JournalExternalMark.day, JournalExternalMark.id)
    )
    return {
        "отметки прежних школ": [
            {
                "предмет": row.name,
                "за что": period_title(row, row.term or "") or str(row.day),
                "отметка": row.value,
                "вес": row.weight,
                "работа": row.work,
                "школа": row.source,
            }
            for row in rows
        ],
        "записано отметок прежних школ": db.scalar(
            select(func.count()).where(JournalExternalMark.author_id == person_id)
        )
        or 0,
    }
