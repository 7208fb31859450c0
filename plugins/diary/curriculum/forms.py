"""What the forms of the curriculum send, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from core.errors import Invalid
from core.web.i18n import gettext as _


@dataclass
class BeginForm:
    """A curriculum to be begun. `source` is `empty`, `template:CODE` or `copy:ID`; `grades` is «1–11»."""

    academic_year_id: str = ""
    lowest_grade_level: str = ""
    highest_grade_level: str = ""
    title: str = ""
    source: str = ""


@dataclass
class ChangeForm:
    """Title and first day of a draft."""

    title: str = ""
    starts_on: str = ""


@dataclass
class RowForm:
    """A subject for a part of the plan; `show` is the view to come back to."""

    subject_id: str = ""
    part: str = "mandatory"
    show: str = ""


@dataclass
class ColumnForm:
    """A place for a column: `class:ID`, `group:ID` or `pupil:ID`."""

    place: str = ""
    show: str = ""


@dataclass
class ReturnForm:
    """Why the head gives the plan back."""

    remark: str = ""


@dataclass
class TeacherForm:
    """Who is to teach a unit, from which day."""

    row: str = ""
    column: str = ""
    teacher: str = ""
    from_day: str = ""


class UploadForm(msgspec.Struct, kw_only=True):
    """A table to be looked at."""

    file: Any = None
    csrf_token: str = ""
    idempotency_key: str = ""


@dataclass
class LoadForm:
    """A table that was looked at, as JSON; `replace` – in place of what the plan has."""

    rows: str = ""
    replace: str = ""


def id_of(text: str, name: str) -> UUID:
    """An id out of a list. Raises `Invalid` for anything else."""
    try:
        return UUID(text.strip())
    except ValueError:
        wrong = _("Выберите из списка.")
        raise Invalid(_("Форма не сохранена."), advice=wrong, fields={name: wrong}) from None


def grade_of(text: str, name: str) -> int:
    """A grade level out of a list. Raises `Invalid` for anything else."""
    if not text.strip().isdecimal() or len(text.strip()) > 2:
        wrong = _("Выберите класс из списка.")
        raise Invalid(_("Форма не сохранена."), advice=wrong, fields={name: wrong})
    return int(text)


def day_of(text: str, name: str) -> date:
    """A day as a form sends it. Raises `Invalid` for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        wrong = _("Укажите день, например 23.11.2026.")
        raise Invalid(_("Такого дня нет."), advice=wrong, fields={name: wrong}) from None
