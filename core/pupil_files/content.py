"""What a pupil's file says. The format is documented in `docs/import.md`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from core.errors import Invalid
from core.identity.relations import Relation
from core.web.i18n import sentence

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>\x00-\x1f]+$")]
Line = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f]*$")]
DEEPEST = 8
"""Levels of facts and tables within what a plugin sends along."""

Snils = Annotated[str, Meta(pattern=r"^\d{11}$")]


class School(msgspec.Struct, frozen=True, kw_only=True):
    """The school that gives the file out."""

    name: Line
    short_name: Line
    inn: Line | None = None
    ogrn: Line | None = None


class Pupil(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the file is about."""

    last_name: Name
    first_name: Name
    middle_name: Name | None = None
    birth_date: date | None = None
    gender: Literal["M", "F"] | None = None
    snils: Snils | None = None


class Guardian(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian of the pupil, with what a court has left of the rights."""

    last_name: Name
    first_name: Name
    middle_name: Name | None = None
    snils: Snils | None = None
    phone: Line | None = None
    email: Line | None = None
    relation: Relation = "parent"
    rights: Literal["full", "view", "none"] = "full"
    basis: Line = ""


class PupilFile(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's file. `parts` is what plugins send along: by title, facts and tables as people read them."""

    version: Literal[1] = 1
    made_at: datetime
    installation: Line
    school: School
    pupil: Pupil
    school_class: Line = ""
    grade_level: Annotated[int, Meta(ge=0, le=12)] | None = None
    left_on: date | None = None
    guardians: Annotated[list[Guardian], Meta(max_length=20)] = []
    parts: dict[Line, dict[str, Any]] = {}


def encode(file: PupilFile) -> bytes:
    """The file as JSON."""
    return msgspec.json.encode(file, enc_hook=str)


def decode(payload: bytes) -> PupilFile:
    """The file out of JSON. Raises `Invalid` for another version and for what is no such file."""
    try:
        file = msgspec.json.decode(payload, type=PupilFile)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        raise _other_format() from error
    if _is_deep(file.parts):
        raise _other_format()
    return file


def _is_deep(parts: Any) -> bool:
    """Whether something is nested deeper than anybody could read."""
    level: list[Any] = [parts]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
    return bool(level)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []


def _other_format() -> Invalid:
    return Invalid(
        "Файл ученика подписан верно, но записан не так, как ждёт эта версия портала.",
        advice="Обновите портал или попросите прежнюю школу выдать файл в её последней версии.",
        fields={"file": sentence("Формат файла не подходит.")},
    )
