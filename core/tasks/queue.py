"""Putting work into the queue, watching it and calling it off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Insert, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.roles.actor import Actor
from core.tasks.kinds import kinds_of
from core.tasks.models import CANCELLED, FINISHED, QUEUED, RUNNING, Task

WAKE_TOPIC = "core.tasks"
"""Bus topic by which workers hear at once of new work; no browser may listen to it."""

STATUS_TOPIC = "task"
"""Family of live topics `task:<id>`: whoever began a task hears of its progress."""


class TaskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a task stands. `progress` is in percent, None while unknown; `error_id` stands in the log too."""

    id: UUID
    kind: Annotated[str, Meta(description="Вид работы.")]
    status: Annotated[
        str, Meta(description="`queued` – ждёт, `running` – идёт, `done`, `failed` – не вышло, `cancelled`.")
    ]
    progress: Annotated[int | None, Meta(description="Сколько сделано, в процентах; null, пока неизвестно.")]
    progress_text: Annotated[str, Meta(description="Что делается сейчас, словами.")]
    error: Annotated[str, Meta(description="Почему не вышло, словами; пусто, если ошибки нет.")]
    error_id: Annotated[
        str, Meta(description="Номер сбоя: он же стоит в журнале работы портала; может быть пуст.")
    ]
    created_at: datetime
    finished_at: Annotated[datetime | None, Meta(description="Когда закончена; null, пока нет.")]


def enqueue(
    db: Session,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    actor: Actor | None = None,
) -> UUID:
    """Queue a task of `kind`, in the transaction `db`; returns its id.

    `payload` is a small JSON document: ids, not data. With `key`, work that is already waiting is not
    doubled, and work that is running is done once more afterwards; the id is then that of the task
    that exists. It starts not before `run_at`. With `actor` the task runs with that person's rights as
    they are when it runs. Raises `ValueError` for a kind that neither the core nor a plugin declares.
    """
    declared = kinds_of(db.portal).get(kind)
    if declared is None:
        raise ValueError(f"nobody declares tasks of kind {kind!r}")
    values = _values(kind, payload, declared.kind.attempts, key, run_at, actor)
    task_id = _insert(db, values)
    while task_id is None:
        task_id = _join(db, values)
    if run_at is None or run_at <= now():
        announce(db)
    return task_id


def put_once(db: Session, kind: str, key: str) -> bool:
    """Queue `kind` unless a task with `key` was ever put, finished or not; whether it was put now."""
    declared = kinds_of(db.portal)[kind]
    put = _insert(db, _values(kind, None, declared.kind.attempts, key, None, None)) is not None
    if put:
        announce(db)
    return put


def announce(db: Session) -> None:
    """Wake the workers, of this process and of others, once the transaction is durable."""
    live = db.portal.live
    db.after_commit(lambda: live.tell_here(WAKE_TOPIC, {}))
    if live.is_shared:
        live.publish(db, WAKE_TOPIC, {})


def status_of(db: Session, actor: Actor, task_id: UUID) -> TaskStatus:
    """How a task of the actor's own stands. Raises `NotFound` for somebody else's."""
    task = _own(db, actor, task_id)
    return TaskStatus(
        id=task.id,
        kind=task.kind,
        status=task.status,
        progress=task.progress,
        progress_text=task.progress_text,
        error=task.error,
        error_id=task.error_id,
        created_at=task.created_at,
        finished_at=task.finished_at,
    )


def may_watch(db: Session, actor: Actor, task_id: str) -> bool:
    """Whether `actor` may listen to the topic `task:<task_id>`: whoever began the task."""
    try:
        owner = db.scalar(select(Task.person_id).where(Task.id == UUID(task_id)))
    except ValueError:
        return False
    return owner is not None and owner == actor.person_id


def cancel(db: Session, actor: Actor, task_id: UUID) -> None:
    """Call off a task of the actor's own: a waiting one never starts, a running one is asked to stop.

    Raises `NotFound` for somebody else's, `Conflict` for one that has ended.
    """
    task = _own(db, actor, task_id)
    called_off = db.execute(
        update(Task)
        .where(Task.id == task.id, Task.status.in_((QUEUED, RUNNING)))
        .values(status=CANCELLED, finished_at=now(), locked_until=None, rerun=False)
        .returning(Task.id)
    ).scalar()
    if called_off is None:
        raise Conflict("Эта работа уже закончена.", advice="Обновите страницу: результат уже есть.")
    db.portal.live.publish(db, f"{STATUS_TOPIC}:{task_id}", {"status": CANCELLED})


def delete_finished(db: Session, before: datetime) -> int:
    """Delete tasks that ended before the given moment; returns how many."""
    ended = delete(Task).where(Task.status.in_(FINISHED), Task.finished_at < before).returning(Task.id)
    return len(db.execute(ended).all())


def _own(db: Session, actor: Actor, task_id: UUID) -> Task:
    task = db.get(Task, task_id)
    if task is None or not (actor.is_system or (actor.person_id and task.person_id == actor.person_id)):
        raise NotFound("Такой фоновой работы нет.", advice="Начните её снова на той же странице.")
    return task


def _values(
    kind: str,
    payload: Mapping[str, Any] | None,
    attempts: int,
    key: str | None,
    run_at: datetime | None,
    actor: Actor | None,
) -> dict[str, Any]:
    role = actor.role if actor else None
    moment = now()
    return {
        "id": new_id(),
        "kind": kind,
        "payload": dict(payload or {}),
        "key": key,
        "status": QUEUED,
        "run_at": run_at or moment,
        "attempts": 0,
        "max_attempts": attempts,
        "rerun": False,
        "progress_text": "",
        "error": "",
        "error_id": "",
        "person_id": actor.person_id if actor else None,
        "role_id": role.id if role else None,
        "organization_id": role.organization_id if role else None,
        "created_at": moment,
    }


def _insert(db: Session, values: dict[str, Any]) -> UUID | None:
    """The new task's id; None if another holds the key."""
    statement: Insert
    if db.portal.database.is_sqlite:
        statement = sqlite.insert(Task).values(values).on_conflict_do_nothing(index_elements=[Task.key])
    else:
        statement = postgresql.insert(Task).values(values).on_conflict_do_nothing(index_elements=[Task.key])
    return db.execute(statement.returning(Task.id)).scalar()


def _join(db: Session, values: dict[str, Any]) -> UUID | None:
    """Rely on the unfinished task that holds the key, or take the key from a finished one.

    None if the holder ended or vanished between the two statements: then it is looked at anew.
    """
    holder = db.execute(select(Task.id, Task.status).where(Task.key == values["key"])).first()
    if holder is None:
        return _insert(db, values)
    task_id, status = holder
    if status == QUEUED:
        # Locks the row: a worker that takes it now waits, and sees this transaction's change.
        asked = update(Task).where(Task.id == task_id, Task.status == QUEUED).values(rerun=False)
    elif status == RUNNING:
        asked = update(Task).where(Task.id == task_id, Task.status == RUNNING).values(rerun=True)
    else:
        released = update(Task).where(Task.id == task_id, Task.status.in_(FINISHED)).values(key=None)
        db.execute(released)
        return _insert(db, values)
    return db.execute(asked.returning(Task.id)).scalar()
