"""What a paper consists of; lengths are in millimetres, sizes of letters in points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A document. `organization` and `about` («7А, 2026/2027») stand on top of every sheet.

    `made_on` is the day that stands beside the number of the sheet; `language` is told to programs that read aloud.
    """

    title: str
    organization: str = ""
    about: str = ""
    made_on: date | None = None
    language: str = "ru"


class NewSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet begins, with its `title` and `lines` below that. A `listed` one is a bookmark and in the contents."""

    title: str = ""
    lines: Sequence[str] = ()
    landscape: bool = False
    listed: bool = True


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """The first sheet of a long paper: lines in the middle, the title large."""

    above: Sequence[str] = ()
    title: str
    below: Sequence[str] = ()


TOTAL = "{{всего}}"
"""Within any text of a paper: how many sheets it has."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The list of the listed sheets with their numbers; room is kept for so many `entries`."""

    title: str
    entries: int


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph."""

    text: str
    bold: bool = False
    size: float = 10


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table. A `width` of 0 takes what the others leave; a `vertical` title is read upwards.

    A column that `wraps` shows all of a long text in several lines, another one cuts it.
    """

    title: str
    width: float = 0
    vertical: bool = False
    left: bool = False
    wraps: bool = False
    bold: bool = False


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A title above several columns, which stay together when a table is too wide for the sheet."""

    title: str
    columns: int


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of text under titles, which are repeated on every sheet; without any title there is no such row.

    `heads`, if there are any, cover all columns from the left. Columns that find no room come on further sheets,
    each beginning with the first `fixed` ones again. `bold_rows` are the numbers of rows that stand out, from 0.
    `signed` lines of `Signatures` follow and are to find room on the sheet of the last row, if that can be.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    heads: Sequence[Head] = ()
    fixed: int = 0
    caption: str = ""
    size: float = 8
    bold_rows: frozenset[int] = frozenset()
    signed: int = 0


SIGNATURE = 7.5
"""The height of a line to be signed."""


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to be signed: whose each is, and the name in words if it is known."""

    lines: Sequence[tuple[str, str]]
    dated: bool = False


Part = NewSheet | Cover | Contents | Words | Table | Signatures
