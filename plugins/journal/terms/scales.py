"""Thresholds of term marks as a school writes them: «5; 4,65» to a line, another order for a subject.

There is no federal rule of rounding: the bounds are those of the school's local act.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from core.identity.names import sort_key
from core.web.i18n import sentence
from plugins.journal.terms.averages import Sums

USUAL = "5; 4,50\n4; 3,50\n3; 2,50"
"""The bounds that come with the portal: rounding by the rules of mathematics."""


class Scale(msgspec.Struct, frozen=True):
    """Bounds in hundredths from the highest mark down; below all of them stands `least`."""

    bounds: Annotated[
        tuple[tuple[int, int], ...],
        Meta(
            description="Отметка и её порог в сотых среднего балла, от высшей вниз: `[[5, 450], [4, 350]]`."
        ),
    ]
    least: Annotated[int, Meta(description="Отметка ниже всех порогов.")]

    @property
    def highest(self) -> int:
        """The highest mark."""
        return self.bounds[0][0]

    def mark(self, sums: Sums) -> int:
        """The mark for an average. Sums without marks give the lowest: ask whether there are any first."""
        return next((mark for mark, bound in self.bounds if sums.reaches(bound)), self.least)

    def bound_of(self, mark: int) -> int | None:
        """The lower bound of a mark in hundredths; None for the lowest, which has none."""
        return next((bound for each, bound in self.bounds if each == mark), None)

    def above(self, mark: int) -> tuple[int, int] | None:
        """The next higher mark with its bound."""
        return next(((each, bound) for each, bound in reversed(self.bounds) if each > mark), None)


def hundredths(text: str) -> int:
    """«4,65» as 465. Raises `ValueError` with a sentence for anything else."""
    whole, _dot, part = text.strip().replace(",", ".").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and len(part) <= 2) or (
        part and not (part.isascii() and part.isdigit())
    ):
        raise ValueError(
            sentence("«%(text)s» – не порог: напишите, например, 4,65.", text=text.strip() or "…")
        )
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)


def mathematical(lowest: int, highest: int) -> Scale:
    """The bounds of rounding by the rules of mathematics."""
    return Scale(tuple((mark, 100 * mark - 50) for mark in range(highest, lowest, -1)), lowest)


@lru_cache(maxsize=256)
def usual_scale(text: str, lowest: int, highest: int) -> Scale:
    """The school's bounds for all subjects. Raises `ValueError` with a sentence.

    Without lines, and with the usual five-point ones for another scale, marks are rounded mathematically.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or (text.strip() == USUAL and highest != 5):
        return mathematical(lowest, highest)
    bounds: list[tuple[int, int]] = []
    for line in lines:
        mark, _semicolon, bound = line.partition(";")
        if not (mark.strip().isascii() and mark.strip().isdigit()):
            raise ValueError(
                sentence("Строка «%(line)s»: сначала отметка, потом порог: «5; 4,65».", line=line.strip())
            )
        bounds.append((int(mark), hundredths(bound)))
    if bounds[0][0] != highest or bounds[-1][0] <= lowest:
        raise ValueError(
            sentence(
                "Пороги пишут от высшей отметки шкалы (%(highest)s) вниз; у низшей (%(lowest)s) порога нет.",
                highest=highest,
                lowest=lowest,
            )
        )
    require_falling(bounds)
    return Scale(tuple(bounds), bounds[-1][0] - 1)


def require_falling(bounds: Sequence[tuple[int, int]]) -> None:
    """Raises `ValueError` with a sentence unless each mark's bound is below that of the mark above it."""
    for (mark, bound), (next_mark, next_bound) in pairwise(bounds):
        if next_mark >= mark or next_bound >= bound:
            raise ValueError(
                sentence(
                    "Порог отметки %(next)s должен быть ниже порога отметки %(mark)s.",
                    next=next_mark,
                    mark=mark,
                )
            )


@lru_cache(maxsize=256)
def subject_scales(text: str, usual: Scale) -> dict[str, Scale]:
    """Bounds of subjects that have their own, by the key of the subject's name. Raises `ValueError`."""
    found: dict[str, Scale] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, *texts = (part.strip() for part in line.split(";"))
        if len(texts) != len(usual.bounds):
            raise ValueError(
                sentence(
                    "Строка «%(line)s»: после предмета нужны пороги отметок %(marks)s.",
                    line=line.strip(),
                    marks=", ".join(str(mark) for mark, _bound in usual.bounds),
                )
            )
        bounds = [(mark, hundredths(each)) for (mark, _bound), each in zip(usual.bounds, texts, strict=True)]
        require_falling(bounds)
        found[sort_key(name)] = Scale(tuple(bounds), usual.least)
    return found
