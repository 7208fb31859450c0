"""Buses that carry live messages between processes: PostgreSQL's NOTIFY and Redis.

Each listens in a thread of its own, so that servers, workers and commands use it alike, and comes back
by itself after a lost connection.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
import redis
import structlog
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from core.database.session import Session

CONNECT_SECONDS = 3
QUIET_SECONDS = 15.0
"""After this long without a message the connection is tried, so that a dead one is noticed."""

FIRST_WAIT = 0.25
LONGEST_WAIT = 15.0

log = structlog.get_logger("live")

_NOTIFY = text("SELECT count(pg_notify(:channel, each)) FROM unnest(CAST(:messages AS text[])) each")


class Bus:
    """A thread that listens until closed: `receive` gets each message, `resync` is called after a gap."""

    def __init__(self, receive: Callable[[str], None], resync: Callable[[], None]) -> None:
        self._receive = receive
        self._resync = resync
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._starting = threading.Lock()

    def start(self) -> None:
        """Begin to listen; again has no effect. Waits shortly for the connection, but goes on without."""
        with self._starting:
            if self._thread is None:
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._listening.wait(CONNECT_SECONDS)

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)
        self._listening.clear()

    def _run(self) -> None:
        wait, before = FIRST_WAIT, False
        while not self._stop.is_set():
            try:
                self._listen(before)
                return
            except (psycopg.Error, redis.RedisError, OSError) as error:
                before = True
                if self._listening.is_set():
                    wait = FIRST_WAIT
                self._listening.clear()
                log.warning("live bus lost", error=f"{type(error).__name__}: {error}".strip(), retry_in=wait)
            # Not all servers come back in the same moment.
            self._stop.wait(wait * random.uniform(0.7, 1.3))  # noqa: S311
            wait = min(wait * 2, LONGEST_WAIT)

    def _listen(self, again: bool) -> None:
        """Connect, call `_connected(again)`, hand over messages until stopped; raise at a lost connection."""
        raise NotImplementedError

    def _connected(self, again: bool) -> None:
        self._listening.set()
        if again:
            log.info("live bus is back")
            self._resync()


class PostgresBus(Bus):
    """LISTEN on a connection of its own. Sending is up to the transaction that has changed something.

    It needs a direct connection: a pooler in transaction mode does not pass notifications on.
    """

    channel = "moyashkola_live"

    def __init__(self, url: str, receive: Callable[[str], None], resync: Callable[[], None]) -> None:
        super().__init__(receive, resync)
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def notify(self, db: Session, messages: list[str]) -> None:
        """Send messages with the commit of `db`, in one statement; if it fails, never."""
        db.rows(_NOTIFY, {"channel": self.channel, "messages": messages})

    def _listen(self, again: bool) -> None:
        with psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="moyashkola-live",
            keepalives_idle=30,
        ) as connection:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self.channel)))
            self._connected(again)
            tried = time.monotonic()
            while not self._stop.is_set():
                for note in connection.notifies(timeout=0.5, stop_after=50):
                    self._receive(note.payload)
                if time.monotonic() - tried > QUIET_SECONDS:
                    connection.execute("SELECT 1")
                    tried = time.monotonic()


class RedisBus(Bus):
    """Publish and subscribe on one Redis channel."""

    def __init__(
        self, url: str, channel: str, receive: Callable[[str], None], resync: Callable[[], None]
    ) -> None:
        super().__init__(receive, resync)
        self.channel = channel
        self._url = url
        self._client: Any = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=1, socket_timeout=1
        )
        self._rest_until = 0.0

    def send(self, messages: Sequence[str]) -> bool:
        """Publish; false if Redis does not answer, and then for some seconds without asking it."""
        if time.monotonic() < self._rest_until:
            return False
        try:
            pipe = self._client.pipeline(transaction=False)
            for message in messages:
                pipe.publish(self.channel, message)
            pipe.execute()
        except redis.RedisError as error:
            self._rest_until = time.monotonic() + 5
            log.warning("live message not sent", error=f"{type(error).__name__}: {error}")
            return False
        return True

    def _listen(self, again: bool) -> None:
        client: Any = redis.Redis.from_url(
            self._url,
            decode_responses=True,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            health_check_interval=int(QUIET_SECONDS),
        )
        try:
            listener = client.pubsub(ignore_subscribe_messages=True)
            listener.subscribe(self.channel)
            self._connected(again)
            while not self._stop.is_set():
                message = listener.get_message(timeout=0.5)
                if message is not None:
                    self._receive(str(message["data"]))
        finally:
            client.close()

    def close(self) -> None:
        """Stop listening and let go of the connections."""
        super().close()
        self._client.close()
