"""Reading tables as people keep them: xlsx, csv and text in any of the usual encodings.

What a file is, is found by its content. Hostile files (zip bombs, endless sheets, binary rubbish) end in
`Invalid` with a sentence, never in a traceback; formulas give the value kept in the file.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from core.errors import Invalid, NotFound, TooLarge
from core.web.i18n import counted, sentence

Cell = str | int | float | bool | date | datetime | None
Advance = Callable[[int, int], None]

LARGEST_FILE = 100 * 1024 * 1024
"""Bytes of a text table, and of an xlsx file as it lies on disk."""

LARGEST_UNPACKED = 600 * 1024 * 1024
LARGEST_RATIO = 200
"""How many times larger the content of a zip archive may be than the archive."""

MOST_ROWS = 200_000
MOST_COLUMNS = 300
MOST_SHEETS = 200
MOST_EMPTY_ROWS = 2_000
"""Empty rows in a row after which a sheet is taken to have ended."""

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = (";", "\t", ",", "|")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One table: `rows[0]` is row 1. `mac_epoch` tells that day numbers count from 1904."""

    name: str
    rows: Sequence[Sequence[Cell]]
    mac_epoch: bool = False


EXPLANATIONS = "Пояснения"
"""The sheet of a sample table that tells what the columns are for: it has no data."""


def read_tables(path: Path) -> list[Sheet]:
    """The sheets of a file. Raises `NotFound`, `TooLarge`, or `Invalid` with what is wrong and what to do."""
    content = read_bytes(path)
    if content.startswith(b"PK"):
        return _read_xlsx(path.name, content)
    if content.startswith(OLE_SIGNATURE):
        raise Invalid(
            sentence("«%(name)s» – книга старого формата Excel (xls) или защищена паролем.", name=path.name),
            advice="Откройте её и сохраните как «Книга Excel (.xlsx)» без пароля.",
        )
    return [Sheet(name=path.stem, rows=_split(path.name, _decode(path.name, content)))]


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises `NotFound`, `TooLarge`, and `Invalid` for an empty or unreadable file."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise Invalid(
                sentence("«%(name)s» – папка, а не файл.", name=path.name), advice="Укажите файл таблицы."
            )
        if size > LARGEST_FILE:
            raise TooLarge(
                sentence(
                    "Файл «%(name)s» больше %(count)s МБ.",
                    name=path.name,
                    count=LARGEST_FILE // (1024 * 1024),
                ),
                advice="Разделите его на части, например по классам.",
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            sentence("Файла «%(path)s» нет.", path=path), advice="Проверьте имя и папку."
        ) from error
    except OSError as error:
        raise Invalid(
            sentence("Файл «%(name)s» не читается: %(reason)s.", name=path.name, reason=error.strerror),
            advice="Проверьте права на файл.",
        ) from error
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Invalid(
            sentence("Файл «%(name)s» пустой.", name=path.name), advice="Проверьте, тот ли файл вы выбрали."
        )
    return content


def refuse_bomb(name: str, archive: zipfile.ZipFile, packed: int) -> None:
    """Raise `TooLarge` for an archive that would unpack to far more than it pretends to be."""
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > LARGEST_UNPACKED or (
        unpacked > 50 * 1024 * 1024 and unpacked > LARGEST_RATIO * max(packed, 1)
    ):
        raise TooLarge(
            sentence(
                "Содержимое «%(name)s» после распаковки слишком велико (%(count)s МБ).",
                name=name,
                count=unpacked // (1024 * 1024),
            ),
            advice="Проверьте файл: возможно, в нём заполнены миллионы пустых строк. Сохраните его заново.",
        )


def _read_xlsx(name: str, content: bytes) -> list[Sheet]:
    broken = Invalid(
        sentence("Файл «%(name)s» повреждён или это не таблица Excel.", name=name),
        advice="Откройте его в редакторе таблиц и сохраните как «Книга Excel (.xlsx)».",
    )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            refuse_bomb(name, archive, len(content))
            if "xl/workbook.xml" not in archive.namelist():
                raise broken
    except zipfile.BadZipFile as error:
        raise broken from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            try:
                if len(book.worksheets) > MOST_SHEETS:
                    raise TooLarge(
                        counted(
                            "В книге «%(name)s» больше %(count)s листа.",
                            "В книге «%(name)s» больше %(count)s листов.",
                            MOST_SHEETS,
                            name=name,
                        ),
                        advice="Оставьте только нужные листы.",
                    )
                mac_epoch = book.epoch == MAC_EPOCH
                return [
                    Sheet(name=sheet.title, rows=_sheet_rows(name, sheet), mac_epoch=mac_epoch)
                    for sheet in book.worksheets
                    if sheet.sheet_state == "visible"
                ]
            finally:
                book.close()
    except (Invalid, TooLarge):
        raise
    except Exception as error:
        raise broken from error


def _sheet_rows(name: str, sheet: Any) -> list[Sequence[Cell]]:
    sheet.reset_dimensions()
    rows: list[Sequence[Cell]] = []
    empty = 0
    for values in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        # Every row comes as wide as it may be: what is behind its last cell is not looked at.
        width = next((number for number in range(len(values), 0, -1) if values[number - 1] is not None), 0)
        row = _trimmed([_cell(value) for value in values[:width]])
        empty = empty + 1 if not row else 0
        if empty > MOST_EMPTY_ROWS:
            break
        rows.append(row)
        if len(rows) - empty > MOST_ROWS:
            raise _too_many_rows(name)
    return rows[: len(rows) - empty]


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return None if value.startswith("#") and value.endswith(("!", "?", "/A")) else value
    if isinstance(value, datetime | date | int | float | bool) or value is None:
        return value
    return None if isinstance(value, time) else str(value)


def _trimmed(row: list[Cell]) -> Sequence[Cell]:
    while row and (row[-1] is None or row[-1] == ""):
        row.pop()
    return row


def _decode(name: str, content: bytes) -> str:
    """Text in UTF-8 or UTF-16 with or without a byte order mark, else windows-1251."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return _clean(name, content.decode(encoding))
            except UnicodeDecodeError as error:
                raise _not_text(name) from error
    if b"\x00" in content[:4096]:
        encoding = "utf-16-be" if content[:1] == b"\x00" or content[:2] in (b"\x04\x1a",) else "utf-16-le"
        try:
            return _clean(name, content.decode(encoding))
        except UnicodeDecodeError as error:
            raise _not_text(name) from error
    try:
        return _clean(name, content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    try:
        return _clean(name, content.decode("windows-1251"))
    except UnicodeDecodeError as error:
        raise _not_text(name) from error


def _clean(name: str, text: str) -> str:
    sample = text[:20_000]
    strange = sum(1 for character in sample if ord(character) < 32 and character not in "\t\r\n\x0c")
    letters = sum(1 for character in sample if character.isalnum() or character in " \t\r\n;,.|\"'-()/@+:№«»")
    if strange or letters < 0.7 * len(sample):
        raise _not_text(name)
    return text.replace("\x00", "")


def _not_text(name: str) -> Invalid:
    return Invalid(
        sentence("«%(name)s» – не таблица: содержимое не читается как текст.", name=name),
        advice="Подходят книги Excel (.xlsx) и текстовые таблицы (.csv, .txt).",
    )


def _split(name: str, text: str) -> list[Sequence[Cell]]:
    lines = text.splitlines()
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        delimiter, text = lines[0][4], "\n" + text.split("\n", 1)[-1]
    else:
        delimiter = _delimiter(text)
    rows: list[Sequence[Cell]] = []
    try:
        for values in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(values) > MOST_COLUMNS:
                raise TooLarge(
                    counted(
                        "В таблице «%(name)s» больше %(count)s колонки.",
                        "В таблице «%(name)s» больше %(count)s колонок.",
                        MOST_COLUMNS,
                        name=name,
                    ),
                    advice="Оставьте только нужные колонки.",
                )
            rows.append(_trimmed([value.strip() or None for value in values]))
            if len(rows) > MOST_ROWS:
                raise _too_many_rows(name)
    except csv.Error as error:
        raise Invalid(
            sentence(
                "Таблица «%(name)s» не разбирается: незакрытая кавычка или слишком длинная ячейка.", name=name
            ),
            advice="Сохраните её заново из редактора таблиц.",
        ) from error
    return rows


def _delimiter(text: str) -> str:
    """The separator that splits the first lines most evenly into most columns."""

    def score(delimiter: str) -> tuple[int, int]:
        sample = io.StringIO("\n".join(text.splitlines()[:40]))
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if any(row)]
        except csv.Error:
            return (0, 0)
        wide = [width for width in widths if width > 1]
        usual = max(set(wide), key=wide.count) if wide else 0
        return (wide.count(usual) if usual else 0, usual)

    best = max(_DELIMITERS, key=score)
    return best if score(best)[0] else ";"


def _too_many_rows(name: str) -> TooLarge:
    return TooLarge(
        counted(
            "В таблице «%(name)s» больше %(count)s строки.",
            "В таблице «%(name)s» больше %(count)s строк.",
            MOST_ROWS,
            name=name,
        ),
        advice="Разделите её на части, например по классам.",
    )


def text_of(value: Cell) -> str:
    """A cell as text: single spaces, whole numbers without a fraction, dates as ДД.ММ.ГГГГ."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(
            "".join(
                character for character in value if character.isprintable() or character.isspace()
            ).split()
        )
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, datetime | date):
        return f"{value:%d.%m.%Y}"
    return str(value)


def is_empty(row: Iterable[Cell]) -> bool:
    """Whether a row has nothing in it."""
    return all(not text_of(value) for value in row)
