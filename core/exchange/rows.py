"""Rows of a school's table in a form the portal understands, and the cells that hold numbers and addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import msgspec

from core.exchange.class_names import ClassName
from core.exchange.report import RowReport
from core.exchange.tables import Cell, text_of
from core.identity import identifiers


class PersonData(msgspec.Struct, kw_only=True):
    """What a file says of a person; None is «says nothing», never «has none»."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    birth_date: date | None = None
    gender: str | None = None
    snils: str | None = None
    phone: str | None = None
    email: str | None = None
    external_id: str | None = None


class GuardianData(msgspec.Struct, kw_only=True):
    """A guardian as a pupil's row names them; `who` is how the columns call them: `mother`, `guardian2` …"""

    person: PersonData
    relation: str
    who: str = "guardian"


class PupilRow(msgspec.Struct, kw_only=True):
    """A pupil of the table, ready to be matched. `report` collects what is said about the row."""

    report: RowReport
    person: PersonData
    school_class: ClassName
    admitted_on: date | None = None
    subgroups: list[tuple[str, str]] = []
    guardians: list[GuardianData] = []


def read_snils(cell: Cell) -> str | None:
    """A СНИЛС; a number has lost its leading zeros. Raises `WrongIdentifier`."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return identifiers.snils(f"{int(cell):011d}")
    text = text_of(cell)
    return identifiers.snils(text) if text and text.casefold() not in ("-", "–", "—", "нет") else None


def read_phone(cell: Cell, row: RowReport) -> str | None:
    """The first telephone number of a cell. Raises `WrongIdentifier`."""
    text = text_of(cell)
    if not text or text.casefold() in ("-", "–", "—", "нет"):
        return None
    first, *others = [part for part in re.split(r"[,;/\n]| или ", text) if part.strip()]
    if others:
        row.remark("warning", "Указано несколько телефонов, взят первый.", value=text)
    return identifiers.phone(first)


def read_email(cell: Cell) -> str | None:
    """The first e-mail address of a cell. Raises `WrongIdentifier`."""
    text = text_of(cell)
    if not text or text.casefold() in ("-", "–", "—", "нет"):
        return None
    return identifiers.email(re.split(r"[,;\s]+", text.strip())[0])


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that somebody teaches, and the classes where they do."""

    subject: str
    classes: Sequence[ClassName] = ()


class StaffRow(msgspec.Struct, kw_only=True):
    """A member of staff. `positions` are as they are written; `loads` without a subject are classes alone."""

    report: RowReport
    person: PersonData
    positions: Sequence[str] = ()
    class_teacher_of: Sequence[ClassName] = ()
    loads: Sequence[Load] = ()
    starts_on: date | None = None
    basis: str = ""


class ChildData(msgspec.Struct, kw_only=True):
    """A child as a guardian's row names them."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    school_class: ClassName | None = None
    birth_date: date | None = None
    snils: str | None = None


class GuardianRow(msgspec.Struct, kw_only=True):
    """A guardian with children. `rights` is None where the table says nothing of them."""

    report: RowReport
    person: PersonData
    children: Sequence[ChildData]
    relation: str = "parent"
    rights: str | None = None
    basis: str = ""
