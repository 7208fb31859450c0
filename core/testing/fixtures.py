"""pytest fixtures: a portal with a demo school, on SQLite and on a real PostgreSQL.

`portal` – a running portal on a fresh copy of a demo school, shared by the tests of one module; each test
runs once for each database. `make_portal` builds one for a test that needs its own, `server` runs one in a process
of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from core.config import Config
from core.database import migrations
from core.demo.build import build_demo
from core.portal import Portal
from core.testing import postgres
from core.testing.portal import PortalUnderTest, running
from core.testing.server import Server

ENGINES = ("sqlite", "postgresql")


class Databases:
    """Makes databases: empty ones, and copies of a template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._server: str | None = None
        self._count = 0
        self._made: list[str] = []
        self.templates: dict[str, str] = {}
        """By a name the address of a database to be copied, kept to the end: pytest sets a fixture with
        parameters up anew whenever the parameter changes."""

    @property
    def server(self) -> str:
        """The address of the PostgreSQL server of this run, started when first needed."""
        if self._server is None:
            self._server = self._stack.enter_context(postgres.server())
        return self._server

    def fresh(self, engine: str, template: str | None = None) -> str:
        """The address of a new database, empty or a copy of `template` (an address made here)."""
        self._count += 1
        if engine == "sqlite":
            path = self._folder / f"{self._count}.sqlite3"
            if template is not None:
                shutil.copyfile(template.removeprefix("sqlite:///"), path)
            self._made.append(f"sqlite:///{path}")
            return self._made[-1]
        name = f"portal_{self._count}"
        source = template.rpartition("/")[2] if template else "template0"
        with psycopg.connect(self.server + "postgres", autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                    sql.Identifier(name), sql.Identifier(source)
                )
            )
        self._made.append(self.server + name)
        return self._made[-1]

    @contextmanager
    def dropped_afterwards(self) -> Generator[None]:
        """Drop what is made meanwhile, but for the templates: hundreds of copies would fill a disk."""
        kept, self._made = self._made, []
        yield
        for address in self._made:
            if address in self.templates.values():
                kept.append(address)
            else:
                self._drop(address)
        self._made = kept

    def _drop(self, address: str) -> None:
        if address.startswith("sqlite:///"):
            path = Path(address.removeprefix("sqlite:///"))
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()
            return
        with psycopg.connect(self.server + "postgres", autocommit=True) as connection:
            name = sql.Identifier(address.rpartition("/")[2])
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes fresh databases for tests that need their own."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def databases_of_the_module(databases: Databases) -> Iterator[None]:
    """Drops the databases of a test module when it is over."""
    with databases.dropped_afterwards():
        yield


@pytest.fixture(autouse=True)
def databases_of_the_test(databases: Databases) -> Iterator[None]:
    """Drops the databases that one test made for itself."""
    with databases.dropped_afterwards():
        yield


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The kind of database: every test that asks for it runs once for each.

    PostgreSQL is skipped where it is not installed: a vendor's machine need not have it.
    """
    if request.param == "postgresql":
        try:
            postgres.find_binaries()
        except FileNotFoundError as error:
            pytest.skip(str(error))
    return str(request.param)


def school_template(engine: str, databases: Databases, folders: pytest.TempPathFactory) -> str:
    """The address of a database with two demo schools, to be copied, never to be written to."""
    if engine not in databases.templates:
        address = databases.fresh(engine)
        portal = Portal(Config(home=str(folders.mktemp("template")), database_url=address))
        failed = [name for name, problem in migrations.upgrade(portal) if problem]
        assert not failed
        build_demo(portal, schools=2, small=True)
        portal.close()
        databases.templates[engine] = address
    return databases.templates[engine]


def demo_portal(
    engine: str, databases: Databases, folders: pytest.TempPathFactory, **settings: object
) -> Portal:
    """A portal on a fresh copy of the demo schools; keywords are settings."""
    address = databases.fresh(engine, school_template(engine, databases, folders))
    return Portal(
        Config(home=str(folders.mktemp("home")), database_url=address, tasks_in_server=False, **settings)  # pyright: ignore[reportArgumentType]
    )


@pytest.fixture(scope="session")
def make_portal(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Portal]:
    """`demo_portal` for the kind of database the test is run with."""
    return partial(demo_portal, engine, databases, tmp_path_factory)


@pytest.fixture(scope="module")
def portal(make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    """A running portal on a fresh copy of the demo schools, shared by the tests of a module."""
    with running(make_portal()) as under_test:
        yield under_test


@pytest.fixture(scope="module")
def storage(make_portal: Callable[..., Portal]) -> Iterator[Portal]:
    """A fresh copy of the demo schools behind `server`, seen from the test; shared by a module's tests."""
    portal = make_portal()
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def server(storage: Portal) -> Iterator[Server]:
    """A server in a process of its own on `storage`, shared by a module's tests."""
    running_server = Server(storage)
    running_server.start()
    yield running_server
    running_server.stop()
