"""Base class of all tables and the column types they share."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Dialect,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    and_,
    or_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LONGEST_NAME = 63
"""PostgreSQL's limit for the name of an index or a constraint, in bytes."""


def _column_names(constraint: Any, table: Table) -> str:
    """The columns of an index in its name, without `_id`, and cut where the name would grow too long."""
    names = "_".join(column.name.removesuffix("_id") for column in constraint.columns)
    room = LONGEST_NAME - len(f"ix_{table.name}_")
    if len(names) <= room:
        return names
    mark = hashlib.sha256(names.encode()).hexdigest()[:6]
    return f"{names[: room - 7]}_{mark}"


NAMING_CONVENTION = {
    "column_names": _column_names,
    "ix": "ix_%(table_name)s_%(column_names)s",
    "uq": "uq_%(table_name)s_%(column_names)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> UUID:
    """A fresh UUIDv7: unique everywhere, and ordered by the time of its making."""
    return uuid_utils.compat.uuid7()


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Timestamp(TypeDecorator[datetime]):
    """A moment, stored in UTC and always returned with its zone. Refuses naive datetimes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What its values are."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A document; JSONB on PostgreSQL."""

SortText = String().with_variant(String(collation="C"), "postgresql")
"""Text compared by code points on both databases: normalized names, paths, hashes."""


class Base(DeclarativeBase):
    """Base of every table. A plugin's tables are named `<plugin>_…`, the core's `core_…`."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads a plain class attribute
        str: Text(),
        datetime: Timestamp(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        list[str]: Json,
    }


class Keyed:
    """A table keyed by UUIDv7."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Dated:
    """Something that holds from one school day to another, both included."""

    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


Day = date | ColumnElement[date]
"""A day, or what stands for one in a statement."""


def in_force(dated: Any, first: Day, last: Day | None = None) -> ColumnElement[bool]:
    """Rows of a dated table (a model or its `__table__.c`) that hold on `first`, or on some day up to `last`."""
    return and_(
        dated.starts_on <= (first if last is None else last),
        or_(dated.ends_on.is_(None), dated.ends_on >= first),
    )
