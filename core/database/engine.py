"""One SQLite file or PostgreSQL behind the same two words: `reading` and `transaction`."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from core.database.session import Session
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.config import Config
    from core.portal import Portal

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32000",
    "PRAGMA temp_store=MEMORY",
)


def engine_for(url: str | URL, pool_size: int = 10, *, reading: bool = False) -> Engine:
    """An engine set up as the portal needs it; a `reading` one refuses every change.

    SQLite gets WAL, foreign keys and explicit BEGIN: the driver's own habit of opening a
    transaction only at the first write would let a reader become a writer and fail with "locked".
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "Адрес базы данных не разобрать.",
            advice="Укажите sqlite:///… или postgresql://… в MOYASHKOLA_DATABASE_URL.",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=pool_size, max_overflow=40)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.isolation_level = None
            for pragma in (*SQLITE_PRAGMAS, *(["PRAGMA query_only=ON"] if reading else [])):
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
            writing = connection.get_execution_options().get("portal_writing")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ConfigurationError(
            f"База данных «{parsed.get_backend_name()}» не поддерживается.",
            advice="Укажите sqlite:///… или postgresql://… в MOYASHKOLA_DATABASE_URL.",
        )
    read_only = " -c default_transaction_read_only=on" if reading else ""
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=30,
        connect_args={"options": f"-c timezone=UTC{read_only}", "connect_timeout": 5},
    )


class Database:
    """The portal's database: one writer and, on PostgreSQL, any number of read replicas."""

    def __init__(self, config: Config, portal: Portal) -> None:
        self._portal = portal
        self.engine = engine_for(config.database_address, config.database_pool)
        self._writer = self.engine.execution_options(portal_writing=True)
        self._reader = engine_for(config.database_address, config.database_pool, reading=True)
        self._replicas = [
            engine_for(url, config.database_pool, reading=True) for url in config.database_replicas
        ]

    @property
    def engines(self) -> Sequence[Engine]:
        """The pools of connections: for writing, for reading, and one for each replica."""
        return (self.engine, self._reader, *self._replicas)

    @property
    def is_sqlite(self) -> bool:
        """Whether the portal runs from one SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self, *, fresh: bool = False, autocommit: bool = False) -> Generator[Session, None, None]:
        """A view for reading; the database refuses any change made in it.

        `fresh` forbids a replica: for reading what was written a moment ago. `autocommit` leaves
        out BEGIN and ROLLBACK, which cost a hot page two more trips to PostgreSQL and show it nothing else
        (READ COMMITTED looks anew at each statement); savepoints and streamed rows are not to be had then.
        """
        engine = self._reader if fresh or not self._replicas else random.choice(self._replicas)  # noqa: S311
        if autocommit and not self.is_sqlite:
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        with Session(engine, portal=self._portal, autoflush=False) as db:
            yield db

    @contextmanager
    def transaction(self) -> Generator[Session, None, None]:
        """A unit of work: committed at the end, rolled back on any error.

        On SQLite it takes the write lock at once, so keep it short and free of network calls.
        """
        with Session(self._writer, portal=self._portal, expire_on_commit=False) as db:
            with db.begin():
                yield db
            db.run_effects()

    def ping(self) -> None:
        """Raise `ConfigurationError` with a sentence for the operator if the database cannot be reached."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError as error:
            raise ConfigurationError(
                f"База данных не отвечает: {self.address}.",
                advice="Проверьте MOYASHKOLA_DATABASE_URL и запущен ли сервер базы данных. "
                f"Ответ драйвера: {str(error.orig).strip().splitlines()[0]}",
            ) from error

    @property
    def address(self) -> str:
        """Where the database is, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            engine.dispose()


def sqlite_url(path: Path) -> str:
    """Address of an SQLite database in the file `path`."""
    return f"sqlite:///{path}"
