"""What refers to people: every foreign key of the core and of plugins, as the database has it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Table, UniqueConstraint, inspect

from core.contributions import MergedTable
from core.database.base import Base
from core.database.session import Session
from core.errors import Conflict
from core.identity.models import Person
from core.web.i18n import sentence

PERSON: Table = Person.__table__  # pyright: ignore[reportAssignmentType]


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A column that names rows of another table by their key."""

    table: Table
    column: Column[Any]

    @property
    def keys(self) -> Sequence[Column[Any]]:
        """The primary key of the table that has the column."""
        return list(self.table.primary_key.columns)

    @property
    def sets(self) -> Sequence[Sequence[Column[Any]]]:
        """Sets of columns, this one among them, which no two rows of the table may have alike."""
        found: list[Sequence[Column[Any]]] = [self.keys] if self.column in self.keys else []
        for constraint in self.table.constraints:
            if isinstance(constraint, UniqueConstraint) and self.column.name in constraint.columns:
                found.append(list(constraint.columns))
        for index in self.table.indexes:
            if index.unique and self.column.name in index.columns:
                found.append(list(index.columns))
        return found


class References:
    """The tables of one database and what refers to what in them."""

    def __init__(self, db: Session) -> None:
        """Look at the database. Raises `Conflict` while the tables of a plugin are behind."""
        behind = [
            str(plugin.manifest.title) for plugin in db.portal.plugins.loaded.values() if plugin.schema_failed
        ]
        if behind:
            raise Conflict(
                sentence("Таблицы плагина «%(title)s» не обновлены.", title=", ".join(behind)),
                advice="Попросите оператора портала выполнить moyashkola migrate и повторите.",
            )
        present = set(inspect(db.connection()).get_table_names())
        self.tables: Mapping[str, Table] = {
            name: table for name, table in Base.metadata.tables.items() if name in present
        }

    def to(self, target: Table) -> Sequence[Reference]:
        """Every column that refers to the key of `target`, by the names of tables."""
        return [
            Reference(table=table, column=column)
            for _name, table in sorted(self.tables.items())
            for column in table.columns
            if any(key.column.table is target for key in column.foreign_keys)
        ]


def merged_tables(db: Session) -> Mapping[str, MergedTable]:
    """What the core and the plugins say of their tables where two people become one, by the names of tables."""
    from core.identity.merge_rules import CORE_MERGED_TABLES

    found = {each.table: each for each in CORE_MERGED_TABLES}
    for _plugin, each in db.portal.plugins.each("merged_tables"):
        found.setdefault(each.table, each)
    return found


def as_id(value: Any) -> UUID:
    """A key as the database gives it."""
    return value if isinstance(value, UUID) else UUID(str(value))
