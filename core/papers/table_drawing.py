"""Drawing a table: titles on every sheet, rows that stay whole, columns that go on to further sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from fpdf import FPDF

from core.papers.content import SIGNATURE, Column, Head, Table
from core.papers.typeface import FAMILY, POINT, Typeface

INSIDE = 0.8
"""Between a line of the table and the text."""

NARROWEST = 25.0
"""What a column without a width of its own gets at least."""

TALLEST_TITLE = 48.0
_LINE, _TIGHT, _LOOSE = 1.25, 1.3, 1.75
"""Heights of a line, and of a row of one line, in sizes of the letters."""


class _Across(msgspec.Struct, frozen=True):
    """The columns of one sheet: which, where they end, and the heads above them."""

    columns: Sequence[int]
    edges: Sequence[float]
    heads: Sequence[Head]


def draw_table(pdf: FPDF, typeface: Typeface, table: Table, bottom: float) -> None:
    """Draw the table from where the file stands, over as many sheets as it takes; `bottom` is where one ends."""
    for number, across in enumerate(_sheets_across(table, float(pdf.epw), float(pdf.l_margin))):
        if number:
            pdf.add_page(same=True)
        _Drawn(pdf, typeface, table, across, bottom).draw()
        pdf.ln(3)


def _widths(table: Table, room: float) -> list[float]:
    open_ended = sum(not column.width for column in table.columns)
    left = room - sum(column.width for column in table.columns)
    share = max(left / open_ended, NARROWEST) if open_ended else 0
    return [min(column.width or share, room) for column in table.columns]


def _sheets_across(table: Table, room: float, margin: float) -> Iterator[_Across]:
    """The columns divided into sheets; those under one head stay together if they find room at all."""
    widths = _widths(table, room)
    heads = table.heads or [Head(title="", columns=1) for _each in table.columns]
    blocks: list[tuple[Head, list[int]]] = []
    at = 0
    for head in heads:
        blocks.append((head, list(range(at, min(at + head.columns, len(table.columns))))))
        at += head.columns
    fixed = [block for block in blocks if block[1] and block[1][-1] < table.fixed]
    taken = sum(widths[each] for _head, columns in fixed for each in columns)
    chosen = list(fixed)
    used = taken
    for head, columns in blocks[len(fixed) :]:
        width = sum(widths[each] for each in columns)
        if used + width > room + 0.01 and len(chosen) > len(fixed):
            yield _across(chosen, widths, margin, with_heads=bool(table.heads))
            chosen, used = list(fixed), taken
        chosen.append((head, columns))
        used += width
    yield _across(chosen, widths, margin, with_heads=bool(table.heads))


def _across(
    blocks: Sequence[tuple[Head, list[int]]], widths: Sequence[float], margin: float, *, with_heads: bool
) -> _Across:
    columns = [each for _head, group in blocks for each in group]
    edges = [margin]
    for each in columns:
        edges.append(edges[-1] + widths[each])
    heads = [Head(title=head.title, columns=len(group)) for head, group in blocks] if with_heads else []
    return _Across(columns, edges, heads)


class _Drawn:
    """A table over one width of columns."""

    def __init__(self, pdf: FPDF, typeface: Typeface, table: Table, across: _Across, bottom: float) -> None:
        self._pdf, self._typeface, self._table = pdf, typeface, table
        self._across, self._bottom = across, bottom
        self._columns: list[Column] = [table.columns[each] for each in across.columns]
        self._size = table.size * POINT
        self._line = self._size * _LINE
        self._wraps = any(column.wraps for column in self._columns)
        self._top = 0.0
        self._rules: list[float] = []

    def draw(self) -> None:
        """Draw titles and rows."""
        pdf, table = self._pdf, self._table
        if table.caption:
            if float(pdf.get_y()) + 25 > self._bottom:
                pdf.add_page(same=True)
            pdf.set_font(FAMILY, "B", table.size + 2)
            pdf.text(
                float(pdf.l_margin),
                float(pdf.get_y()) + 4,
                self._typeface.fitting(table.caption, float(pdf.epw)),
            )
            pdf.set_y(float(pdf.get_y()) + 6)
        titles = self._title_height()
        if float(pdf.get_y()) + titles + 3 * self._size * _LOOSE > self._bottom:
            pdf.add_page(same=True)
        self._titles(titles)
        loose = self._size * _LOOSE
        # Rows move together where that keeps them, and what is to be signed below, on one sheet.
        after = table.signed * SIGNATURE + 6 if table.signed else 0
        height = next(
            (
                each
                for room in (self._left_for_rows() - after, self._left_for_rows())
                if (each := min(loose, room / max(len(table.rows), 1))) >= self._size * _TIGHT
            ),
            loose,
        )
        for number, row in enumerate(table.rows):
            self._row(row, height, titles, bold=number in table.bold_rows)
        self._rule_columns()

    def _left_for_rows(self) -> float:
        return self._bottom - float(self._pdf.get_y())

    def _row(self, row: Sequence[str], height: float, titles: float, *, bold: bool) -> None:
        pdf = self._pdf
        pdf.set_font(FAMILY, "B" if bold else "", self._table.size)
        texts = [row[each] if each < len(row) else "" for each in self._across.columns]
        if not self._wraps:
            self._break(height, titles, bold=bold)
            self._cells([[text] if text else [] for text in texts], height, bold=bold)
            return
        most = max(1, int((self._bottom - float(pdf.t_margin) - titles - 12) / self._line))
        cells = [
            self._typeface.lines(text, edges - 2 * INSIDE)
            if column.wraps and text
            else [text]
            if text
            else []
            for text, column, edges in zip(texts, self._columns, self._column_widths(), strict=True)
        ]
        while True:
            tallest = max((len(lines) for lines in cells), default=1) or 1
            lines = min(tallest, most)
            needed = max(height, lines * self._line + 2 * INSIDE)
            self._break(needed, titles, bold=bold)
            self._cells([each[:most] for each in cells], needed, bold=bold)
            if tallest <= most:
                return
            cells = [each[most:] for each in cells]

    def _break(self, height: float, titles: float, *, bold: bool) -> None:
        pdf = self._pdf
        if float(pdf.get_y()) + height > self._bottom + 0.01:
            self._rule_columns()
            pdf.add_page(same=True)
            self._titles(titles)
            pdf.set_font(FAMILY, "B" if bold else "", self._table.size)

    def _column_widths(self) -> list[float]:
        edges = self._across.edges
        return [edges[at + 1] - edges[at] for at in range(len(self._columns))]

    def _cells(self, cells: Sequence[Sequence[str]], height: float, *, bold: bool) -> None:
        pdf, typeface, edges = self._pdf, self._typeface, self._across.edges
        top = float(pdf.get_y())
        for at, lines in enumerate(cells):
            if not lines:
                continue
            column = self._columns[at]
            if column.bold and not bold:
                pdf.set_font(FAMILY, "B", self._table.size)
            left, room = edges[at], edges[at + 1] - edges[at]
            # The middle of the row for one line; several begin at its top.
            base = top + (
                (height + self._size * 0.72) / 2
                if len(lines) == 1 and not self._wraps
                else INSIDE + self._size * 0.95
            )
            for line in lines:
                text = typeface.fitting(line, room - (2 * INSIDE if column.left or column.wraps else 0.4))
                if text:
                    x = (
                        left + INSIDE
                        if column.left or column.wraps
                        else left + (room - typeface.width(text)) / 2
                    )
                    pdf.text(x, base, text)
                base += self._line
            if column.bold and not bold:
                pdf.set_font(FAMILY, "", self._table.size)
        pdf.set_y(top + height)
        self._rules.append(top + height)

    def _title_height(self) -> float:
        pdf = self._pdf
        pdf.set_font(FAMILY, "B", self._table.size)
        if not any(column.title for column in self._columns):
            return 0
        tallest = self._size * _LOOSE
        for column, width in zip(self._columns, self._column_widths(), strict=True):
            if column.vertical:
                needed = self._typeface.width(self._typeface.shown(column.title)) + 2.5
                tallest = max(tallest, min(needed, TALLEST_TITLE))
            else:
                count = len(self._typeface.lines(column.title, width - 2 * INSIDE))
                tallest = max(tallest, count * self._line + 2 * INSIDE)
        return tallest + (self._size * _LOOSE if self._across.heads else 0)

    def _titles(self, height: float) -> None:
        pdf = self._pdf
        pdf.set_font(FAMILY, "B", self._table.size)
        self._top = top = float(pdf.get_y())
        self._rules = [top]
        if not height:
            return
        if self._across.heads:
            band = self._size * _LOOSE
            at = 0
            for head in self._across.heads:
                left, right = self._across.edges[at], self._across.edges[at + head.columns]
                text = self._typeface.fitting(head.title, right - left - 0.4)
                if text:
                    pdf.text(
                        left + (right - left - self._typeface.width(text)) / 2,
                        top + (band + self._size * 0.72) / 2,
                        text,
                    )
                at += head.columns
            pdf.set_y(top + band)
            self._rules.append(top + band)
            top, height = top + band, height - band
        for at, column in enumerate(self._columns):
            self._title(column, self._across.edges[at], self._across.edges[at + 1], top, height)
        pdf.set_y(top + height)
        self._rules.append(top + height)

    def _title(self, column: Column, left: float, right: float, top: float, height: float) -> None:
        pdf, typeface = self._pdf, self._typeface
        if column.vertical:
            text = typeface.fitting(column.title, height - 2)
            if text:
                x, y = (left + right + self._size * 0.72) / 2, top + height - 1.2
                with pdf.rotation(90, x, y):
                    pdf.text(x, y, text)
            return
        lines = typeface.lines(column.title, right - left - 2 * INSIDE)
        base = top + (height - len(lines) * self._line) / 2 + self._size * 0.95
        for line in lines:
            text = typeface.fitting(line, right - left - 0.4)
            if text:
                pdf.text(left + (right - left - typeface.width(text)) / 2, base, text)
            base += self._line

    def _rule_columns(self) -> None:
        """Draw the lines of what stands on this sheet."""
        pdf, edges = self._pdf, self._across.edges
        pdf.set_line_width(0.12)
        for y in self._rules:
            pdf.line(edges[0], y, edges[-1], y)
        inner = self._top + (self._size * _LOOSE if self._across.heads else 0)
        last = self._rules[-1]
        between = set[float]()
        at = 0
        for head in self._across.heads:
            between.update(edges[at + 1 : at + head.columns])
            at += head.columns
        for x in edges:
            pdf.line(x, inner if x in between else self._top, x, last)
