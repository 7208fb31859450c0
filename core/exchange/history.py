"""The list of imports: what was loaded into a school, by whom and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import NotFound
from core.exchange.kinds import TABLES
from core.exchange.models import ImportedRow, ImportRun
from core.exchange.report import ImportReport
from core.exchange.trace import Trace
from core.organizations.models import Organization
from core.roles.access import authorize, within
from core.roles.actor import Actor

PERMISSION = "core.import"
PAGE_SIZE = 30
REMEMBERED = 20
"""Imports of a school whose named columns are remembered."""


def note_run(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    report: ImportReport,
    mapping: Mapping[str, str],
    trace: Trace | None,
) -> UUID:
    """Write an import down, in the transaction that makes it; without a `trace` it cannot be undone."""
    run = ImportRun(
        id=new_id(),
        organization_id=organization_id,
        kind=report.kind,
        title=report.title,
        files=list(report.files),
        year=report.year,
        counts={"rows": dict(report.totals), "made": dict(report.created)},
        mapping=dict(mapping),
        author_id=actor.person_id,
        author_name=actor.name,
    )
    db.add(run)
    db.flush()
    if trace is not None:
        trace.keep(db, run.id)
    return run.id


def remembered(db: Session, organization_id: UUID, kind: str) -> dict[str, str]:
    """What the columns of a school's tables were said to mean, the latest word last."""
    latest = db.scalars(
        select(ImportRun.mapping)
        .where(ImportRun.organization_id == organization_id, ImportRun.kind == kind)
        .order_by(ImportRun.id.desc())
        .limit(REMEMBERED)
    ).all()
    found: dict[str, str] = {}
    for mapping in reversed(latest):
        found.update(
            {title: field for title, field in mapping.items() if field in TABLES[kind].vocabulary.fields}
        )
    return found


def runs(
    db: Session,
    actor: Actor,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
    organization_id: UUID | None = None,
) -> Sequence[tuple[ImportRun, str]]:
    """The imports in the actor's reach with their schools, or those of one school; the latest first."""
    actor.require(PERMISSION)
    statement = (
        select(ImportRun, Organization.short_name)
        .join(Organization, Organization.id == ImportRun.organization_id)
        .where(within(actor, PERMISSION, ImportRun.organization_id))
        .order_by(ImportRun.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(ImportRun.id < before)
    if organization_id is not None:
        statement = statement.where(ImportRun.organization_id == organization_id)
    return [(run, name) for run, name in db.execute(statement).all()]


def find_run(db: Session, actor: Actor, run_id: UUID) -> ImportRun:
    """An import in the actor's reach. Raises `Forbidden` without the right, `NotFound` for any other."""
    actor.require(PERMISSION)
    run = db.get(ImportRun, run_id)
    if run is None:
        raise NotFound("Такой загрузки нет.", advice="Откройте историю загрузок.")
    authorize(db, actor, PERMISSION, run.organization_id)
    return run


def can_be_undone(db: Session, run: ImportRun) -> bool:
    """Whether the rows of an import are still known and nobody has undone it."""
    return run.undone_at is None and bool(db.scalar(select(exists().where(ImportedRow.run_id == run.id))))


def undo_until(db: Session, run: ImportRun) -> datetime:
    """Until when an import can be undone."""
    from core.retention.rules import days_kept

    return run.created_at + timedelta(days=days_kept("imports", db.portal.config, now().date()))
