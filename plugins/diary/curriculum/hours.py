"""Hours a week as they are typed and shown; within the portal they are whole halves of an hour."""

from __future__ import annotations

import re

from core.errors import Invalid
from core.web.i18n import sentence

MOST_HOURS = 40
_TYPED = re.compile(r"(\d{1,2})?(?:[.,](0|5)0*|\s*(½)|\s*1/2)?(?:\s*ч\.?)?")
_NOTHING = ("-", "–", "—", "нет")


def halves_of(text: str) -> int | None:
    """What was typed, in halves of an hour: «2», «2,5», «½», «2½»; 0 for a dash, None for an empty cell.

    Raises `Invalid` for anything else and for more than `MOST_HOURS`.
    """
    typed = " ".join(text.split()).casefold()
    if not typed:
        return None
    if typed in _NOTHING:
        return 0
    if typed == "1/2":
        return 1
    found = _TYPED.fullmatch(typed)
    if found is not None:
        whole, fraction, sign = found.groups()
        halves = int(whole or 0) * 2 + (fraction == "5" or sign is not None or typed.endswith(" 1/2"))
        if halves <= MOST_HOURS * 2:
            return halves
    wrong = sentence("Часы пишут целыми и половинами, до %(most)s: 2, 2,5 или ½.", most=MOST_HOURS)
    raise Invalid("Часы не сохранены.", advice=wrong, fields={"text": wrong})


def show_hours(halves: int | None) -> str:
    """Halves of an hour as a reader sees them: «2», «2,5», «–» for none; empty for an empty cell."""
    if halves is None:
        return ""
    if not halves:
        return "–"
    return f"{halves // 2},5" if halves % 2 else str(halves // 2)


def show_sum(halves: int) -> str:
    """A total: like `show_hours`, with a plain zero."""
    return show_hours(halves) if halves else "0"
