"""Taking a change back: a cell or a lesson gets what stood there before one of the changes in its history.

It is a change like any other, with a line of its own in the history: nothing is ever taken out of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.session import Session
from core.errors import NotFound
from core.identity.former import former_ids
from core.roles.actor import Actor
from plugins.journal.access import open_page
from plugins.journal.grid.cells import set_cell
from plugins.journal.grid.stored_cells import CELL, SavedCell, lesson_on, subject_id_of
from plugins.journal.homework.items import ITEM_IDS, chosen_items
from plugins.journal.lessons.lessons import LESSON, Lesson, LessonChange, read_lesson
from plugins.journal.topics.writing import write_lesson

CELL_CHANGE, LESSON_CHANGE = "journal.cell.set", "journal.lesson.change"
RESTORED = ("topic", "homework", "homework_minutes", "homework_links", "control_kind")


def restore_cell(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    record_id: str,
    separator: str = ",",
) -> SavedCell:
    """Give a cell what stood there before the change `record_id` of its history.

    Raises `NotFound` for a change that is not this cell's, and as `set_cell` does.
    """
    lesson_on(db, open_page(db, actor, page_id), lesson_id)
    subjects = [subject_id_of(lesson_id, each) for each in (pupil_id, *former_ids(db, pupil_id))]
    before = _before(db, CELL_CHANGE, CELL, subjects, record_id)
    value = str(before.get("value", ""))
    return set_cell(db, actor, page_id, lesson_id, pupil_id, value, separator=separator)


def restore_lesson(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, record_id: str) -> Lesson:
    """Give a lesson the topic, homework and kind of work that the change `record_id` of its history replaced.

    What that change left alone stays as it is now, and what the library has no more does not come back. Raises
    `NotFound` for a change that is not this lesson's, and as `write_lesson` does.
    """
    page = open_page(db, actor, page_id)
    lesson = read_lesson(db, actor, page, lesson_id)
    before = _before(db, LESSON_CHANGE, LESSON, [str(lesson_id)], record_id)
    change = LessonChange(**{name: before[name] for name in RESTORED if name in before})
    if ITEM_IDS in before:
        items = chosen_items(db, actor, page, lesson.homework_items, before[ITEM_IDS])
        change = msgspec.structs.replace(change, homework_items=[each.id for each in items])
    return write_lesson(db, actor, page_id, lesson_id, change)


def _before(
    db: Session, action: str, subject_type: str, subject_ids: Sequence[str], record_id: str
) -> dict[str, Any]:
    try:
        wanted = UUID(record_id)
    except ValueError:
        wanted = UUID(int=0)
    found = db.scalar(
        select(AuditRecord).where(
            AuditRecord.id == wanted,
            AuditRecord.action == action,
            AuditRecord.subject_type == subject_type,
            AuditRecord.subject_id.in_(subject_ids),
        )
    )
    if found is None:
        raise NotFound(
            "Такого изменения в истории нет.", advice="Обновите страницу и выберите строку истории снова."
        )
    return found.before or {}
