"""The school the benchmarks read: 20 classes of 30 pupils, a journal page each, 40 lessons, about 720 marks."""

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

CLASSES = 20
PUPILS = 30
LESSONS = 40
MARKS = 720
FIRST_DAY = date(2026, 9, 1)
LAST_DAY = date(2026, 10, 25)


class BenchSchool:
    """What the load needs to know: the pages, one page's lessons and pupils, and a signed-in teacher's cookie."""

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
                    "starts_on": FIRST_DAY,
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
            shown = ([identity for identity, _day in lessons], pupils)
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
            }
            for identity, day in lessons
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
    cells = [(lesson, pupil) for lesson in lessons for pupil in pupils]
    chosen = random.sample(cells, MARKS + 60)
    db.execute(
        insert(JournalMark),
        [
            {
                "id": new_id(),
                **of_year,
                "page_id": page,
                "lesson_id": lesson,
                "pupil_id": pupil,
                "day": day,
                "value": str(score),
                "score": score,
                "author_id": teacher,
            }
            for ((lesson, day), pupil), score in zip(
                chosen[:MARKS], random.choices((5, 4, 3, 2), (30, 40, 25, 5), k=MARKS), strict=True
            )
        ],
    )
    db.execute(
        insert(JournalAttendance),
        [
            {
                "id": new_id(),
                **of_year,
                "page_id": page,
                "lesson_id": lesson,
                "pupil_id": pupil,
                "day": day,
                "code": "н",
            }
            for (lesson, day), pupil in chosen[MARKS:]
        ],
    )
