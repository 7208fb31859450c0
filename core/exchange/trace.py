"""What an import wrote, row by row, so that it can be told later whether anybody has changed it since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, insert, select

from core.database.session import Session
from core.exchange.models import ImportedRow
from core.identity.models import Guardianship, Person
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.roles.models import StructuralRole

TRACKED: Mapping[type[Any], Sequence[str]] = {
    Person: (
        "last_name", "first_name", "middle_name", "birth_date", "gender", "snils", "phone", "email", "external_id",
    ),
    Enrollment: ("school_class_id", "person_id", "starts_on", "ends_on"),
    PupilGroupMembership: ("pupil_group_id", "person_id", "starts_on", "ends_on"),
    StructuralRole: ("person_id", "kind", "school_class_id", "status", "starts_on", "ends_on"),
    Guardianship: ("guardian_id", "child_id", "relation", "rights", "basis", "ends_on"),
    TeachingAssignment: ("teacher_id", "subject_id", "school_class_id", "pupil_group_id", "starts_on", "ends_on"),
    SchoolClass: ("grade_level", "label", "name", "term_kind", "shift"),
    PupilGroup: ("split", "name", "school_class_id"),
    Subject: ("name",),
    Term: ("name", "starts_on", "ends_on"),
    AcademicYear: ("name", "starts_on", "ends_on", "archived"),
}  # fmt: skip
"""What of a new row is looked at when it is asked whether the row is still as the import left it."""

AT_ONCE = 500
BATCH = 2_000


class Trace:
    """Collects the rows of one import."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def made(self, table: type[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """New rows of a table."""
        names = TRACKED.get(table, ())
        self.rows.extend(
            {"table": table.__tablename__, "row_id": row["id"], "before": None, "after": digest(row, names)}
            for row in rows
        )

    def changing(self, db: Session, table: type[Any], updates: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Rows that are about to be changed, with the values they have so far."""
        keys = list(updates)
        names = sorted({name for values in updates.values() for name in values})
        columns = [getattr(table, name) for name in names]
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            rows = db.execute(select(table.id, *columns).where(table.id.in_(part))).mappings()
            self.changed(table, {row["id"]: dict(row) for row in rows}, updates)

    def changed(
        self,
        table: type[Any],
        before: Mapping[UUID, Mapping[str, Any]],
        after: Mapping[UUID, Mapping[str, Any]],
    ) -> None:
        """Rows with the values they had and those they have now."""
        for row_id, was in before.items():
            values = after[row_id]
            self.rows.append(
                {
                    "table": table.__tablename__,
                    "row_id": row_id,
                    "before": {name: plain(was[name]) for name in values},
                    "after": digest(values, sorted(values)),
                }
            )

    def keep(self, db: Session, run_id: UUID) -> None:
        """Write everything down for a run."""
        for start in range(0, len(self.rows), BATCH):
            db.execute(
                insert(cast("Table", ImportedRow.__table__)),
                [{"run_id": run_id, **row} for row in self.rows[start : start + BATCH]],
            )


def digest(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """Half a SHA-256 over these values of a row."""
    content = msgspec.json.encode([plain(row.get(name)) for name in names])
    return hashlib.sha256(content).hexdigest()[:32]


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | UUID) else value
