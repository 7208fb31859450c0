"""When homework is due: what is given at a lesson is to be done for the page's next one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from core.database.session import Session
from plugins.journal.models import NOT_GIVEN, JournalLesson

REACHES = timedelta(days=60)
"""The next lesson is looked for no further than this."""


NOTHING = "без задания"
"""What a teacher writes where nothing is given: an answer that is not forgotten, and no homework."""


def is_nothing(text: str) -> bool:
    """Whether the homework says that nothing is given."""
    return text.strip().rstrip(".").casefold() in ("", NOTHING)


def later_lessons(db: Session, page_id: UUID, day: date, number: int, most: int = 12) -> Sequence[Any]:
    """The next lessons of a page after the one of `day` and `number`: rows of `id`, `day`, `number`."""
    return db.execute(
        select(JournalLesson.id, JournalLesson.day, JournalLesson.number)
        .where(
            JournalLesson.page_id == page_id,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.day <= day + REACHES,
            or_(
                JournalLesson.day > day,
                and_(JournalLesson.day == day, JournalLesson.number > number),
            ),
        )
        .order_by(JournalLesson.day, JournalLesson.number)
        .limit(most)
    ).all()
