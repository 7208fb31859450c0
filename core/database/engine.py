"""One SQLite file or PostgreSQL behind the same two words: `reading` and `transaction`."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError

from core.database.session import Session, witness
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


TRUSTED_SECONDS = 2.0
"""A PostgreSQL connection that was used this recently is not asked whether it lives."""

KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that vanished from the network is noticed within a minute (seconds; the last in milliseconds)."""


def engine_for(
    url: str | URL, pool_size: int = 10, *, reading: bool = False, autocommit: bool = False
) -> Engine:
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
        engine = create_engine(parsed, pool_size=pool_size, max_overflow=40, hide_parameters=True)

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
    # Our statements are short: compiling one, or starting processes to share it, takes longer than running it.
    settings = "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
    if reading:
        settings += " -c default_transaction_read_only=on"
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=30,
        # Statements carry names and marks; neither the log nor an error may repeat them.
        hide_parameters=True,
        connect_args={"options": settings, "connect_timeout": 5, **KEEPALIVE},
        **options,
    )
    _ask_idle_connections(engine)
    return engine


def _ask_idle_connections(engine: Engine) -> None:
    """Have a connection that was idle for a while asked whether it lives before it is used.

    After a restart of the database server people then notice nothing. Asking every time would cost a trip
    to the server for each page.
    """

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        if time.monotonic() - record.info.get("idle_since", math.inf) < TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _reader(url: str, pool_size: int) -> tuple[Engine, Engine]:
    """Engines that read in transactions, and without; SQLite needs but one."""
    engine = engine_for(url, pool_size, reading=True)
    if engine.dialect.name == "sqlite":
        return engine, engine
    return engine, engine_for(url, pool_size, reading=True, autocommit=True)


class Database:
    """The portal's database: one writer and, on PostgreSQL, any number of read replicas."""

    def __init__(self, config: Config, portal: Portal) -> None:
        self._portal = portal
        self.engine = engine_for(config.database_address, config.database_pool)
        self._writer = self.engine.execution_options(portal_writing=True)
        self._reader, *self._replicas = (
            _reader(url, config.database_pool) for url in (config.database_address, *config.database_replicas)
        )

    @property
    def engines(self) -> Sequence[Engine]:
        """The pools of connections: for writing, and two for reading the database and each replica."""
        readers = (engine for pair in (self._reader, *self._replicas) for engine in pair)
        return (self.engine, *dict.fromkeys(readers))

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
        pair = self._reader if fresh or not self._replicas else random.choice(self._replicas)  # noqa: S311
        with Session(pair[autocommit], portal=self._portal, autoflush=False) as db:
            yield db

    @contextmanager
    def transaction(self) -> Generator[Session, None, None]:
        """A unit of work: committed at the end, rolled back on any error.

        On SQLite it takes the write lock at once, so keep it short and free of network calls.
        """
        with Session(self._writer, portal=self._portal, expire_on_commit=False) as db:
            with db.begin():
                yield db
                if (present := witness.get()) is not None:
                    present(db)
                db.settle()
            db.run_effects()

    def ping(self) -> None:
        """Raise `ConfigurationError` with a sentence for the operator if the database cannot be reached."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError as error:
            raise ConfigurationError(
                "База данных не отвечает.",
                advice=f"Проверьте MOYASHKOLA_DATABASE_URL ({self.address}) и запущен ли сервер базы данных. "
                f"Ответ драйвера: {str(error.orig).strip().splitlines()[0]}",
            ) from error

    @property
    def address(self) -> str:
        """Where the database is, without its password."""
        url = self.engine.url.set(drivername=self.engine.dialect.name)
        return url.render_as_string(hide_password=True)

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            engine.dispose()
