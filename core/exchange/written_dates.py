"""Dates as tables hold them: real dates, day numbers, and text in all the usual spellings."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from core.errors import Wrong
from core.exchange.tables import Cell, text_of

_MONTHS = (
    "январ", "феврал", "март", "апрел", "ма", "июн", "июл", "август", "сентябр", "октябр", "ноябр", "декабр",
)  # fmt: skip
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[./\-, ]\s*(\d{1,2})\s*[./\-, ]\s*(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[./\-]\s*(\d{1,2})\s*[./\-]\s*(\d{1,2})")
_WITH_WORD = re.compile(r"(\d{1,2})\s+([а-яё]+)\.?\s+(\d{4}|\d{2})")
_TAIL = re.compile(r"\s*(г\.?р?\.?|года?(?: рождения)?)\s*$")
_TIME = re.compile(r"[t\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(z|[+-]\d{2}:?\d{2})?$")
LAST_SERIAL = 73050
"""Day number of 31.12.2099."""


class WrongDate(Wrong):
    """The cell holds no date; the message says why."""


def read_date(value: Cell, today: date, mac_epoch: bool = False) -> date | None:
    """The date in a cell, None if it is empty. Raises `WrongDate`.

    A two-digit year is taken as of this century unless that would lie ahead of `today`.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        raise WrongDate("Здесь должна быть дата.")
    if isinstance(value, int | float):
        return _of_number(float(value), mac_epoch)
    text = text_of(value).casefold()
    if not text or text in ("-", "–", "—", "нет"):
        return None
    if re.fullmatch(r"\d{5}([.,]\d+)?", text):
        return _of_number(float(text.replace(",", ".")), mac_epoch)
    return _of_text(_TAIL.sub("", _TIME.sub("", text)).strip(), today)


def _of_number(number: float, mac_epoch: bool) -> date:
    if 1900 <= number <= 2100 and number.is_integer():
        raise WrongDate("Указан только год: нужны день и месяц.")
    days = int(number)
    if mac_epoch:
        if not 0 <= days <= LAST_SERIAL:
            raise WrongDate("Число не похоже на дату.")
        return date(1904, 1, 1) + timedelta(days=days)
    if not 1 <= days <= LAST_SERIAL or days == 60:
        raise WrongDate("Число не похоже на дату.")
    # The 1900 system counts a 29 February 1900 that never was: numbers after it are one too high.
    return date(1899, 12, 31 if days < 60 else 30) + timedelta(days=days)


def _of_text(text: str, today: date) -> date:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
        year = _century(year, len(found[3]), today)
    elif found := _WITH_WORD.fullmatch(text):
        day, month, year = int(found[1]), _month(found[2]), int(found[3])
        year = _century(year, len(found[3]), today)
    elif re.fullmatch(r"\d{4}", text):
        raise WrongDate("Указан только год: нужны день и месяц.")
    else:
        raise WrongDate("Дата не читается: нужен вид ДД.ММ.ГГГГ.")
    try:
        return date(year, month, day)
    except ValueError as error:
        if month > 12 and day <= 12:
            raise WrongDate("Похоже, переставлены день и месяц: нужен вид ДД.ММ.ГГГГ.") from error
        raise WrongDate("Такого дня в календаре нет.") from error


def _century(year: int, digits: int, today: date) -> int:
    if digits != 2:
        return year
    return 2000 + year if 2000 + year <= today.year else 1900 + year


def _month(word: str) -> int:
    matching = [number for number, stem in enumerate(_MONTHS, 1) if word.startswith(stem)]
    if not matching:
        raise WrongDate("Месяц не читается: нужен вид ДД.ММ.ГГГГ.")
    return matching[0]
