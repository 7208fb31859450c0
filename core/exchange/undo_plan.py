"""What undoing an import would take away and give back, and what has to stay because it is in use.

A person with everything the import gave them is undone as a whole or not at all, and so is a family: if something of
theirs was changed since, or something refers to it (an account, a mark), all of it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select

from core.database.session import Session
from core.exchange.changes import ORDER
from core.exchange.models import ImportedRow, ImportRun
from core.exchange.trace import AT_ONCE, TRACKED, digest
from core.exchange.undo_words import LEFT_BEHIND, OWNERS, TITLES, Kept, UndoPlan, Written
from core.identity.merge_log import title_of
from core.identity.models import AccessToken, Account, Person, SignInSession
from core.identity.names import full_name, sort_key
from core.identity.references import References, as_id
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import gettext, sentence


def plan_undo(db: Session, actor: Actor, run: ImportRun) -> UndoPlan:
    """Look at everything a run has made and changed as it is now. The caller has checked who may see it."""
    return _Planner(db, actor, run).plan()


class _Planner:
    def __init__(self, db: Session, actor: Actor, run: ImportRun) -> None:
        self.db, self.actor, self.run = db, actor, run
        self.references = References(db)
        self.tables: dict[str, type[Any]] = {table.__tablename__: table for table in ORDER}
        self.made: dict[str, dict[UUID, Mapping[str, Any]]] = {}
        self.changed: dict[str, dict[UUID, Written]] = {}
        self._owners_of_changed: dict[tuple[str, UUID], Sequence[UUID]] = {}
        self.people: dict[UUID, str] = {}
        """People who have to stay as they are, with the reason."""
        self.things: dict[tuple[str, UUID], str] = {}
        """Classes, subjects and the like that have to stay."""

    def plan(self) -> UndoPlan:
        """Compare, look for what is in use, and let stay what belongs together."""
        for name, table in self.tables.items():
            self._compare(name, table)
        for name, table in self.tables.items():
            if self.made.get(name):
                self._find_use(name, table)
        self._find_work_in_roles()
        if self.actor.person_id is not None:
            self.people.setdefault(self.actor.person_id, sentence("это вы: отмену делает другой человек"))
        self._keep_families()
        remove = {name: list(self._going(name)) for name in self.tables}
        self._keep_things(remove)
        names = self._names()
        return UndoPlan(
            remove={name: keys for name, keys in remove.items() if keys},
            restore={name: rows for name in self.tables if (rows := self._restored(name))},
            kept=self._kept(names),
            people=names,
        )

    def _imported(self, name: str) -> dict[UUID, Written]:
        columns = (ImportedRow.row_id, ImportedRow.before, ImportedRow.after)
        rows = self.db.execute(
            select(*columns).where(ImportedRow.run_id == self.run.id, ImportedRow.table == name)
        )
        return {row.row_id: Written(before=row.before, after=row.after) for row in rows}

    def _compare(self, name: str, table: type[Any]) -> None:
        """Read the rows as they are now; whoever owns one that is not as the import left it stays."""
        known = self._imported(name)
        if not known:
            return
        present: dict[UUID, Mapping[str, Any]] = {}
        keys = list(known)
        core_table = cast("Table", table.__table__)
        columns = [column.name for column in core_table.columns]
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            for found in self.db.execute(select(core_table).where(core_table.c.id.in_(part))):
                present[found.id] = dict(zip(columns, found, strict=True))
        made = self.made[name] = {}
        changed = self.changed[name] = {}
        for key, row in known.items():
            now = present.get(key)
            if now is None:
                # What somebody has deleted since needs no undoing.
                continue
            names = TRACKED.get(table, ()) if row.before is None else sorted(row.before)
            if row.before is None:
                made[key] = now
            else:
                changed[key] = row
            owners = [now[column] for column in OWNERS.get(table, ())]
            if row.before is not None:
                self._owners_of_changed[(name, key)] = owners
            if digest(now, names) == row.after:
                continue
            reason = sentence("данные изменили после загрузки")
            for owner in owners:
                self.people.setdefault(owner, reason)
            if not owners:
                self.things[(name, key)] = reason

    def _find_use(self, name: str, table: type[Any]) -> None:
        """What outside the import refers to rows it made."""
        core_table = cast("Table", table.__table__)
        ours = select(ImportedRow.row_id).where(
            ImportedRow.run_id == self.run.id, ImportedRow.table == name, ImportedRow.before.is_(None)
        )
        for reference in self.references.to(core_table):
            other = reference.table.name
            if other in LEFT_BEHIND:
                continue
            condition = reference.column.in_(ours)
            if other in self.made:
                mine = select(ImportedRow.row_id).where(
                    ImportedRow.run_id == self.run.id,
                    ImportedRow.table == other,
                    ImportedRow.before.is_(None),
                )
                condition = condition & reference.table.c.id.not_in(mine)
            used = [
                as_id(key) for key in self.db.scalars(select(reference.column).where(condition).distinct())
            ]
            if not used:
                continue
            title = TITLES.get(other) or title_of(self.db, other)
            reason = sentence("есть данные: %(title)s", title=title)
            for key in used:
                self._keep_row(name, table, key, reason)

    def _keep_row(self, name: str, table: type[Any], key: UUID, reason: str) -> None:
        row = self.made[name].get(key)
        owners = [row[column] for column in OWNERS.get(table, ())] if row is not None else []
        for owner in owners:
            self.people.setdefault(owner, reason)
        if not owners:
            self.things.setdefault((name, key), reason)

    def _find_work_in_roles(self) -> None:
        """Whoever signed in with a role of the import works in it."""
        roles = self.made.get(StructuralRole.__tablename__, {})
        columns = (SignInSession.role_id, AccessToken.role_id, Account.last_role_id)
        keys = list(roles)
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            for column in columns:
                for key in self.db.scalars(select(column).where(column.in_(part)).distinct()):
                    self.people.setdefault(
                        roles[as_id(key)]["person_id"], sentence("человек входил в портал в этой роли")
                    )

    def _keep_families(self) -> None:
        """Guardian and child of a tie stay together."""
        ties = [
            (row["guardian_id"], row["child_id"]) for row in self.made.get("core_guardianship", {}).values()
        ]
        waiting = list(self.people)
        kin: dict[UUID, list[UUID]] = {}
        for one, other in ties:
            kin.setdefault(one, []).append(other)
            kin.setdefault(other, []).append(one)
        while waiting:
            for relative in kin.get(waiting.pop(), ()):
                if relative not in self.people:
                    self.people[relative] = sentence("в семье есть те, кто остаётся")
                    waiting.append(relative)

    def _stays(self, name: str, key: UUID) -> bool:
        table = self.tables[name]
        columns = OWNERS.get(table, ())
        row = self.made[name][key]
        return any(row[column] in self.people for column in columns) or (name, key) in self.things

    def _going(self, name: str) -> Iterable[UUID]:
        return (key for key in self.made.get(name, {}) if not self._stays(name, key))

    def _keep_things(self, remove: dict[str, list[UUID]]) -> None:
        """A class with somebody left in it stays, and so does its year."""
        again = True
        while again:
            again = False
            for name in self.tables:
                for reference in self.references.to(cast("Table", self.tables[name].__table__)):
                    other, column = reference.table.name, reference.column.name
                    leaving = set(remove.get(other, ()))
                    needed = {
                        row[column] for key, row in self.made.get(other, {}).items() if key not in leaving
                    }
                    staying = [key for key in remove[name] if key in needed]
                    if not staying:
                        continue
                    again = True
                    remove[name] = [key for key in remove[name] if key not in needed]
                    for key in staying:
                        self.things.setdefault((name, key), sentence("есть те, кто остаётся"))

    def _restored(self, name: str) -> dict[UUID, Mapping[str, Any]]:
        found: dict[UUID, Mapping[str, Any]] = {}
        for key, row in self.changed.get(name, {}).items():
            owners = self._owners_of_changed.get((name, key), ())
            if (
                row.before
                and not any(owner in self.people for owner in owners)
                and (name, key) not in self.things
            ):
                found[key] = row.before
        return found

    def _names(self) -> dict[UUID, str]:
        keys = {*self.people, *self.made.get("core_person", {})}
        names: dict[UUID, str] = {}
        ordered = sorted(keys)
        for start in range(0, len(ordered), AT_ONCE):
            for row in self.db.execute(
                select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
                    Person.id.in_(ordered[start : start + AT_ONCE])
                )
            ):
                names[row.id] = full_name(row.last_name, row.first_name, row.middle_name)
        return names

    def _kept(self, names: Mapping[UUID, str]) -> list[Kept]:
        """The people and things that stay although the import made or changed something of theirs."""
        touched = {
            row[column]
            for name, table in self.tables.items()
            for row in self.made.get(name, {}).values()
            for column in OWNERS.get(table, ())
        } | {owner for owners in self._owners_of_changed.values() for owner in owners}
        people = [
            Kept(name=names[key], reason=gettext(reason))
            for key, reason in self.people.items()
            if key in touched and key in names
        ]
        things = [
            Kept(
                name=self.made[name][key].get("name") or gettext(TITLES.get(name, name)),
                reason=gettext(reason),
            )
            for (name, key), reason in self.things.items()
            if key in self.made.get(name, {})
        ]
        return sorted(people, key=lambda each: sort_key(each.name)) + things
