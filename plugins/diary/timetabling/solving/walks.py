"""Changes of room or building, as what two lessons ask of each other.

That works for lessons whose room or building is known beforehand; all other cases are left to the check at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from plugins.diary.timetabling.problem import Problem, Slot
from plugins.diary.timetabling.room_rules import Changes
from plugins.diary.timetabling.solving.relations import Allowed
from plugins.diary.timetabling.solving.room_needs import RoomNeeds


class Walks:
    """Which pairs of lessons a rule about changes keeps apart."""

    def __init__(self, problem: Problem, needs: RoomNeeds) -> None:
        self._buildings = {
            each: self._places(problem, needs, each, of_building=True) for each in problem.activities
        }
        self._rooms = {
            each: self._places(problem, needs, each, of_building=False) for each in problem.activities
        }
        self._of: Mapping[bool, Mapping[str, list[int]]] = {True: {}, False: {}}
        for each in problem.activities.values():
            for are_teachers, names in ((True, each.teachers), (False, each.atoms)):
                for name in dict.fromkeys(names):
                    self._of[are_teachers].setdefault(name, []).append(each.id)

    def keeps(self, rule: Changes) -> bool:
        """Whether pairs of lessons say all that the rule says."""
        return rule.most in (None, 0) and all(
            len(self._known(rule)[each]) < 2
            for name in rule.people.names
            for each in self._lessons(rule, name)
        )

    def pairs(self, rule: Changes) -> Iterator[tuple[int, int]]:
        """Lessons of one person in different places."""
        known = self._known(rule)
        if rule.most in (None, 0):
            for name in rule.people.names:
                for one, other in combinations(self._lessons(rule, name), 2):
                    here, there = known[one], known[other]
                    if len(here) == len(there) == 1 and here != there:
                        yield one, other

    def _known(self, rule: Changes) -> Mapping[int, frozenset[str]]:
        return self._buildings if rule.of_building else self._rooms

    def _lessons(self, rule: Changes, name: str) -> Sequence[int]:
        return self._of[rule.people.are_teachers].get(name, ())

    @staticmethod
    def _places(problem: Problem, needs: RoomNeeds, activity: int, *, of_building: bool) -> frozenset[str]:
        rooms = needs.may_have(activity)
        return frozenset(
            filter(None, ((problem.rooms[room].building if of_building else room) for room in rooms))
        )


def apart(rule: Changes) -> Allowed:
    """How two lessons in different places may stand: on different days, or with hours between for the way."""
    not_at_all, least = rule.most == 0, rule.least

    def judge(one: Slot, length: int, other: Slot, other_length: int) -> bool:
        between = max(other[1] - one[1] - length, one[1] - other[1] - other_length)
        return one[0] != other[0] or (not not_at_all and between >= least)

    return judge
