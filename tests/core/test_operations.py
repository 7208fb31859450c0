"""What happens to an installation in service: the database goes away, two servers migrate, a disk is full."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.identity.models import Account, Person
from core.identity.sessions import begin
from core.logs import configure_logs
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing import postgres
from core.testing.server import Server
from tests.core.test_faults import moyashkola, refused


class Postgres:
    """A PostgreSQL server that can be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = postgres.free_port()
        self.url = f"postgresql://portal@127.0.0.1:{self.port}/postgres"
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", str(folder)], check=True)
        self._run("initdb", "-A", "trust", "-U", "portal", "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [str(postgres.find_binaries() / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run([*before, *command], check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Start; the data is that of before."""
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-o", options, "-w", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """Stop and cut every connection."""
        self._run("pg_ctl", "-m", "fast", "-w", "stop")


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for one test, running."""
    folder = Path(tempfile.mkdtemp(prefix="moyashkola-postgres-"))
    server = Postgres(folder)
    server.start()
    try:
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)


def status(address: str) -> tuple[int, str]:
    """The status and the text of a page, for somebody whose session the portal has to look up."""
    request = urllib.request.Request(address, headers={"cookie": "moyashkola_session=of-somebody"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_portal_outlives_a_restart_of_the_database(own_postgres: Postgres, tmp_path: Path) -> None:
    portal = Portal(Config(home=str(tmp_path / "home"), database_url=own_postgres.url))
    assert all(problem is None for _name, problem in migrations.upgrade(portal))
    portal.close()
    server = Server(portal, LOG_FORMAT="json")
    server.start()
    try:
        assert status(f"{server.address}/sign-in")[0] == 200
        own_postgres.stop()
        code, page = status(f"{server.address}/sign-in")
        assert code == 503
        assert "База данных сейчас не отвечает" in page
        code, ready = status(f"{server.address}/readyz")
        assert code == 503
        assert "База данных не отвечает" in ready
        assert "portal@" not in ready, "anybody may ask for /readyz"
        assert status(f"{server.address}/healthz")[0] == 200
        time.sleep(2.5)
        own_postgres.start()
        for _ in range(5):
            assert status(f"{server.address}/sign-in")[0] == 200
        assert status(f"{server.address}/readyz")[0] == 200
    finally:
        server.stop()
    lines = server.log.read_text().splitlines()
    assert sum('"queue unavailable"' in line for line in lines) == 1, "an outage must not fill the log"
    failed = [json.loads(line) for line in lines if '"request failed"' in line]
    assert len(failed) == 1
    assert failed[0]["error_id"] in page
    assert f'href="/support?error={failed[0]["error_id"]}&amp;page=' in page


def test_an_idle_connection_that_died_is_replaced_unnoticed(own_postgres: Postgres, tmp_path: Path) -> None:
    portal = Portal(Config(home=str(tmp_path / "home"), database_url=own_postgres.url))
    try:
        portal.database.ping()
        with psycopg.connect(own_postgres.url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        time.sleep(2.1)
        portal.database.ping()
    finally:
        portal.close()


def test_two_servers_migrate_at_once(own_postgres: Postgres, tmp_path: Path) -> None:
    def start(home: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "MOYASHKOLA_HOME": str(tmp_path / home),
            "MOYASHKOLA_DATABASE_URL": own_postgres.url,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "core.cli", "migrate"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    servers = [start("one"), start("two"), start("three")]
    answers = [server.communicate(timeout=120)[0] for server in servers]
    assert [server.returncode for server in servers] == [0, 0, 0], answers
    answer = moyashkola("migrate", "check", home=tmp_path / "one", DATABASE_URL=own_postgres.url)
    assert answer.returncode == 0, answer.stdout


def test_a_demo_makes_its_tables_itself(tmp_path: Path) -> None:
    answer = moyashkola("demo", "--small", "--light", home=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert moyashkola("demo", "--small", "--light", home=tmp_path).stdout.strip().endswith("уже создана.")


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("token", "create", "--account", "x", "--scope", "people.read"),
        ("plugins", "enable", "journal"),
        ("import", "school.csv"),
        ("worker",),
    ],
)
def test_a_command_before_the_tables_exist(tmp_path: Path, command: tuple[str, ...]) -> None:
    refused(moyashkola(*command, home=tmp_path), "moyashkola migrate")


def test_a_database_that_may_not_be_written(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    answer = moyashkola(
        "demo",
        "--small",
        home=tmp_path,
        DATABASE_URL=f"sqlite:///file:{tmp_path}/portal.sqlite3?mode=ro&uri=true",
    )
    refused(answer, "readonly database", "права")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_does_not_repeat_what_a_statement_carried(
    own_postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    config = Config(home=str(tmp_path / "home"), database_url=own_postgres.url, log_format=form)
    portal = Portal(config)
    identifier = new_id()
    before = structlog.get_config()
    configure_logs(config)
    try:
        assert all(problem is None for _name, problem in migrations.upgrade(portal))
        for _ in range(2):
            with portal.database.transaction() as db:
                db.add(Person(id=identifier, last_name="Ковалёва", first_name="Дарья", source="test"))
    except IntegrityError as error:
        structlog.get_logger("test").error("request failed", exc_info=error)
    finally:
        portal.close()
        structlog.configure(**before)
    logged = capsys.readouterr().err
    assert "IntegrityError" in logged
    assert "Ковалёва" not in logged
    assert str(identifier) not in logged
    assert len(logged.splitlines()) == 1 or form == "text"


def test_tables_newer_than_the_portal(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "portal.sqlite3") as connection:
        connection.execute("UPDATE core_schema_version SET version_num = 'core_9999'")
    for command in ("run", "worker", "migrate"):
        refused(moyashkola(command, home=tmp_path), "новее", "версию")


def test_an_outdated_database_is_not_served(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "portal.sqlite3") as connection:
        connection.execute("DELETE FROM core_schema_version")
    for command in ("run", "worker", "check"):
        refused(moyashkola(command, home=tmp_path), "устарели", "moyashkola migrate")


def test_an_empty_secret_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch(mode=0o600)
    refused(moyashkola("migrate", home=tmp_path), "secret.key", "пуст", "резервной копии")


def test_a_secret_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    refused(moyashkola("migrate", home=tmp_path), "secret.key", "права")


def test_processes_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = list(threads.map(lambda _: Config(home=str(tmp_path)).secret(), range(8)))
    assert len(set(secrets)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_killed_server_leaves_no_worker_on_the_port(tmp_path: Path) -> None:
    portal = Portal(Config(home=str(tmp_path)))
    portal.close()
    server = Server(portal)
    server.start()
    process = server._process
    assert process is not None
    try:
        assert status(f"{server.address}/healthz")[0] == 200
        process.kill()
        process.wait(10)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                status(f"{server.address}/healthz")
            except (urllib.error.URLError, OSError):
                break
            time.sleep(0.1)
        else:
            pytest.fail("the worker still listens")
    finally:
        server.kill()


def test_a_server_that_is_told_to_stop_does_not_wait_for_open_streams(
    make_portal: Callable[..., Portal],
) -> None:
    portal = make_portal()
    with portal.database.transaction() as db:
        role = db.scalars(select(StructuralRole).where(StructuralRole.status == "active")).first()
        assert role is not None
        account = db.scalar(select(Account).where(Account.person_id == role.person_id))
        if account is None:
            account = Account(person_id=role.person_id, status="active", preferences={})
        account.last_role_id = role.id
        db.add(account)
        db.flush()
        cookie = begin(db, account.id, provider="test")
    portal.close()
    server = Server(portal)
    server.start()
    address = f"{server.address}/live?topic=person:{role.person_id}"
    request = urllib.request.Request(address, headers={"cookie": f"moyashkola_session={cookie}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as stream:  # noqa: S310
        assert stream.readline()
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10


def test_workers_are_forked_before_any_thread_runs(tmp_path: Path) -> None:
    """A thread that imports something at the moment of the fork leaves the worker a lock held for ever."""
    watched, seen = tmp_path / "watched", tmp_path / "threads.txt"
    watched.mkdir()
    (watched / "sitecustomize.py").write_text(
        "import os, threading\n"
        "def note():\n"
        f"    with open({str(seen)!r}, 'a') as lines:\n"
        "        print(*sorted(each.name for each in threading.enumerate()), file=lines)\n"
        "os.register_at_fork(before=note)\n"
    )
    portal = Portal(Config(home=str(tmp_path / "home")))
    assert all(problem is None for _name, problem in migrations.upgrade(portal))
    portal.close()
    server = Server(portal, packages=[watched])
    server.start()
    end = time.monotonic() + 10
    while server.address not in server.log.read_text():
        assert time.monotonic() < end, "the address is announced all the same"
        time.sleep(0.05)
    server.stop()
    assert seen.read_text().splitlines() == ["MainThread"]
