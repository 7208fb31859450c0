"""Taking tasks from the queue and putting down how they ended; every statement that decides who runs what."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, select, update

from core.database.base import now
from core.database.session import Session
from core.notifications import TASK_FAILED, notify
from core.tasks.kinds import DeclaredKind
from core.tasks.models import DONE, FAILED, QUEUED, RUNNING, Task
from core.tasks.queue import STATUS_TOPIC
from core.tasks.run import Claimed
from core.web.i18n import sentence

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)


def backoff(attempt: int) -> timedelta:
    """How long to wait after the failed `attempt` (from 1): 10 s, 20 s, 40 s … 1 h, give or take a fifth."""
    wait = min(FIRST_RETRY * 2 ** min(attempt - 1, 20), LONGEST_RETRY)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads load, hides nothing


def is_due(db: Session, kinds: dict[str, DeclaredKind]) -> bool:
    """Whether a task waits: reading alone, so that idle polling does not take SQLite's write lock."""
    waiting = (
        select(Task.id)
        .where(Task.status == QUEUED, Task.run_at <= now(), Task.kind.in_(list(kinds)))
        .limit(1)
    )
    return db.scalar(waiting) is not None


def claim(db: Session, kinds: dict[str, DeclaredKind], limit: int) -> list[Claimed]:
    """Take up to `limit` due tasks of `kinds`, the longest waiting first; no two workers get the same."""
    moment = now()
    # A common table expression: as a plain subquery PostgreSQL may run it again for each row and take more.
    picked = (
        select(Task.id)
        .where(Task.status == QUEUED, Task.run_at <= moment, Task.kind.in_(list(kinds)))
        .order_by(Task.run_at, Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    leases = {name: moment + declared.kind.lease for name, declared in kinds.items()}
    rows = db.execute(
        update(Task)
        .where(Task.id.in_(select(picked.c.id)))
        .values(
            status=RUNNING,
            attempts=Task.attempts + 1,
            locked_until=case(leases, value=Task.kind),
            error="",
            error_id="",
            progress=None,
            progress_text="",
            rerun=False,
        )
        .returning(
            Task.id,
            Task.kind,
            Task.payload,
            Task.attempts,
            Task.max_attempts,
            Task.person_id,
            Task.role_id,
        )
        .execution_options(synchronize_session=False)
    ).all()
    return [
        Claimed(
            id=row.id,
            kind=row.kind,
            payload=row.payload,
            attempt=row.attempts,
            max_attempts=row.max_attempts,
            person_id=row.person_id,
            role_id=row.role_id,
        )
        for row in rows
    ]


def finish(db: Session, task: Claimed) -> None:
    """Put down that the task is done, or queue it again if that was asked for while it ran."""
    moment = now()
    again = Task.rerun.is_(True)
    status = db.execute(
        update(Task)
        .where(task.held())
        .values(
            status=case((again, QUEUED), else_=DONE),
            finished_at=case((again, None), else_=moment),
            run_at=case((again, moment), else_=Task.run_at),
            attempts=case((again, 0), else_=Task.attempts),
            locked_until=None,
            rerun=False,
            progress=case((again, None), else_=100),
        )
        .returning(Task.status)
        .execution_options(synchronize_session=False)
    ).scalar()
    _tell(db, task.id, task.person_id, status)


def fail(db: Session, task: Claimed, message: str, error_id: str, *, final: bool) -> None:
    """Put down a failed attempt: another one later, or none if `final`; then the starter is notified."""
    values: dict[str, Any] = {
        "status": FAILED if final else QUEUED,
        "error": message,
        "error_id": error_id,
        "locked_until": None,
    }
    if final:
        values.update(finished_at=now(), rerun=False)
    else:
        values.update(run_at=now() + backoff(task.attempt))
    status = db.execute(
        update(Task)
        .where(task.held())
        .values(values)
        .returning(Task.status)
        .execution_options(synchronize_session=False)
    ).scalar()
    _tell(db, task.id, task.person_id, status)
    if status == FAILED:
        _notify_failure(db, task.person_id, message, error_id)


def release(db: Session, task: Claimed) -> None:
    """Give a task back at a shutdown, without counting the attempt against it."""
    db.execute(
        update(Task)
        .where(task.held())
        .values(status=QUEUED, run_at=now(), locked_until=None, max_attempts=Task.max_attempts + 1)
        .execution_options(synchronize_session=False)
    )


def any_expired(db: Session, moment: datetime) -> bool:
    """Whether there is a task whose runner has died."""
    found = select(Task.id).where(Task.status == RUNNING, Task.locked_until < moment)
    return db.scalar(select(found.exists())) is True


def expired(db: Session, moment: datetime) -> list[Claimed]:
    """Tasks whose runner has died: its hold has run out. Locks them, so it needs a transaction."""
    rows = db.execute(
        select(
            Task.id,
            Task.kind,
            Task.payload,
            Task.attempts,
            Task.max_attempts,
            Task.person_id,
            Task.role_id,
        )
        .where(Task.status == RUNNING, Task.locked_until < moment)
        .with_for_update(skip_locked=True)
    ).all()
    return [
        Claimed(
            id=row.id,
            kind=row.kind,
            payload=row.payload,
            attempt=row.attempts,
            max_attempts=row.max_attempts,
            person_id=row.person_id,
            role_id=row.role_id,
        )
        for row in rows
    ]


def _tell(db: Session, task_id: UUID, person_id: UUID | None, status: str | None) -> None:
    if status is not None and person_id is not None:
        db.portal.live.publish(db, f"{STATUS_TOPIC}:{task_id}", {"status": status})


def _notify_failure(db: Session, person_id: UUID | None, message: str, error_id: str) -> None:
    if person_id is None:
        return
    if error_id:
        message = sentence("%(message)s Номер ошибки: %(id)s.", message=message, id=error_id)
    notify(db, [person_id], TASK_FAILED, sentence("Фоновая работа не выполнена"), message)
