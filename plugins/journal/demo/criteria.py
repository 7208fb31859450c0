"""Essays and projects of the invented school that are marked by criteria."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from sqlalchemy import insert, select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.models import JournalLesson, JournalMark, JournalPage

CRITERIA: dict[str, Sequence[tuple[str, int]]] = {
    "Русский язык": (("Грамотность", 6), ("Пунктуация", 4), ("Содержание", 5), ("Речь", 3)),
    "История": (("Знание фактов", 5), ("Причины и следствия", 4), ("Работа с источником", 3)),
}
KINDS = ("dictation", "control")
PAGES = 8
FIRST_GRADE = 5
SHARES = {"5": 0.95, "4": 0.75, "3": 0.57, "2": 0.35}
"""What part of the points a mark has been given for."""


def fill_criteria(db: Session, school: DemoSchool, random: Random) -> None:
    """The latest control work of some pages is judged by criteria; the points agree with its marks."""
    subjects = {each.id: each.name for each in school.subjects.values() if each.name in CRITERIA}
    works = db.execute(
        select(
            JournalLesson.id, JournalLesson.page_id, JournalLesson.academic_year_id, JournalPage.subject_id
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            JournalLesson.organization_id == school.organization.id,
            JournalLesson.academic_year_id == school.year.id,
            JournalLesson.control_kind.in_(KINDS),
            JournalLesson.day <= school.today,
            JournalPage.subject_id.in_(subjects),
            JournalPage.school_class_id.in_(
                [each.id for each in school.classes if each.grade_level >= FIRST_GRADE]
            ),
        )
        .order_by(JournalLesson.day.desc(), JournalLesson.id)
    ).all()
    done: set[Any] = set()
    for work in works:
        if len(done) == PAGES:
            return
        if work.page_id not in done:
            done.add(work.page_id)
            _fill_work(db, school, work, CRITERIA[subjects[work.subject_id]], random)


def _fill_work(
    db: Session, school: DemoSchool, work: Any, criteria: Sequence[tuple[str, int]], random: Random
) -> None:
    place = {
        "organization_id": school.organization.id,
        "academic_year_id": work.academic_year_id,
        "lesson_id": work.id,
    }
    keys = [new_id() for _each in criteria]
    db.execute(
        insert(JournalCriterion),
        [
            {
                **place,
                "id": key,
                "page_id": work.page_id,
                "position": at,
                "title": title,
                "greatest": greatest,
            }
            for at, (key, (title, greatest)) in enumerate(zip(keys, criteria, strict=True))
        ],
    )
    marks = db.execute(
        select(JournalMark.pupil_id, JournalMark.value, JournalMark.author_id, JournalMark.changed_at).where(
            JournalMark.lesson_id == work.id, JournalMark.position == 0
        )
    ).all()
    rows: list[dict[str, Any]] = []
    for mark in marks:
        share = SHARES.get(mark.value)
        if share is None:
            continue
        for key, (_title, greatest) in zip(keys, criteria, strict=True):
            points = min(greatest, max(0, round(greatest * (share + random.uniform(-0.1, 0.1)))))
            rows.append(
                {
                    **place,
                    "id": new_id(),
                    "criterion_id": key,
                    "pupil_id": mark.pupil_id,
                    "points": points,
                    "author_id": mark.author_id,
                    "changed_at": mark.changed_at,
                }
            )
    if rows:
        db.execute(insert(JournalPoints), rows)
