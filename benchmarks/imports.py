"""`python -m benchmarks.imports`: a table of ten thousand pupils is checked, loaded, loaded again and undone.

Measured on SQLite and on PostgreSQL, with a mother and a telephone in every row, from an xlsx book. The goal is
30 s for checking and for loading.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from openpyxl import Workbook
from sqlalchemy import select

from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.exchange.models import ImportRun
from core.exchange.run import Job, run_import
from core.exchange.undo_plan import plan_undo
from core.exchange.undoing import undo
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.actor import system_actor
from core.testing import postgres

GOAL_S = 30
CLASSES = "АБВГДЕЖИКЛ"
LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"


def word(number: int) -> str:
    """A surname of its own for every number."""
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(3)).capitalize()


def table(folder: Path, rows: int) -> Path:
    """A school's book with so many pupils."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ученики")
    sheet.append(["№", "Класс", "ФИО", "Дата рождения", "Мать", "Телефон матери"])
    for number in range(rows):
        grade = number % 11 + 1
        born = date(2026 - 7 - grade, 1, 1) + timedelta(days=number % 360)
        surname = word(number)
        sheet.append(
            [
                number + 1,
                f"{grade}{CLASSES[number // 11 % len(CLASSES)]}",
                f"{surname}ов Иван Петрович",
                born,
                f"{surname}ова Мария Ивановна",
                f"8918{number:07d}",
            ]
        )
    path = folder / "ученики.xlsx"
    book.save(path)
    return path


def school(portal: Portal) -> UUID:
    """An empty school."""
    key = new_id()
    with portal.database.transaction() as db:
        db.add(
            Organization(
                id=key, path=f"{key}/", kind="school", name="Школа", short_name="Школа", name_key="школа"
            )
        )
    return key


def timed(title: str, work: Callable[[], Any], goal: int | None = None) -> Any:
    """Do the work and say how long it took."""
    begun = time.perf_counter()
    result = work()
    took = time.perf_counter() - begun
    met = "" if goal is None else f", ≤ {goal} с – {'да' if took <= goal else 'нет'}"
    print(f"  {title}: {took:.1f} с{met}")
    return result


def measure(address: str, rows: int) -> None:
    """Load the table into an empty school and take it out again."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False, plugins=[]))
        for name, problem in migrations.upgrade(portal):
            if problem:
                raise RuntimeError(f"{name}: {problem}")
        actor, key = system_actor(), school(portal)
        job = Job(paths=[table(Path(home), rows)], organization_id=key, starts_in=2026)

        def load(*, dry_run: bool) -> None:
            report = run_import(portal, actor, job, dry_run=dry_run)
            if report.errors or len(report.rows) != rows:
                raise RuntimeError(report.verdict)

        timed("проверка", lambda: load(dry_run=True), GOAL_S)
        timed("загрузка", lambda: load(dry_run=False), GOAL_S)
        timed("тот же файл ещё раз", lambda: load(dry_run=False), GOAL_S)
        with portal.database.reading(fresh=True) as db:
            run = db.scalars(select(ImportRun)).one()
            timed("что будет при отмене", lambda: plan_undo(db, actor, run))
        with portal.database.transaction() as db:
            timed("отмена", lambda: undo(db, actor, run.id))
        portal.close()


def main() -> None:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    rows = parser.parse_args().rows
    print(f"sqlite, строк: {rows}")
    measure("", rows)
    with postgres.server() as server:
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        print(f"postgresql, строк: {rows}")
        measure(server + "bench", rows)


if __name__ == "__main__":
    main()
