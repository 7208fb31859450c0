"""Reading a OneRoster 1.1 CSV set: a folder, a zip archive, or its files named one by one.

Columns are those of the 1EdTech OneRoster 1.1 CSV specification, sections 4–5.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from core.errors import Invalid
from core.exchange.report import ColumnReport, ImportReport, RowReport
from core.exchange.tables import MOST_ROWS, read_bytes, refuse_bomb
from core.web.i18n import sentence

FILES: Mapping[str, Sequence[str]] = {
    "academicSessions": (
        "sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate", "parentSourcedId",
        "schoolYear",
    ),
    "orgs": ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"),
    "courses": (
        "sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode", "grades",
        "orgSourcedId", "subjects", "subjectCodes",
    ),
    "classes": (
        "sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode", "classType",
        "location", "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods",
    ),
    "users": (
        "sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username", "userIds",
        "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades",
        "password",
    ),
    "enrollments": (
        "sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role",
        "primary", "beginDate", "endDate",
    ),
    "demographics": ("sourcedId", "status", "dateLastModified", "birthDate", "sex"),
}  # fmt: skip
"""The files that are read, with their columns; demographics has more that a Russian school does not keep."""

REQUIRED: Mapping[str, Sequence[str]] = {
    "academicSessions": ("sourcedId", "title", "type", "startDate", "endDate"),
    "orgs": ("sourcedId", "name", "type"),
    "courses": ("sourcedId", "title"),
    "classes": ("sourcedId", "title", "classType", "schoolSourcedId"),
    "users": ("sourcedId", "orgSourcedIds", "role", "givenName", "familyName"),
    "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role"),
    "demographics": ("sourcedId",),
}
GRADEBOOK: Mapping[str, Sequence[str]] = {
    "categories": ("sourcedId", "status", "dateLastModified", "title"),
    "lineItems": (
        "sourcedId", "status", "dateLastModified", "title", "description", "assignDate", "dueDate", "classSourcedId",
        "categorySourcedId", "gradingPeriodSourcedId", "resultValueMin", "resultValueMax",
    ),
    "results": (
        "sourcedId", "status", "dateLastModified", "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score",
        "scoreDate", "comment",
    ),
}  # fmt: skip
"""The files of works and results, with their columns: they are given out and not read."""

MANIFEST = "manifest"
UNUSED = ("categories", "classResources", "courseResources", "lineItems", "resources", "results")


class Line(msgspec.Struct, kw_only=True, eq=False):
    """One record with the row of the report that speaks of it."""

    values: Mapping[str, str]
    report: RowReport

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def id(self) -> str:
        """The record's `sourcedId`."""
        return self["sourcedId"]

    @property
    def deleted(self) -> bool:
        """Whether a delta asks to take the record away."""
        return self["status"].lower() in ("tobedeleted", "inactive")

    def many(self, column: str) -> list[str]:
        """The parts of a list column."""
        return [part.strip() for part in self[column].split(",") if part.strip()]

    def day(self, column: str) -> date | None:
        """A date column; what cannot be read becomes an error of the line."""
        text = self[column][:10]
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.report.remark(
                "error", "Дата не читается.", "Нужен вид ГГГГ-ММ-ДД.", column=column, value=self[column]
            )
            return None


class RosterSet(msgspec.Struct, kw_only=True):
    """A set: the records of each file by `sourcedId`, and which files are changes only."""

    tables: dict[str, dict[str, Line]]
    delta: set[str] = set()

    def all(self, name: str) -> Iterator[Line]:
        """The usable records of a file."""
        return (line for line in self.tables.get(name, {}).values() if not line.report.failed)


def is_set(paths: Sequence[Path]) -> bool:
    """Whether the files are a OneRoster set."""
    if len(paths) == 1 and paths[0].is_dir():
        return True
    if len(paths) == 1 and zipfile.is_zipfile(paths[0]):
        try:
            with zipfile.ZipFile(paths[0]) as archive:
                names = archive.namelist()
        except (OSError, zipfile.BadZipFile):
            return False
        return "xl/workbook.xml" not in names and "[Content_Types].xml" not in names
    return any(path.name.lower() == "manifest.csv" for path in paths)


def read_set(paths: Sequence[Path], report: ImportReport) -> RosterSet:
    """Read a set; wrong lines become errors of the report. Raises `Invalid` for what is no set at all."""
    contents = _contents(paths)
    modes = _manifest(contents, report)
    roster = RosterSet(tables={}, delta={name for name, mode in modes.items() if mode == "delta"})
    for name in FILES:
        if modes.get(name) == "absent":
            continue
        if name not in contents:
            if modes.get(name):
                report.remark(
                    "error",
                    sentence("Файл %(name)s.csv назван в manifest.csv, но его нет.", name=name),
                    "Добавьте его в набор.",
                )
            continue
        roster.tables[name] = _read(name, contents[name], report, delta=name in roster.delta)
    for name in UNUSED:
        if name in contents or modes.get(name) in ("bulk", "delta"):
            report.remark(
                "note",
                sentence("%(name)s.csv портал не загружает: отметки и материалы ведут в журнале.", name=name),
            )
    if "users" not in roster.tables and not report.errors:
        raise Invalid("В наборе нет файла users.csv.", advice="Выгрузите набор OneRoster 1.1 целиком.")
    return roster


def _contents(paths: Sequence[Path]) -> dict[str, bytes]:
    """Content of each csv file by its name without suffix, in the case of the specification."""
    found: dict[str, bytes] = {}
    known = {name.lower(): name for name in (*FILES, *UNUSED, MANIFEST)}

    def take(name: str, content: bytes) -> None:
        stem, _, suffix = Path(name).name.lower().rpartition(".")
        if suffix == "csv" and stem in known:
            found[known[stem]] = content

    if len(paths) == 1 and paths[0].is_dir():
        for path in sorted(paths[0].iterdir()):
            if path.is_file() and path.suffix.lower() == ".csv":
                take(path.name, read_bytes(path) if path.stat().st_size else b"")
    elif len(paths) == 1 and zipfile.is_zipfile(paths[0]):
        content = read_bytes(paths[0])
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                refuse_bomb(paths[0].name, archive, len(content))
                for entry in archive.infolist():
                    if not entry.is_dir() and not entry.filename.startswith("__MACOSX"):
                        take(entry.filename, archive.read(entry))
        except (zipfile.BadZipFile, RuntimeError, OSError, NotImplementedError) as error:
            raise Invalid(
                sentence("Архив «%(name)s» повреждён или защищён паролем.", name=paths[0].name),
                advice="Упакуйте набор в zip заново, без пароля.",
            ) from error
    else:
        for path in paths:
            take(path.name, read_bytes(path))
    if not found:
        raise Invalid(
            "Это не набор OneRoster: нет ни manifest.csv, ни users.csv.",
            advice="Нужен архив или папка с manifest.csv, orgs.csv, users.csv, classes.csv, enrollments.csv.",
        )
    return found


def _manifest(contents: Mapping[str, bytes], report: ImportReport) -> dict[str, str]:
    if MANIFEST not in contents:
        report.remark(
            "warning",
            "В наборе нет manifest.csv: все файлы считаются полными (bulk).",
            "Добавьте его в выгрузку.",
        )
        return {}
    pairs = {row[0].strip(): row[1].strip() for row in _rows(MANIFEST, contents[MANIFEST]) if len(row) >= 2}
    version = pairs.get("oneroster.version", "1.1")
    if not version.startswith("1."):
        raise Invalid(
            sentence("Версия OneRoster %(version)s не поддерживается.", version=version),
            advice="Выгрузите набор версии 1.1.",
        )
    modes: dict[str, str] = {}
    for key, value in pairs.items():
        if not key.startswith("file."):
            continue
        mode = value.lower()
        if mode not in ("bulk", "delta", "absent"):
            report.remark(
                "error",
                sentence("manifest.csv: «%(key)s» имеет значение «%(value)s».", key=key, value=value),
                "Нужно bulk, delta или absent.",
            )
            continue
        modes[key.removeprefix("file.")] = mode
    return modes


def _rows(name: str, content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            sentence("Файл %(name)s.csv не в кодировке UTF-8, как требует OneRoster.", name=name),
            advice="Сохраните его в UTF-8.",
        ) from error
    if "\x00" in text:
        raise Invalid(sentence("Файл %(name)s.csv – не текст.", name=name), advice="Выгрузите набор заново.")
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error as error:
        raise Invalid(
            sentence("Файл %(name)s.csv не разбирается: незакрытая кавычка.", name=name),
            advice="Выгрузите набор заново.",
        ) from error


def _read(name: str, content: bytes, report: ImportReport, *, delta: bool) -> dict[str, Line]:
    file = f"{name}.csv"
    rows = _rows(name, content)
    titles = next(rows, list[str]())
    header = [title.strip() for title in titles]
    missing = [column for column in REQUIRED[name] if column not in header]
    if missing:
        report.remark(
            "error",
            sentence("%(file)s: нет колонок %(columns)s.", file=file, columns=", ".join(missing)),
            "Выгрузите файл по спецификации OneRoster 1.1.",
        )
        return {}
    _describe(name, file, header, report)
    lines: dict[str, Line] = {}
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS * 5:
            raise Invalid(
                sentence("%(file)s: слишком много строк.", file=file), advice="Загружайте по одной школе."
            )
        values = {title: cell.strip()[:2000] for title, cell in zip(header, cells, strict=False)}
        row = RowReport(
            place=file,
            row=number,
            title=values.get("title") or values.get("name") or values.get("sourcedId", ""),
        )
        report.rows.append(row)
        line = Line(values=values, report=row)
        for column in REQUIRED[name]:
            if not line[column] and not (line.deleted and column != "sourcedId"):
                row.remark("error", "Обязательное поле пустое.", "Заполните его в выгрузке.", column=column)
        status = line["status"].lower()
        if status and status not in ("active", "tobedeleted", "inactive"):
            row.remark(
                "error",
                "Неизвестное состояние записи.",
                "Нужно active или tobedeleted.",
                column="status",
                value=status,
            )
        if delta and not status:
            row.remark(
                "error",
                "В файле изменений (delta) у строки нет состояния.",
                "Заполните status: active или tobedeleted.",
                column="status",
            )
        if line.id in lines:
            row.remark(
                "error",
                sentence("Такой sourcedId уже есть в строке %(row)s.", row=lines[line.id].report.row),
                "Оставьте одну запись.",
                column="sourcedId",
                value=line.id,
            )
            continue
        lines[line.id] = line
    return lines


def _describe(name: str, file: str, header: Sequence[str], report: ImportReport) -> None:
    for title in header:
        known = title in FILES[name] or title.startswith("metadata.") or name == "demographics"
        if not known:
            report.columns.append(ColumnReport(place=file, title=title, field=""))
