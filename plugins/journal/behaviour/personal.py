"""Behaviour of one person, given out on demand; it is kept as term marks are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.database.session import Session
from core.organizations.models import AcademicYear, SchoolClass, Term
from plugins.journal.behaviour.models import JournalBehaviour


def behaviour_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """Marks of a pupil's behaviour, and how many somebody has put."""
    rows = db.execute(
        select(AcademicYear.name, SchoolClass.name, Term.name, JournalBehaviour.value)
        .join(AcademicYear, AcademicYear.id == JournalBehaviour.academic_year_id)
        .join(SchoolClass, SchoolClass.id == JournalBehaviour.school_class_id)
        .outerjoin(Term, Term.id == JournalBehaviour.term_id)
        .where(JournalBehaviour.pupil_id == person_id)
        .order_by(AcademicYear.starts_on, Term.number)
    )
    return {
        "поведение": [
            {"учебный год": year, "класс": school_class, "за что": term or "Год", "отметка": value}
            for year, school_class, term, value in rows
        ],
        "выставлено отметок за поведение": db.scalar(
            select(func.count()).select_from(JournalBehaviour).where(JournalBehaviour.author_id == person_id)
        ),
    }
