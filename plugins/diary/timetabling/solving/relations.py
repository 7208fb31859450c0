"""What two lessons ask of each other, as tables of bits: which starts of the one a start of the other forbids."""

from __future__ import annotations

from collections.abc import Callable

from plugins.diary.timetabling.lesson_rules import (
    Apart,
    DaysApart,
    Following,
    Ordered,
    Same,
    TogetherIfSameDay,
)
from plugins.diary.timetabling.problem import Slot
from plugins.diary.timetabling.rules import Rule

Allowed = Callable[[Slot, int, Slot, int], bool]
"""Start and duration of one lesson, of another: whether the two may stand so."""


def allowed_by(rule: Rule) -> Allowed | None:
    """How `rule` judges a pair of its lessons in the order it names them; none if it is not about pairs."""
    match rule:
        case DaysApart(least=least, most=most):
            return lambda one, _one, other, _other: (
                least <= abs(one[0] - other[0]) and (most is None or abs(one[0] - other[0]) <= most)
            )
        case TogetherIfSameDay():
            return lambda one, length, other, other_length: (
                one[0] != other[0] or one[1] + length == other[1] or other[1] + other_length == one[1]
            )
        case Same(day=day, hour=hour):
            return lambda one, _one, other, _other: (
                (not day or one[0] == other[0]) and (not hour or one[1] == other[1])
            )
        case Apart(least=least):
            return lambda one, length, other, other_length: (
                one[0] != other[0]
                or max(other[1] - one[1] - length, one[1] - other[1] - other_length) >= least
            )
        case Ordered(same_day=same_day):
            return lambda one, length, other, _other: (
                (same_day and one[0] != other[0]) or (one[0], one[1] + length) <= other
            )
        case Following(either=either, breaks=breaks):
            return _following(breaks, either=either)
        case _:
            return None


def lessons_judged(rule: Rule) -> tuple[int, ...]:
    """The ids of the lessons of which `allowed_by` judges pairs; none if the rule is not about pairs."""
    match rule:
        case DaysApart() | TogetherIfSameDay() | Same() | Apart():
            return rule.activities
        case Ordered() | Following():
            return (rule.first, rule.second)
        case _:
            return ()


def ends_day(one: Slot, length: int, other: Slot, other_length: int) -> bool:
    """Whether the other lesson does not stand after the first on the same day."""
    return one[0] != other[0] or other[1] + other_length <= one[1] + length


def _following(breaks: frozenset[Slot], *, either: bool) -> Allowed:
    def after(start: Slot, length: int) -> Slot:
        hour = start[1] + length
        while (start[0], hour) in breaks:
            hour += 1
        return start[0], hour

    def judge(one: Slot, length: int, other: Slot, other_length: int) -> bool:
        return after(one, length) == other or (either and after(other, other_length) == one)

    return judge


def forbidden(allowed: Allowed, hours: int, slots: int, length: int, other_length: int) -> list[int]:
    """For each start of the other lesson the starts of the first that it forbids, as bits."""
    starts = [divmod(slot, hours) for slot in range(slots)]
    return [
        sum(1 << slot for slot, start in enumerate(starts) if not allowed(start, length, other, other_length))
        for other in starts
    ]


def turned(allowed: Allowed) -> Allowed:
    """The same seen from the other lesson."""
    return lambda one, length, other, other_length: allowed(other, other_length, one, length)
