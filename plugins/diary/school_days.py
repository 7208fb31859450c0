"""The school calendar: which days are school days, and what stands instead of lessons on the others.

Terms come from the core, public holidays from `data/public_holidays.json`, where each set names its act.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import msgspec

from core.errors import Invalid
from core.web.i18n import current_locale

HOLIDAYS = Path(__file__).parent / "data" / "public_holidays.json"
SATURDAY, SUNDAY = 6, 7


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A term, as the calendar needs it; both days included."""

    name: str
    starts_on: date
    ends_on: date


class _FixedDays(msgspec.Struct, frozen=True):
    month: int
    first: int
    last: int
    ru: str
    en: str


class _FixedSet(msgspec.Struct, frozen=True):
    act: str
    days: tuple[_FixedDays, ...]


class _HolidayData(msgspec.Struct, frozen=True):
    fixed: _FixedSet


@lru_cache(maxsize=1)
def _holidays() -> dict[tuple[int, int], _FixedDays]:
    data = msgspec.json.decode(HOLIDAYS.read_bytes(), type=_HolidayData)
    return {(days.month, day): days for days in data.fixed.days for day in range(days.first, days.last + 1)}


def public_holiday(day: date) -> str:
    """The name of the public holiday on `day` (статья 112 ТК РФ) in the current language, or an empty text."""
    found = _holidays().get((day.month, day.day))
    if found is None:
        return ""
    return found.en if current_locale.get() == "en" else found.ru


def is_school_day(day: date, terms: Sequence[Period], days_per_week: int) -> bool:
    """Whether classes with these terms and a week of five or six days have lessons on `day`."""
    if day.isoweekday() > days_per_week or public_holiday(day):
        return False
    return any(term.starts_on <= day <= term.ends_on for term in terms)


class DayOff(msgspec.Struct, frozen=True, kw_only=True):
    """Why there are no lessons: `kind` is `holiday`, `holidays`, `weekend`, or empty for an ordinary day.

    `name` is a public holiday's name; `until` the last day of the holidays, None before or after the year.
    """

    kind: str
    name: str = ""
    until: date | None = None


def day_off(day: date, terms: Sequence[Period], days_per_week: int) -> DayOff:
    """What stands in the calendar on a day without lessons."""
    name = public_holiday(day)
    inside = any(term.starts_on <= day <= term.ends_on for term in terms)
    if terms and not inside:
        following = [term.starts_on for term in terms if term.starts_on > day]
        return DayOff(kind="holidays", until=min(following) - timedelta(days=1) if following else None)
    if name:
        return DayOff(kind="holiday", name=name)
    return DayOff(kind="weekend" if day.isoweekday() > days_per_week else "")


def monday_of(day: date) -> date:
    """The Monday of the week `day` lies in."""
    return day - timedelta(days=day.isoweekday() - 1)


EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


def day_named(text: str) -> date:
    """The day a visitor names as `2026-11-23`. Raises `Invalid` for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = LATEST
    if not EARLIEST <= day < LATEST:
        raise Invalid(
            "Такой даты нет: день указывается как 2026-11-23.",
            advice="Выберите день в календаре или нажмите «Сегодня».",
        )
    return day
