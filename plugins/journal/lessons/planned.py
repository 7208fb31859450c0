"""What the timetable plans becomes pages and lessons of the journal, in bulk.

Lessons taken out of the timetable vanish from the journal while nothing has been written there; else they
stay, marked as cancelled only if they carry no marks. So they do when the lesson becomes one of another subject:
two lessons of a class that swap places leave behind what was written, and find it again when they swap back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from core.capabilities import LessonsPlanned, PlannedLesson
from core.database.base import new_id, now
from core.database.session import Session
from plugins.journal.criteria.models import JournalCriterion
from plugins.journal.grid.stored_cells import TOPIC
from plugins.journal.homework.kept import with_homework
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage

CHUNK = 500
PageKey = tuple[UUID, UUID, UUID | None, UUID | None]


def take_over(db: Session, event: LessonsPlanned) -> None:
    """Bring the journal in line with planned lessons; each statement handles hundreds of them."""
    touched: set[UUID] = set()
    if event.lessons:
        pages = _pages_for(db, event.lessons)
        for part in _parts(event.lessons):
            touched |= _take_part(db, part, pages)
    for part in _parts(list(event.removed)):
        touched |= _remove(db, part)
    for part in _parts(sorted(touched)):
        _raise_versions(db, part)


def _raise_versions(db: Session, pages: Sequence[UUID]) -> None:
    """Tell ETags and open browsers that the columns of these pages have changed."""
    db.execute(
        update(JournalPage)
        .where(JournalPage.id.in_(pages))
        .values(version=JournalPage.version + 1, lessons_version=JournalPage.version + 1)
        .execution_options(synchronize_session=False)
    )
    versions = db.execute(select(JournalPage.id, JournalPage.version).where(JournalPage.id.in_(pages)))
    db.portal.live.publish_many(db, [(f"{TOPIC}:{row.id}", {"version": row.version}) for row in versions])


def _parts(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), CHUNK):
        yield things[start : start + CHUNK]


def _key(lesson: PlannedLesson) -> PageKey:
    group = lesson.pupil_group_id
    return lesson.academic_year_id, lesson.subject_id, None if group else lesson.school_class_id, group


def _pages_for(db: Session, lessons: Sequence[PlannedLesson]) -> dict[PageKey, UUID]:
    """The page of every lesson, those that were missing having been made."""
    found: dict[PageKey, UUID] = {}
    for year in {lesson.academic_year_id for lesson in lessons}:
        for row in db.execute(
            select(
                JournalPage.id,
                JournalPage.subject_id,
                JournalPage.school_class_id,
                JournalPage.pupil_group_id,
            ).where(
                JournalPage.organization_id.in_({lesson.organization_id for lesson in lessons}),
                JournalPage.academic_year_id == year,
            )
        ):
            group = row.pupil_group_id
            found[year, row.subject_id, None if group else row.school_class_id, group] = row.id
    missing: dict[PageKey, dict[str, Any]] = {}
    moment = now()
    for lesson in lessons:
        key = _key(lesson)
        if key not in found and key not in missing:
            missing[key] = {
                "id": new_id(),
                "organization_id": lesson.organization_id,
                "academic_year_id": lesson.academic_year_id,
                "subject_id": lesson.subject_id,
                "school_class_id": key[2],
                "pupil_group_id": key[3],
                "version": 1,
                "lessons_version": 1,
                "created_at": moment,
            }
    if missing:
        db.execute(insert(JournalPage), list(missing.values()))
    return found | {key: row["id"] for key, row in missing.items()}


def _take_part(db: Session, lessons: Sequence[PlannedLesson], pages: dict[PageKey, UUID]) -> set[UUID]:
    existing = {
        row.planned_lesson_id: row
        for row in db.execute(
            select(
                JournalLesson.id,
                JournalLesson.planned_lesson_id,
                JournalLesson.page_id,
                JournalLesson.day,
                JournalLesson.number,
                JournalLesson.starts_at,
                JournalLesson.teacher_id,
                JournalLesson.status,
                JournalPage.subject_id,
            )
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(JournalLesson.planned_lesson_id.in_([lesson.id for lesson in lessons]))
        )
    }
    fresh: list[dict[str, Any]] = []
    touched: set[UUID] = set()
    for lesson in lessons:
        page_id = pages[_key(lesson)]
        values: dict[str, Any] = {
            "page_id": page_id,
            "day": lesson.day,
            "number": lesson.number,
            "starts_at": lesson.starts_at,
            "teacher_id": lesson.teacher_id,
            "status": lesson.status,
        }
        known = existing.get(lesson.id)
        if known is not None and known.subject_id != lesson.subject_id:
            touched |= _leave(db, lesson.id)
            known = None
            if _taken_up(db, lesson.id, values):
                touched.add(page_id)
                continue
        if known is None:
            fresh.append(
                {
                    **values,
                    "id": new_id(),
                    "organization_id": lesson.organization_id,
                    "academic_year_id": lesson.academic_year_id,
                    "planned_lesson_id": lesson.id,
                    "topic": "",
                    "homework": "",
                    "control_kind": "",
                }
            )
            touched.add(page_id)
        elif any(getattr(known, name) != value for name, value in values.items()):
            db.execute(update(JournalLesson).where(JournalLesson.id == known.id).values(**values))
            if known.day != lesson.day or known.page_id != page_id:
                _move_records(db, known.id, values)
            touched |= {page_id, known.page_id}
    if fresh:
        db.execute(insert(JournalLesson), fresh)
    return touched


def _leave(db: Session, planned_id: UUID) -> set[UUID]:
    """Part what was written at a planned lesson from it; returns the pages that have changed."""
    pages = _remove(db, [planned_id])
    db.execute(
        update(JournalLesson)
        .where(JournalLesson.planned_lesson_id == planned_id)
        .values(planned_lesson_id=None)
    )
    return pages


def _taken_up(db: Session, planned_id: UUID, values: dict[str, Any]) -> bool:
    """Let a planned lesson go on with what was left behind in its place; whether there was anything."""
    left = db.scalar(
        select(JournalLesson.id)
        .where(
            JournalLesson.page_id == values["page_id"],
            JournalLesson.day == values["day"],
            JournalLesson.number == values["number"],
            JournalLesson.planned_lesson_id.is_(None),
            JournalLesson.status.in_(("manual", "cancelled")),
        )
        .order_by(JournalLesson.id)
        .limit(1)
    )
    if left is None:
        return False
    db.execute(
        update(JournalLesson).where(JournalLesson.id == left).values(planned_lesson_id=planned_id, **values)
    )
    return True


def _move_records(db: Session, lesson_id: UUID, values: dict[str, Any]) -> None:
    """Marks and attendance go where their lesson goes."""
    for table in (JournalMark, JournalAttendance):
        db.execute(
            update(table)
            .where(table.lesson_id == lesson_id)
            .values(day=values["day"], page_id=values["page_id"])
        )
    for table in (JournalCell, JournalCriterion):
        db.execute(update(table).where(table.lesson_id == lesson_id).values(page_id=values["page_id"]))


def _remove(db: Session, planned: Sequence[UUID]) -> set[UUID]:
    rows = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.topic,
            JournalLesson.homework,
            JournalLesson.homework_links,
        ).where(JournalLesson.planned_lesson_id.in_(planned))
    ).all()
    ids = [row.id for row in rows]
    written = {
        lesson_id
        for table in (JournalMark, JournalAttendance, JournalCell, JournalCriterion)
        for lesson_id in db.scalars(select(table.lesson_id).where(table.lesson_id.in_(ids)).distinct())
    }
    with_words = {row.id for row in rows if row.topic or row.homework or row.homework_links}
    with_words |= with_homework(db, ids)
    empty = [row.id for row in rows if row.id not in written and row.id not in with_words]
    db.execute(delete(JournalLesson).where(JournalLesson.id.in_(empty)))
    # What has marks stays visible and becomes the teacher's own; words without marks are only kept.
    kept = [lesson_id for lesson_id in ids if lesson_id in written]
    db.execute(
        update(JournalLesson)
        .where(JournalLesson.id.in_(kept))
        .values(planned_lesson_id=None, status="manual")
    )
    hidden = [row.id for row in rows if row.id in with_words and row.id not in written]
    db.execute(update(JournalLesson).where(JournalLesson.id.in_(hidden)).values(status="cancelled"))
    return {row.page_id for row in rows}
