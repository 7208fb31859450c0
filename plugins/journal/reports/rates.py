"""Shares and averages of term marks as schools report them: успеваемость, качество, СОУ, the mean mark.

All of it is arithmetic of whole numbers, rounded half up once: shares to a tenth of a percent, means to a hundredth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from plugins.journal.scales import FAILED, PASSED, MarkScale, levels_in
from plugins.journal.terms.proposals import NOT_ATTESTED

LEARNED = {"5": 100, "4": 64, "3": 36, "2": 16, "1": 16, NOT_ATTESTED: 7}
"""What each mark weighs in СОУ, in percent."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of marks, or of pupils, comes to; null where there is nothing to count."""

    passed: Annotated[float | None, Meta(description="Успеваемость, %; null – считать не из чего.")] = None
    quality: Annotated[float | None, Meta(description="Качество знаний, %; null – считать не из чего.")] = (
        None
    )
    learned: Annotated[
        float | None, Meta(description="СОУ, степень обученности, %; null – считать не из чего.")
    ] = None
    average: Annotated[float | None, Meta(description="Средняя отметка; null – отметок числом нет.")] = None


def share(part: int, whole: int) -> float | None:
    """Percent to a tenth, half up; None of nothing."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None


def mean(values: Iterable[int]) -> float | None:
    """The mean to a hundredth, half up; None of nothing."""
    numbers = list(values)
    return mean_of(sum(numbers), len(numbers))


def mean_of(total: int, count: int) -> float | None:
    """A sum shared out among `count`, to a hundredth, half up; None among nobody."""
    return (200 * total + count) // (2 * count) / 100 if count else None


def rates_of(marks: Mapping[str, int]) -> Rates:
    """The rates of some five-point marks, or levels, given how many there are of each; «осв» counts nowhere.

    Успеваемость is the share of 5, 4, 3 and «зач» among all; качество that of 5 and 4 among numbers and «н/а».
    СОУ is V. P. Simonov's degree of learning, (100·n5 + 64·n4 + 36·n3 + 16·n2 + 7·n(н/а)) / N in percent, as
    inspection reports of schools use it; no act prescribes it. A rare 1 weighs as a 2.
    """
    good = marks.get("5", 0) + marks.get("4", 0)
    graded = sum(marks.get(value, 0) for value in LEARNED)
    passed = good + marks.get("3", 0) + marks.get(PASSED, 0)
    weight = sum(marks.get(value, 0) * learned for value, learned in LEARNED.items())
    return Rates(
        passed=share(passed, graded + marks.get(PASSED, 0) + marks.get(FAILED, 0)),
        quality=share(good, graded),
        learned=share(weight, 100 * graded),
        average=mean(
            int(value) for value, count in marks.items() if value.isdigit() for _each in range(count)
        ),
    )


def rates_in(marks: Iterable[tuple[MarkScale, Mapping[str, int]]]) -> Rates:
    """The rates of marks of several subjects, each with its scale, given how many there are of each value.

    Shares go by levels. The average is of the marks themselves where all numbers are of one scale, else of levels.
    """
    levels, values = Counter[str](), Counter[str]()
    scales: set[tuple[int, int]] = set()
    for scale, counts in marks:
        levels.update(levels_in(counts, scale))
        values.update(counts)
        if any(value.isdigit() for value in counts):
            scales.add((0, scale.highest) if scale.passes else (scale.lowest, scale.highest))
    rates = rates_of(levels)
    if len(scales) != 1:
        return rates
    numbers = {int(value): count for value, count in values.items() if value.isdigit()}
    total = sum(value * count for value, count in numbers.items())
    return msgspec.structs.replace(rates, average=mean_of(total, sum(numbers.values())))
