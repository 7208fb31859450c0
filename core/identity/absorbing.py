"""Making one person of two: every row that names the one names the other, whatever table it stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, delete, select

from core.contributions import Clash, MergedTable
from core.database.session import Session
from core.identity.ended_sessions import EndedSession
from core.identity.merge_log import MergeLog
from core.identity.merge_rules import days_of_both
from core.identity.models import Account, SignInSession
from core.identity.references import PERSON, Reference, References, as_id, merged_tables
from core.unsent import UnsentForm

Row = Mapping[str, Any]
PAIRS = "core_likely_pair"
SESSIONS = "core_session"
ROLES_NAMED = {"core_access_token": "role_id", "core_account": "last_role_id", "core_task": "role_id"}
"""Columns that name a role without a foreign key."""


class Absorbing:
    """One merge under way.

    `moved` counts rows by (table, column), `joined` those that became one with another; `before` and `after` are
    the kept person's own columns as far as they have changed.
    """

    def __init__(self, db: Session, merge_id: UUID) -> None:
        """Raises `Conflict` while the tables of a plugin are behind."""
        self._db = db
        self._references = References(db)
        self._rules = merged_tables(db)
        self._log = MergeLog(db, self._references, merge_id)
        self.moved: Counter[tuple[str, str]] = Counter()
        self.joined: Counter[str] = Counter()
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}

    def run(self, kept_id: UUID, absorbed_id: UUID, values: Mapping[str, Any]) -> None:
        """Give everything of `absorbed_id` to `kept_id`, whose own columns become `values`."""
        mine = select(Account.id).where(Account.person_id == absorbed_id)
        # Short-lived, and of no use to the one who stays.
        for table in (SignInSession, EndedSession, UnsentForm):
            self._db.execute(delete(table).where(table.account_id.in_(mine)))
        pairs = self._references.tables[PAIRS]
        for row in self._rows(pairs, (pairs.c.first_id == absorbed_id) | (pairs.c.second_id == absorbed_id)):
            self._log.take_out(pairs, row, gives_way=True)
        self._move(PERSON, absorbed_id, kept_id)
        (absorbed,) = self._rows(PERSON, PERSON.c.id == absorbed_id)
        self._log.take_out(PERSON, absorbed)
        (kept,) = self._rows(PERSON, PERSON.c.id == kept_id)
        changed = {name: value for name, value in values.items() if kept[name] != value}
        if changed:
            self.before, self.after = {name: kept[name] for name in changed}, changed
            self._log.set(PERSON, [kept], self.before, changed)
        self._db.flush()
        self._db.expire_all()

    def _rows(self, table: Table, condition: Any) -> Sequence[dict[str, Any]]:
        keys = table.primary_key.columns
        found = self._db.execute(select(table).where(condition).order_by(*keys)).mappings()
        return [dict(row) for row in found]

    def _move(self, target: Table, old: UUID, new: UUID) -> None:
        for reference in self._references.to(target):
            if reference.table.name in (PAIRS, SESSIONS):
                continue
            rule = self._rules.get(reference.table.name)
            if reference.sets or _one_of(reference, rule):
                self._move_singly(reference, rule, old, new)
            else:
                self._move_all(reference, old, new)

    def _move_all(self, reference: Reference, old: UUID, new: UUID) -> None:
        column = reference.column
        found = select(*reference.keys).where(column == old)
        rows = [dict(row) for row in self._db.execute(found).mappings()]
        self._set(reference, rows, {column.name: old}, {column.name: new})

    def _move_singly(self, reference: Reference, rule: MergedTable | None, old: UUID, new: UUID) -> None:
        """Rows that nothing stands in the way of go first: then the others find what they meet in its place."""
        name = reference.column.name
        rows = self._rows(reference.table, reference.column == old)
        if not rows:
            return
        staying = self._rows(reference.table, reference.column == new)
        free: list[Row] = []
        meeting: list[tuple[Row, Row]] = []
        for row in rows:
            other = next((each for each in staying if _meet(reference, rule, row, each)), None)
            if other is None:
                free.append(row)
            else:
                meeting.append((row, other))
        if [column.name for column in reference.keys] == [name]:
            for _row in free:
                self._log.rekey(reference.table, old, new)
                self.moved[reference.table.name, name] += 1
        else:
            self._set(reference, free, {name: old}, {name: new})
        for row, other in meeting:
            self._meet(reference, rule, row, other, new)

    def _meet(self, reference: Reference, rule: MergedTable | None, row: Row, other: Row, new: UUID) -> None:
        table, name = reference.table, reference.column.name
        # As it stands now: it may have met another row already.
        (other,) = self._rows(table, and_(*(column == other[column.name] for column in reference.keys)))
        clash = Clash()
        if rule is not None and rule.clash is not None:
            clash = rule.clash(self._db, row, other)
        elif _one_of(reference, rule):
            clash = Clash(staying=days_of_both(row, other))
        if clash.moving is not None:
            before = {each: row[each] for each in (name, *clash.moving)}
            self._set(reference, [row], before, {name: new, **clash.moving})
            return
        changed = {each: value for each, value in clash.staying.items() if other[each] != value}
        if changed:
            self._log.set(table, [other], {each: other[each] for each in changed}, changed)
        if len(reference.keys) == 1:
            key = reference.keys[0].name
            self._move(table, as_id(row[key]), as_id(other[key]))
            self._name_role(table, row[key], other[key])
        self._log.take_out(table, row)
        self.joined[table.name] += 1

    def _name_role(self, table: Table, old: Any, new: Any) -> None:
        if table.name != "core_structural_role":
            return
        for name, column in ROLES_NAMED.items():
            named = self._references.tables[name]
            rows = self._rows(named, named.c[column] == old)
            self._log.set(named, rows, {column: old}, {column: new}, gives_way=True)

    def _set(self, reference: Reference, rows: Sequence[Row], before: Row, after: Row) -> None:
        self._log.set(reference.table, rows, before, after)
        if rows:
            self.moved[reference.table.name, reference.column.name] += len(rows)


def _one_of(reference: Reference, rule: MergedTable | None) -> Sequence[str]:
    """In what rows about the person agree that are to become one; nothing for a column that only mentions them."""
    return rule.one_of if rule is not None and reference.column.name in rule.titles else ()


def _meet(reference: Reference, rule: MergedTable | None, row: Row, other: Row) -> bool:
    """Whether both rows cannot belong to one person."""
    for columns in reference.sets:
        values = [(row[each.name], other[each.name]) for each in columns if each is not reference.column]
        if all(mine is not None and mine == others for mine, others in values):
            return True
    alike = _one_of(reference, rule)
    if not alike or any(row[each] != other[each] for each in alike):
        return False
    if rule is not None and rule.joins is not None and not rule.joins(row):
        return False
    ends, other_ends = row["ends_on"], other["ends_on"]
    return (ends is None or ends >= other["starts_on"]) and (
        other_ends is None or other_ends >= row["starts_on"]
    )
