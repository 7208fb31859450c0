"""Giving the report back as a table: the original rows with a column «Замечания», safe to open in Excel."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Font

from core.errors import Invalid, PortalError
from core.exchange.report import OUTCOME_TITLES, ImportReport, RowReport
from core.exchange.tables import Sheet, read_tables, text_of
from core.web.i18n import gettext as _
from core.web.i18n import sentence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CELL_LIMIT = 32_000
Rows = Iterable[Sequence[Any]]


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
    """The report as an .xlsx or .csv file. Formats other than tables give a list of remarks."""
    sheets = list(_sheets(report, paths)) if report.kind == "school" else []
    sheets = sheets or [(_("Замечания"), _plain_list(report))]
    return as_xlsx(sheets) if suffix == ".xlsx" else as_csv(row for _name, rows in sheets for row in rows)


def as_csv(rows: Rows) -> bytes:
    """Rows as a csv that Russian Excel opens at a double click: UTF-8 with a mark, semicolons."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    for row in rows:
        writer.writerow([defused(text_of(cell)) for cell in row])
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
            cells: list[Any] = []
            for value in row:
                cell = WriteOnlyCell(
                    sheet,
                    value=ILLEGAL_CHARACTERS_RE.sub("", value)[:CELL_LIMIT]
                    if isinstance(value, str)
                    else value,
                )
                if cell.data_type == "f":
                    cell.data_type = "s"
                if row and row[-1] == _("Замечания"):
                    cell.font = Font(bold=True)
                cells.append(cell)
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheets(report: ImportReport, paths: Sequence[Path]) -> Iterator[tuple[str, Rows]]:
    said: Mapping[tuple[str, int], RowReport] = {(row.place, row.row): row for row in report.rows}
    header_rows = {
        place: min(row.row for row in report.rows if row.place == place) - 1
        for place in {r.place for r in report.rows}
    }
    for path, name in zip(paths, report.files, strict=False):
        try:
            sheets = read_tables(path)
        except PortalError:
            continue
        for sheet in sheets:
            stem = Path(name).stem
            place = (
                sheet.name
                if len(paths) == 1
                else f"{name}: {sheet.name}"
                if sheet.name not in (path.stem, stem)
                else name
            )
            if place not in header_rows and sheet.name == path.stem:
                place = stem if len(paths) == 1 else name
            yield sheet.name, _annotated(sheet, place, said, header_rows.get(place, 0))


def _annotated(
    sheet: Sheet, place: str, said: Mapping[tuple[str, int], RowReport], header: int
) -> Iterator[Sequence[Any]]:
    width = max((len(row) for row in sheet.rows), default=0)
    for number, row in enumerate(sheet.rows, 1):
        padded = [*row, *[None] * (width - len(row))]
        report = said.get((place, number))
        if report is not None:
            yield [*padded, str(OUTCOME_TITLES[report.outcome]), _words(report)]
        elif number == header:
            yield [*padded, _("Итог"), _("Замечания")]
        else:
            yield padded


def _words(report: RowReport) -> str:
    return "\n".join(
        [
            *(remark.text for remark in report.remarks),
            *(report.changes if report.outcome == "updated" else []),
        ]
    )


def _plain_list(report: ImportReport) -> Iterator[Sequence[Any]]:
    yield [_("Файл"), _("Строка"), _("Что"), _("Итог"), _("Замечания")]
    for remark in report.remarks:
        yield ["", "", "", "", remark.text]
    for row in report.rows:
        if row.remarks or row.outcome != "unchanged":
            yield [row.place, row.row, row.title, str(OUTCOME_TITLES[row.outcome]), _words(row)]
