"""Lesson plans of the demo school: several subjects, applied to all classes of a grade level.

They hold the very topics that `plugins.journal.demo.topics` writes into lessons, so that the portal recognizes what
was given; half of the lessons stay with a topic longer than planned, hence a lag here and there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from plugins.journal.demo.topics import Course, course_for, year_topics
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.topics.layout import Held, Step, recognized, scheduled
from plugins.journal.topics.models import GivenTopic, LessonPlan, LessonTopic, PlanUse

PLANNED = ("математика", "алгебра", "русский", "история", "физика")
"""Words of the names of subjects that have plans; other subjects show how it looks without."""

GRADES = range(5, 10)
WEEKS = 34
"""Academic weeks of a year."""

CONTROL_EVERY = 10


def fill_plans(db: Session, school: DemoSchool) -> None:
    """Write plans and apply them to the pages of the journal that is already written."""
    places = _pages(db, school)
    lessons = _lessons(db, [page for pages in places.values() for page in pages])
    rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for (subject_id, grade), pages in places.items():
        subject = next(each for each in school.subjects.values() if each.id == subject_id)
        assignment = next(
            (
                each
                for each in school.assignments
                if each.subject_id == subject_id and _place(each) in pages.values()
            ),
            None,
        )
        hours = WEEKS * (school.weekly_hours.get(assignment.id, 2) if assignment else 2)
        plan_id = new_id()
        common = {"organization_id": school.organization.id, "academic_year_id": school.year.id}
        rows[LessonPlan].append(
            {
                **common,
                "id": plan_id,
                "subject_id": subject_id,
                "grade_level": grade,
                "author_id": assignment.teacher_id if assignment else None,
                "title": f"{subject.name}, {grade} класс",
                "hours": hours,
            }
        )
        topics = _topics(plan_id, course_for(subject.name, grade), hours)
        rows[LessonTopic] += topics
        steps = [
            Step(id=row["id"], number=row["position"] + 1, title=row["title"], hours=row["hours"])
            for row in topics
        ]
        for page_id in pages:
            held = lessons[page_id]
            if not held:
                continue
            rows[PlanUse].append(
                {
                    **common,
                    "page_id": page_id,
                    "plan_id": plan_id,
                    "first_topic_id": None,
                    "from_day": held[0].day,
                    "schedule": [[str(topic), day.isoformat()] for topic, day in scheduled(steps, held)],
                }
            )
            rows[GivenTopic] += [
                {"lesson_id": lesson_id, "topic_id": topic_id}
                for lesson_id, given in recognized(steps, held)
                for topic_id in given
            ]
    for table in (LessonPlan, LessonTopic, PlanUse, GivenTopic):
        if rows[table]:
            db.execute(insert(table), rows[table])


def _place(row: Any) -> UUID | None:
    return row.pupil_group_id or row.school_class_id


def _pages(db: Session, school: DemoSchool) -> dict[tuple[UUID, int], dict[UUID, UUID | None]]:
    """Pages that get a plan, by subject and grade level: the page and its class or group."""
    subjects = {
        subject.id
        for subject in school.subjects.values()
        if any(word in subject.name.casefold() for word in PLANNED)
    }
    grades = {each.id: each.grade_level for each in school.classes}
    groups = {each.id: each.school_class_id for each in school.groups}
    found: dict[tuple[UUID, int], dict[UUID, UUID | None]] = defaultdict(dict)
    for row in db.execute(
        select(
            JournalPage.id, JournalPage.subject_id, JournalPage.school_class_id, JournalPage.pupil_group_id
        )
        .where(
            JournalPage.organization_id == school.organization.id,
            JournalPage.academic_year_id == school.year.id,
            JournalPage.subject_id.in_(subjects),
        )
        .order_by(JournalPage.id)
    ):
        class_id = row.school_class_id or groups.get(row.pupil_group_id)
        grade = grades.get(class_id) if class_id else None
        if grade is not None and grade in GRADES:
            found[row.subject_id, grade][row.id] = _place(row)
    return found


def _lessons(db: Session, pages: Sequence[UUID]) -> dict[UUID, list[Held]]:
    found: dict[UUID, list[Held]] = defaultdict(list)
    for row in db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.topic,
        )
        .where(JournalLesson.page_id.in_(pages), JournalLesson.status.not_in(NOT_GIVEN))
        .order_by(JournalLesson.day, JournalLesson.number, JournalLesson.id)
    ):
        found[row.page_id].append(Held(id=row.id, day=row.day, number=row.number, topic=row.topic))
    return found


def _topics(plan_id: UUID, course: Course, hours: int) -> list[dict[str, Any]]:
    """Topics for so many hours: one hour and two hours in turn, every tenth a control work."""
    rows: list[dict[str, Any]] = []
    left = hours
    for at, (section, title) in enumerate(year_topics(course)):
        if left <= 0:
            break
        taken = min(2 if at % 3 == 2 else 1, left)
        left -= taken
        tasks = course.homework_list
        rows.append(
            {
                "id": new_id(),
                "plan_id": plan_id,
                "page_id": None,
                "position": at,
                "section": section,
                "title": title,
                "hours": taken,
                "homework": tasks[at % len(tasks)].format(n=20 + at, k=1 + at % 19, m=12 + at, p=2 + at // 3),
                "control_kind": "control" if at % CONTROL_EVERY == CONTROL_EVERY - 1 else "",
                "links": "",
                "remark": "",
                "version": 1,
            }
        )
    return rows
