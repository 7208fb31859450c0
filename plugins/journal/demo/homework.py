"""Homework of an invented school beside the texts: links, tasks for some pupils, works handed in."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update

from core.database.base import in_force, new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment
from plugins.journal.homework.models import HomeworkTask, HomeworkTaskPupil, Submission
from plugins.journal.models import JournalLesson, JournalPage

RECENT = timedelta(days=12)
LINK = "https://urok.example.ru/zadanie/{number}"
TASKS = ("Карточка № {number}.", "Повторить правило и сделать упражнение {number}.", "Доклад на 5 минут.")
WORKS = (
    "Решил все, в последней не уверен.",
    "Упражнение сделала, фотография в тетради у учителя.",
    "Ответ: 12,5 см². Решение: площадь равна половине произведения катетов.",
)
STATES = ("handed_in", "returned", "accepted")
ANSWERS = ("Хорошо, но проверьте запись ответа.", "Молодец!", "")


def fill_homework(db: Session, school: DemoSchool) -> None:
    """The latest lessons of every class with homework: of each page every third has a link, a task or works."""
    draw = Random(school.random.getrandbits(64))  # noqa: S311 -- invented data
    pupils: dict[Any, list[Any]] = {}
    for row in db.execute(
        select(Enrollment.school_class_id, Enrollment.person_id)
        .where(
            Enrollment.organization_id == school.organization.id,
            Enrollment.academic_year_id == school.year.id,
            in_force(Enrollment, school.today),
        )
        .order_by(Enrollment.school_class_id, Enrollment.person_id)
    ):
        pupils.setdefault(row.school_class_id, []).append(row.person_id)
    lessons = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.teacher_id,
            JournalPage.school_class_id,
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            JournalLesson.organization_id == school.organization.id,
            JournalLesson.day.between(school.today - RECENT, school.today),
            JournalPage.school_class_id.is_not(None),
            func.length(JournalLesson.homework) > 0,
        )
        .order_by(JournalLesson.day, JournalLesson.number, JournalLesson.id)
    ).all()
    tasks: list[dict[str, Any]] = []
    given: list[dict[str, Any]] = []
    works: list[dict[str, Any]] = []
    linked: list[Any] = []
    places: dict[Any, int] = defaultdict(int)
    for lesson in lessons:
        known = pupils.get(lesson.school_class_id, [])
        place = places[lesson.page_id]
        places[lesson.page_id] += 1
        if place % 3 or len(known) < 4:
            continue
        linked.append(lesson.id)
        if place % 2:
            task_id = new_id()
            tasks.append(
                {
                    "id": task_id,
                    "organization_id": school.organization.id,
                    "lesson_id": lesson.id,
                    "due_lesson_id": None,
                    "text": draw.choice(TASKS).format(number=draw.randint(1, 12)),
                    "minutes": draw.choice((None, 10, 15)),
                    "author_id": lesson.teacher_id,
                }
            )
            given += [{"task_id": task_id, "pupil_id": each} for each in draw.sample(known, 2)]
        waits, *others = draw.sample(known, 3)
        works.append(_work(school, draw, lesson, waits, "handed_in"))
        works += [_work(school, draw, lesson, each, draw.choice(STATES)) for each in others]
    db.execute(
        update(JournalLesson)
        .where(JournalLesson.id.in_(linked))
        .values(homework_links=LINK.format(number=draw.randint(100, 999)))
    )
    for table, rows in ((HomeworkTask, tasks), (HomeworkTaskPupil, given), (Submission, works)):
        if rows:
            db.execute(insert(table), rows)


def _work(school: DemoSchool, draw: Random, lesson: Any, pupil_id: Any, state: str) -> dict[str, Any]:
    sent = datetime.combine(lesson.day, time(15, draw.randint(0, 59)), UTC)
    return {
        "id": new_id(),
        "organization_id": school.organization.id,
        "lesson_id": lesson.id,
        "pupil_id": pupil_id,
        "text": draw.choice(WORKS),
        "state": state,
        "version": 1,
        "handed_in_at": sent,
        "answer": {"handed_in": "", "returned": ANSWERS[0]}.get(state, draw.choice(ANSWERS[1:])),
        "reviewed_at": None if state == "handed_in" else sent + timedelta(hours=18),
        "reviewed_by": None if state == "handed_in" else lesson.teacher_id,
    }
