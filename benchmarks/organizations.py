"""`python -m benchmarks.organizations`: the list of organizations with two thousand schools.

Makes the demo on a fresh PostgreSQL, says how long it took and how much memory, and measures what an operator
of the region waits for: the list, its next page, search, a search with a mistake, a filter. The goals are
150 ms for the list and 200 ms for search, of 95 requests in a hundred.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import date

import psycopg

from core.config import Config
from core.database import migrations
from core.demo.build import build_demo
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import Visitor, running

ROUNDS = 100
LIST_MS, SEARCH_MS = 150, 200
LOOKED_AT: Mapping[str, tuple[str, int]] = {
    "список": ("/organizations", LIST_MS),
    "список школ по подчинению": ("/organizations?kind=school&sort=parent", LIST_MS),
    "школы без ИНН": ("/organizations?missing=inn", LIST_MS),
    "школы без руководителя": ("/organizations?missing=head", LIST_MS),
    "поиск «сош 1500»": ("/organizations?q=сош 1500", SEARCH_MS),
    "поиск по ИНН": ("/organizations?q=26230", SEARCH_MS),
    "поиск с опечаткой": ("/organizations?q=шпоковский", SEARCH_MS),
    "дерево": ("/organizations/tree", LIST_MS),
}


def milliseconds(visitor: Visitor, url: str) -> list[float]:
    """How long each of a hundred requests took, the shortest first."""
    times: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = visitor.get(url)
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")
    return sorted(times)


def measure(address: str, schools: int) -> None:
    """Build and measure."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False))
        for name, problem in migrations.upgrade(portal):
            if problem:
                raise RuntimeError(f"{name}: {problem}")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        build_demo(portal, schools=schools, light=True, small=True, today=date(2026, 11, 23))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{schools} школ за {time.perf_counter() - begun:.0f} с, памяти добавилось {grown:.0f} МиБ")
        with portal.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        with running(portal) as under_test:
            visitor = under_test.sign_in("regional_coordinator")
            for title, (url, goal) in LOOKED_AT.items():
                times = milliseconds(visitor, url)
                p95 = times[ROUNDS * 95 // 100]
                met = "да" if p95 <= goal else "нет"
                print(f"{title}: p50 {statistics.median(times):.0f} мс, p95 {p95:.0f} мс, ≤ {goal} – {met}")
        portal.close()


def main() -> None:
    """Measure on a PostgreSQL of our own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=2000)
    chosen = parser.parse_args()
    with postgres.server() as server:
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        measure(server + "bench", chosen.schools)


if __name__ == "__main__":
    main()
