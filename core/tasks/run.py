"""What a task's function is given: its payload, its actor, and a way to say how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, select, update

from core.database.base import now
from core.errors import Forbidden, NotFound
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.notifications import TASK_FINISHED, notify
from core.roles.actor import Actor, system_actor
from core.tasks.models import RUNNING, Task
from core.tasks.queue import STATUS_TOPIC

if TYPE_CHECKING:
    from core.portal import Portal

WRITE_PROGRESS_EVERY = 0.5
"""Seconds between two writes of a task's progress: a loop may report each step."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it was when a worker took it. `attempt` counts from 1."""

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    max_attempts: int
    person_id: UUID | None
    role_id: UUID | None

    def held(self) -> ColumnElement[bool]:
        """SQL condition: the task still runs in this very attempt, nobody called it off or took it over."""
        return and_(Task.id == self.id, Task.status == RUNNING, Task.attempts == self.attempt)


class TaskRun:
    """One attempt at a task."""

    def __init__(self, portal: Portal, claimed: Claimed) -> None:
        self.portal = portal
        self.id = claimed.id
        self.kind = claimed.kind
        self.payload = claimed.payload
        self.attempt = claimed.attempt
        self.claimed = claimed
        self.interrupted = False
        self._stopped = threading.Event()
        self._written = 0.0

    @property
    def cancelled(self) -> bool:
        """Whether to stop at the next good place: called off, taken over by another worker, or shutting down.

        What has been done so far stays; a task interrupted by a shutdown is run again from its beginning.
        """
        if self._stopped.is_set():
            self.interrupted = True
        return self.interrupted

    def stop(self) -> None:
        """Ask the task's function to stop. Called by the worker."""
        self._stopped.set()

    @cached_property
    def actor(self) -> Actor:
        """Who acts: the one who began the task, with the rights of that role now; else the installation.

        Raises `Forbidden` if the account is blocked or the role has ended since.
        """
        if self.claimed.person_id is None:
            return system_actor(origin="фоновая задача")
        with self.portal.database.reading(fresh=True) as db:
            account_id = db.scalar(select(Account.id).where(Account.person_id == self.claimed.person_id))
            if account_id is None:
                raise Forbidden(
                    "Учётной записи, с которой начали эту работу, больше нет.",
                    advice="Начните работу снова под другой учётной записью.",
                )
            try:
                return actor_of(db, account_id, self.claimed.role_id, origin="фоновая задача")
            except NotFound as error:
                raise Forbidden(
                    "Роль, в которой начали эту работу, закончилась, или учётная запись заблокирована.",
                    advice="Начните работу снова в другой роли.",
                ) from error

    def progress(self, percent: int | None, text: str = "") -> None:
        """Say how far the task is: 0 to 100 percent, or None while unknown, and in words.

        Reports that follow each other within half a second are dropped, the one of 100 excepted. Must not
        be called inside a transaction of the task's own: on SQLite there is one writer.
        """
        if percent is not None and not 0 <= percent <= 100:
            raise ValueError(f"progress is 0 to 100 percent, not {percent}")
        moment = time.monotonic()
        if moment - self._written < WRITE_PROGRESS_EVERY and percent != 100:
            return
        self._written = moment
        with self.portal.database.transaction() as db:
            held = db.execute(
                update(Task)
                .where(self.claimed.held())
                .values(progress=percent, progress_text=text)
                .returning(Task.id)
            ).scalar()
            if held is None:
                self.stop()
            elif self.claimed.person_id is not None:
                self.portal.live.publish(
                    db, f"{STATUS_TOPIC}:{self.id}", {"status": RUNNING, "progress": percent}
                )

    def tell_starter(self, title: str, body: str = "", url: str = "") -> None:
        """Notify whoever began the task of its result; nobody, if the installation itself did."""
        if self.claimed.person_id is None:
            return
        with self.portal.database.transaction() as db:
            notify(db, [self.claimed.person_id], TASK_FINISHED, title, body, url)

    def renew(self, lease: float) -> None:
        """Hold the task for `lease` seconds more, or learn that it is held no longer. For the worker."""
        with self.portal.database.transaction() as db:
            held = db.execute(
                update(Task)
                .where(self.claimed.held())
                .values(locked_until=now() + timedelta(seconds=lease))
                .returning(Task.id)
            ).scalar()
        if held is None:
            self.stop()
