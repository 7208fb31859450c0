"""Giving the report back as a table: the original rows with a column «Замечания», safe to open in Excel."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from core.errors import Invalid, PortalError
from core.exchange.kinds import TABLES
from core.exchange.report import OUTCOME_TITLES, ImportReport, RowReport, SheetHeader
from core.exchange.table_rows import place_of
from core.exchange.tables import Sheet, read_tables, text_of
from core.web.i18n import gettext as _
from core.web.i18n import sentence

FILLS = {
    "error": PatternFill("solid", fgColor="FFF4B6B6"),
    "warning": PatternFill("solid", fgColor="FFFFE9A8"),
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CELL_LIMIT = 32_000
Rows = Iterable[Sequence[Any]]


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that stands out: `level` colours it, `comment` says why."""

    value: Any
    level: str = ""
    comment: str = ""
    bold: bool = False
    wrap: bool = False


def defused(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: text beginning like one gets an apostrophe."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:CELL_LIMIT]
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_plain_number(text) else text


def _is_plain_number(text: str) -> bool:
    return text[1:].replace(" ", "").isdigit() and text[0] in "+-"


def write_report(report: ImportReport, paths: Sequence[Path], target: Path) -> None:
    """Write the report beside the original rows into an .xlsx or .csv file. Raises `Invalid` if it cannot."""
    try:
        target.write_bytes(report_bytes(report, paths, target.suffix.lower()))
    except OSError as error:
        raise Invalid(
            sentence("Файл %(file)s не записывается: %(reason)s.", file=target, reason=error.strerror),
            advice="Укажите другую папку.",
        ) from error


def report_bytes(report: ImportReport, paths: Sequence[Path], suffix: str) -> bytes:
    """The file given back as .xlsx or .csv: its own rows with what became of each and what to mend.

    In an .xlsx every wrong cell is marked, with the remark as its comment. Formats other than tables give a list
    of remarks.
    """
    sheets = list(_sheets(report, paths)) if report.kind in TABLES else []
    sheets = sheets or [(_("Замечания"), _plain_list(report))]
    return as_xlsx(sheets) if suffix == ".xlsx" else as_csv(row for _name, rows in sheets for row in rows)


def as_csv(rows: Rows) -> bytes:
    """Rows as a csv that Russian Excel opens at a double click: UTF-8 with a mark, semicolons."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    for row in rows:
        plain = (cell.value if isinstance(cell, Marked) else cell for cell in row)
        writer.writerow([defused(text_of(cell)) for cell in plain])
    return ("\ufeff" + out.getvalue()).encode()


def as_xlsx(sheets: Iterable[tuple[str, Rows]]) -> bytes:
    """Sheets as an .xlsx file; text stays text, never a formula."""
    book = Workbook(write_only=True)
    used: set[str] = set()
    for name, rows in sheets:
        title = "".join(character for character in name if character not in "[]:*?/\\'")[:28] or _("Лист")
        while title in used:
            title = f"{title[:25]} {len(used)}"
        used.add(title)
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    marked = value if isinstance(value, Marked) else None
    plain: Any = marked.value if marked is not None else value
    if isinstance(plain, str):
        plain = ILLEGAL_CHARACTERS_RE.sub("", plain)[:CELL_LIMIT]
    cell = WriteOnlyCell(sheet, value=plain)
    if cell.data_type == "f":
        cell.data_type = "s"
    if marked is not None:
        if marked.level:
            cell.fill = FILLS[marked.level]
        if marked.comment:
            cell.comment = Comment(marked.comment[:CELL_LIMIT], _("Моя школа"), width=360, height=120)
        if marked.bold:
            cell.font = Font(bold=True)
        if marked.wrap:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _sheets(report: ImportReport, paths: Sequence[Path]) -> Iterator[tuple[str, Rows]]:
    said: Mapping[tuple[str, int], RowReport] = {(row.place, row.row): row for row in report.rows}
    headers = {header.place: header for header in report.headers}
    for path in paths:
        try:
            sheets = read_tables(path)
        except PortalError:
            continue
        for sheet in sheets:
            place = place_of(path.name, path.stem, sheet.name) if len(paths) > 1 else sheet.name
            yield sheet.name, _annotated(sheet, place, said, headers.get(place))


def _annotated(
    sheet: Sheet, place: str, said: Mapping[tuple[str, int], RowReport], header: SheetHeader | None
) -> Iterator[Sequence[Any]]:
    width = max((len(row) for row in sheet.rows), default=0)
    for number, row in enumerate(sheet.rows, 1):
        padded: list[Any] = [*row, *[None] * (width - len(row))]
        report = said.get((place, number))
        if report is not None:
            if header is not None:
                _mark(padded, report, header)
            mend = Marked(value=_mend(report), wrap=True)
            yield [
                *padded,
                str(OUTCOME_TITLES[report.outcome]),
                mend,
                Marked(value=_besides(report), wrap=True),
            ]
        elif header is not None and number == header.row:
            titles = (_("Итог"), _("Что исправить"), _("Замечания"))
            yield [*padded, *(Marked(value=title, bold=True) for title in titles)]
        else:
            yield padded


def _mark(cells: list[Any], report: RowReport, header: SheetHeader) -> None:
    """Mark the cells that errors and warnings of a row are about."""
    for remark in sorted(report.remarks, key=lambda each: each.level != "error"):
        column = header.column_of(remark) if remark.level != "note" else None
        if column is None:
            continue
        cells.extend([None] * (column + 1 - len(cells)))
        before = cells[column]
        words = " ".join(filter(None, (remark.message, remark.advice)))
        if isinstance(before, Marked):
            cells[column] = msgspec.structs.replace(before, comment=f"{before.comment}\n{words}")
        else:
            cells[column] = Marked(value=before, level=remark.level, comment=words)


def _mend(report: RowReport) -> str:
    return "\n".join(remark.text for remark in report.remarks if remark.level != "note")


def _besides(report: RowReport) -> str:
    return "\n".join(
        [
            *(remark.text for remark in report.remarks if remark.level == "note"),
            *(report.changes if report.outcome == "updated" else []),
        ]
    )


def _words(report: RowReport) -> str:
    return "\n".join(filter(None, (_mend(report), _besides(report))))


def _plain_list(report: ImportReport) -> Iterator[Sequence[Any]]:
    yield [_("Файл"), _("Строка"), _("Что"), _("Итог"), _("Замечания")]
    for remark in report.remarks:
        yield ["", "", "", "", remark.text]
    for row in report.rows:
        if row.remarks or row.outcome != "unchanged":
            yield [row.place, row.row, row.title, str(OUTCOME_TITLES[row.outcome]), _words(row)]
