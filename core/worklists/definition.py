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
PEOPLE_EXPORT = "core.people.export"
"""The permission to take a whole list of people out of the portal: into a file or onto paper."""


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

    Where there are too many to choose from `options` answers None: then words are typed.
    `condition` narrows the list by a value. It may be given any text and answers None to one it does not know.
    `usual` is the value the list has where the address says nothing; it is among the `options`, and so is one for
    «all». `in_reach` promises that the condition lets through only what the actor may see, so that a list with
    `narrowed` need not look at that once more.
    """

    name: str
    title: str
    condition: Callable[[Actor, str], ColumnElement[bool] | None]
    in_reach: bool = False
    options: Callable[[Session, Actor], Sequence[tuple[str, str]] | None] | None = None
    usual: str = ""


class BulkAction(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """Something to be done to many lines at once, after a preview.

    `objection` says why a line is left out, or «» if the action fits; `apply` does it to one line. `form` asks
    for what all of them share, `choices` gives what may be chosen in fields that depend on the reader. `apply`
    answers False for a line that was so already and raises a `PortalError` for one it is refused for; the others are
    done nevertheless. `done` tells how many were done, `done_some` how many of how many. `undone_by` names the action
    that takes it back, with the same `form` if it has one; `leads_to` gives words and address of where to go on.
    """

    name: str
    title: str
    explanation: str
    permission: str
    objection: Callable[[Session, Actor, Line], str]
    apply: Callable[[Session, Actor, UUID, Any], bool | None]
    done: Callable[[int], str]
    done_some: Callable[[int, int], str] | None = None
    icon: str = "check"
    danger: bool = False
    form: type[msgspec.Struct] | None = None
    choices: Callable[[Session, Actor], Mapping[str, Sequence[tuple[str, str]]]] | None = None
    undone_by: str = ""
    leads_to: Callable[[Any], tuple[str, str]] | None = None


class WorkList(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """A work list at `url`, for whoever has `permission`; to take all of it out at once one needs `export` as well.

    `rows` selects what the actor may see, one row a line, with its id labelled `id`; `lines` turns rows of one
    page into lines with a fixed number of statements. `search` narrows by words, `similar` offers other
    spellings of what found nothing. `line_name` names a line where it stands without its columns, as before a bulk
    action; without it the first column does. `sort` names the first column to sort by, with «-» for the other way.
    """

    name: str
    title: str
    url: str
    permission: str
    export: str = ""
    """For lists of people `PEOPLE_EXPORT`."""
    icon: str
    key: SQLColumnExpression[UUID]
    rows: Callable[[Session, Actor], Select[Any]]
    narrowed: Callable[[Session, Actor, ColumnElement[bool]], Select[Any]] | None = None
    """`rows` with the condition of a filter that is `in_reach` in the place of the actor's reach."""
    to_count: Callable[[Session, Actor], Select[Any]] | None = None
    """`rows` in a form that is quicker where only their number matters."""
    lines: Callable[[Session, Actor, Sequence[Any]], Sequence[Line]]
    columns: Sequence[Column[Line]]
    sort: str
    filters: Sequence[Filter] = ()
    actions: Sequence[BulkAction[Line]] = ()
    search: Callable[[Actor, str], ColumnElement[bool]] | None = None
    similar: Callable[[Session, str], Sequence[str]] | None = None
    search_hint: str = ""
    line_name: Callable[[Line], Cell | str] | None = None
    views: Sequence[tuple[str, str, str]] = ()
    """(words, address, permission) of the ways to look at the same things, this list among them."""
    empty: tuple[str, str]
    new: tuple[str, str, str] | None = None
    """(permission, words, address) of the button that makes a new line."""
    new_too: Sequence[tuple[str, str, str]] = ()
    """Further buttons that make new lines, of other kinds."""

    def column(self, name: str) -> Column[Line] | None:
        """The column with this name."""
        return next((each for each in self.columns if each.name == name), None)

    def action(self, name: str) -> BulkAction[Line] | None:
        """The bulk action with this name."""
        return next((each for each in self.actions if each.name == name), None)
