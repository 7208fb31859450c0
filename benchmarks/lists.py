"""`python -m benchmarks.lists`: the work lists of the cabinet with two thousand schools and a million people.

Fills a fresh PostgreSQL as `moyashkola demo --schools 2000 --light` does, or takes the database of `--database-url`
as it is, and measures what a region's coordinator, a municipality's and a head wait for: each list, a later page,
a filter, a search, a search with a mistake. The goals are 150 ms for a list and 200 ms for a search, of 95 requests
in a hundred. Every figure stands beside a page of the same reader that holds no list of the region's size
(`BARE`), measured in the same run. Results go to the screen and to `benchmarks/lists.md`.
"""

from __future__ import annotations

import argparse
import html
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import psycopg

from core.app import keep_out_of_garbage
from core.config import Config
from core.database import migrations
from core.demo.build import build_demo
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import Visitor, running

ROOT = Path(__file__).resolve().parent
ROUNDS = 40
WARMING = 2
"""Requests before those that count: a page nobody has opened since the database was filled lies on the disk."""
BARE = "/notifications"
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
    ("/requests/list", ("state=open", "state=overdue"), "петров"),
    ("/groupings", ("kind=class", "conflicts=yes"), "7а"),
    ("/organization-groups", (), "пилот"),
    ("/consents", (), "иванова"),
    ("/support/messages", (), "журнал"),
)
"""Each list with the filters tried and a search; a search with a mistake is tried everywhere."""
MISTAKEN = "петрвоа"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What one address took: the median and the 95th of a hundred, in milliseconds, and the goal for the latter."""

    who: str
    title: str
    middle: float
    most: float
    goal: int
    bare: float

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.most <= self.goal

    def row(self) -> str:
        """A line of the table."""
        met = "да" if self.met else "НЕТ"
        ratio = f"{self.middle / self.bare:.1f}"
        return f"| {self.who} | `{self.title}` | {self.middle:.0f} | {self.most:.0f} | {self.goal} | {met} | {ratio} |"


def milliseconds(visitor: Visitor, url: str) -> tuple[list[float], str]:
    """How long each request took, the shortest first, and the page. Raises `RuntimeError` for a refusal."""
    times: list[float] = []
    text = ""
    for _ in range(WARMING + ROUNDS):
        begun = time.perf_counter()
        answer = visitor.get(url)
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")
        text = answer.text
    return sorted(times[WARMING:]), text


class Reader:
    """Somebody who opens lists, and what each took."""

    def __init__(self, visitor: Visitor, who: str) -> None:
        self._visitor, self._who = visitor, who
        self._bare = statistics.median(milliseconds(visitor, BARE)[0])
        self.figures: list[Figure] = []

    def report(self) -> None:
        """Measure every list that this persona may open."""
        for url, filters, search in LISTS:
            if self._visitor.get(url).status_code != 200:
                continue
            text = self._tell(url, LIST_MS)
            following = re.search(r'href="([^"]*)" rel="next"', text)
            if following:
                self._tell(url + html.unescape(following[1]), LIST_MS, f"{url} дальше")
            for each in filters:
                self._tell(f"{url}?{each}", LIST_MS)
            for query in (search, MISTAKEN):
                self._tell(f"{url}?q={query}", SEARCH_MS)
        for query in ("иванова", MISTAKEN):
            self._tell(f"/search?q={query}", SEARCH_MS)

    def _tell(self, url: str, goal: int, title: str = "") -> str:
        times, text = milliseconds(self._visitor, url)
        found = Figure(
            who=self._who,
            title=title or url,
            middle=statistics.median(times),
            most=times[ROUNDS * 95 // 100],
            goal=goal,
            bare=self._bare,
        )
        self.figures.append(found)
        print(found.row(), flush=True)
        return text


def measure(address: str, schools: int) -> str:
    """Build unless `schools` is zero, measure, and tell it as a page."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False))
        for name, problem in migrations.upgrade(portal):
            if problem:
                raise RuntimeError(f"{name}: {problem}")
        if schools:
            build_demo(portal, schools=schools, light=True, today=date(2026, 11, 23))
        with portal.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
            people = connection.exec_driver_sql("SELECT count(*) FROM core_person").scalar_one()
            places = connection.exec_driver_sql("SELECT count(*) FROM core_organization").scalar_one()
        readers: list[Reader] = []
        with running(portal) as under_test:
            keep_out_of_garbage()
            for persona, who in PERSONAS.items():
                readers.append(Reader(under_test.sign_in(persona), who))
                readers[-1].report()
        portal.close()
    figures = [each for reader in readers for each in reader.figures]
    met = sum(each.met for each in figures)
    return "\n".join(
        [
            "# Скорость списков",
            "",
            f"{datetime.now(UTC):%d.%m.%Y}, Python {platform.python_version()}, PostgreSQL; людей {people}, "
            f"организаций {places}. По {ROUNDS} запросов подряд, сервер и тот, кто спрашивает, в одном процессе. "
            f"Последний столбец – во сколько раз дольше, чем `{BARE}` у того же человека. Повторить: "
            "`python -m benchmarks.lists`.",
            "",
            f"Цели достигнуты: {met} из {len(figures)}.",
            "",
            "| кто | что | p50, мс | p95, мс | цель p95 | достигнута | к простой странице |",
            "|---|---|---|---|---|---|---|",
            *(each.row() for each in figures),
            "",
        ]
    )


def main() -> None:
    """Measure on a PostgreSQL of our own, or on the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--database-url", default="", help="a filled database; nothing is built then")
    chosen = parser.parse_args()
    if chosen.database_url:
        text = measure(chosen.database_url, 0)
    else:
        with postgres.server() as server:
            with psycopg.connect(server + "postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
            text = measure(server + "bench", chosen.schools)
    (ROOT / "lists.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
