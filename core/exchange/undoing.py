"""Undoing an import: all or nothing, with a record for everybody concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, delete, select, update

from core.audit.models import CardView
from core.audit.record import Change, record
from core.contributions import TaskKind
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict
from core.exchange.changes import ORDER
from core.exchange.history import can_be_undone, find_run
from core.exchange.kinds import TABLES
from core.exchange.models import ImportedRow, ImportRun
from core.exchange.trace import AT_ONCE
from core.exchange.undo_plan import plan_undo
from core.exchange.undo_words import UndoPlan
from core.identity.models import Person
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear, Organization
from core.requests.models import Request
from core.requests.reading import OPEN, RETURNED, those_asked
from core.requests.staff_roles import STAFF_ROLE
from core.requests.steps import step, tell
from core.roles.access import authorize
from core.roles.actor import Actor
from core.tasks.models import QUEUED, RUNNING, Task
from core.tasks.queue import enqueue
from core.tasks.run import TaskRun
from core.web.i18n import current_locale, sentence, speaking

KIND = "core.import.undo"
ACTION = "core.import.undo"
MOST_KEPT = 500
"""Names of those who stay that are kept with the result."""


def preview(db: Session, actor: Actor, run_id: UUID) -> tuple[ImportRun, UndoPlan]:
    """What undoing would do. Raises `Conflict` for an import that cannot be undone any more."""
    run = _to_undo(db, actor, run_id)
    return run, plan_undo(db, actor, run)


def begin(db: Session, actor: Actor, run_id: UUID) -> None:
    """Queue the undoing of an import, once. Raises as `preview` does."""
    run = _to_undo(db, actor, run_id)
    asked = {"run": str(run.id), "locale": current_locale.get()}
    run.undo_task_id = enqueue(db, KIND, asked, key=f"{KIND}:{run.id}", actor=actor)


def under_way(db: Session, run: ImportRun) -> Task | None:
    """The work that undoes an import, if it has not ended well."""
    task = db.get(Task, run.undo_task_id) if run.undo_task_id and run.undone_at is None else None
    return task if task is not None and (task.status in (QUEUED, RUNNING) or task.error) else None


def undo(db: Session, actor: Actor, run_id: UUID) -> ImportRun:
    """Undo an import as far as nothing of it is in use. Raises as `preview` does."""
    # Imports into one school and what undoes them wait for each other.
    db.execute(select(ImportRun.id).where(ImportRun.id == run_id).with_for_update())
    run = _to_undo(db, actor, run_id)
    db.execute(select(Organization.id).where(Organization.id == run.organization_id).with_for_update())
    plan = plan_undo(db, actor, run)
    changes = _told(db, run, plan)
    _withdraw(db, actor, run, plan)
    for table in reversed(ORDER):
        _take_out(db, table, plan.remove.get(table.__tablename__, ()))
    for table in ORDER:
        for key, values in plan.restore.get(table.__tablename__, {}).items():
            db.execute(update(table).where(table.id == key).values(_typed(table, values)))
    run.undone_at, run.undone_by_name = now(), actor.name
    run.result = {
        "removed": dict(plan.removed),
        "restored": plan.restored,
        "stayed": len(plan.kept),
        "kept": [msgspec.structs.asdict(each) for each in plan.kept[:MOST_KEPT]],
    }
    db.execute(delete(ImportedRow).where(ImportedRow.run_id == run.id))
    record(db, actor, run.organization_id, *changes)
    return run


def _to_undo(db: Session, actor: Actor, run_id: UUID) -> ImportRun:
    run = find_run(db, actor, run_id)
    needed = TABLES[run.kind].permission if run.kind in TABLES else ""
    if needed:
        authorize(db, actor, needed, run.organization_id)
    year = db.scalar(
        select(AcademicYear).where(
            AcademicYear.organization_id == run.organization_id, AcademicYear.name == run.year
        )
    )
    if year is not None and run.undone_at is None:
        refuse_archived(year, sentence("Загрузку этого года не отменить: исправьте людей на их карточках."))
    if run.undone_at is not None:
        raise Conflict("Эту загрузку уже отменили.", advice="Обновите страницу.")
    if not can_be_undone(db, run):
        raise Conflict(
            "Эту загрузку уже нельзя отменить: прошло слишком много времени.",
            advice="Исправьте данные в портале или загрузите исправленный файл.",
        )
    return run


def _told(db: Session, run: ImportRun, plan: UndoPlan) -> list[Change]:
    """An audit record for everybody who is taken out or given back former data, and one for the whole."""
    reason = f"Отмена загрузки: {', '.join(run.files)}"[:300]
    gone = set(plan.remove.get(Person.__tablename__, ()))
    changes = [
        Change(
            action=ACTION,
            subject_type="person",
            subject_id=str(key),
            before={"name": plan.people.get(key, "")},
            reason=reason,
        )
        for key in gone
    ]
    for key, before in plan.restore.get(Person.__tablename__, {}).items():
        person = db.get_one(Person, key)
        told = {name: value for name, value in before.items() if name != "name_key"}
        present = {name: _plain(getattr(person, name)) for name in told}
        changes.append(
            Change(
                action=ACTION,
                subject_type="person",
                subject_id=str(key),
                before=present,
                after=told,
                reason=reason,
            )
        )
    changes.append(
        Change(
            action=ACTION,
            subject_type="import",
            subject_id=str(run.id),
            after={"removed": sum(plan.removed.values()), "stays": len(plan.kept)},
            reason=reason,
        )
    )
    return changes


def _withdraw(db: Session, actor: Actor, run: ImportRun, plan: UndoPlan) -> None:
    """Requests in which roles of the import wait for a word are taken back with the roles."""
    roles = {str(key) for key in plan.remove.get("core_structural_role", ())}
    if not roles:
        return
    waiting = db.scalars(
        select(Request).where(
            Request.organization_id == run.organization_id,
            Request.kind == STAFF_ROLE.name,
            Request.status.in_((*OPEN, RETURNED)),
        )
    ).all()
    for request in waiting:
        if str(request.values.get("role_id", "")) in roles:
            asked = those_asked(db, request)
            step(db, actor, request, "withdrawn", sentence("Загрузка отменена."))
            tell(db, request, asked, sentence("Запрос отозван"), actor.name)


def _take_out(db: Session, table: type[Any], keys: Sequence[UUID]) -> None:
    for start in range(0, len(keys), AT_ONCE):
        part = list(keys[start : start + AT_ONCE])
        if table is Person:
            db.execute(delete(CardView).where(CardView.person_id.in_(part)))
        db.execute(delete(table).where(table.id.in_(part)))


def _typed(table: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the columns take them."""
    columns = cast("Table", table.__table__).c
    return {
        name: None if value is None else msgspec.convert(value, columns[name].type.python_type, strict=False)
        for name, value in values.items()
        if name in columns
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def run(task: TaskRun) -> None:
    """Undo an import in the background; whoever asked for it hears of the result."""
    run_id = UUID(str(task.payload["run"]))
    with speaking(str(task.payload["locale"])), task.portal.database.transaction() as db:
        made = undo(db, task.actor, run_id)
        removed, stayed = sum(made.result["removed"].values()), made.result["stayed"]
    body = sentence("Убрано записей: %(removed)s. Осталось: %(stayed)s.", removed=removed, stayed=stayed)
    task.tell_starter(sentence("Загрузка отменена"), body, f"/import/history/{run_id}")


UNDO_TASKS = (TaskKind(name=KIND, run=run, attempts=3),)
