"""How many lessons a day the norm allows a class; the figures are data, with the act they come from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

LOADS = Path(__file__).parents[1] / "data" / "daily_lessons.json"
MOST_OF_TEACHER = 6
"""More lessons a day are worth a warning: no norm, the custom of schools."""


class _Load(msgspec.Struct, frozen=True):
    lowest: int
    highest: int
    most: int
    once_a_week: int


class _Loads(msgspec.Struct, frozen=True):
    act: str
    since: str
    loads: Sequence[_Load]


@lru_cache(maxsize=1)
def _loads() -> _Loads:
    return msgspec.json.decode(LOADS.read_bytes(), type=_Loads)


def most_lessons(grade_level: int) -> int:
    """The greatest number of lessons on an ordinary day of a grade level."""
    return next((each.most for each in _loads().loads if each.lowest <= grade_level <= each.highest), 7)


def act() -> str:
    """The act the norm stands in."""
    return _loads().act
