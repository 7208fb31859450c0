"""What a timetable is made of: lessons to be placed, whom they keep busy, and where they were put.

The terms are those of the files of FET, which most programs can write. Everything is named by its position in a list:
days, hours, teachers, atoms of students, rooms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

Slot = tuple[int, int]
"""Day and hour."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of `duration` hours on end, placed as one.

    `split` is the id that the parts of a course have in common, 0 if the course is one lesson; `part` counts them from
    1. `atoms` are the students, as far as anything tells them apart.
    """

    id: int
    duration: int
    subject: str
    tags: frozenset[str]
    teachers: tuple[str, ...]
    student_sets: tuple[str, ...]
    atoms: frozenset[str]
    students: int = 0
    split: int = 0
    part: int = 1


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room. A virtual one is a choice from each of its `sets` of real rooms, all at the same time."""

    name: str
    capacity: int
    building: str = ""
    sets: tuple[tuple[str, ...], ...] = ()


class Problem(msgspec.Struct, kw_only=True, dict=True):
    """What is to be placed. `atoms_of` has the atoms of each set of students by its name."""

    name: str
    days: Sequence[str]
    hours: Sequence[str]
    teachers: Sequence[str]
    atoms_of: Mapping[str, frozenset[str]]
    rooms: Mapping[str, Room]
    activities: Mapping[int, Activity]

    @cached_property
    def atoms(self) -> Sequence[str]:
        """All atoms, in the order of the file."""
        return list(dict.fromkeys(atom for atoms in self.atoms_of.values() for atom in sorted(atoms)))

    @cached_property
    def slots(self) -> Sequence[Slot]:
        """Every hour of every day."""
        return [(day, hour) for day in range(len(self.days)) for hour in range(len(self.hours))]


class Placement(msgspec.Struct, frozen=True):
    """Where a lesson begins, and the room: with the real rooms behind a virtual one."""

    day: int
    hour: int
    room: str = ""
    real_rooms: tuple[str, ...] = ()


class Timetable:
    """Where the lessons of a problem stand; those not placed are absent."""

    def __init__(self, problem: Problem, places: Mapping[int, Placement]) -> None:
        self.problem = problem
        self.places = places

    def slots_of(self, activity: Activity) -> Iterator[Slot]:
        """The hours that a lesson takes; none if it is not placed."""
        if (place := self.places.get(activity.id)) is not None:
            for hour in range(place.hour, place.hour + activity.duration):
                yield place.day, hour

    def placed(self, activities: Iterable[int] | None = None) -> Iterator[tuple[Activity, Placement]]:
        """The lessons that are placed, all or of those with these ids, in the order asked."""
        known = self.problem.activities
        for number in known if activities is None else activities:
            if number in self.places and number in known:
                yield known[number], self.places[number]

    @cached_property
    def of_teacher(self) -> Mapping[str, Mapping[Slot, Sequence[Activity]]]:
        """The lessons of each teacher by hour."""
        return self._by(lambda activity: activity.teachers)

    @cached_property
    def of_atom(self) -> Mapping[str, Mapping[Slot, Sequence[Activity]]]:
        """The lessons of each atom of students by hour."""
        return self._by(lambda activity: activity.atoms)

    @cached_property
    def of_room(self) -> Mapping[str, Mapping[Slot, Sequence[Activity]]]:
        """The lessons in each real room by hour."""
        return self._by(self._real_rooms)

    def _real_rooms(self, activity: Activity) -> Sequence[str]:
        place = self.places[activity.id]
        return place.real_rooms or ((place.room,) if place.room else ())

    def _by(
        self, whose: Callable[[Activity], Iterable[str]]
    ) -> Mapping[str, Mapping[Slot, Sequence[Activity]]]:
        found: dict[str, dict[Slot, list[Activity]]] = defaultdict(lambda: defaultdict(list))
        for activity, _place in self.placed():
            for name in whose(activity):
                for slot in self.slots_of(activity):
                    found[name][slot].append(activity)
        return found
