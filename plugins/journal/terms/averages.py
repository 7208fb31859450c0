"""Averages as exact integers: sums of marks by weight, thresholds in hundredths, what is needed for a mark.

No binary fraction anywhere: a threshold of 4,65 is reached when `100·Σmw ≥ 465·Σw`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta


class Sums(msgspec.Struct, frozen=True):
    """What an average is made of: the sum of marks times weights, the sum of weights, how many marks."""

    total: Annotated[int, Meta(description="Сумма отметок, умноженных на вес.")] = 0
    weights: Annotated[int, Meta(description="Сумма весов.")] = 0
    count: Annotated[int, Meta(description="Сколько отметок.")] = 0

    def with_marks(self, marks: Iterable[tuple[int, int]]) -> Sums:
        """What the sums would be with some more marks, each with its weight."""
        added = list(marks)
        return Sums(
            self.total + sum(mark * weight for mark, weight in added),
            self.weights + sum(weight for _mark, weight in added),
            self.count + len(added),
        )

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.total + other.total, self.weights + other.weights, self.count + other.count)

    def reaches(self, threshold: int) -> bool:
        """Whether the average is `threshold` hundredths or more; an empty one reaches nothing."""
        return self.weights > 0 and 100 * self.total >= threshold * self.weights

    def beside(self, value: int) -> bool:
        """Whether `value` is the average rounded up or down: what a teacher may set without a reason."""
        return self.weights > 0 and abs(self.total - value * self.weights) < self.weights

    def text(self, separator: str = ",") -> str:
        """The average as shown, rounded half up to two places; empty without marks."""
        if not self.weights:
            return ""
        shown = (200 * self.total + self.weights) // (2 * self.weights)
        return f"{shown // 100}{separator}{shown % 100:02d}"


def marks_needed(sums: Sums, threshold: int, mark: int, weight: int = 1) -> int | None:
    """How many more marks `mark` of `weight` bring the average to `threshold` hundredths.

    0 if it is there already, None if no number of them is enough.
    """
    if sums.reaches(threshold):
        return 0
    gain = weight * (100 * mark - threshold)
    lack = threshold * sums.weights - 100 * sums.total
    if not sums.weights:
        return 1 if gain >= 0 else None
    if gain <= 0:
        return None
    return -(-lack // gain)


def rounded_mean(values: Sequence[int]) -> int:
    """The mean of whole marks, rounded by the rules of mathematics: a half goes up."""
    return (2 * sum(values) + len(values)) // (2 * len(values))
