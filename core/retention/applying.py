"""Deleting by the rules of storage, once a day, and what the page of the rules shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select

from core.contributions import ScheduledTask, TaskKind
from core.database.base import new_id, now
from core.database.session import Session
from core.retention.models import RetentionRun
from core.retention.rules import RULES, Edition, Rule
from core.roles.actor import Actor
from core.tasks.run import TaskRun

VIEW = "core.retention.view"
KIND = "core.retention.apply"
BATCH = 500
"""Rows deleted in one transaction: the write lock of SQLite is held briefly."""

KEEP_RUNS = timedelta(days=400)


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it holds today. `wanted` is what the operator has set; `total` went in the runs on record."""

    rule: Rule
    edition: Edition
    days: int
    wanted: int
    last: RetentionRun | None
    total: int


def apply(task: TaskRun) -> None:
    """Delete what has served its time, rule by rule; a rule that is called off goes on the next day."""
    today = datetime.now(UTC).date()
    for number, rule in enumerate(RULES):
        task.progress(100 * number // len(RULES), str(rule.title))
        days = rule.days(task.portal.config, today)
        before, removed = now() - timedelta(days=days), 0
        while not task.cancelled:
            with task.portal.database.transaction() as db:
                gone = rule.delete(db, before, BATCH)
            removed += gone
            if gone < BATCH:
                break
        with task.portal.database.transaction() as db:
            db.add(RetentionRun(id=new_id(), rule=rule.name, days=days, removed=removed))
    with task.portal.database.transaction() as db:
        db.execute(delete(RetentionRun).where(RetentionRun.at < now() - KEEP_RUNS))


def rule_lines(db: Session, actor: Actor) -> Sequence[RuleLine]:
    """The rules in force with what went last time. Raises `Forbidden` without the right."""
    actor.require(VIEW)
    today = datetime.now(UTC).date()
    totals: dict[str, int] = {}
    for name, total in db.execute(
        select(RetentionRun.rule, func.sum(RetentionRun.removed)).group_by(RetentionRun.rule)
    ):
        totals[name] = int(total)
    latest = (
        select(RetentionRun.rule, func.max(RetentionRun.at).label("at"))
        .group_by(RetentionRun.rule)
        .subquery()
    )
    last = {
        run.rule: run
        for run in db.scalars(
            select(RetentionRun).join(
                latest, (latest.c.rule == RetentionRun.rule) & (latest.c.at == RetentionRun.at)
            )
        )
    }
    config = db.portal.config
    return [
        RuleLine(
            rule=rule,
            edition=rule.edition(today),
            days=rule.days(config, today),
            wanted=int(getattr(config, rule.setting)),
            last=last.get(rule.name),
            total=totals.get(rule.name, 0),
        )
        for rule in RULES
    ]


RETENTION_TASKS = (TaskKind(name=KIND, run=apply, attempts=3),)
RETENTION_SCHEDULE = (ScheduledTask(kind=KIND, every=timedelta(days=1)),)
