"""`python -m benchmarks.lists`: the work lists of the cabinet with two thousand schools and a million people.

Fills a fresh PostgreSQL as `moyashkola demo --schools 2000 --light` does, or takes the database of `--database-url`
as it is, and measures what a region's coordinator, a municipality's and a head wait for: each list, a later page,
a filter, a search, a search with a mistake. The goals are 150 ms for a list and 200 ms for a search, of 95 requests
in a hundred.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date

import psycopg

from core.config import Config
from core.database import migrations
from core.demo.build import build_demo
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import Visitor, running

ROUNDS = 40
LIST_MS, SEARCH_MS = 150, 200
PERSONAS: Mapping[str, str] = {
    "regional_coordinator": "регион",
    "municipal_coordinator": "муниципалитет",
    "head": "школа",
}
LISTS: Sequence[tuple[str, Sequence[str], str]] = (
    ("/organizations", ("kind=school&sort=parent", "missing=inn", "missing=head"), "сош 1500"),
    ("/accounts", ("role=teacher", "status=blocked", "sort=-name"), "иванова анна"),
    ("/accounts/duplicates", (), "иванова"),
    ("/roles", ("kind=head", "state=active", "ends=30"), "петров"),
    ("/requests/list", ("state=open",), "петров"),
    ("/groupings", ("kind=class",), "7а"),
    ("/organization-groups", (), "пилот"),
    ("/consents", (), "иванова"),
    ("/support/messages", (), "журнал"),
)
"""Each list with the filters tried and a search; a search with a mistake is tried everywhere."""
MISTAKEN = "петрвоа"


def milliseconds(visitor: Visitor, url: str) -> tuple[list[float], str]:
    """How long each request took, the shortest first, and the page. Raises `RuntimeError` for a refusal."""
    times: list[float] = []
    text = ""
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = visitor.get(url)
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")
        text = answer.text
    return sorted(times), text


def report(visitor: Visitor, who: str) -> None:
    """Measure every list that this persona may open."""
    for url, filters, search in LISTS:
        if visitor.get(url).status_code != 200:
            continue
        text = tell(visitor, who, url, LIST_MS)
        following = re.search(rf'href="({url}\?[^"]*after=[^"]*)"', text)
        if following:
            tell(visitor, who, following[1].replace("&amp;", "&"), LIST_MS, f"{url} дальше")
        for each in filters:
            tell(visitor, who, f"{url}?{each}", LIST_MS)
        for query in (search, MISTAKEN):
            tell(visitor, who, f"{url}?q={query}", SEARCH_MS)
    for query in ("иванова", MISTAKEN):
        tell(visitor, who, f"/search?q={query}", SEARCH_MS)


def tell(visitor: Visitor, who: str, url: str, goal: int, title: str = "") -> str:
    """Measure one address and print it with its goal; the page comes back."""
    times, text = milliseconds(visitor, url)
    p95 = times[ROUNDS * 95 // 100]
    met = "да" if p95 <= goal else "НЕТ"
    print(
        f"{who:14} {title or url:44} p50 {statistics.median(times):6.0f} мс, p95 {p95:6.0f} мс, ≤ {goal} – {met}",
        flush=True,
    )
    return text


def measure(address: str, schools: int) -> None:
    """Build unless `schools` is zero, and measure."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False))
        for name, problem in migrations.upgrade(portal):
            if problem:
                raise RuntimeError(f"{name}: {problem}")
        if schools:
            begun = time.perf_counter()
            build_demo(portal, schools=schools, light=True, today=date(2026, 11, 23))
            print(f"{schools} школ за {time.perf_counter() - begun:.0f} с")
        with portal.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
            people = connection.exec_driver_sql("SELECT count(*) FROM core_person").scalar_one()
        print(f"людей: {people}")
        with running(portal) as under_test:
            for persona, who in PERSONAS.items():
                report(under_test.sign_in(persona), who)
        portal.close()


def main() -> None:
    """Measure on a PostgreSQL of our own, or on the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--database-url", default="", help="a filled database; nothing is built then")
    chosen = parser.parse_args()
    if chosen.database_url:
        measure(chosen.database_url, 0)
        return
    with postgres.server() as server:
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        measure(server + "bench", chosen.schools)


if __name__ == "__main__":
    main()
