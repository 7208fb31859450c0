"""The worker: takes tasks, runs them in threads, keeps its hold on them, queues what is scheduled."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.contributions import ScheduledTask
from core.database.base import now
from core.database.session import Session
from core.errors import PortalError
from core.tasks import claims
from core.tasks.kinds import kinds_of, schedules_of
from core.tasks.queue import WAKE_TOPIC, put_once
from core.tasks.run import Claimed, TaskRun
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.portal import Portal

POLL_SECONDS = 1.0
"""How long an idle worker waits before it looks for work that nobody woke it for."""

TEND_SECONDS = 5.0
"""How often schedules and the holds of dead workers are looked at."""

GRACE_SECONDS = 8.0
"""How long a stopping worker waits for its tasks before it gives them back."""

log = structlog.get_logger("tasks")


class Worker:
    """Runs background tasks of one portal, `threads` at a time."""

    def __init__(self, portal: Portal, threads: int | None = None) -> None:
        self._portal = portal
        self._threads = threads or (2 if portal.database.is_sqlite else 4)
        self._running: dict[TaskRun, float] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._slots: dict[str, datetime] = {}
        self._queue_away = False

    def run_once(self) -> int:
        """Retry what died, then take due tasks and run them here, one after another; returns how many ran."""
        self._revive()
        with self._portal.database.transaction() as db:
            found = claims.claim(db, kinds_of(self._portal), self._threads)
        with self._tending():
            for run in [self._hold(each) for each in found]:
                self._execute(*run)
        return len(found)

    def run_forever(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then wait for the tasks at hand and give back those that do not end."""
        live = self._portal.live
        live.start()
        work: queue.SimpleQueue[tuple[TaskRun, Claimed] | None] = queue.SimpleQueue()
        runners = [
            threading.Thread(target=self._serve, args=(work,), name=f"tasks-{number}", daemon=True)
            for number in range(self._threads)
        ]
        for runner in runners:
            runner.start()
        with live.on(WAKE_TOPIC, self._wake.set), self._tending(schedules=True), self._stopping(stop):
            while not stop.is_set():
                self._wake.clear()
                if not self._hand_out(work):
                    self._wake.wait(POLL_SECONDS)
            for _runner in runners:
                work.put(None)
            self._wind_up()

    def put_scheduled(self) -> None:
        """Queue every scheduled task whose period has begun, once for all servers together."""
        moment = now()
        for schedule in schedules_of(self._portal):
            slot = period_start(schedule, moment)
            if self._slots.get(schedule.kind) != slot:
                with self._portal.database.transaction() as db:
                    put_once(db, schedule.kind, f"{schedule.kind}@{slot:%Y-%m-%dT%H:%M:%S}")
                self._slots[schedule.kind] = slot

    def _hand_out(self, work: queue.SimpleQueue[tuple[TaskRun, Claimed] | None]) -> bool:
        """Claim as many tasks as there are free threads; false if there is nothing to do now."""
        free = self._threads - len(self._running)
        if free <= 0:
            return False
        kinds = kinds_of(self._portal)
        try:
            with self._portal.database.reading(fresh=True) as db:
                due = claims.is_due(db, kinds)
            self._say_back()
            if not due:
                return False
            with self._portal.database.transaction() as db:
                found = claims.claim(db, kinds, free)
        except SQLAlchemyError as error:
            self._say_away(error)
            return False
        for each in found:
            work.put(self._hold(each))
        return bool(found)

    def _say_away(self, error: SQLAlchemyError) -> None:
        """Once, not at every look at the queue: an outage must not fill the log."""
        with self._lock:
            known, self._queue_away = self._queue_away, True
        if not known:
            log.warning("queue unavailable", error=str(error).splitlines()[0])

    def _say_back(self) -> None:
        if self._queue_away:
            self._queue_away = False
            log.info("queue is back")

    def _hold(self, task: Claimed) -> tuple[TaskRun, Claimed]:
        run = TaskRun(self._portal, task)
        with self._lock:
            self._running[run] = time.monotonic()
        return run, task

    def _serve(self, work: queue.SimpleQueue[tuple[TaskRun, Claimed] | None]) -> None:
        while (item := work.get()) is not None:
            self._execute(*item)
            self._wake.set()

    def _execute(self, run: TaskRun, task: Claimed) -> None:
        """Run one task to its end; nothing a task raises gets out of here."""
        declared = kinds_of(self._portal).get(task.kind)
        began = time.monotonic()
        try:
            if declared is None or run.cancelled:
                self._settle(lambda db: claims.release(db, task))
                return
            with structlog.contextvars.bound_contextvars(task=str(task.id), kind=task.kind):
                try:
                    self._learn_decisions()
                    declared.kind.run(run)
                except Exception as error:
                    self._record_failure(task, declared.plugin, error)
                else:
                    # Interrupted by a shutdown it has not done its work; called off, it is no longer held.
                    ending = claims.release if run.interrupted else claims.finish
                    self._settle(lambda db: ending(db, task))
                    log.debug("task done", seconds=round(time.monotonic() - began, 3))
        finally:
            with self._lock:
                self._running.pop(run, None)

    def _learn_decisions(self) -> None:
        """Know of the decisions of organizations what a page would know: nobody visits a worker."""
        with self._portal.database.reading(fresh=True) as db:
            self._portal.switches.refresh(db)

    def _record_failure(self, task: Claimed, plugin: str | None, error: Exception) -> None:
        # A refusal in words is an answer, not an accident: the same attempt would be refused again.
        refused = isinstance(error, PortalError) and error.status < 500
        final = refused or task.attempt >= task.max_attempts
        message = (
            error.message if isinstance(error, PortalError) else sentence("Портал не смог выполнить работу.")
        )
        error_id = ""
        if refused:
            log.info("task refused", reason=message)
        elif final and plugin is not None:
            error_id = self._portal.plugins.fence(plugin, sentence("задача %(kind)s", kind=task.kind), error)
        else:
            error_id = secrets.token_hex(4)
            log.error("task failed", attempt=task.attempt, final=final, error_id=error_id, exc_info=error)
        self._settle(lambda db: claims.fail(db, task, message, error_id, final=final))

    def _settle(self, write: Callable[[Session], None]) -> None:
        """Put down an ending; if the database is away, the hold runs out and the task is retried."""
        try:
            with self._portal.database.transaction() as db:
                write(db)
        except SQLAlchemyError as error:
            log.error("ending not recorded", error=str(error).splitlines()[0])

    def _revive(self) -> None:
        """Give tasks of dead workers another try, or fail those that have had enough."""
        moment = now()
        with self._portal.database.reading(fresh=True) as db:
            if not claims.any_expired(db, moment):
                return
        with self._portal.database.transaction() as db:
            for task in claims.expired(db, moment):
                final = task.attempt >= task.max_attempts
                error_id = secrets.token_hex(4)
                log.error("task lost its worker", task=str(task.id), kind=task.kind, error_id=error_id)
                message = sentence("Сервер, который выполнял работу, перестал отвечать.")
                claims.fail(db, task, message, error_id, final=final)

    @contextlib.contextmanager
    def _tending(self, *, schedules: bool = False) -> Generator[None]:
        """Beside the running tasks, renew the holds on them and look after schedules and the dead."""
        ended = threading.Event()

        def tend() -> None:
            looked = -TEND_SECONDS
            while True:
                try:
                    self._renew()
                    if schedules and time.monotonic() - looked >= TEND_SECONDS:
                        looked = time.monotonic()
                        self.put_scheduled()
                        self._revive()
                except SQLAlchemyError as error:
                    self._say_away(error)
                if ended.wait(min(POLL_SECONDS, self._shortest_lease() / 4)):
                    return

        tender = threading.Thread(target=tend, name="tasks-tend", daemon=True)
        tender.start()
        try:
            yield
        finally:
            ended.set()
            tender.join(2)

    def _shortest_lease(self) -> float:
        return min(declared.kind.lease.total_seconds() for declared in kinds_of(self._portal).values())

    def _renew(self) -> None:
        kinds = kinds_of(self._portal)
        with self._lock:
            held = list(self._running.items())
        for run, renewed in held:
            lease = kinds[run.kind].kind.lease.total_seconds() if run.kind in kinds else 60.0
            # Often enough to hear soon that a task was called off, seldom enough not to tire the database.
            if time.monotonic() - renewed >= min(lease / 3, TEND_SECONDS):
                run.renew(lease)
                with self._lock:
                    if run in self._running:
                        self._running[run] = time.monotonic()

    @contextlib.contextmanager
    def _stopping(self, stop: threading.Event) -> Generator[None]:
        """Have `stop` end the wait for work at once."""
        waiter = threading.Thread(
            target=lambda: (stop.wait(), self._wake.set()), name="tasks-stop", daemon=True
        )
        waiter.start()
        yield

    def _wind_up(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        asked = False
        while self._running and time.monotonic() < deadline:
            if not asked and time.monotonic() > deadline - GRACE_SECONDS / 2:
                asked = True
                with self._lock:
                    for run in self._running:
                        run.stop()
            time.sleep(0.05)
        with self._lock:
            left = list(self._running)
        for run in left:
            run.stop()
            self._settle(lambda db, run=run: claims.release(db, run.claimed))


def period_start(schedule: ScheduledTask, moment: datetime) -> datetime:
    """When the period of `schedule` that `moment` lies in began; periods are counted from 1970 in UTC."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (moment - epoch) // schedule.every * schedule.every
