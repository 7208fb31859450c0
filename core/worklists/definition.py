"""What a work list is: where its lines come from, its columns, filters and bulk actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, SQLColumnExpression

from core.database.session import Session
from core.roles.actor import Actor


class Identified(Protocol):
    """A line has an id."""

    @property
    def id(self) -> UUID:
        """What its checkbox sends."""
        ...


Line = TypeVar("Line", bound=Identified)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a cell: a text, perhaps a link, a second line, or a state with its tone.

    `tone` is that of the macro `status`: «positive», «warning», «danger», «accent» or «»; None for plain text.
    """

    text: str
    url: str = ""
    note: str = ""
    tone: str | None = None


class Column(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """A column. `order` is what sorting by it goes by, never null; without it there is no sorting.

    The first column of a list names the line and is always shown; others are if `shown` or chosen.
    """

    name: str
    title: str
    cell: Callable[[Line], Cell | str]
    order: Sequence[SQLColumnExpression[Any]] = ()
    shown: bool = True


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter. `options` gives (value, words) for the reader; without it the filter takes a day.

    `condition` narrows the list by a value. It may be given any text and answers None to one it does not know.
    """

    name: str
    title: str
    condition: Callable[[Actor, str], ColumnElement[bool] | None]
    options: Callable[[Session, Actor], Sequence[tuple[str, str]]] | None = None


class BulkAction(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """Something to be done to many lines at once, after a preview.

    `objection` says why a line is left out, or «» if the action fits; `apply` does it to one line. `form` asks
    for what all of them share, `choices` gives what may be chosen in fields that depend on the reader.
    `undone_by` names the action that takes it back.
    """

    name: str
    title: str
    explanation: str
    permission: str
    objection: Callable[[Session, Actor, Line], str]
    apply: Callable[[Session, Actor, UUID, Any], None]
    done: Callable[[int], str]
    icon: str = "check"
    danger: bool = False
    form: type[msgspec.Struct] | None = None
    choices: Callable[[Session, Actor], Mapping[str, Sequence[tuple[str, str]]]] | None = None
    undone_by: str = ""


class WorkList(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """A work list at `url`, for whoever has `permission`.

    `rows` selects what the actor may see, one row a line, with its id labelled `id`; `lines` turns rows of one
    page into lines with a fixed number of statements. `search` narrows by words, `similar` offers other
    spellings of what found nothing. `sort` names the first column to sort by, with «-» for the other way.
    """

    name: str
    title: str
    url: str
    permission: str
    icon: str
    key: SQLColumnExpression[UUID]
    rows: Callable[[Session, Actor], Select[Any]]
    lines: Callable[[Session, Actor, Sequence[Any]], Sequence[Line]]
    columns: Sequence[Column[Line]]
    sort: str
    filters: Sequence[Filter] = ()
    actions: Sequence[BulkAction[Line]] = ()
    search: Callable[[Actor, str], ColumnElement[bool]] | None = None
    similar: Callable[[Session, str], Sequence[str]] | None = None
    search_hint: str = ""
    views: Sequence[tuple[str, str, str]] = ()
    """(words, address, permission) of the ways to look at the same things, this list among them."""
    empty: tuple[str, str]
    new: tuple[str, str, str] | None = None
    """(permission, words, address) of the button that makes a new line."""

    def column(self, name: str) -> Column[Line] | None:
        """The column with this name."""
        return next((each for each in self.columns if each.name == name), None)

    def action(self, name: str) -> BulkAction[Line] | None:
        """The bulk action with this name."""
        return next((each for each in self.actions if each.name == name), None)
