"""Which rooms each lesson needs and which will do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from plugins.diary.timetabling.problem import Problem
from plugins.diary.timetabling.room_rules import RealRooms, RoomClosed, Rooms, RoomsFit, VirtualRoomsChosen
from plugins.diary.timetabling.rules import MUST, Rule
from plugins.diary.timetabling.solving.model import Option


def is_about_rooms(rule: Rule) -> bool:
    """Whether the needs keep the rule."""
    return isinstance(rule, (Rooms, RealRooms, RoomClosed, RoomsFit, VirtualRoomsChosen))


class RoomNeeds:
    """What each activity needs: one real room, or one from each set of a virtual room.

    A lesson that no rule gives rooms to needs none. Of virtual rooms that will do the first is taken, and only where
    no real room will do.
    """

    def __init__(self, problem: Problem, rules: Sequence[Rule], cost: Mapping[float, int]) -> None:
        self._problem = problem
        self._cost = cost
        self.rooms = [name for name, room in problem.rooms.items() if not room.sets]
        self._index = {name: at for at, name in enumerate(self.rooms)}
        self._must: dict[int, frozenset[str]] = {}
        self._should: dict[int, list[Rooms]] = defaultdict(list)
        self._real: dict[int, frozenset[str]] = {}
        self._closed: dict[str, list[RoomClosed]] = defaultdict(list)
        self._virtual: dict[int, str] = {}
        self._needs: dict[int, Sequence[Sequence[Option]]] = {}
        for rule in rules:
            match rule:
                case Rooms(activities=activities, rooms=rooms):
                    for each in activities:
                        if rule.weight >= MUST:
                            self._must[each] = self._must.get(each, rooms) & rooms
                        else:
                            self._should[each].append(rule)
                case RealRooms(activity=activity, rooms=real):
                    self._real[activity] = frozenset(real)
                case RoomClosed(room=room):
                    if rule.weight >= MUST:
                        self._closed[room].append(rule)
                case _:
                    pass
        self._masks: dict[object, int] = {}
        for each in problem.activities:
            if each in self._must or each in self._should:
                self._needs[each] = self._needed(each)

    def of(self, activity: int) -> Sequence[Sequence[Option]]:
        """The needs of an activity, each with the rooms that will do."""
        return self._needs.get(activity, ())

    def count(self, activity: int) -> int:
        """How many rooms it needs."""
        return len(self.of(activity))

    def may_have(self, activity: int) -> frozenset[str]:
        """The rooms that it may be said to have: of a virtual room that one."""
        if activity in self._virtual:
            return frozenset((self._virtual[activity],))
        return frozenset(self.rooms[option.room] for need in self.of(activity) for option in need)

    def named(self, activity: int, rooms: Sequence[int]) -> tuple[str, tuple[str, ...]]:
        """The room and the real rooms behind it, from those chosen for each need."""
        chosen = tuple(self.rooms[room] for room in rooms if room >= 0)
        if activity in self._virtual:
            return self._virtual[activity], chosen
        return (chosen[0] if chosen else ""), ()

    def _needed(self, activity: int) -> Sequence[Sequence[Option]]:
        should = self._should.get(activity, [])
        names = self._must.get(activity)
        if names is None:
            names = frozenset(name for rule in should for name in rule.rooms)
            if len(should) == 1 or not frozenset.intersection(*(rule.rooms for rule in should)):
                # A wish for rooms can be given up: any other room will do then.
                names |= frozenset(self.rooms)
        students = self._problem.activities[activity].students
        real = [
            name for name in self.rooms if name in names and self._problem.rooms[name].capacity >= students
        ]
        if real:
            return [[self._option(activity, name, name, should) for name in real]]
        for name, room in self._problem.rooms.items():
            if name in names and room.sets:
                self._virtual[activity] = name
                only = self._real.get(activity)
                return [
                    [
                        self._option(activity, each, name, should)
                        for each in choice
                        if only is None or each in only
                    ]
                    for choice in room.sets
                ]
        return [[]]

    def _option(self, activity: int, room: str, asked: str, should: Sequence[Rooms]) -> Option:
        cost = sum(self._cost[rule.weight] for rule in should if asked not in rule.rooms)
        return Option(self._index[room], cost, self._open(activity, room))

    def _open(self, activity: int, room: str) -> int:
        """The starts at which the room is open to the activity, as bits."""
        each = self._problem.activities[activity]
        rules = [
            rule for rule in self._closed.get(room, ()) if not rule.teacher or rule.teacher in each.teachers
        ]
        key = (tuple(map(id, rules)), each.duration)
        if key not in self._masks:
            hours = len(self._problem.hours)
            closed = {day * hours + hour for rule in rules for day, hour in rule.slots}
            self._masks[key] = sum(
                1 << slot
                for slot in range(len(self._problem.slots))
                if not any(later in closed for later in range(slot, slot + each.duration))
            )
        return self._masks[key]
