"""`python -m benchmarks.family`: the week of a family of three children, and the same unchanged.

Two of the children go to one school, the third to another; each has six lessons a day with homework, marks, absences
and praise in the journal. The server runs with one worker on one core, the load on the other. Goals on SQLite: 250
pages a second, 800 answers that nothing has changed, at most 6 statements and 30 KiB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import insert

from benchmarks.__main__ import get, load, serving, verdict
from core.config import Config
from core.database import migrations
from core.database.base import Base, new_id
from core.database.session import Session
from core.identity import sessions
from core.identity.models import Account, Guardianship, Person
from core.identity.names import sort_key
from core.organizations.models import AcademicYear, Enrollment, Organization, SchoolClass, Subject, Term
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing import postgres
from core.testing.portal import count_statements, running
from plugins.diary.models import DiaryLesson
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.models import JournalRemark

PAGES, NOT_MODIFIED, STATEMENTS, KIB = 250, 800, 6, 30
SUBJECTS = (
    "Русский язык",
    "Литература",
    "Математика",
    "Иностранный язык (английский)",
    "История",
    "География",
    "Биология",
    "Физическая культура",
    "Труд (технология)",
    "Музыка",
    "Изобразительное искусство",
    "Информатика",
)
FIRST_DAY = date(2026, 9, 1)
MONDAY = date(2026, 9, 21)
WEEKS = 5
LESSONS_A_DAY = 6
OTHERS = 27
"""Classmates of each child, with marks of their own."""


class _Filling:
    """Rows as they are made."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def add(self, model: type[Base], **values: Any) -> UUID:
        """Insert a row; returns its id."""
        identity = values.setdefault("id", new_id())
        self._db.execute(insert(model).values(**values))
        return identity

    def many(self, model: type[Base], rows: list[dict[str, Any]]) -> None:
        """Insert rows at once."""
        if rows:
            self._db.execute(insert(model), rows)

    def person(self, last: str, first: str) -> UUID:
        """A person."""
        key = sort_key(f"{last} {first}")
        return self.add(Person, last_name=last, first_name=first, middle_name="Петрович", name_key=key)


def build(portal: Portal) -> str:
    """Fill an empty, migrated database; returns the cookie of the guardian who is signed in."""
    with portal.database.transaction() as db:
        filling = _Filling(db)
        guardian = filling.person("Берёзкина", "Анна")
        schools = [_school(filling, number) for number in (1, 2)]
        for name, grade_level, (school, year, subjects, teacher) in (
            ("Александра", 5, schools[0]),
            ("Константин", 7, schools[0]),
            ("Елизавета", 9, schools[1]),
        ):
            child = filling.person("Берёзкина", name)
            _class_of(filling, child, grade_level, school, year, subjects, teacher)
            filling.add(
                Guardianship, guardian_id=guardian, child_id=child, rights="full", starts_on=FIRST_DAY
            )
        filling.add(
            StructuralRole,
            person_id=guardian,
            kind="guardian",
            organization_id=schools[0][0],
            status="active",
            starts_on=FIRST_DAY,
        )
        account = filling.add(Account, person_id=guardian, status="active", preferences={})
        db.flush()
        return sessions.begin(db, account, provider="bench")


def _school(filling: _Filling, number: int) -> tuple[UUID, UUID, list[UUID], UUID]:
    school = new_id()
    name = f"МБОУ «СОШ № {number}»"
    filling.add(
        Organization,
        id=school,
        kind="school",
        path=f"{school}/",
        name=name,
        short_name=name,
        name_key=name.casefold(),
    )
    year = filling.add(
        AcademicYear,
        organization_id=school,
        name="2026/27",
        starts_on=FIRST_DAY,
        ends_on=date(2027, 5, 26),
    )
    filling.add(
        Term,
        organization_id=school,
        academic_year_id=year,
        kind="quarter",
        number=1,
        name="1 четверть",
        starts_on=FIRST_DAY,
        ends_on=date(2026, 10, 25),
    )
    subjects = [
        filling.add(Subject, organization_id=school, name=each, short_name=each[:4], name_key=each.casefold())
        for each in SUBJECTS
    ]
    return school, year, subjects, filling.person("Смирнова", "Ольга")


def _class_of(
    filling: _Filling,
    child: UUID,
    grade_level: int,
    school: UUID,
    year: UUID,
    subjects: list[UUID],
    teacher: UUID,
) -> None:
    of_year = {"organization_id": school, "academic_year_id": year}
    school_class = filling.add(
        SchoolClass,
        **of_year,
        grade_level=grade_level,
        label="А",
        name=f"{grade_level}А",
        name_key=f"{grade_level:02}а",
    )
    pupils = [child, *(filling.person(f"Ученик{number}", "Иван") for number in range(OTHERS))]
    filling.many(
        Enrollment,
        [
            {
                **of_year,
                "id": new_id(),
                "school_class_id": school_class,
                "person_id": pupil,
                "starts_on": FIRST_DAY,
            }
            for pupil in pupils
        ],
    )
    pages = [
        filling.add(JournalPage, **of_year, subject_id=subject, school_class_id=school_class)
        for subject in subjects
    ]
    planned: list[dict[str, Any]] = []
    lessons: list[dict[str, Any]] = []
    said: dict[type[Base], list[dict[str, Any]]] = {JournalMark: [], JournalAttendance: [], JournalRemark: []}
    for offset in range(7 * WEEKS):
        day = FIRST_DAY - timedelta(days=FIRST_DAY.weekday()) + timedelta(days=offset)
        if day < FIRST_DAY or day.isoweekday() == 7:
            continue
        for number in range(1, LESSONS_A_DAY + 1):
            at = (day.weekday() * LESSONS_A_DAY + number) % len(subjects)
            begin = time(8 + number // 2, 30 * (number % 2))
            lesson = {
                **of_year,
                "id": new_id(),
                "day": day,
                "number": number,
                "starts_at": begin,
                "teacher_id": teacher,
            }
            plan = {
                **lesson,
                "ends_at": time(begin.hour, begin.minute + 25),
                "school_class_id": school_class,
                "subject_id": subjects[at],
                "room": str(10 + at),
            }
            planned.append(plan)
            taught = {**lesson, "id": new_id(), "page_id": pages[at], "planned_lesson_id": plan["id"]}
            lessons.append(
                {
                    **taught,
                    "topic": "Решение линейных уравнений с одной переменной",
                    "homework": f"§ {5 + number}, № {112 + number}–{115 + number}, выучить правило"
                    if number % 3
                    else "",
                }
            )
            for who, pupil in enumerate(pupils):
                place = {
                    **of_year,
                    "page_id": pages[at],
                    "lesson_id": taught["id"],
                    "pupil_id": pupil,
                    "day": day,
                }
                turn = (who + number + offset) % 5
                if turn == 0:
                    score = 3 + (who + offset) % 3
                    said[JournalMark].append({**place, "id": new_id(), "value": str(score), "score": score})
                elif turn == 1 and (who + offset) % 4 == 0:
                    said[JournalAttendance].append({**place, "id": new_id(), "code": "н"})
                elif turn == 2 and (who + offset) % 9 == 0:
                    said[JournalRemark].append(
                        {**place, "id": new_id(), "kind": "praise", "text": "Помог товарищу"}
                    )
    filling.many(DiaryLesson, planned)
    filling.many(JournalLesson, lessons)
    for model, rows in said.items():
        filling.many(model, rows)


def measure(engine: str, address: str, seconds: float) -> bool:
    """Print the figures of one kind of database; whether all goals of SQLite are met."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "MOYASHKOLA_HOME": home,
            "MOYASHKOLA_DATABASE_URL": address,
            "MOYASHKOLA_TASKS_IN_SERVER": "no",
        }
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False))
        if problems := [problem for _name, problem in migrations.upgrade(portal) if problem]:
            raise RuntimeError(problems)
        cookie = {"cookie": f"moyashkola_session={build(portal)}"}
        with portal.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        path = f"/diary?week={MONDAY}"
        port = postgres.free_port()
        granian = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--loop",
            "uvloop",
            "--port",
            str(port),
        ]
        with serving([*granian, "--factory", "core.app:from_environment"], port, environment, "/healthz"):
            head, body = get(port, path, cookie)
            _head, small = get(port, path, {**cookie, "accept-encoding": "gzip"})
            pages = load(port, [path], cookie, seconds)
            unchanged = load(port, [path], {**cookie, "if-none-match": head["etag"]}, seconds, 304)
        with running(portal) as under_test:
            under_test.client.get(path, headers=cookie)
            with count_statements(portal.database) as statements:
                under_test.client.get(path, headers=cookie)
        portal.close()
    lines = body.decode().count("<li")
    print(
        f"{engine}: неделя семьи ({lines} строк) {pages['rate']:.0f} в секунду (p99 {pages['p99']:.1f} мс), "
        f"не изменилась {unchanged['rate']:.0f} (p99 {unchanged['p99']:.1f} мс); запросов {len(statements)}; "
        f"{len(body) / 1024:.1f} КиБ, сжатая {len(small) / 1024:.1f} КиБ"
    )
    goals = (
        (f"страниц ≥ {PAGES}", pages["rate"] >= PAGES),
        (f"304 ≥ {NOT_MODIFIED}", unchanged["rate"] >= NOT_MODIFIED),
        (f"запросов ≤ {STATEMENTS}", len(statements) <= STATEMENTS),
        (f"страница ≤ {KIB} КиБ", len(body) <= KIB * 1024),
    )
    print("  цели: " + ", ".join(verdict(words, met) for words, met in goals))
    return all(met for _words, met in goals)


def main() -> int:
    """Measure; 1 if a goal is missed on SQLite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    engines = chosen.engine or ["sqlite", "postgresql"]
    met = True
    if "sqlite" in engines:
        with tempfile.TemporaryDirectory() as folder:
            met = measure("sqlite", f"sqlite:///{Path(folder)}/bench.sqlite3", chosen.seconds)
    if "postgresql" in engines:
        with postgres.server() as server:
            with psycopg.connect(server + "postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
            measure("postgresql", server + "bench", chosen.seconds)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
