"""Points of one person, given out on demand; they are kept as the marks they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.database.session import Session
from core.organizations.models import Subject
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.models import JournalLesson, JournalPage


def points_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """Points of a pupil's works, and how many somebody has given."""
    rows = db.execute(
        select(
            JournalLesson.day,
            Subject.name,
            JournalCriterion.title,
            JournalPoints.points,
            JournalCriterion.greatest,
        )
        .join(JournalCriterion, JournalCriterion.id == JournalPoints.criterion_id)
        .join(JournalLesson, JournalLesson.id == JournalPoints.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(JournalPoints.pupil_id == person_id)
        .order_by(JournalLesson.day, JournalPoints.lesson_id, JournalCriterion.position)
    )
    return {
        "баллы по критериям": [
            {"день": str(day), "предмет": subject, "критерий": title, "баллы": points, "из": greatest}
            for day, subject, title, points, greatest in rows
        ],
        "поставлено баллов по критериям": db.scalar(
            select(func.count()).select_from(JournalPoints).where(JournalPoints.author_id == person_id)
        ),
    }
