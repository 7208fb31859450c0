"""Live updates: after the commit, to whoever may hear of it, from any process, within a second."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.config import Config
from core.errors import ConfigurationError
from core.notifications import notify
from core.portal import Portal
from core.realtime import RESYNC, backend_of
from core.testing.portal import PortalUnderTest, running
from core.testing.postgres import free_port
from core.web import cookies
from tests.core.bench_plugin import plug_in
from tests.core.served import Listening, server

REDIS_PORT = 8131
SERVER_PORT = 8132
REDIS_URL = f"redis://127.0.0.1:{REDIS_PORT}/0"


@contextmanager
def redis_server() -> Iterator[None]:
    command = ["redis-server", "--port", str(REDIS_PORT), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")  # noqa: S108
    try:
        for _attempt in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", REDIS_PORT)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def redis() -> Iterator[None]:
    with redis_server():
        yield


@pytest.fixture(scope="module", params=["database", "redis"])
def shared(
    request: pytest.FixtureRequest, engine: str, redis: None, make_portal: Callable[..., Portal]
) -> Iterator[PortalUnderTest]:
    """A portal in this process that shares a bus with the server on `SERVER_PORT`."""
    settings = {"redis_url": REDIS_URL} if request.param == "redis" else {}
    portal = plug_in(make_portal(**settings))
    # Servers of one installation share its secret.
    config = portal.config
    with (
        server(
            SERVER_PORT,
            home=config.home,
            database_url=config.database_address,
            secret_key=config.secret().decode(),
            **settings,
        ),
        running(portal) as under_test,
    ):
        yield under_test


def listen(under_test: PortalUnderTest, role: str, *topics: str) -> tuple[Any, Listening]:
    visitor = under_test.sign_in(role)
    cookie = f"{cookies.SESSION}={visitor.cookies[cookies.SESSION]}"
    own = f"person:{visitor.person_id}"
    return visitor, Listening(SERVER_PORT, cookie, *(topic.replace("person:own", own) for topic in topics))


def test_a_change_in_another_process_is_heard_within_a_second_of_its_commit_and_not_before(
    shared: PortalUnderTest,
) -> None:
    visitor, stream = listen(shared, "teacher", "person:own")
    with stream:
        assert stream.status == 200
        assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
        time.sleep(0.3)
        with shared.portal.database.transaction() as db:
            notify(db, [visitor.person_id], "bench.news", "Завтра выходной")
            db.flush()
            assert stream.next(0.7) is None
        began = time.monotonic()
        message = stream.next(1)
        assert time.monotonic() - began < 1
        assert message is not None
        assert message["topic"] == f"person:{visitor.person_id}"
        assert "Завтра выходной" not in str(message)


def test_a_change_that_was_undone_is_never_heard_of(shared: PortalUnderTest) -> None:
    visitor, stream = listen(shared, "teacher", "person:own")
    with stream:
        time.sleep(0.3)
        with pytest.raises(RuntimeError), shared.portal.database.transaction() as db:
            notify(db, [visitor.person_id], "bench.news", "Завтра выходной")
            raise RuntimeError
        assert stream.next(0.7) is None


def test_a_change_is_heard_from_a_thread_without_an_event_loop(shared: PortalUnderTest) -> None:
    visitor, stream = listen(shared, "teacher", "bench.room:open", "person:own")
    with stream:
        time.sleep(0.3)

        def publish() -> None:
            with shared.portal.database.transaction() as db:
                shared.portal.live.publish(db, "bench.room:open", {"version": 7})
                shared.portal.live.publish(db, "bench.room:closed", {"version": 8})

        thread = threading.Thread(target=publish)
        thread.start()
        thread.join()
        assert stream.next(1) == {"version": 7, "topic": "bench.room:open"}
        assert stream.next(0.3) is None
        assert visitor.person_id is not None


@pytest.mark.parametrize(
    "topic",
    [
        "bench.room:closed",
        "person:018f0000-0000-7000-8000-000000000000",
        "core.tasks",
        "no.such:thing",
        "person",
        "a b",
    ],
)
def test_a_topic_that_is_not_for_this_visitor_is_refused(shared: PortalUnderTest, topic: str) -> None:
    _visitor, stream = listen(shared, "teacher", "bench.room:open", topic)
    with stream:
        assert stream.status == 403


def test_a_stranger_cannot_listen(shared: PortalUnderTest) -> None:
    with Listening(SERVER_PORT, "", "bench.room:open") as stream:
        assert stream.status in (303, 401)


def test_the_stream_beats_while_nothing_happens_and_ends_with_the_sign_in(shared: PortalUnderTest) -> None:
    visitor, stream = listen(shared, "teacher", "bench.room:open")
    with stream:
        time.sleep(1)
        assert stream.beats >= 2
        assert not stream.ended.is_set()
        visitor.post("/auth/logout")
        assert stream.ended.wait(3)


def test_the_server_stops_in_time_while_somebody_listens(shared: PortalUnderTest) -> None:
    config = shared.portal.config
    visitor = shared.sign_in("teacher")
    began, port = 0.0, free_port()
    with server(port, home=config.home, database_url=config.database_address, live="memory"):
        stream = Listening(port, f"{cookies.SESSION}={visitor.cookies[cookies.SESSION]}", "bench.room:open")
        assert stream.status == 200
        time.sleep(0.5)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert stream.ended.wait(1)


def test_a_listener_who_is_too_slow_is_told_to_read_everything_anew(
    make_portal: Callable[..., Portal],
) -> None:
    portal = make_portal(live="memory")

    async def fall_behind() -> list[object]:
        async with portal.live.subscribe(["bench.room:open"]) as listener:

            def flood() -> None:
                for version in range(150):
                    with portal.database.transaction() as db:
                        portal.live.publish(db, "bench.room:open", {"version": version})

            await asyncio.to_thread(flood)
            await asyncio.sleep(0.05)
            got = []
            while (message := await listener.within(0.1)) is not None:
                got.append(message)
            return got

    got = asyncio.run(fall_behind())
    assert RESYNC in got
    assert len(got) <= 101
    portal.close()


@pytest.mark.only_postgresql
def test_after_a_lost_bus_listeners_read_anew_and_then_hear_again(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(live="postgresql")
    portal.live.start()

    async def lose() -> None:
        async with portal.live.subscribe(["bench.room:open"]) as listener:
            address = portal.config.database_address
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'moyashkola-live' AND datname = current_database()"
                )
            assert await listener.within(5) is RESYNC
            await asyncio.to_thread(_publish, portal, 9)
            message = await listener.within(2)
            assert message is not None
            assert '"version":9' in message.json

    asyncio.run(lose())
    portal.close()


def test_without_redis_changes_are_still_saved_and_heard_in_the_same_process(
    tmp_path: Path, make_portal: Callable[..., Portal]
) -> None:
    portal = make_portal(redis_url="redis://127.0.0.1:8139/0")

    async def alone() -> None:
        async with portal.live.subscribe(["bench.room:open"]) as listener:
            began = time.monotonic()
            for version in range(5):
                await asyncio.to_thread(_publish, portal, version)
            assert time.monotonic() - began < 3
            message = await listener.within(2)
            assert message is not None
            assert '"version":0' in message.json

    asyncio.run(alone())
    portal.close()


def test_redis_comes_back(make_portal: Callable[..., Portal], redis: None) -> None:
    subprocess.run(["redis-cli", "-p", str(REDIS_PORT), "ping"], check=True, capture_output=True)
    portal = make_portal(redis_url=REDIS_URL)
    portal.live.start()

    async def lose() -> None:
        async with portal.live.subscribe(["bench.room:open"]) as listener:
            kill = ["redis-cli", "-p", str(REDIS_PORT), "client", "kill", "type", "pubsub"]
            await asyncio.to_thread(subprocess.run, kill, check=True, capture_output=True)
            assert await listener.within(5) is RESYNC
            await asyncio.to_thread(_publish, portal, 9)
            message = await listener.within(2)
            assert message is not None
            assert '"version":9' in message.json

    asyncio.run(lose())
    portal.close()


def test_a_message_carries_ids_and_not_data(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(live="memory")
    with portal.database.transaction() as db:
        with pytest.raises(ValueError, match="ids only"):
            portal.live.publish(db, "bench.room:open", {"text": "я" * 4000})
        with pytest.raises(ValueError, match="topic"):
            portal.live.publish(db, "Комната", {})
    portal.close()


def test_the_bus_fits_the_installation() -> None:
    assert backend_of(Config()) == "memory"
    assert backend_of(Config(redis_url="redis://r")) == "redis"
    assert backend_of(Config(database_url="postgresql://db/portal")) == "postgresql"
    assert backend_of(Config(database_url="postgresql://db/portal", live="memory")) == "memory"
    for wrong in (Config(live="redis"), Config(live="postgresql")):
        with pytest.raises(ConfigurationError):
            backend_of(wrong)


def test_a_wrong_address_of_redis_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Redis"):
        Portal(Config(home=str(tmp_path), plugins=[], redis_url="localhost:6379"))


def _publish(portal: Portal, version: int) -> None:
    with portal.database.transaction() as db:
        portal.live.publish(db, "bench.room:open", {"version": version})
