"""Background tasks: queued with the change, done once, again after a crash, visible to whoever began them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from core.contributions import ScheduledTask
from core.database.base import now
from core.identity.models import Notification, SignInSession
from core.identity.sessions import actor_of
from core.portal import Portal
from core.roles.models import StructuralRole
from core.tasks import Worker, claims, enqueue
from core.tasks.kinds import kinds_of
from core.tasks.models import Task
from core.tasks.worker import period_start
from core.testing.portal import PortalUnderTest, running
from tests.core import bench_plugin
from tests.core.bench_plugin import plug_in, status_of

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def bench(make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    """A portal with the bench plugin and an empty queue."""
    bench_plugin.seen.clear()
    bench_plugin.gate.clear()
    portal = plug_in(make_portal())
    with portal.database.transaction() as db:
        db.execute(delete(Notification))
        db.execute(delete(Task))
    with running(portal) as under_test:
        yield under_test
    bench_plugin.gate.set()


def put(portal: Portal, kind: str, **options: object) -> object:
    with portal.database.transaction() as db:
        return enqueue(db, kind, **options)  # type: ignore[arg-type]


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "не дождались"
        time.sleep(0.02)


def in_background(portal: Portal) -> tuple[threading.Thread, threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(portal).run_forever, args=(stop,))
    thread.start()
    return thread, stop


def actor_for(portal: Portal, visitor: object) -> object:
    from core.identity.models import Account

    with portal.database.reading() as db:
        account = db.scalar(select(Account).where(Account.person_id == visitor.person_id))  # type: ignore[attr-defined]
        assert account is not None
        return actor_of(db, account.id)


def test_a_task_is_queued_only_if_its_change_is_kept(bench: PortalUnderTest) -> None:
    with pytest.raises(RuntimeError), bench.portal.database.transaction() as db:
        enqueue(db, "bench.note", {"number": 1})
        raise RuntimeError
    assert Worker(bench.portal).run_once() == 0
    put(bench.portal, "bench.note", payload={"number": 2})
    assert Worker(bench.portal).run_once() == 1
    assert bench_plugin.seen == [("bench.note", 2)]


def test_a_thousand_tasks_and_four_workers_and_none_is_done_twice(bench: PortalUnderTest) -> None:
    with bench.portal.database.transaction() as db:
        for number in range(1000):
            enqueue(db, "bench.note", {"number": number})
    workers = [Worker(bench.portal) for _ in range(4)]

    def drain(worker: Worker) -> None:
        while worker.run_once():
            pass

    threads = [threading.Thread(target=drain, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    counted = Counter(number for _kind, number in bench_plugin.seen)
    assert len(counted) == 1000
    assert set(counted.values()) == {1}
    with bench.portal.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Task).where(Task.status == "done")) == 1000


def test_work_with_the_same_key_is_not_doubled_while_it_waits(bench: PortalUnderTest) -> None:
    first = put(bench.portal, "bench.note", payload={"number": 1}, key="class 7")
    assert put(bench.portal, "bench.note", payload={"number": 2}, key="class 7") == first
    assert Worker(bench.portal).run_once() == 1
    assert put(bench.portal, "bench.note", payload={"number": 3}, key="class 7") != first
    assert Worker(bench.portal).run_once() == 1
    assert [number for _kind, number in bench_plugin.seen] == [1, 3]


def test_work_asked_for_while_it_runs_is_done_once_more(bench: PortalUnderTest) -> None:
    thread, stop = in_background(bench.portal)
    first = put(bench.portal, "bench.dawdle", payload={"number": 1}, key="class 7")
    wait_until(lambda: ("bench.dawdle", 1) in bench_plugin.seen)
    assert put(bench.portal, "bench.dawdle", payload={"number": 1}, key="class 7") == first
    bench_plugin.gate.set()
    wait_until(lambda: bench_plugin.seen.count(("bench.dawdle", 1)) == 2)
    wait_until(lambda: status_of(bench.portal, first).status == "done")
    stop.set()
    thread.join(10)


def test_two_transactions_with_the_same_key_at_once_put_one_task(bench: PortalUnderTest) -> None:
    ids: list[object] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        barrier.wait()
        ids.append(put(bench.portal, "bench.note", key="class 7"))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_failed_task_is_tried_again_later_and_its_starter_hears_only_of_the_last_failure(
    bench: PortalUnderTest,
) -> None:
    teacher = bench.sign_in("teacher")
    task_id = put(bench.portal, "bench.stumble", actor=actor_for(bench.portal, teacher))
    worker = Worker(bench.portal)
    for attempt in (1, 2):
        assert worker.run_once() == 1
        row = status_of(bench.portal, task_id)
        assert (row.status, row.attempts) == ("queued", attempt)
        assert row.run_at > now() + timedelta(seconds=5)
        assert worker.run_once() == 0
        assert teacher.get("/notifications/unread").json() == {"unread": 0}
        _make_due(bench.portal)
    assert worker.run_once() == 1
    shown = teacher.get(f"/api/v1/tasks/{task_id}").json()
    assert shown["status"] == "failed"
    assert shown["error_id"]
    page = teacher.get("/notifications").text
    assert shown["error_id"] in page
    assert "секретная подробность" not in page + shown["error"]


def test_a_refusal_in_words_is_final_and_reaches_the_starter(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    put(bench.portal, "bench.refuse", actor=actor_for(bench.portal, teacher))
    assert Worker(bench.portal).run_once() == 1
    assert Worker(bench.portal).run_once() == 0
    assert "В файле нет ни одного класса." in teacher.get("/notifications").text


def test_a_task_has_the_rights_its_starter_has_now(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    actor = actor_for(bench.portal, teacher)
    put(bench.portal, "bench.act", actor=actor)
    assert Worker(bench.portal).run_once() == 1
    acted = bench_plugin.seen[-1][1]
    assert (acted.person_id, acted.role.id, acted.permissions) == (
        actor.person_id,  # type: ignore[attr-defined]
        actor.role.id,  # type: ignore[attr-defined]
        actor.permissions,  # type: ignore[attr-defined]
    )
    assert "Выгрузка готова" in teacher.get("/notifications").text
    bench_plugin.seen.clear()
    task_id = put(bench.portal, "bench.act", actor=actor)
    with bench.portal.database.transaction() as db:
        db.execute(
            update(StructuralRole).where(StructuralRole.id == actor.role.id).values(status="terminated")
        )  # type: ignore[attr-defined]
    Worker(bench.portal).run_once()
    assert not bench_plugin.seen
    assert status_of(bench.portal, task_id).status == "failed"


def test_only_the_starter_sees_a_task_and_may_call_it_off(bench: PortalUnderTest) -> None:
    teacher, other = bench.sign_in("teacher"), bench.sign_in("teacher", nth=1)
    thread, stop = in_background(bench.portal)
    task_id = put(bench.portal, "bench.dawdle", payload={"number": 1}, actor=actor_for(bench.portal, teacher))
    wait_until(lambda: (teacher.get(f"/api/v1/tasks/{task_id}").json()["progress"] or 0) > 5)
    assert other.get(f"/api/v1/tasks/{task_id}").status_code == 404
    assert other.post(f"/api/v1/tasks/{task_id}/cancel").status_code == 404
    assert teacher.post(f"/api/v1/tasks/{task_id}/cancel").json()["status"] == "cancelled"
    wait_until(lambda: ("stopped", 1) in bench_plugin.seen)
    assert teacher.post(f"/api/v1/tasks/{task_id}/cancel").status_code == 409
    stop.set()
    thread.join(10)
    assert status_of(bench.portal, task_id).status == "cancelled"


def test_a_waiting_worker_starts_a_new_task_at_once(bench: PortalUnderTest) -> None:
    thread, stop = in_background(bench.portal)
    wait_until(lambda: not _waiting(bench.portal))
    time.sleep(0.3)
    began = time.monotonic()
    put(bench.portal, "bench.note", payload={"number": 1})
    wait_until(lambda: ("bench.note", 1) in bench_plugin.seen)
    assert time.monotonic() - began < 0.5
    stop.set()
    thread.join(10)


def test_a_task_waits_for_its_time(bench: PortalUnderTest) -> None:
    put(bench.portal, "bench.note", run_at=now() + timedelta(hours=1))
    assert Worker(bench.portal).run_once() == 0


def test_a_task_of_an_absent_plugin_waits_for_it(bench: PortalUnderTest) -> None:
    task_id = put(bench.portal, "bench.note")
    plugin = bench.portal.plugins.loaded.pop("bench")
    assert Worker(bench.portal).run_once() == 0
    assert status_of(bench.portal, task_id).status == "queued"
    bench.portal.plugins.loaded["bench"] = plugin
    assert Worker(bench.portal).run_once() == 1


def test_a_stopping_worker_gives_an_unfinished_task_back_without_counting_the_attempt(
    bench: PortalUnderTest,
) -> None:
    thread, stop = in_background(bench.portal)
    task_id = put(bench.portal, "bench.dawdle", payload={"number": 1})
    wait_until(lambda: ("bench.dawdle", 1) in bench_plugin.seen)
    stop.set()
    thread.join(12)
    assert not thread.is_alive()
    row = status_of(bench.portal, task_id)
    assert (row.status, row.max_attempts - row.attempts) == ("queued", 2)


def test_a_task_whose_worker_was_killed_is_done_by_another(bench: PortalUnderTest, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    task_id = put(bench.portal, "bench.dawdle", payload={"number": 1, "path": str(trace)})
    script = (
        "import threading; from core.config import Config; from core.portal import Portal; "
        "from core.tasks import Worker; from tests.core.bench_plugin import plug_in; "
        f"portal = plug_in(Portal(Config(home={str(tmp_path)!r}, "
        f"database_url={bench.portal.config.database_address!r}, plugins=[]))); "
        "Worker(portal).run_forever(threading.Event())"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    wait_until(trace.exists, 30)
    time.sleep(1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert status_of(bench.portal, task_id).status == "running"
    bench_plugin.gate.set()
    worker = Worker(bench.portal)

    def taken_over() -> bool:
        worker.run_once()
        _make_due(bench.portal)
        return status_of(bench.portal, task_id).status == "done"

    wait_until(taken_over, 15)
    assert trace.read_text().split("\n")[:2] == ["1 1", "1 2"]


def test_a_task_that_kills_every_worker_fails_in_the_end(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    task_id = put(bench.portal, "bench.dawdle", actor=actor_for(bench.portal, teacher))
    for _attempt in range(2):
        with bench.portal.database.transaction() as db:
            assert len(claims.claim(db, kinds_of(bench.portal), 1)) == 1
            db.execute(update(Task).values(locked_until=now() - timedelta(seconds=1)))
        Worker(bench.portal).run_once()
        _make_due(bench.portal)
    assert status_of(bench.portal, task_id).status == "failed"
    assert "перестал отвечать" in teacher.get("/notifications").text


def test_a_worker_that_lost_its_hold_cannot_overwrite_its_successor(bench: PortalUnderTest) -> None:
    task_id = put(bench.portal, "bench.stumble")
    with bench.portal.database.transaction() as db:
        [slow] = claims.claim(db, kinds_of(bench.portal), 1)
        db.execute(update(Task).values(status="queued"))
    with bench.portal.database.transaction() as db:
        claims.claim(db, kinds_of(bench.portal), 1)
    with bench.portal.database.transaction() as db:
        claims.finish(db, slow)
    assert status_of(bench.portal, task_id).status == "running"


def test_scheduled_work_is_put_once_in_each_period_by_all_servers_together(bench: PortalUnderTest) -> None:
    for _server in range(3):
        Worker(bench.portal).put_scheduled()
    with bench.portal.database.reading() as db:
        kinds = Counter(db.scalars(select(Task.kind)))
    assert kinds["core.sessions.delete_ended"] == 1
    while Worker(bench.portal).run_once():
        pass
    Worker(bench.portal).put_scheduled()
    assert Worker(bench.portal).run_once() == 0


def test_a_period_begins_at_whole_hours_and_days() -> None:
    moment = datetime(2026, 11, 23, 22, 17, 5, tzinfo=UTC)
    hourly = ScheduledTask(kind="x", every=timedelta(hours=1))
    daily = ScheduledTask(kind="x", every=timedelta(days=1))
    assert period_start(hourly, moment) == datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert period_start(daily, moment) == datetime(2026, 11, 23, tzinfo=UTC)


def test_ended_sign_ins_and_old_tasks_are_thrown_away(bench: PortalUnderTest) -> None:
    ended, valid = bench.sign_in("teacher"), bench.sign_in("head")
    old = put(bench.portal, "bench.note")
    Worker(bench.portal).run_once()
    with bench.portal.database.transaction() as db:
        db.execute(update(Task).where(Task.id == old).values(finished_at=now() - timedelta(days=31)))
        db.execute(update(SignInSession).values(expires_at=now() - timedelta(seconds=1)))
    valid = bench.sign_in("head")
    Worker(bench.portal).put_scheduled()
    while Worker(bench.portal).run_once():
        pass
    assert status_of(bench.portal, old) is None
    with bench.portal.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(SignInSession)) == 1
    assert valid.get("/api/v1/me").status_code == 200
    assert ended.get("/api/v1/me").status_code == 401


def _make_due(portal: Portal) -> None:
    with portal.database.transaction() as db:
        db.execute(update(Task).where(Task.status == "queued").values(run_at=now()))


def _waiting(portal: Portal) -> int:
    with portal.database.reading() as db:
        return (
            db.scalar(select(func.count()).select_from(Task).where(Task.status.in_(("queued", "running"))))
            or 0
        )
