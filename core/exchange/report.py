"""The report of an import: what was found in each row, what became or will become of it, and what to mend.

A report is kept, so its words are in the language in which the import was run: that of whoever began it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from core.web.i18n import gettext, lazy, sentence

Level = Literal["error", "warning", "note"]
Outcome = Literal["created", "updated", "unchanged", "error", "skipped"]

OUTCOME_TITLES: Mapping[str, str] = {
    "created": lazy("новый"),
    "updated": lazy("изменён"),
    "unchanged": lazy("без изменений"),
    "error": lazy("ошибка"),
    "skipped": lazy("пропущена"),
}


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know about a row: `message` says what, `advice` what to do.

    The cell it is about is named by its `column`, or by the `field` that the column was taken for.
    """

    level: Level
    message: str
    advice: str = ""
    column: str = ""
    value: str = ""
    field: str = ""

    @property
    def text(self) -> str:
        """The remark as one line."""
        place = f"{self.column}:" if self.column else ""
        found = gettext(sentence("(в файле «%(value)s»)", value=self.value)) if self.value else ""
        return " ".join(filter(None, (place, self.message, found, self.advice)))


class RowReport(msgspec.Struct, kw_only=True):
    """What became of one row. `place` is the sheet or file, `row` counts from 1 as the table shows it."""

    place: str
    row: int
    title: str = ""
    outcome: Outcome = "unchanged"
    changes: list[str] = []
    remarks: list[Remark] = []

    def remark(
        self,
        level: Level,
        message: str,
        advice: str = "",
        *,
        column: str = "",
        value: object = "",
        field: str = "",
    ) -> None:
        """Note something about the row; an error makes the whole import fail."""
        shown = "" if value is None else str(value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}…"
        self.remarks = [
            *self.remarks,
            Remark(
                level=level,
                message=gettext(message),
                advice=gettext(advice),
                column=column,
                value=shown,
                field=field,
            ),
        ]
        if level == "error":
            self.outcome = "error"

    def place_remarks(self, since: int, who: str) -> None:
        """Say of remarks made since then that they are about somebody else of the row: a guardian, a child."""
        self.remarks = [
            *self.remarks[:since],
            *(
                msgspec.structs.replace(remark, field=f"{who}.{remark.field}")
                if remark.field and "." not in remark.field
                else remark
                for remark in self.remarks[since:]
            ),
        ]

    def add_change(self, change: str) -> None:
        """Note what changes, in a few words."""
        self.changes = [*self.changes, gettext(change)]

    @property
    def failed(self) -> bool:
        """Whether the row has an error."""
        return self.outcome == "error"


class ColumnReport(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table and what it was taken for; `field` is empty where it was not understood."""

    place: str
    title: str
    field: str
    meaning: str = ""
    sample: str = ""


class SheetHeader(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sheet has its row of titles (from 1), and in which columns (from 0) titles and fields stand."""

    place: str
    row: int
    titles: Mapping[str, int]
    fields: Mapping[str, int]

    def column_of(self, remark: Remark) -> int | None:
        """The column a remark is about, if it is about one."""
        return self.titles.get(remark.column, self.fields.get(remark.field))


class FirstRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the first rows of a file whose titles were not found; `chosen` is taken for the titles meanwhile."""

    place: str
    row: int
    cells: Sequence[str]
    chosen: bool = False


class ImportReport(msgspec.Struct, kw_only=True):
    """The result of an import or of its rehearsal.

    `applied` tells whether the data has been changed: never if there is an error. `missing` are the
    pupils of the file's classes whom the file does not name; they are left as they are. `run` is what the import
    is kept as in the history (`core.exchange.history`). `first_rows` are there if no row of titles was found: one of
    them is to be chosen, and its columns are to be named.
    """

    kind: str
    title: str
    organization: str = ""
    year: str = ""
    files: Sequence[str] = ()
    dry_run: bool = True
    applied: bool = False
    rows: list[RowReport] = []
    columns: list[ColumnReport] = []
    headers: list[SheetHeader] = []
    remarks: list[Remark] = []
    created: dict[str, int] = {}
    missing: list[str] = []
    first_rows: list[FirstRow] = []
    run: str = ""

    def remark(self, level: Level, message: str, advice: str = "") -> None:
        """Note something about the file as a whole."""
        self.remarks = [
            *self.remarks,
            Remark(level=level, message=gettext(message), advice=gettext(advice)),
        ]

    def count(self, thing: str, number: int = 1) -> None:
        """Count a thing made besides the rows: a class, a tie, a role."""
        title = gettext(thing)
        self.created[title] = self.created.get(title, 0) + number

    @property
    def totals(self) -> Mapping[str, int]:
        """How many rows have each outcome."""
        return Counter(row.outcome for row in self.rows)

    @property
    def errors(self) -> int:
        """How many errors there are, of rows and of the file."""
        return self._count("error")

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return self._count("warning")

    @property
    def unknown_columns(self) -> Sequence[ColumnReport]:
        """Columns that were not understood and whose data is not taken."""
        return [column for column in self.columns if not column.field]

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to be written."""
        return bool(self.created) or any(row.outcome in ("created", "updated") for row in self.rows)

    @property
    def verdict(self) -> str:
        """One sentence: how it ended."""
        if self.errors:
            return sentence("В файле есть ошибки, ничего не загружено.")
        if not self.rows:
            return sentence("В файле нет ни одной строки с данными.")
        if not self.changes_something:
            return sentence("Всё уже загружено, изменений нет.")
        if self.applied:
            return sentence("Данные загружены.")
        return sentence("Проверка прошла, данные можно загружать.")

    def _count(self, level: Level) -> int:
        own = sum(1 for remark in self.remarks if remark.level == level)
        return own + sum(1 for row in self.rows for remark in row.remarks if remark.level == level)
