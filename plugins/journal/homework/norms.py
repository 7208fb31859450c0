"""How many minutes of homework a class may be given for a day.

СанПиН 1.2.3685-21, table 6.6: in astronomical hours for all subjects of a day together, 1 in grade 1, 1.5 in 2–3,
2 in 4–5, 2.5 in 6–8, 3.5 in 9–11. What is prepared over the weekend takes at most 70 % of it. A school may give
less by its settings, never more.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from core.web.i18n import sentence

MOST = {
    1: 60,
    **dict.fromkeys((2, 3), 90),
    **dict.fromkeys((4, 5), 120),
    **dict.fromkeys((6, 7, 8), 150),
    **dict.fromkeys((9, 10, 11), 210),
}
"""Minutes a day by grade level."""

USUAL = "1; 60\n2–3; 90\n4–5; 120\n6–8; 150\n9–11; 210"
"""The same as a school writes it."""

MOST_OVER_WEEKEND = 70
"""Percent of a usual day that homework for Monday may take."""

_LINE = re.compile(r"(\d{1,2})(?:\s*[-–—]\s*(\d{1,2}))?\s*;\s*(\d{1,3})")


@lru_cache(maxsize=256)
def norms_of(text: str) -> dict[int, int]:
    """The school's minutes a day by grade level; levels that are not named have the norm of the state.

    Raises `ValueError` with a sentence for a line that cannot be read, or one above the norm.
    """
    found = dict(MOST)
    for line in text.splitlines():
        if not line.strip():
            continue
        read = _LINE.fullmatch(line.strip())
        if read is None:
            raise ValueError(
                sentence("«%(line)s» – не норма задания: напишите, например, 6–8; 150.", line=line.strip())
            )
        first, minutes = int(read[1]), int(read[3])
        for grade in range(first, int(read[2] or first) + 1):
            if minutes > MOST.get(grade, 0):
                raise ValueError(
                    sentence(
                        "Домашнее задание в %(grade)s классе – не больше %(most)s минут в день по санитарным "
                        "правилам.",
                        grade=grade,
                        most=MOST.get(grade, 0),
                    )
                )
            found[grade] = minutes
    return found


def norm_for(norms: dict[int, int], over_weekend: int, grade_level: int | None, due: date) -> int | None:
    """Minutes for homework due on a day; None for pupils of no known grade level."""
    minutes = norms.get(grade_level) if grade_level is not None else None
    if minutes is None or due.isoweekday() != 1:
        return minutes
    return minutes * over_weekend // 100
