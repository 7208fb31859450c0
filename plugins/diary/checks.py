"""Data check of the timetable: nobody is in two places at once, and what the diary knows of one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.contributions import Finding
from core.database.base import now
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Organization, SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.diary.changes.personal import erase_absences, export_absences
from plugins.diary.models import DiaryLesson

MOST_FINDINGS = 100


def clashes(db: Session) -> Iterator[Finding]:
    """Lessons from today on that overlap in time and share a teacher, a room or a class."""
    rows = db.execute(
        select(
            DiaryLesson.day,
            DiaryLesson.starts_at,
            DiaryLesson.ends_at,
            DiaryLesson.organization_id,
            DiaryLesson.school_class_id,
            DiaryLesson.pupil_group_id,
            DiaryLesson.teacher_id,
            DiaryLesson.room,
            DiaryLesson.paired_lesson_id,
            DiaryLesson.status,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            SchoolClass.name.label("class_name"),
            Organization.short_name.label("organization"),
        )
        .join(Organization, Organization.id == DiaryLesson.organization_id)
        .outerjoin(Person, Person.id == DiaryLesson.teacher_id)
        .outerjoin(SchoolClass, SchoolClass.id == DiaryLesson.school_class_id)
        .where(
            DiaryLesson.day >= now().date(),
            DiaryLesson.status != "cancelled",
            DiaryLesson.starts_at.is_not(None),
        )
        .order_by(DiaryLesson.organization_id, DiaryLesson.day, DiaryLesson.starts_at)
        .execution_options(yield_per=2000)
    )
    ends: dict[tuple[Any, ...], tuple[time, bool]] = {}
    part: tuple[Any, ...] = ()
    count = 0
    for row in rows:
        if part != (row.organization_id, row.day):
            part, ends = (row.organization_id, row.day), {}
        for key, level, what in _resources(row):
            until, whole = ends.get(key, (time.min, False))
            # Two subgroups of a class may learn at the same time; a subgroup and the whole class may not.
            parallel = key[0] == "class" and row.pupil_group_id is not None and not whole
            if row.starts_at < until and not parallel:
                count += 1
                if count > MOST_FINDINGS:
                    return
                yield Finding(
                    level=level,
                    message=sentence(
                        "%(school)s, %(day)s %(time)s: %(what)s.",
                        school=row.organization,
                        day=row.day,
                        time=f"{row.starts_at:%H:%M}",
                        what=what,
                    ),
                    advice=sentence("Исправьте расписание: перенесите или отмените один из уроков."),
                )
            of_whole_class = row.pupil_group_id is None
            ends[key] = (
                max(until, row.ends_at),
                of_whole_class or (whole and row.starts_at < until),
            )


def _resources(row: Any) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    # Subgroups taught together share teacher and room: the other one's lesson answers for both.
    merged = row.status == "substituted" and row.paired_lesson_id is not None
    if row.teacher_id is not None and not merged:
        name = short_name(row.last_name, row.first_name, row.middle_name)
        yield ("teacher", row.teacher_id), "error", sentence("у учителя %(name)s два урока сразу", name=name)
    if row.room and not merged:
        yield ("room", row.room), "warning", sentence("в кабинете %(room)s два урока сразу", room=row.room)
    if row.school_class_id is not None:
        yield (
            ("class", row.school_class_id),
            "error",
            sentence("у класса %(name)s два урока сразу", name=row.class_name),
        )


def export(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """The lessons a person has been planned to teach, as far as the timetable knows."""
    first, last, count = db.execute(
        select(func.min(DiaryLesson.day), func.max(DiaryLesson.day), func.count()).where(
            DiaryLesson.teacher_id == person_id
        )
    ).one()
    return {
        "lessons_taught": count,
        "first_lesson": first.isoformat() if first else None,
        "last_lesson": last.isoformat() if last else None,
        **export_absences(db, person_id),
    }


def erase(db: Session, actor: Actor, person_id: UUID) -> Sequence[str]:
    """Absences go; a timetable is a record of the school: says so if the person stands in it."""
    erase_absences(db, actor, person_id)
    if db.scalar(select(DiaryLesson.id).where(DiaryLesson.teacher_id == person_id).limit(1)) is None:
        return []
    return [sentence("Уроки в расписании остаются: расписание – документ школы, по нему проверяют нагрузку.")]
