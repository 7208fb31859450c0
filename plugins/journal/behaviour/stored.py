"""Behaviour as the table holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from plugins.journal.behaviour.models import JournalBehaviour


def behaviour_of_class(
    db: Session, school_class: Any, class_id: UUID, term_id: UUID | None
) -> Mapping[UUID, str]:
    """The marks of a class for a term, or for the year without one, by pupil; one statement."""
    return {
        row.pupil_id: row.value
        for row in db.execute(
            select(JournalBehaviour.pupil_id, JournalBehaviour.value).where(
                JournalBehaviour.organization_id == school_class.organization_id,
                JournalBehaviour.academic_year_id == school_class.academic_year_id,
                JournalBehaviour.school_class_id == class_id,
                JournalBehaviour.term_id == term_id
                if term_id is not None
                else JournalBehaviour.term_id.is_(None),
            )
        )
    }


def behaviour_of_year(
    db: Session, school_class: Any, class_id: UUID
) -> Mapping[tuple[UUID, UUID | None], str]:
    """The marks of a class for all terms and the year, by pupil and term; one statement."""
    return {
        (row.pupil_id, row.term_id): row.value
        for row in db.execute(
            select(JournalBehaviour.pupil_id, JournalBehaviour.term_id, JournalBehaviour.value).where(
                JournalBehaviour.organization_id == school_class.organization_id,
                JournalBehaviour.academic_year_id == school_class.academic_year_id,
                JournalBehaviour.school_class_id == class_id,
            )
        )
    }
