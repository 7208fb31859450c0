"""The school the benchmarks read: 20 classes of 30 pupils, a journal page each, 40 lessons, about 720 marks.

A page has everything that pages have in a school: works of several kinds, retakes, comments, changed cells, lateness,
praise and remarks, and a pupil who came after the term had begun.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from core.database.base import Base, new_id
from core.database.session import Session
from core.identity import sessions
from core.identity.models import Account, Person
from core.identity.names import sort_key
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.portal import Portal
from core.roles.models import StructuralRole
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.models import PRAISE, REMARK, JournalRemark

CLASSES = 20
PUPILS = 30
LESSONS = 40
MARKS = 720
REMARKS = 12
FIRST_DAY = date(2026, 9, 1)
LAST_DAY = date(2026, 10, 25)
LATE_DAY = date(2026, 9, 21)
"""When the last pupil of each class joined it."""
KINDS = {
    4: ("independent", 2),
    9: ("test", 2),
    14: ("control", 4),
    22: ("independent", 2),
    31: ("control", 4),
}
"""Kind of work and its weight, by the number of the lesson."""


class BenchSchool:
    """What the load needs to know: the pages, the lessons of the first, the pupils who were there at all of them, and a
    signed-in teacher's cookie.
    """

    def __init__(self, pages: list[UUID], lessons: list[UUID], pupils: list[UUID], cookie: str) -> None:
        self.pages, self.lessons, self.pupils, self.cookie = pages, lessons, pupils, cookie


def build(portal: Portal, classes: int = CLASSES) -> BenchSchool:
    """Fill an empty, migrated database."""
    with portal.database.transaction() as db:
        return _fill(db, Random(1), classes)


def _fill(db: Session, random: Random, classes: int) -> BenchSchool:
    def add(model: type[Base], **values: Any) -> UUID:
        identity = values.setdefault("id", new_id())
        db.execute(insert(model).values(**values))
        return identity

    def person(last: str, first: str) -> UUID:
        name_key = sort_key(f"{last} {first}")
        return add(Person, last_name=last, first_name=first, middle_name="Петрович", name_key=name_key)

    school_id = new_id()
    names = {"name": "Школа № 1", "short_name": "Школа № 1", "name_key": "школа № 1"}
    add(Organization, id=school_id, kind="school", path=f"{school_id}/", **names)
    year = add(
        AcademicYear,
        organization_id=school_id,
        name="2026/27",
        starts_on=FIRST_DAY,
        ends_on=date(2027, 5, 26),
    )
    of_year = {"organization_id": school_id, "academic_year_id": year}
    add(Term, **of_year, kind="quarter", number=1, name="1 четверть", starts_on=FIRST_DAY, ends_on=LAST_DAY)
    subject = add(
        Subject, organization_id=school_id, name="Алгебра", short_name="Алг.", name_key="алгебра", position=1
    )
    teacher = person("Берёзкина", "Анна")
    add(
        StructuralRole,
        person_id=teacher,
        kind="teacher",
        organization_id=school_id,
        status="active",
        starts_on=FIRST_DAY - timedelta(days=365),
    )
    account = add(Account, person_id=teacher, status="active", preferences={})
    db.flush()
    pages: list[UUID] = []
    shown: tuple[list[UUID], list[UUID]] = ([], [])
    for number in range(classes):
        school_class = add(
            SchoolClass,
            **of_year,
            grade_level=7,
            label=str(number),
            name=f"7-{number}",
            name_key=f"07-{number:02}",
        )
        pupils = [person(f"Ученик{number:02}{each:02}", "Иван") for each in range(PUPILS)]
        db.execute(
            insert(Enrollment),
            [
                {
                    "id": new_id(),
                    **of_year,
                    "school_class_id": school_class,
                    "person_id": pupil,
                    "starts_on": LATE_DAY if pupil == pupils[-1] else FIRST_DAY,
                    "ends_on": None,
                    "basis": "",
                }
                for pupil in pupils
            ],
        )
        add(
            TeachingAssignment,
            **of_year,
            teacher_id=teacher,
            subject_id=subject,
            school_class_id=school_class,
            starts_on=FIRST_DAY,
        )
        page = add(JournalPage, **of_year, subject_id=subject, school_class_id=school_class)
        pages.append(page)
        lessons = _lessons(db, of_year, page, teacher)
        _marks(db, random, of_year, page, lessons, pupils, teacher)
        if not shown[0]:
            shown = ([identity for identity, _day in lessons], pupils[:-1])
    cookie = sessions.begin(db, account, provider="bench")
    return BenchSchool(pages, shown[0], shown[1], cookie)


def _lessons(db: Session, of_year: dict[str, Any], page: UUID, teacher: UUID) -> list[tuple[UUID, date]]:
    days = [FIRST_DAY + timedelta(days=offset) for offset in range((LAST_DAY - FIRST_DAY).days)]
    school_days = [day for day in days if day.weekday() < 6][:LESSONS]
    lessons = [(new_id(), day) for day in school_days]
    db.execute(
        insert(JournalLesson),
        [
            {
                "id": identity,
                **of_year,
                "page_id": page,
                "day": day,
                "number": 2,
                "teacher_id": teacher,
                "topic": "Решение линейных уравнений с одной переменной",
                "homework": "§ 5, № 112–115",
                "homework_minutes": 20,
                "control_kind": KINDS.get(at, ("", 1))[0],
            }
            for at, (identity, day) in enumerate(lessons)
        ],
    )
    return lessons


def _marks(
    db: Session,
    random: Random,
    of_year: dict[str, Any],
    page: UUID,
    lessons: list[tuple[UUID, date]],
    pupils: list[UUID],
    teacher: UUID,
) -> None:
    cells = [
        (at, lesson, day, pupil)
        for at, (lesson, day) in enumerate(lessons)
        for pupil in pupils
        if pupil != pupils[-1] or day >= LATE_DAY
    ]
    chosen = random.sample(cells, MARKS + 60)
    scores = random.choices((5, 4, 3, 2), (30, 40, 25, 5), k=MARKS)

    def written(_at: int, lesson: UUID, day: date, pupil: UUID) -> dict[str, Any]:
        place = {"page_id": page, "lesson_id": lesson, "pupil_id": pupil, "day": day, "author_id": teacher}
        return {"id": new_id(), **of_year, **place}

    def mark(number: int, score: int, *, is_retake: bool = False) -> dict[str, Any]:
        at = chosen[number][0]
        kind, weight = KINDS.get(at, ("", 1))
        return {
            **written(*chosen[number]),
            "position": int(is_retake),
            "value": str(score),
            "score": score,
            "is_retake": is_retake,
            "control_kind": kind,
            "weight": weight,
            "comment": "" if number % 25 else "Хорошо рассуждал у доски",
            "revision": 1 if number % 17 else 2,
        }

    retaken = [number for number, score in enumerate(scores) if score == 2][:10]
    marks = [mark(number, score) for number, score in enumerate(scores)]
    for number in retaken:
        marks[number]["score"] = None
    db.execute(insert(JournalMark), marks + [mark(number, 4, is_retake=True) for number in retaken])
    db.execute(
        insert(JournalAttendance),
        [
            {
                **written(*each),
                "code": "н" if number % 3 else "оп",
                "minutes": None if number % 3 else 5,
            }
            for number, each in enumerate(chosen[MARKS:])
        ],
    )
    db.execute(
        insert(JournalRemark),
        [
            {
                **written(*each),
                "kind": REMARK if number % 2 else PRAISE,
                "text": "Помог товарищу разобраться с задачей",
            }
            for number, each in enumerate(random.sample(cells, REMARKS))
        ],
    )
