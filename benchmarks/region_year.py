"""`python -m benchmarks.region_year`: the journal page and the saving of a mark beside a region's year of marks.

A small school alone on PostgreSQL, and on the same server a school in the middle of a thousand, with twenty million
marks written day by day as schools write them: the marks of one page lie all over the table. The goal is that the page
takes at most 1.3 times as long. Needs about 10 GB of disk; results go to `benchmarks/region_year.md`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql

from benchmarks.__main__ import ROOT, load, save_marks, serving
from benchmarks.school import FIRST_DAY, LESSONS, MARKS, PUPILS, BenchSchool, build
from core.config import Config
from core.database import migrations
from core.identity import sessions
from core.portal import Portal
from core.testing import postgres

SCHOOLS, CLASSES = 1000, 28
A_LESSON = MARKS // LESSONS
GOAL = 1.3
MEMORY = "-c shared_buffers=1GB -c max_wal_size=4GB"
"""Part of the machine's memory, as `docs/operators.md` advises; the marks of the pages that are read fit in."""
(
    ORGANIZATION,
    YEAR,
    TERM,
    SUBJECT,
    TEACHER,
    ROLE,
    ACCOUNT,
    CLASS,
    PUPIL,
    ENROLLED,
    ASSIGNED,
    PAGE,
    LESSON,
    MARK,
    NOTED,
) = range(1, 16)
"""Kinds of rows, in their keys."""

KEY = """
CREATE FUNCTION pg_temp.key(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
$$ SELECT ('0193' || lpad(to_hex(kind), 4, '0') || '70008000' || lpad(to_hex(n), 16, '0'))::uuid $$
"""


def key(kind: int, number: int) -> UUID:
    """The id that the function of the same name gives to a row: they grow with time, as UUIDv7 do."""
    return UUID(f"0193{kind:04x}70008000{number:016x}")


def copies(connection: psycopg.Connection, table: str, source: str, order: str = "", **columns: str) -> None:
    """Write rows like one of the small school's: `columns` are expressions over `source`, the rest stays as there."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
    ]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}, (SELECT * FROM {} LIMIT 1) AS one {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(
                sql.SQL(columns[name]) if name in columns else sql.Identifier("one", name) for name in names
            ),
            sql.SQL(source),
            sql.Identifier(table),
            sql.SQL(f"ORDER BY {order}" if order else ""),
        )
    )


def of(kind: int, number: str) -> str:
    """The expression of a key."""
    return f"pg_temp.key({kind}, {number})"


def grow(connection: psycopg.Connection, schools: int) -> None:
    """Put the region around the small school."""
    # Rows are made to fit each other: asking after each of twenty million would take hours.
    connection.execute("SET session_replication_role = replica")
    connection.execute(KEY)
    in_year = {"organization_id": of(ORGANIZATION, "s"), "academic_year_id": of(YEAR, "s")}
    every_school = f"generate_series(0, {schools - 1}) AS s"
    every_class = f"{every_school}, generate_series(0, {CLASSES - 1}) AS c"
    every_pupil = f"{every_class}, generate_series(0, {PUPILS - 1}) AS p"
    every_lesson = f"generate_series(0, {LESSONS - 1}) AS l, {every_class}"
    class_number, pupil_number = f"s * {CLASSES} + c", f"(s * {CLASSES} + c) * {PUPILS} + p"
    lesson_number = f"l::bigint * {schools * CLASSES} + {class_number}"
    day = f"DATE '{FIRST_DAY.isoformat()}' + l + l / 6"
    on_page = {
        **in_year,
        "page_id": of(PAGE, class_number),
        "lesson_id": of(LESSON, lesson_number),
        "day": day,
    }
    copies(
        connection,
        "core_organization",
        every_school,
        id=of(ORGANIZATION, "s"),
        path=f"{of(ORGANIZATION, 's')}::text || '/'",
    )
    copies(
        connection,
        "core_academic_year",
        every_school,
        id=of(YEAR, "s"),
        organization_id=of(ORGANIZATION, "s"),
    )
    copies(connection, "core_term", every_school, id=of(TERM, "s"), **in_year)
    copies(
        connection, "core_subject", every_school, id=of(SUBJECT, "s"), organization_id=of(ORGANIZATION, "s")
    )
    copies(connection, "core_person", every_school, id=of(TEACHER, "s"))
    copies(
        connection,
        "core_structural_role",
        every_school,
        id=of(ROLE, "s"),
        person_id=of(TEACHER, "s"),
        organization_id=of(ORGANIZATION, "s"),
    )
    copies(
        connection,
        "core_account",
        every_school,
        id=of(ACCOUNT, "s"),
        person_id=of(TEACHER, "s"),
        last_role_id="NULL",
    )
    copies(
        connection,
        "core_school_class",
        every_class,
        id=of(CLASS, class_number),
        label="c::text",
        name="'7-' || c",
        name_key="'07-' || c",
        **in_year,
    )
    copies(connection, "core_person", every_pupil, id=of(PUPIL, pupil_number))
    copies(
        connection,
        "core_enrollment",
        every_pupil,
        id=of(ENROLLED, pupil_number),
        school_class_id=of(CLASS, class_number),
        person_id=of(PUPIL, pupil_number),
        starts_on=f"DATE '{FIRST_DAY.isoformat()}'",
        **in_year,
    )
    copies(
        connection,
        "core_teaching_assignment",
        every_class,
        id=of(ASSIGNED, class_number),
        teacher_id=of(TEACHER, "s"),
        subject_id=of(SUBJECT, "s"),
        school_class_id=of(CLASS, class_number),
        **in_year,
    )
    copies(
        connection,
        "journal_page",
        every_class,
        id=of(PAGE, class_number),
        subject_id=of(SUBJECT, "s"),
        school_class_id=of(CLASS, class_number),
        **in_year,
    )
    copies(
        connection,
        "journal_lesson",
        every_lesson,
        "l, s, c",
        id=of(LESSON, lesson_number),
        page_id=of(PAGE, class_number),
        day=day,
        teacher_id=of(TEACHER, "s"),
        **in_year,
    )
    print("людей, классы и уроки записаны", flush=True)
    begun = time.perf_counter()
    for lesson in range(LESSONS):
        # One lesson of all schools is one day of the region; who got a mark first is chance.
        pupil = f"(s * {CLASSES} + c) * {PUPILS} + (i * 7 + l) % {PUPILS}"
        row = f"(l::bigint * {schools * CLASSES} + {class_number}) * {A_LESSON} + i"
        copies(
            connection,
            "journal_mark",
            f"(SELECT {lesson} AS l) AS day, {every_class}, generate_series(0, {A_LESSON - 1}) AS i",
            "i, hashint4(s), c",
            id=of(MARK, row),
            pupil_id=of(PUPIL, pupil),
            position="0",
            value="(2 + (i + s + c) % 4)::text",
            score="2 + (i + s + c) % 4",
            comment="''",
            revision="1",
            is_retake="false",
            author_id=of(TEACHER, "s"),
            **on_page,
        )
        away = f"(s * {CLASSES} + c) * {PUPILS} + ({A_LESSON} * 7 + l) % {PUPILS}"
        copies(
            connection,
            "journal_attendance",
            f"(SELECT {lesson} AS l) AS day, {every_class}",
            "hashint4(s), c",
            id=of(NOTED, lesson_number),
            pupil_id=of(PUPIL, away),
            author_id=of(TEACHER, "s"),
            **on_page,
        )
        print(
            f"день {lesson + 1} из {LESSONS}, {time.perf_counter() - begun:.0f} с",
            end="\r",
            file=sys.stderr,
            flush=True,
        )
    connection.execute("SET session_replication_role = DEFAULT")


def in_the_middle(portal: Portal, schools: int) -> BenchSchool:
    """A school of the region, its teacher signed in."""
    number = schools // 2
    first = number * CLASSES
    with portal.database.transaction() as db:
        cookie = sessions.begin(db, key(ACCOUNT, number), provider="bench")
    return BenchSchool(
        pages=[key(PAGE, first + at) for at in range(CLASSES)],
        lessons=[key(LESSON, at * schools * CLASSES + first) for at in range(LESSONS)],
        pupils=[key(PUPIL, first * PUPILS + at) for at in range(PUPILS)],
        cookie=cookie,
    )


def measure(portal: Portal, school: BenchSchool, seconds: float) -> list[float]:
    """Pages a second, p50 and p99 of a page, p50 of a save, in milliseconds."""
    environment = {
        "MOYASHKOLA_HOME": portal.config.home,
        "MOYASHKOLA_DATABASE_URL": portal.config.database_address,
        "MOYASHKOLA_TASKS_IN_SERVER": "no",
    }
    port = postgres.free_port()
    server = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--port", str(port)]
    with serving([*server, "--factory", "core.app:from_environment"], port, environment, "/healthz"):
        pages = [f"/journal/{page}" for page in school.pages]
        read = load(port, pages, {"cookie": f"moyashkola_session={school.cookie}"}, seconds)
        saves, _answer = save_marks(port, portal, school)
    return [read["rate"], read["p50"], read["p99"], statistics.median(saves)]


def main() -> int:
    """Measure and report; 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=SCHOOLS)
    parser.add_argument("--seconds", type=float, default=15)
    chosen = parser.parse_args()
    schools: int = chosen.schools
    with postgres.server(options=MEMORY) as server, tempfile.TemporaryDirectory() as home:
        portals: dict[str, Portal] = {}
        for name in ("small", "region"):
            with psycopg.connect(server + "postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")  # pyright: ignore[reportArgumentType, reportCallIssue]
            portals[name] = Portal(Config(home=home, database_url=server + name, tasks_in_server=False))
            if problems := [problem for _name, problem in migrations.upgrade(portals[name]) if problem]:
                raise RuntimeError(problems)
        small_school = build(portals["small"], CLASSES)
        build(portals["region"], CLASSES)
        begun = time.perf_counter()
        with psycopg.connect(server + "region", autocommit=True) as connection:
            grow(connection, schools)
            filled = timedelta(seconds=round(time.perf_counter() - begun))
            connection.execute("VACUUM ANALYZE")
            (marks,) = connection.execute("SELECT count(*) FROM journal_mark").fetchone() or (0,)
            (size,) = connection.execute("SELECT pg_size_pretty(pg_database_size('region'))").fetchone() or (
                "",
            )
        with psycopg.connect(server + "small", autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        small = measure(portals["small"], small_school, chosen.seconds)
        large = measure(portals["region"], in_the_middle(portals["region"], schools), chosen.seconds)
        for portal in portals.values():
            portal.close()
    ratio = small[0] / large[0]
    table = "\n".join(
        f"| {title} | {figures[0]:.0f} | {figures[1]:.1f} | {figures[2]:.1f} | {figures[3]:.1f} |"
        for title, figures in (("одна школа", small), (f"{schools} школ", large))
    )
    text = f"""# Год региона

{datetime.now(UTC):%d.%m.%Y}, PostgreSQL (shared_buffers 1 ГБ), один процесс сервера.
Страница журнала 30 × 40 у учителя с {CLASSES} классами.
В регионе {schools} школ, отметок {marks:,}, база {size}, заполнена за {filled}.
Повторить: `python -m benchmarks.region_year`.

| где | страниц в секунду | p50, мс | p99, мс | запись отметки p50, мс |
|---|---|---|---|---|
{table}

Страница дольше в {ratio:.2f} раза (цель – не больше {GOAL}): {"да" if ratio <= GOAL else "**нет**"}.
"""
    print(text)
    (ROOT / "benchmarks" / "region_year.md").write_text(text, encoding="utf-8")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.exit(main())
