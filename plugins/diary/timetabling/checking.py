"""Checking a finished timetable against all rules, whoever made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from plugins.diary.timetabling.problem import Timetable
from plugins.diary.timetabling.rules import MUST, Breach, Rule


class Broken(msgspec.Struct, frozen=True):
    """A rule and where it is broken."""

    rule: Rule
    breaches: Sequence[Breach]

    @property
    def cost(self) -> float:
        """By how much, times the rule's weight: 1 for one breach of a rule that must be kept."""
        return self.rule.weight / MUST * sum(each.amount for each in self.breaches)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: rules that must be kept and are not, and those that should be."""

    must: Sequence[Broken]
    should: Sequence[Broken]

    @property
    def is_valid(self) -> bool:
        """Whether everything that must be kept is kept."""
        return not self.must

    @property
    def cost(self) -> float:
        """The sum over what should be kept."""
        return sum(each.cost for each in self.should)


def check(timetable: Timetable, rules: Iterable[Rule]) -> Report:
    """Ask every rule where `timetable` breaks it."""
    broken = [
        Broken(rule, found) for rule in rules if rule.weight > 0 and (found := list(rule.breaches(timetable)))
    ]
    return Report(
        must=[each for each in broken if each.rule.weight >= MUST],
        should=[each for each in broken if each.rule.weight < MUST],
    )
