"""What an import is going to write, collected before anything is written, so that a rehearsal writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, insert, update

from core.audit.record import Change, record
from core.database.session import Session
from core.exchange.tables import Advance
from core.exchange.trace import TRACKED, Trace
from core.identity import name_words
from core.identity.models import Guardianship, Person
from core.organizations import grouping_words
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.roles.actor import Actor
from core.roles.giving import give_role
from core.roles.lifecycle import NewRole, terminate
from core.roles.models import StructuralRole

ORDER: tuple[type[Any], ...] = (
    Organization,
    AcademicYear,
    Term,
    Subject,
    SchoolClass,
    PupilGroup,
    Person,
    Enrollment,
    PupilGroupMembership,
    StructuralRole,
    Guardianship,
    TeachingAssignment,
)
"""Tables in the order in which their rows may refer to each other."""

WORDS: Mapping[type[Any], Callable[[Session, Iterable[str]], None]] = {
    Person: name_words.learn,
    SchoolClass: grouping_words.learn,
    PupilGroup: grouping_words.learn,
}
"""Tables whose names are searched with a typing error forgiven."""

BATCH = 2_000
"""Rows sent to the database at a time."""


class PersonChange(msgspec.Struct, kw_only=True):
    """Everything that changes about one person, for one record in the audit."""

    created: bool = False
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class Changes:
    """Rows to be inserted and updated, and the audit records that go with them."""

    def __init__(self) -> None:
        self.people: dict[UUID, PersonChange] = {}
        self._inserts: dict[type[Any], list[dict[str, Any]]] = {table: [] for table in ORDER}
        self._updates: dict[type[Any], dict[UUID, dict[str, Any]]] = {table: {} for table in ORDER}
        self._new: dict[tuple[type[Any], UUID], dict[str, Any]] = {}
        self._things: list[Change] = []
        self.roles: list[NewRole] = []
        """Roles that are given by the ordinary rules once the people are there."""
        self.ended_roles: list[UUID] = []
        """Roles that are ended by the ordinary rules."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        rows = any(self._inserts.values()) or any(self._updates.values())
        return not (rows or self.roles or self.ended_roles)

    def insert(self, table: type[Any], row: dict[str, Any]) -> None:
        """A new row of `table`; `row` has its `id`."""
        self._inserts[table].append(row)
        self._new[(table, row["id"])] = row

    def update(self, table: type[Any], row_id: UUID, values: Mapping[str, Any]) -> None:
        """New values of a row, of one that is itself only planned too."""
        planned = self._new.get((table, row_id))
        if planned is not None:
            planned.update(values)
        else:
            self._updates[table].setdefault(row_id, {}).update(values)

    def of_person(
        self, person_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any], *, created: bool = False
    ) -> None:
        """Note for the audit what changes about a person."""
        change = self.people.setdefault(person_id, PersonChange())
        change.created = change.created or created
        change.before.update(
            {key: _plain(value) for key, value in before.items() if key not in change.before}
        )
        for key, value in after.items():
            plain = _plain(value)
            change.after[key] = [*change.after.get(key, []), plain] if key in LISTS else plain

    def of_thing(self, action: str, subject_type: str, subject_id: UUID, after: Mapping[str, Any]) -> None:
        """Note for the audit a thing that is no person."""
        self._things.append(
            Change(
                action=action,
                subject_type=subject_type,
                subject_id=str(subject_id),
                after={key: _plain(value) for key, value in after.items()},
            )
        )

    def write(
        self,
        db: Session,
        actor: Actor,
        organization_id: UUID,
        reason: str,
        advance: Advance = lambda _done, _total: None,
    ) -> Trace:
        """Write everything, with one audit record for each person and thing, in the transaction `db`.

        Returns what was written, for undoing it.
        """
        trace = Trace()
        total = sum(len(rows) for rows in (*self._inserts.values(), *self._updates.values())) + len(
            self.people
        )
        done = 0
        for table in ORDER:
            rows = self._inserts[table]
            trace.made(table, rows)
            for part in _alike(rows):
                # Rows with and without a value go in one statement: mapped classes would send them one by one.
                db.execute(insert(cast("Table", table.__table__)), part)
                if table in WORDS:
                    WORDS[table](db, (str(row["name_key"]) for row in part))
                done += len(part)
                advance(done, total)
        for table in ORDER:
            trace.changing(db, table, self._updates[table])
            changed = [{"id": row_id, **values} for row_id, values in self._updates[table].items()]
            for start in range(0, len(changed), BATCH):
                db.execute(update(table), changed[start : start + BATCH])
                if table in WORDS:
                    renamed = (each for each in changed[start : start + BATCH] if "name_key" in each)
                    WORDS[table](db, (str(each["name_key"]) for each in renamed))
                done += len(changed[start : start + BATCH])
                advance(done, total)
        changes = [
            *(msgspec.structs.replace(thing, reason=reason) for thing in self._things),
            *(
                Change(
                    action="core.person.create" if change.created else "core.person.update",
                    subject_type="person",
                    subject_id=str(person_id),
                    before=None if change.created else change.before,
                    after=change.after,
                    reason=reason,
                )
                for person_id, change in self.people.items()
            ),
        ]
        for start in range(0, len(changes), BATCH):
            record(db, actor, organization_id, *changes[start : start + BATCH])
        for wanted in self.roles:
            role, _request = give_role(db, actor, wanted)
            trace.made(
                StructuralRole,
                [{"id": role.id, **{name: getattr(role, name) for name in TRACKED[StructuralRole]}}],
            )
        for role_id in self.ended_roles:
            _end(db, actor, trace, role_id, reason)
        advance(total, total)
        return trace


def _end(db: Session, actor: Actor, trace: Trace, role_id: UUID, reason: str) -> None:
    role = db.get_one(StructuralRole, role_id)
    before = {role_id: {"status": role.status, "ends_on": role.ends_on}}
    terminate(db, actor, role_id, reason)
    trace.changed(StructuralRole, before, {role_id: {"status": role.status, "ends_on": role.ends_on}})


def _alike(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Batches of rows that name the same columns."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for group in groups.values():
        for start in range(0, len(group), BATCH):
            yield group[start : start + BATCH]


LISTS = frozenset({"guardian", "child", "role", "subgroup", "teaches"})
"""Keys of an audit record under which a person may gain several things at once."""


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
