"""The core's own background work: throwing away what nobody needs any more, telling of deadlines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, or_, select

from core import unsent
from core.contributions import ScheduledTask, TaskKind
from core.database.base import now
from core.database.session import Session
from core.exchange.background import IMPORT_TASKS
from core.exchange.undoing import UNDO_TASKS
from core.idempotency import delete_old as delete_old_keys
from core.identity import ended_sessions
from core.identity.duplicates import SEARCH, search
from core.identity.models import MergeStep, PersonMerge
from core.organizations.announcements import ANNOUNCEMENT_TASKS
from core.organizations.groups import recompute_by_size
from core.personal_export import PERSONAL_DATA_TASKS
from core.requests.deadlines import DEADLINE_SCHEDULE, DEADLINE_TASKS
from core.retention.applying import RETENTION_SCHEDULE, RETENTION_TASKS
from core.tasks.kinds import schedules_of
from core.tasks.queue import delete_finished
from core.tasks.run import TaskRun
from core.webhooks.delivering import WEBHOOK_SCHEDULE, WEBHOOK_TASKS

KEEP_FINISHED = timedelta(days=30)
"""How long the record of a finished task stays."""

BATCH = 1000
"""Rows deleted in one transaction: the write lock of SQLite is held briefly."""


def delete_ended_sessions(task: TaskRun) -> None:
    """End sign-in sessions that have expired or were idle too long; forget those that ended long ago."""
    _in_batches(task, ended_sessions.end_over)
    _in_batches(task, ended_sessions.forget_old)


def delete_idempotency_keys(task: TaskRun) -> None:
    """Delete the keys of requests, with their answers, that nobody will repeat any more."""
    _in_batches(task, delete_old_keys)


def delete_unsent_forms(task: TaskRun) -> None:
    """Delete forms of ended sessions whose owners did not come back for them."""
    _in_batches(task, unsent.delete_old)


def _in_batches(task: TaskRun, delete_some: Callable[[Session, int], int]) -> None:
    deleted = BATCH
    while deleted == BATCH and not task.cancelled:
        with task.portal.database.transaction() as db:
            deleted = delete_some(db, BATCH)


def delete_old_tasks(task: TaskRun) -> None:
    """Delete the records of tasks that ended long ago, but not those that mark a running period."""
    longest = max((schedule.every for schedule in schedules_of(task.portal)), default=timedelta())
    with task.portal.database.transaction() as db:
        delete_finished(db, now() - max(KEEP_FINISHED, 2 * longest))


def recompute_groups(task: TaskRun) -> None:
    """Recompute the groups of organizations whose rule goes by the number of pupils."""
    with task.portal.database.transaction() as db:
        recompute_by_size(db)


def forget_merges(task: TaskRun) -> None:
    """Delete what it takes to undo merges that can be undone no longer: it is data of people."""
    until = now() - timedelta(days=task.portal.config.merge_undo_days)
    over = select(PersonMerge.id).where(
        or_(PersonMerge.merged_at < until, PersonMerge.undone_at.is_not(None))
    )
    with task.portal.database.transaction() as db:
        db.execute(delete(MergeStep).where(MergeStep.merge_id.in_(over)))


CORE_TASKS = (
    TaskKind(name="core.sessions.delete_ended", run=delete_ended_sessions),
    TaskKind(name="core.idempotency.delete_old", run=delete_idempotency_keys),
    TaskKind(name="core.unsent.delete_old", run=delete_unsent_forms),
    TaskKind(name="core.tasks.delete_old", run=delete_old_tasks),
    TaskKind(name="core.groups.recompute", run=recompute_groups),
    TaskKind(name="core.merges.forget", run=forget_merges),
    TaskKind(name=SEARCH, run=search),
    *ANNOUNCEMENT_TASKS,
    *IMPORT_TASKS,
    *UNDO_TASKS,
    *PERSONAL_DATA_TASKS,
    *RETENTION_TASKS,
    *DEADLINE_TASKS,
    *WEBHOOK_TASKS,
)
CORE_SCHEDULE = (
    ScheduledTask(kind="core.sessions.delete_ended", every=timedelta(hours=1)),
    ScheduledTask(kind="core.idempotency.delete_old", every=timedelta(hours=1)),
    ScheduledTask(kind="core.unsent.delete_old", every=timedelta(hours=1)),
    ScheduledTask(kind="core.tasks.delete_old", every=timedelta(days=1)),
    ScheduledTask(kind="core.groups.recompute", every=timedelta(days=1)),
    ScheduledTask(kind="core.merges.forget", every=timedelta(days=1)),
    ScheduledTask(kind=SEARCH, every=timedelta(days=1)),
    *RETENTION_SCHEDULE,
    *DEADLINE_SCHEDULE,
    *WEBHOOK_SCHEDULE,
)
