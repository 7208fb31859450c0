"""Columns outside of lessons in the invented school's journal: an olympiad, standards of sport, a debt made good."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment
from core.roles.actor import Actor
from plugins.journal.grid.cell_text import score_of
from plugins.journal.grid.stored_cells import CELL, subject_id_of
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.models import OUTSIDE, JournalCell, JournalLesson, JournalMark, JournalPage

COLUMNS = {
    "Алгебра": "Школьный этап олимпиады",
    "Физическая культура": "Нормативы ГТО",
    "Литература": "Конкурс чтецов",
}
"""What the columns of some subjects are for."""

CLASSES = ("9А", "8А", "6А")
TAKING_PART = 0.3
MARKS = ("4", "5", "5")
AGO = timedelta(days=9)
SUNDAY = 7


def fill_outside(db: Session, actor: Actor, school: DemoSchool, random: Random) -> None:
    """A column on one day of this term on pages of some classes, with marks of those who took part."""
    day = school.today - AGO
    day -= timedelta(days=day.isoweekday() == SUNDAY)
    if not any(term.starts_on <= day <= term.ends_on for term in school.terms):
        return
    subjects = {each.id: COLUMNS[each.name] for each in school.subjects.values() if each.name in COLUMNS}
    classes = {each.id for each in school.classes if each.name in CLASSES}
    teachers = {(each.school_class_id, each.subject_id): each.teacher_id for each in school.assignments}
    people = {each.id: each for each in school.teachers}
    at = datetime.combine(day, time(12), UTC)
    changes: list[Change] = []
    for page in db.execute(
        select(JournalPage.id, JournalPage.subject_id, JournalPage.school_class_id)
        .where(
            JournalPage.organization_id == school.organization.id,
            JournalPage.academic_year_id == school.year.id,
            JournalPage.subject_id.in_(subjects),
            JournalPage.school_class_id.in_(classes),
        )
        .order_by(JournalPage.id)
    ).all():
        teacher_id = teachers.get((page.school_class_id, page.subject_id))
        teacher = people.get(teacher_id) if teacher_id else None
        signed: dict[str, Any] = {
            "at": at,
            "person_id": teacher_id,
            "person_name": teacher.short_name if teacher else "",
            "role": "teacher",
        }
        lesson_id, title = new_id(), subjects[page.subject_id]
        place: dict[str, Any] = {
            "organization_id": school.organization.id,
            "academic_year_id": school.year.id,
            "page_id": page.id,
            "day": day,
        }
        db.execute(
            insert(JournalLesson).values(
                **place, id=lesson_id, number=0, teacher_id=teacher_id, topic=title, status=OUTSIDE
            )
        )
        changes.append(
            Change(
                action="journal.column.add",
                subject_type=LESSON,
                subject_id=str(lesson_id),
                after={"day": day.isoformat(), "topic": title, "control_kind": ""},
                **signed,
            )
        )
        pupils = db.scalars(
            select(Enrollment.person_id)
            .where(Enrollment.school_class_id == page.school_class_id, in_force(Enrollment, day))
            .order_by(Enrollment.person_id)
        ).all()
        for pupil_id in pupils:
            if random.random() > TAKING_PART:
                continue
            value = random.choice(MARKS)
            db.execute(
                insert(JournalMark).values(
                    **place,
                    id=new_id(),
                    lesson_id=lesson_id,
                    pupil_id=pupil_id,
                    author_id=teacher_id,
                    value=value,
                    score=score_of(value),
                    created_at=at,
                    changed_at=at,
                )
            )
            db.execute(
                insert(JournalCell).values(
                    lesson_id=lesson_id,
                    pupil_id=pupil_id,
                    page_id=page.id,
                    version=1,
                    changes=1,
                    author_name=signed["person_name"],
                    request_key="",
                )
            )
            changes.append(
                Change(
                    action="journal.cell.set",
                    subject_type=CELL,
                    subject_id=subject_id_of(lesson_id, pupil_id),
                    after={"value": value},
                    **signed,
                )
            )
    if changes:
        record(db, actor, school.organization.id, *changes)
