"""How far schools have come, thousands of them in one statement.

The statement is a common table expression called `readiness`; `READINESS` stands for it where a list needs its
columns before it knows who asks.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    String,
    Uuid,
    and_,
    case,
    column,
    func,
    literal,
    select,
    table,
)

from core.contributions import SetupScope
from core.database.session import Session
from core.organizations.models import Organization
from core.readiness import conditions
from core.readiness.steps import asked
from core.roles.access import below
from core.roles.kinds import SCHOOL

NAME = "readiness"
READINESS = table(
    NAME,
    column("organization_id", Uuid()),
    column("done", Integer()),
    column("steps", Integer()),
    column("stands_at", String()),
    column("place", Integer()),
)
"""`stands_at` is the name of the first step that is not done, «» where all are; `place` its number in their order."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many schools there are, and how many of them are ready."""

    ready: int
    schools: int


def readiness(db: Session, condition: ColumnElement[bool], today: date) -> CTE:
    """The table `readiness` of the open schools that fit `condition` on `Organization`."""
    open_schools = and_(condition, Organization.kind.in_(SCHOOL), conditions.is_open(Organization, today))
    rows = db.execute(select(Organization.id, Organization.path).where(open_schools))
    scope = SetupScope(today=today, paths={row.id: row.path for row in rows})
    steps = asked(db, scope, SCHOOL)
    # 1: done, 0: not done, -1: not for this organization. Kept as a table: else SQLite asks each step twice.
    states = (
        select(
            Organization.id.label("organization_id"),
            *(
                case((each.belongs, case((each.done, 1), else_=0)), else_=-1).label(f"step_{at}")
                for at, each in enumerate(steps)
            ),
        )
        .where(open_schools)
        .cte("states")
        .prefix_with("MATERIALIZED")
    )
    columns = [states.c[f"step_{at}"] for at in range(len(steps))]
    return select(
        states.c.organization_id,
        _sum(case((each == 1, 1), else_=0) for each in columns).label("done"),
        _sum(case((each >= 0, 1), else_=0) for each in columns).label("steps"),
        _first(columns, [each.step.name for each in steps], "").label("stands_at"),
        _first(columns, list(range(len(steps))), len(steps)).label("place"),
    ).cte(NAME)


def _sum(values: Any) -> ColumnElement[int]:
    total: Any = literal(0)
    for each in values:
        total = total + each
    return total


def _first(columns: list[Any], values: list[Any], otherwise: Any) -> ColumnElement[Any]:
    if not columns:
        return literal(otherwise)
    return case(*((each == 0, value) for each, value in zip(columns, values, strict=True)), else_=otherwise)


def counts_below(db: Session, path: str, today: date) -> Counts:
    """How many open schools stand below an organization, and how many are ready."""
    found = readiness(db, and_(below(Organization.path, path), Organization.path != path), today)
    row = db.execute(
        select(func.count(), func.coalesce(func.sum(case((found.c.done == found.c.steps, 1), else_=0)), 0))
    ).one()
    return Counts(schools=row[0], ready=row[1])
