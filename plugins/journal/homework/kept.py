"""Lessons that carry more of homework than words: they are not thrown away with the timetable's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.files import StoredFile
from plugins.journal.homework.materials import HOMEWORK_FILES
from plugins.journal.homework.models import GivenItem, HomeworkTask, Submission
from plugins.journal.models import JournalLesson


def with_homework(db: Session, lessons: Sequence[UUID]) -> set[UUID]:
    """Those of some lessons that have items, tasks, works or files."""
    found: set[UUID] = set()
    for table in (GivenItem, HomeworkTask, Submission):
        found |= set(db.scalars(select(table.lesson_id).where(table.lesson_id.in_(lessons)).distinct()))
    files = select(StoredFile.subject).where(
        StoredFile.organization_id.in_(
            select(JournalLesson.organization_id).where(JournalLesson.id.in_(lessons))
        ),
        StoredFile.purpose == HOMEWORK_FILES,
        StoredFile.subject.in_([str(each) for each in lessons]),
    )
    return found | {UUID(each) for each in db.scalars(files)}
