"""Tables that are given out as spreadsheets, as a paper: the one way from a report to PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from core.papers import Column, NewSheet, Part, Table, Words, room_for
from core.web.i18n import show_short_day
from plugins.journal.api import separator

Sheets = Sequence[tuple[str, Sequence[Sequence[Any]]]]
"""Tables with their names: what a spreadsheet consists of."""

_LETTER, _SHORT, _LONGEST = 1.62, 15, 60.0
"""Width of a letter of 8 points; how many letters a narrow column has; the widest column that is not wrapped."""


def sheet_parts(title: str, sheets: Sheets) -> Iterator[Part]:
    """Each sheet of a spreadsheet as a table under its name; rows before an empty one make a table of their own."""
    yield NewSheet(title=title, landscape=True)
    for name, rows in sheets:
        blocks = _blocks(rows)
        for number, block in enumerate(blocks):
            if len(block[0]) == 1:
                yield from _figures(block, title)
            elif len(block) > 1:
                yield _table(block, name if len(sheets) > 1 and not number else "")


def _blocks(rows: Sequence[Sequence[Any]]) -> list[list[Sequence[Any]]]:
    blocks: list[list[Sequence[Any]]] = [[]]
    for row in rows:
        if row:
            blocks[-1].append(row)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _figures(block: Sequence[Sequence[Any]], title: str) -> Iterator[Part]:
    """A title and figures with their names: «Учеников: 27»."""
    heading = shown(block[0][0])
    if heading != title:
        yield Words(text=heading, bold=True)
    yield Words(text=". ".join(f"{shown(row[0])}: {shown(row[1]) or '–'}" for row in block[1:]))


def _table(block: Sequence[Sequence[Any]], caption: str) -> Table:
    titles, rows = block[0], [[shown(value) for value in row] for row in block[1:]]
    longest = [max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(len(titles))]
    numbers = [
        all(not isinstance(row[at], str) or not row[at] for row in block[1:] if at < len(row))
        for at in range(len(titles))
    ]
    widths = [
        min(max(letters, min(len(shown(title)), _SHORT)) * _LETTER + 3, _LONGEST)
        for letters, title in zip(longest, titles, strict=True)
    ]
    room = room_for(landscape=True)
    if sum(widths) > room:
        # Texts give way before numbers, which stay whole.
        texts = sum(width for width, number in zip(widths, numbers, strict=True) if not number)
        share = max((room - (sum(widths) - texts)) / texts, 0.3) if texts else 1
        widths = [width if number else width * share for width, number in zip(widths, numbers, strict=True)]
    return Table(
        columns=[
            Column(title=shown(title), width=width, left=not number, wraps=not number)
            for title, width, number in zip(titles, widths, numbers, strict=True)
        ],
        rows=rows,
        caption=caption,
    )


def shown(value: Any) -> str:
    """A cell as text: numbers and days as people write them."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, date):
        return show_short_day(value)
    return f"{value:g}".replace(".", separator())
