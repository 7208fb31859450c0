"""The unit of work handed to every service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import CompoundSelect, CursorResult, Executable, Select, func, orm, select

if TYPE_CHECKING:
    from core.portal import Portal


witness: ContextVar[Callable[[Session], None] | None] = ContextVar("witness", default=None)
"""Called at the end of every transaction of the present request, before it is committed; it may refuse it."""


RowsStatement: TypeAlias = "Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]"
_ROWS = msgspec.json.Decoder(list[list[Any]])
Row = TypeVar("Row", bound=msgspec.Struct)


@lru_cache(maxsize=64)
def _packed(statement: RowsStatement) -> Select[tuple[str]]:
    """A statement's rows as one JSON text.

    SQLite's driver lets the threads of the server take turns at every row: among several requests that costs more
    than finding the rows.
    """
    columns = statement.subquery().c
    return select(func.json_group_array(func.json_array(*columns)))


@lru_cache(maxsize=64)
def _rows_of(row: type[Row]) -> msgspec.json.Decoder[list[Row]]:
    # SQLite knows no truth values: it has 0 and 1.
    return msgspec.json.Decoder(list[row], strict=False)


class Session(orm.Session):
    """One transaction, with the portal it belongs to.

    Services take it as their first argument. Effects outside of the database (live messages,
    waking a worker) are given to `after_commit`, so that nobody hears of a change that was undone.
    """

    portal: Portal

    def __init__(self, *args: Any, portal: Portal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.portal = portal
        self._effects: list[Callable[[], None]] = []
        self._gathered: list[tuple[Callable[[Session, list[Any]], None], Any]] = []

    def at_commit(self, settle: Callable[[Session, list[Any]], None], item: Any) -> None:
        """Have `settle` called once, as the last of the transaction, with all items given for it."""
        self._gathered.append((settle, item))

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Run `effect` once the transaction is durable; forget it if the transaction fails."""
        self._effects.append(effect)

    @property
    def effects_waiting(self) -> tuple[int, int]:
        """How many effects wait for the commit and for what comes after it."""
        return len(self._gathered), len(self._effects)

    def forget_effects(self, kept: tuple[int, int]) -> None:
        """Forget the effects that came after `effects_waiting` was `kept`: what asked for them was undone."""
        del self._gathered[kept[0] :]
        del self._effects[kept[1] :]

    def rows(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement as Core: plain rows, without the ORM's bookkeeping.

        For hot pages and saves, with statements over tables (`Model.__table__.c`) that are built once and
        take `bindparam` values: building a statement costs more than running it.
        """
        return self.connection().execute(statement, values or {})

    def raw_rows(
        self, statement: RowsStatement, values: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Like `rows`, as the driver gives them: for a thousand rows of texts and numbers.

        Nothing is converted: cast ids to text, and read no moments. The statement is built once, as those of `rows`.
        """
        if self.portal.database.is_sqlite:
            return _ROWS.decode(self.rows(_packed(statement), values).scalar_one())
        with closing(self.rows(statement, values)) as result:
            cursor: Any = result.cursor
            return cursor.fetchall()

    def typed_rows(
        self, row: type[Row], statement: RowsStatement, values: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Like `raw_rows`, as values of `row`: an `array_like` struct with a field for each column, in their order.

        Ids, days and hours are read as the struct says, several times faster than by the ORM. Moments are not for it.
        """
        if self.portal.database.is_sqlite:
            return _rows_of(row).decode(self.rows(_packed(statement), values).scalar_one())
        return [row(*each) for each in self.raw_rows(statement, values)]

    def publish(self, event: object) -> None:
        """Hand a typed event to its subscribers, inside this transaction.

        A plugin's subscriber that fails is undone and fenced off; the rest of the transaction goes on.
        """
        self.portal.events.publish(self, event)

    def settle(self) -> None:
        """Do what `at_commit` collected. Called by `Database.transaction` only."""
        gathered, self._gathered = self._gathered, []
        for settle in dict.fromkeys(each for each, _item in gathered):
            settle(self, [item for each, item in gathered if each == settle])

    def run_effects(self) -> None:
        """Run what `after_commit` collected. Called by `Database.transaction` only."""
        effects, self._effects = self._effects, []
        for effect in effects:
            effect()
