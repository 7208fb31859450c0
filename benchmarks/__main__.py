"""`make bench`: the journal page and the saving of a mark, on SQLite and PostgreSQL, beside two baselines.

The server runs with one worker on one core, the load on the other. Every figure stands beside the ceiling
(plain Litestar, Core rows, msgspec) and the peer (Django, its ORM and template) measured in the same run on
the same data. Results go to the screen and to `benchmarks/results.md`.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.school import BenchSchool, build
from core.config import Config
from core.database import migrations
from core.identity.sessions import csrf_token, digest
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import count_statements, running

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = "0", "1"
PAGES = 150
TIMES_THE_PEER, OF_THE_CEILING = 10, 0.6
NOT_MODIFIED = 800
SAVE_P50_MS, SAVE_P99_MS = 6, 30
SAVES = 300


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str], ready: str) -> Iterator[None]:
    """Run a server on its core until the block ends."""
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port, ready)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"no answer on port {port}")


def load(
    port: int, paths: list[str], headers: dict[str, str], seconds: float, status: int = 200
) -> dict[str, Any]:
    """Measure requests from the load's core."""
    plan = {
        "port": port,
        "paths": paths,
        "headers": headers,
        "seconds": seconds,
        "warm_up": 2,
        "connections": 16,
        "status": status,
    }
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def get(port: int, path: str, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """One GET: its headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def save_marks(port: int, portal: Portal, school: BenchSchool) -> tuple[list[float], int]:
    """Save marks one after another; milliseconds of each, and the largest answer in bytes."""
    headers = {
        "cookie": f"moyashkola_session={school.cookie}",
        "x-csrf-token": csrf_token(portal.secret, digest(school.cookie)),
        "content-type": "application/json",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    times: list[float] = []
    largest = 0
    for number in range(SAVES + 20):
        body = json.dumps(
            {
                "lesson": str(school.lessons[number % 10]),
                "pupil": str(school.pupils[number // 10 % len(school.pupils)]),
                "value": str(2 + (number + number // 300) % 4),
            }
        )
        begun = time.perf_counter()
        connection.request("PUT", f"/api/v1/journal/pages/{school.pages[0]}/cells", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"saving failed: {answer.status} {text.decode()[:300]}")
        if number >= 20:
            times.append(1000 * (time.perf_counter() - begun))
        largest = max(largest, len(text))
    return times, largest


def statements_of_page(portal: Portal, school: BenchSchool, path: str) -> int:
    """How many SQL statements a page takes."""
    with running(portal) as under_test:
        headers = {"cookie": f"moyashkola_session={school.cookie}"}
        under_test.client.get(path, headers=headers)
        with count_statements(portal.database) as statements:
            under_test.client.get(path, headers=headers)
        return len(statements)


def measure(engine: str, address: str, seconds: float) -> list[str]:
    """All figures of one kind of database, as lines of the report."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "MOYASHKOLA_HOME": home,
            "MOYASHKOLA_DATABASE_URL": address,
            "MOYASHKOLA_TASKS_IN_SERVER": "no",
            "DJANGO_SETTINGS_MODULE": "benchmarks.django_peer.settings",
        }
        portal = Portal(Config(home=home, database_url=address, tasks_in_server=False))
        for name, problem in migrations.upgrade(portal):
            if problem:
                raise RuntimeError(f"{name}: {problem}")
        school = build(portal)
        if engine == "postgresql":
            with portal.database.engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            ) as connection:
                connection.exec_driver_sql("ANALYZE")
        cookie = {"cookie": f"moyashkola_session={school.cookie}"}
        compressed = {**cookie, "accept-encoding": "gzip"}
        pages = [f"/journal/{page}" for page in school.pages]
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
            head, body = get(port, pages[0], cookie)
            _head, small = get(port, pages[0], compressed)
            ours = load(port, pages, cookie, seconds)
            unchanged = load(port, pages[:1], {**cookie, "if-none-match": head["etag"]}, seconds, 304)
            saves, answer = save_marks(port, portal, school)
        port = postgres.free_port()
        granian[-1] = str(port)
        plain = [f"/page/{page}" for page in school.pages]
        with serving([*granian, "benchmarks.ceiling:app"], port, environment, plain[0]):
            ceiling = load(port, plain, {}, seconds)
        port = postgres.free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}"]
        gunicorn += ["--worker-class", "gthread", "--threads", "2", "--keep-alive", "30"]
        with serving([*gunicorn, "benchmarks.django_peer.wsgi"], port, environment, "/"):
            peer = load(port, plain, cookie, seconds)
        statements = statements_of_page(portal, school, pages[0])
        portal.close()
    saves.sort()
    p50, p99 = statistics.median(saves), saves[len(saves) * 99 // 100]
    compressed_size = len(small) if small[:2] == b"\x1f\x8b" else len(gzip.compress(body, 1))
    return [
        f"\n## {engine}\n",
        "| что | в секунду | p50, мс | p99, мс | к потолку | к Django |\n|---|---|---|---|---|---|",
        row("страница журнала 30 × 40", ours, ceiling, peer),
        row("та же, не изменилась (304)", unchanged, ceiling, peer),
        row("потолок: Litestar + Core + msgspec", ceiling, ceiling, peer),
        row("сверстник: Django ORM + шаблон", peer, ceiling, peer),
        "",
        f"- запись отметки с историей: p50 {p50:.1f} мс, p99 {p99:.1f} мс, ответ до {answer} байт",
        f"- запросов SQL на страницу: {statements}; страница {len(body) / 1024:.1f} КиБ, "
        f"сжатая {compressed_size / 1024:.1f} КиБ",
        "- цели: "
        + ", ".join(
            verdict(words, met)
            for words, met in (
                (f"страниц ≥ {PAGES}", ours["rate"] >= PAGES),
                (f"к Django ≥ {TIMES_THE_PEER}", ours["rate"] >= TIMES_THE_PEER * peer["rate"]),
                (f"к потолку ≥ {OF_THE_CEILING}", ours["rate"] >= OF_THE_CEILING * ceiling["rate"]),
                (f"304 ≥ {NOT_MODIFIED}", unchanged["rate"] >= NOT_MODIFIED),
                ("запросов ≤ 6", statements <= 6),
                ("страница ≤ 60 КиБ", len(body) <= 60 * 1024),
                ("сжатая ≤ 12 КиБ", compressed_size <= 12 * 1024),
                (f"запись p50 ≤ {SAVE_P50_MS} мс", p50 <= SAVE_P50_MS),
                (f"p99 ≤ {SAVE_P99_MS} мс", p99 <= SAVE_P99_MS),
                ("ответ ≤ 1 КиБ", answer <= 1024),
            )
        ),
    ]


def verdict(words: str, met: bool) -> str:
    """A goal with whether it was met."""
    return f"{words} – {'да' if met else '**нет**'}"


def row(title: str, figures: dict[str, Any], ceiling: dict[str, Any], peer: dict[str, Any]) -> str:
    """A line of the table."""
    return (
        f"| {title} | {figures['rate']:.0f} | {figures['p50']:.1f} | {figures['p99']:.1f} "
        f"| {figures['rate'] / ceiling['rate']:.2f} | {figures['rate'] / peer['rate']:.1f} |"
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seconds", type=float, default=8, help="length of each measurement")
    chosen = parser.parse_args()
    engines = chosen.engine or ["sqlite", "postgresql"]
    lines = [
        "# Скорость\n",
        f"{datetime.now(UTC):%d.%m.%Y}, Python {platform.python_version()}, один процесс на одном ядре, "
        "нагрузка с другого; "
        f"16 соединений, по {chosen.seconds:.0f} с. Повторить: `make bench`.",
    ]
    if "sqlite" in engines:
        with tempfile.TemporaryDirectory() as folder:
            lines += measure("sqlite", f"sqlite:///{folder}/bench.sqlite3", chosen.seconds)
    if "postgresql" in engines:
        with postgres.server() as server:
            import psycopg

            with psycopg.connect(server + "postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
            lines += measure("postgresql", server + "bench", chosen.seconds)
    text = "\n".join(lines) + "\n"
    print(text)
    (ROOT / "benchmarks" / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
