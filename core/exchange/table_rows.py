"""Rows of a table read cell by cell: what the readers of every kind of table have in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from core.errors import Invalid
from core.exchange.columns import (
    REPEATED,
    Column,
    Header,
    Vocabulary,
    find_header,
    first_rows,
    header_at,
    likely_titles,
    meaning_of,
)
from core.exchange.report import ColumnReport, FirstRow, ImportReport, RowReport, SheetHeader
from core.exchange.rows import PersonData, read_email, read_phone, read_snils
from core.exchange.tables import Advance, Cell, Sheet, is_empty, text_of
from core.exchange.written_dates import WrongDate, read_date
from core.exchange.written_names import WrittenName, WrongName, join_name, split_name
from core.identity.identifiers import WrongIdentifier
from core.web.i18n import gettext, sentence

T = TypeVar("T")
RowT = TypeVar("RowT")
NOTHING = ("", "-", "–", "—", "нет")
"""What people write into a cell where there is nothing to write."""

SHOWN_CELLS = 12
"""Cells of a row that are shown where the titles were not found."""

SAMPLES = 3
"""How many values of a column are shown beside its title."""

_MAN = frozenset({"м", "муж", "мужской", "мальчик", "male", "m", "юноша", "мужчина"})
_WOMAN = frozenset({"ж", "жен", "женский", "девочка", "female", "f", "девушка", "женщина"})


class RowReader(ABC, Generic[RowT]):
    """Reads the rows of one sheet. Knows nothing of the database."""

    vocabulary: ClassVar[Vocabulary]
    no_table: ClassVar[tuple[str, str]]
    """What is said of a file without a row of titles, and what to do."""

    needed: ClassVar[str]
    """What is said of a sheet without a row of titles."""

    nobody: ClassVar[str]
    """What is said of a row that names nobody."""

    totals: ClassVar[re.Pattern[str]] = re.compile(
        r"\s*(итого|всего|в том числе|из них|исполнитель|м\.?\s?п\.?$)", re.IGNORECASE
    )

    def __init__(
        self, sheet: Sheet, place: str, header: Header, report: ImportReport, today: date, stem: str
    ) -> None:
        self.sheet, self.place, self.header, self.report, self.today = sheet, place, header, report, today
        self.stem = stem

    @abstractmethod
    def row(self, cells: Sequence[Cell], row: RowReport) -> RowT | None:
        """What a row says; None if it is wrong, which the report then tells."""

    def heading(self, row: RowReport, filled: Sequence[str]) -> bool:
        """Whether a row is a heading between the rows."""
        del row, filled
        return False

    def lenient(self, field: str) -> bool:
        """Whether a wrong value of this field is left out instead of keeping the file out."""
        return field in ("phone", "email")

    def describe_columns(self) -> None:
        """Say in the report where the columns are and what each was taken for."""
        backwards = list(reversed(self.header.columns))
        self.report.headers.append(
            SheetHeader(
                place=self.place,
                row=self.header.row + 1,
                titles={column.title: column.index for column in backwards},
                fields={column.field: column.index for column in backwards if column.field},
            )
        )
        for column in self.header.columns:
            said = REPEATED.sub("", column.title)
            if column.field == "ignore" and meaning_of(said, {}, self.vocabulary)[0] == "ignore":
                continue
            known = ColumnReport(
                place=self.place,
                title=column.title,
                field=column.field,
                meaning=gettext(self.vocabulary.fields.get(column.field, "")),
                sample=self._samples(column),
            )
            same = any(c.title == known.title and c.field == known.field for c in self.report.columns)
            if not same:
                self.report.columns.append(known)

    def _samples(self, column: Column) -> str:
        below = self.sheet.rows[self.header.row + 1 :][:50]
        found = (text_of(row[column.index]) for row in below if len(row) > column.index)
        return ", ".join([text[:40] for text in dict.fromkeys(found) if text][:SAMPLES])

    def read(self, number: int) -> RowT | None:
        """The row of this number; None if there is nothing in it or it is wrong, which the report then says."""
        cells = self.sheet.rows[number]
        filled = [text for text in (text_of(cell) for cell in cells) if text]
        if not filled:
            return None
        row = RowReport(place=self.place, row=number + 1)
        named = any(self.text(cells, column) for column in self.columns("name", "last_name", "first_name"))
        if self.totals.match(filled[0]) or (
            len(filled) > 1 and filled[0].isdigit() and self.totals.match(filled[1])
        ):
            return self.skip(row, filled[0], sentence("Строка итогов или подписи."))
        if self.heading(row, filled):
            return None
        if not named and len(filled) <= 2:
            return self.skip(row, filled[0], self.nobody)
        self.report.rows.append(row)
        return self.row(cells, row)

    def skip(self, row: RowReport, title: str, why: str) -> None:
        """Leave a row out, saying why."""
        row.title, row.outcome = title[:80], "skipped"
        row.remark("note", why)
        self.report.rows.append(row)

    def columns(self, *fields: str) -> list[Column]:
        """The columns of these fields."""
        return [column for column in self.header.columns if column.field in fields]

    def column(self, field: str) -> Column | None:
        """The first column of a field."""
        return next((column for column in self.header.columns if column.field == field), None)

    def text(self, cells: Sequence[Cell], column: Column | str | None) -> str:
        """What stands in a column, or in the column of a field, as text."""
        found = self.column(column) if isinstance(column, str) else column
        return text_of(self._cell(cells, found)) if found else ""

    @staticmethod
    def _cell(cells: Sequence[Cell], column: Column) -> Cell:
        return cells[column.index] if column.index < len(cells) else None

    def named_as(self, cells: Sequence[Cell]) -> str:
        """The name of a row as it stands, for a row whose name is not understood."""
        columns = self.columns("name", "last_name", "first_name", "middle_name")
        return " ".join(text for column in columns if (text := self.text(cells, column)))[:80]

    def value(
        self, cells: Sequence[Cell], row: RowReport, field: str, read: Callable[[Cell], T | None]
    ) -> T | None:
        """The value of a field; what is wrong with it becomes an error or a warning of the row."""
        column = self.column(field)
        if column is None:
            return None
        cell = self._cell(cells, column)
        try:
            return read(cell)
        except (WrongDate, WrongIdentifier) as wrong:
            if self.lenient(field):
                level = "warning"
                advice = sentence("Это значение не загружено; исправьте его и загрузите файл ещё раз.")
            else:
                level = "error"
                advice = sentence("Исправьте ячейку или оставьте её пустой.")
            row.remark(level, wrong.message, advice, column=column.title, value=text_of(cell))
            return None

    def date(self, cell: Cell) -> date | None:
        """A date that may stand in a school's table. Raises `WrongDate`."""
        found = read_date(cell, self.today, self.sheet.mac_epoch)
        if found is not None and (found > self.today.replace(year=self.today.year + 1) or found.year < 1900):
            raise WrongDate("Такой даты здесь быть не может.")
        return found

    def birth_date(self, cells: Sequence[Cell], row: RowReport, field: str = "birth_date") -> date | None:
        """A date of birth, which has passed."""
        found = self.value(cells, row, field, self.date)
        if found is not None and found > self.today:
            column = self.column(field)
            row.remark(
                "warning" if self.lenient(field) else "error",
                "Дата рождения ещё не наступила.",
                "Исправьте год.",
                column=column.title if column else "",
                value=f"{found:%d.%m.%Y}",
            )
            return None
        return found

    def name(
        self, cells: Sequence[Cell], row: RowReport, who: str = "", *, may_lack: bool = False
    ) -> WrittenName | None:
        """A name from one cell or three. A wrong one is an error; of a guardian who `may_lack`, a warning."""
        prefix = f"{who}." if who else ""
        whole, last = self.column(f"{prefix}name"), self.column(f"{prefix}last_name")
        parts = [self.text(cells, f"{prefix}{part}") for part in ("last_name", "first_name", "middle_name")]
        text = self.text(cells, whole)
        try:
            name = self._taken_apart(text, parts, whole, last, prefix)
        except WrongName as wrong:
            column = whole or last
            row.remark(
                "warning" if may_lack else "error",
                sentence("%(wrong)s Родитель не загружен.", wrong=wrong.message)
                if may_lack
                else wrong.message,
                "Напишите фамилию, имя и отчество полностью.",
                column=column.title if column else "",
                value=text or " ".join(part for part in parts if part),
            )
            return None
        for doubt in name.doubts:
            row.remark(
                "warning", doubt, "Проверьте имя.", value=text or " ".join(parts), field=f"{prefix}name"
            )
        return name

    def _taken_apart(
        self, text: str, parts: Sequence[str], whole: Column | None, last: Column | None, prefix: str
    ) -> WrittenName:
        if parts[0] and parts[1]:
            return join_name(*parts)
        if last is not None and parts[0] and whole is None and self.column(f"{prefix}first_name") is None:
            return split_name(parts[0])
        if last is not None and not text:
            return join_name(*parts)
        name = split_name(text)
        if parts[2] and name.middle_name is None:
            name.middle_name = join_name(name.last_name, name.first_name, parts[2]).middle_name
        return name

    def person(
        self,
        cells: Sequence[Cell],
        row: RowReport,
        who: str,
        name: WrittenName | None,
        birth_date: date | None,
    ) -> PersonData | None:
        """A person with contacts and СНИЛС; None without a name, which has been told by then."""
        prefix = f"{who}." if who else ""
        snils = self.value(cells, row, f"{prefix}snils", read_snils)
        phone = self.value(cells, row, f"{prefix}phone", lambda cell: read_phone(cell, row))
        email = self.value(cells, row, f"{prefix}email", read_email)
        gender = self._gender(cells, row, f"{prefix}gender")
        if name is None:
            return None
        return PersonData(
            last_name=name.last_name,
            first_name=name.first_name,
            middle_name=name.middle_name,
            birth_date=birth_date,
            gender=gender,
            snils=snils,
            phone=phone,
            email=email,
        )

    def _gender(self, cells: Sequence[Cell], row: RowReport, field: str) -> str | None:
        column = self.column(field)
        text = self.text(cells, column).casefold().strip(" .")
        if not column or not text:
            return None
        if text in _MAN:
            return "M"
        if text in _WOMAN:
            return "F"
        row.remark("error", "Пол не читается.", "Напишите «м» или «ж».", column=column.title, value=text)
        return None


def read_rows(
    reader: type[RowReader[RowT]],
    sheets: Sequence[tuple[Path, Sheet]],
    report: ImportReport,
    today: date,
    mapping: Mapping[str, str] = {},
    advance: Advance = lambda _done, _total: None,
    titles_row: int = 0,
) -> list[RowT]:
    """The rows of all sheets that could be read; what is wrong with the others goes into `report`.

    `titles_row` is the row from 1 that somebody has said to be the titles, 0 for one to be found. If no sheet has
    one, the report offers the first rows. Raises `Invalid` if there is no row with two cells at the top of any.
    """
    total = sum(len(sheet.rows) for _path, sheet in sheets)
    several = len({path for path, _sheet in sheets}) > 1
    sheets = [(path, sheet) for path, sheet in sheets if not all(is_empty(row) for row in sheet.rows)]
    found: list[RowT] = []
    done, described = 0, False
    for path, sheet in sheets:
        header = _header(sheet, mapping, reader.vocabulary, titles_row)
        place = place_of(path.name, path.stem, sheet.name) if several else sheet.name
        if header is None:
            report.remark(
                "warning",
                sentence("«%(place)s»: нет строки с заголовками, лист пропущен.", place=place),
                reader.needed,
            )
            continue
        described = True
        rows = reader(sheet, place, header, report, today, path.stem)
        rows.describe_columns()
        for number in range(header.row + 1, len(sheet.rows)):
            row = rows.read(number)
            if row is not None:
                found.append(row)
            done += 1
            if done % 200 == 0:
                advance(done, total)
    if not described:
        problem, advice = reader.no_table
        tables = [(path, sheet) for path, sheet in sheets if first_rows(sheet)]
        if not tables:
            raise Invalid(problem, advice=advice)
        report.remarks = []
        report.remark("error", problem, advice)
        for path, sheet in tables:
            place = place_of(path.name, path.stem, sheet.name) if several else sheet.name
            _offer(reader, path, sheet, place, report, today, mapping, titles_row)
    advance(total, total)
    return found


def _header(
    sheet: Sheet, mapping: Mapping[str, str], vocabulary: Vocabulary, titles_row: int
) -> Header | None:
    """The row of titles of a sheet, if it names people: the one that was said, or the one that is found."""
    if not 0 < titles_row <= len(sheet.rows):
        return find_header(sheet, mapping, vocabulary)
    said = header_at(sheet, titles_row - 1, mapping, vocabulary)
    return said if said.has(*vocabulary.named_by) else None


def _offer(
    reader: type[RowReader[Any]],
    path: Path,
    sheet: Sheet,
    place: str,
    report: ImportReport,
    today: date,
    mapping: Mapping[str, str],
    titles_row: int,
) -> None:
    """Show the first rows of a sheet without titles, one of them as what may be the titles, with its columns."""
    numbers = first_rows(sheet)
    if titles_row - 1 in range(len(sheet.rows)):
        chosen = titles_row - 1
    else:
        chosen = likely_titles(sheet, numbers, reader.vocabulary)
    header = header_at(sheet, chosen, mapping, reader.vocabulary)
    reader(sheet, place, header, report, today, path.stem).describe_columns()
    report.first_rows += [
        FirstRow(
            place=place,
            row=number + 1,
            cells=[text_of(cell)[:40] for cell in sheet.rows[number][:SHOWN_CELLS]],
            chosen=number == chosen,
        )
        for number in numbers
    ]


def place_of(name: str, stem: str, sheet: str) -> str:
    """What a sheet of one of several files is called in the report."""
    return f"{name}: {sheet}" if sheet != stem else name
