"""Norms of the load as data: how much is allowed, by which act, from when until when (`data/norms.json`).

`trust` says how far a figure was checked: `verified` against a public source, `partly`, or `general` knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

NORMS = Path(__file__).parent / "data" / "norms.json"
Trust = Literal["verified", "partly", "general"]


class Stepped(msgspec.Struct, frozen=True):
    """So many first weeks of the year that have no more lessons than this."""

    most_a_week: int
    weeks: int


class LevelBounds(msgspec.Struct, frozen=True):
    """Least and most hours of all years of a level together."""

    lowest: int
    highest: int
    hours: tuple[int, int]


class Norm(msgspec.Struct, frozen=True, kw_only=True):
    """One norm, of one of the kinds below; figures are in hours, grade levels are keys."""

    code: str
    title: str
    act: str
    table: str
    trust: Trust
    valid_from: date
    valid_until: date | None
    most_a_week: Mapping[int, Mapping[int, int]] = {}
    """Days of the week → grade level → lessons a week."""

    five_days_only: Sequence[int] = ()
    year_bounds: Mapping[int, tuple[int, int]] = {}
    stepped: Mapping[int, Stepped] = {}
    level_bounds: LevelBounds | None = None
    most_extracurricular: int = 0

    def most_for(self, grade_level: int, days_per_week: int) -> int | None:
        """The most lessons a week for a grade level in a week of so many days; None if the norm does not say."""
        return self.most_a_week.get(days_per_week, {}).get(grade_level)

    @property
    def cited(self) -> str:
        """The act and the table: «СанПиН 1.2.3685-21, таблица 6.6»."""
        return f"{self.act}, {self.table}"


@lru_cache(maxsize=1)
def all_norms() -> Sequence[Norm]:
    """Every norm there is, whenever it holds."""
    return msgspec.json.decode(NORMS.read_bytes(), type=list[Norm], strict=False)


def norms_on(day: date) -> list[Norm]:
    """The norms in force on a day."""
    return [
        norm
        for norm in all_norms()
        if norm.valid_from <= day and (norm.valid_until is None or day <= norm.valid_until)
    ]


def norm_codes() -> dict[str, str]:
    """Codes of norms with their titles."""
    return {norm.code: norm.title for norm in all_norms()}
