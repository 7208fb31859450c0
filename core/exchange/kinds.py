"""The kinds of tables the portal reads: what each is called, how it is told from the others, who may load it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.errors import Invalid
from core.exchange.columns import SCHOOL, Header, Vocabulary, find_header, normal
from core.exchange.guardian_table import GUARDIANS, GuardianReader
from core.exchange.school_table import PupilReader
from core.exchange.staff_table import STAFF, StaffReader
from core.exchange.table_rows import RowReader
from core.exchange.tables import EXPLANATIONS, Sheet, is_empty, read_tables
from core.identity.guardians import EDIT
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT
from core.web.i18n import gettext, lazy, sentence

SCHOOL_TABLE, STAFF_TABLE, GUARDIAN_TABLE, ONEROSTER, AUTO = (
    "school", "staff", "guardians", "oneroster", "auto",
)  # fmt: skip


class TableKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of table. Besides `core.import` it takes `permission`, if there is one."""

    title: str
    vocabulary: Vocabulary
    reader: type[RowReader[Any]]
    permission: str = ""


TABLES: Mapping[str, TableKind] = {
    SCHOOL_TABLE: TableKind(title=lazy("Таблица классов и учеников"), vocabulary=SCHOOL, reader=PupilReader),
    STAFF_TABLE: TableKind(
        title=lazy("Таблица сотрудников"), vocabulary=STAFF, reader=StaffReader, permission=GRANT
    ),
    GUARDIAN_TABLE: TableKind(
        title=lazy("Таблица родителей"), vocabulary=GUARDIANS, reader=GuardianReader, permission=EDIT
    ),
}
TITLES: Mapping[str, str] = {
    **{name: table.title for name, table in TABLES.items()},
    ONEROSTER: lazy("Набор OneRoster 1.1"),
}


def tables_for(actor: Actor) -> list[tuple[str, str]]:
    """The kinds of tables the actor may load, with titles."""
    return [
        (name, gettext(table.title))
        for name, table in TABLES.items()
        if not table.permission or actor.can(table.permission)
    ]


def open_tables(paths: Sequence[Path]) -> list[tuple[Path, Sheet]]:
    """Every sheet of the files, each with its file; explanations of a sample table are none."""
    return [(path, sheet) for path in paths for sheet in read_tables(path) if sheet.name != EXPLANATIONS]


def recognise(
    sheets: Sequence[tuple[Path, Sheet]], remembered: Callable[[str], Mapping[str, str]] = lambda _kind: {}
) -> str:
    """The kind of a table by its titles: what is neither of staff nor of guardians is one of pupils.

    Titles that say nothing may be `remembered` from a table of a kind that was loaded before.
    """
    for _path, sheet in sheets:
        if all(is_empty(row) for row in sheet.rows):
            continue
        if _is_of_guardians(sheet):
            return GUARDIAN_TABLE
        if _is_of_staff(sheet):
            return STAFF_TABLE
        if find_header(sheet) is not None:
            return SCHOOL_TABLE
    for name, table in TABLES.items():
        if (named := remembered(name)) and any(
            find_header(sheet, named, table.vocabulary) for _path, sheet in sheets
        ):
            return name
    return SCHOOL_TABLE


def _is_of_staff(sheet: Sheet) -> bool:
    """Whether the people of a table work: they have positions, or subjects that are not those of pupils' exams."""
    header = find_header(sheet, {}, STAFF)
    if header is None or not header.has("position", "subjects"):
        return False
    pupils = find_header(sheet)
    of_pupils = (
        pupils is not None
        and pupils.has("class", "grade")
        and pupils.has("birth_date", "gender", "personal_file", "admitted_on")
    )
    return header.has("position") or not of_pupils


def _is_of_guardians(sheet: Sheet) -> bool:
    """Whether the people of a table are guardians: they stand before their children, or only they are named."""
    header = find_header(sheet, {}, GUARDIANS)
    if header is None:
        return False
    child, guardian = _first(header, "child."), _first(header, "")
    if child is None or guardian is None or not header.has("child.name", "child.last_name"):
        return False
    pupils = find_header(sheet)
    if pupils is not None and any(column.who in ("mother", "father") for column in pupils.columns):
        return False
    return guardian < child


def _first(header: Header, prefix: str) -> int | None:
    fields = (f"{prefix}name", f"{prefix}last_name")
    return min((column.index for column in header.columns if column.field in fields), default=None)


def fields_of(kind: str) -> Mapping[str, str]:
    """What the columns of a kind of table may mean, with titles; nothing for what is no table."""
    return TABLES[kind].vocabulary.fields if kind in TABLES else {}


def read_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """Explicit meanings of columns from `Заголовок=поле`, by normal titles. Raises `Invalid` for no such pair."""
    found: dict[str, str] = {}
    for pair in pairs:
        title, _, field = pair.rpartition("=")
        if not title.strip() or not field.strip():
            raise Invalid(
                sentence("«%(pair)s» не читается.", pair=pair), advice="Нужен вид «Заголовок=поле»."
            )
        found[normal(title)] = field.strip()
    return found


def mapped(kind: str, mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping with the names of fields, which may be given by their titles. Raises `Invalid` for an unknown one."""
    fields = fields_of(kind)
    by_title = {str(words).casefold(): name for name, words in fields.items()}
    found: dict[str, str] = {}
    for title, field in mapping.items():
        name = field if field in fields else by_title.get(field.casefold(), "")
        if not name:
            raise Invalid(
                sentence("Поля «%(field)s» нет.", field=field),
                advice=sentence("Есть: %(known)s.", known=", ".join(fields)),
            )
        found[title] = name
    return found
