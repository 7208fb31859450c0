"""`python -m benchmarks.papers`: the papers of a class are drawn, beside the page that shows the same.

A class of 30 pupils with 16 subjects, 60 lessons each in four terms, marks in three cells of five; term, year and final
marks. The goal for the summary sheet of the year (16 × 6 columns) is 2 s, asked for like any page; the whole journal of
the class is made as the worker makes it. The baseline is the web page of the summary sheet, which shows one column of
the same data; on SQLite and PostgreSQL.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import delete, insert, select, update

from benchmarks.closing import fill
from benchmarks.school import FIRST_DAY, build
from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.database.session import Session
from core.identity.sessions import actor_of
from core.organizations.models import Enrollment, SchoolClass, Subject, Term
from core.papers import as_pdf
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import running
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.papers.class_journal import class_journal
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.terms.models import JournalTermMark

GOAL_S = 2
SUBJECTS, LESSONS, TERMS, TERM_DAYS = 16, 60, 4, 18
REPEATS = 5


def fill_year(db: Session) -> tuple[UUID, UUID]:
    """Lessons, marks and term marks of a year on every page of the class; returns the class and the account."""
    _term, account = fill(db)
    random = Random(2)
    class_id = db.scalars(select(SchoolClass.id)).one()
    db.execute(update(SchoolClass).values(grade_level=9))
    first = db.scalars(select(Term)).one()
    of_year = {"organization_id": first.organization_id, "academic_year_id": first.academic_year_id}
    add_subject(db, of_year, class_id)
    terms = put_terms(db, first, of_year)
    pupils = db.scalars(select(Enrollment.person_id)).all()
    for table in (JournalMark, JournalAttendance, JournalRemark, JournalLesson, JournalTermMark):
        db.execute(delete(table))
    days = [day for each in range(TERMS * TERM_DAYS) if (day := FIRST_DAY + timedelta(each)).weekday() < 6]
    for page in db.scalars(select(JournalPage.id)).all():
        place = {**of_year, "page_id": page}
        lessons = [(new_id(), day) for day in days[:LESSONS]]
        words = {"topic": "Решение линейных уравнений с одной переменной", "homework": "§ 5, № 112–115"}
        db.execute(
            insert(JournalLesson),
            [{"id": each, **place, "day": day, "number": 2, **words} for each, day in lessons],
        )
        db.execute(
            insert(JournalMark),
            [
                {
                    "id": new_id(),
                    **place,
                    "lesson_id": lesson,
                    "pupil_id": pupil,
                    "day": day,
                    "value": str(score),
                    "score": score,
                }
                for lesson, day in lessons
                for pupil in pupils
                if random.random() < 0.6
                for score in (random.choice((5, 4, 4, 3, 2)),)
            ],
        )
        db.execute(
            insert(JournalTermMark),
            [
                {
                    "id": new_id(),
                    **place,
                    "pupil_id": pupil,
                    "kind": kind,
                    "term_id": term,
                    "value": "4",
                    "score": 4,
                }
                for pupil in pupils
                for kind, term in (*(("term", each) for each in terms), ("year", None), ("final", None))
            ],
        )
    return class_id, account


def add_subject(db: Session, of_year: dict[str, Any], class_id: UUID) -> None:
    """The sixteenth subject."""
    subject = new_id()
    names = {"name": "Предмет 15", "short_name": "П15", "name_key": "предмет 15", "position": SUBJECTS}
    db.execute(insert(Subject).values(id=subject, organization_id=of_year["organization_id"], **names))
    page = {"id": new_id(), **of_year, "subject_id": subject, "school_class_id": class_id}
    db.execute(insert(JournalPage).values(**page))


def put_terms(db: Session, first: Term, of_year: dict[str, Any]) -> list[UUID]:
    """Four terms that have all begun, so that all are drawn."""

    def span(number: int) -> dict[str, date]:
        begins = FIRST_DAY + timedelta(days=TERM_DAYS * (number - 1))
        return {"starts_on": begins, "ends_on": begins + timedelta(days=TERM_DAYS - 1)}

    db.execute(update(Term).values(**span(1)))
    later = [
        {"id": new_id(), **of_year, "kind": first.kind, "number": each, "name": f"{each} четверть"}
        | span(each)
        for each in range(2, TERMS + 1)
    ]
    db.execute(insert(Term), later)
    return [first.id, *(each["id"] for each in later)]


def took(work: Callable[[], Any]) -> float:
    """The median of some repeats, in seconds; the first is not counted: it reads what is read once."""
    work()
    seconds: list[float] = []
    for _each in range(REPEATS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds)


def measure(engine: str, database_url: str) -> float:
    """Draw on one kind of database; prints the seconds, returns those of the summary sheet."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=database_url))
        assert not any(problem for _name, problem in migrations.upgrade(portal))
        build(portal, 1)
        with portal.database.transaction() as db:
            class_id, account_id = fill_year(db)
        address = f"/journal/classes/{class_id}/term-marks"

        def journal() -> bytes:
            with portal.database.reading(fresh=True) as db:
                return as_pdf(*class_journal(db, actor_of(db, account_id), class_id))

        with running(portal) as under_test:
            deputy = under_test.sign_in("deputy_head")

            def get(url: str) -> bytes:
                answer = deputy.get(url)
                assert answer.status_code == 200, answer.text
                return answer.content

            page = took(lambda: get(f"{address}?column=1"))
            sheet = took(lambda: get(f"{address}/pdf?column=all"))
            begun = time.perf_counter()
            size = len(journal())
            whole = time.perf_counter() - begun
        portal.close()
    print(
        f"{engine}: страница ведомости {page * 1000:.0f} мс; ведомость за год в PDF {sheet:.2f} с "
        f"(в {sheet / page:.1f} раза дольше, цель {GOAL_S} с); журнал класса за год {whole:.1f} с, {size // 1024} КиБ"
    )
    return sheet


def main() -> int:
    """Measure on both; 1 if the summary sheet takes longer than the goal."""
    slowest = measure("sqlite", "")
    with postgres.server() as server:
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        slowest = max(slowest, measure("postgresql", server + "bench"))
    return 1 if slowest > GOAL_S else 0


if __name__ == "__main__":
    sys.exit(main())
