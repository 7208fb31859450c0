"""What a timetable must keep or should keep about rooms and buildings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import ClassVar

from core.web.i18n import lazy, sentence
from plugins.diary.timetabling.people_rules import People
from plugins.diary.timetabling.problem import Activity, Slot, Timetable
from plugins.diary.timetabling.rules import Breach, Rule, at, both, lesson, several


class RoomsFit(Rule, frozen=True, kw_only=True):
    """No room holds two lessons at once or more students than it has seats."""

    title: ClassVar[str] = lazy("в кабинете один урок и хватает мест")

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for name, slots in timetable.of_room.items():
            for slot, there in slots.items():
                if len(there) > 1:
                    yield Breach(several(f"{name}, {at(timetable, slot)}", there), len(there) - 1)
        for activity, place in timetable.placed():
            room = timetable.problem.rooms.get(place.room)
            if place.room and room is None:
                yield Breach(
                    sentence("урок %(number)s: кабинета «%(room)s» нет", number=activity.id, room=place.room)
                )
            elif room is not None and not room.sets and activity.students > room.capacity:
                yield Breach(
                    sentence(
                        "урок %(number)s, %(room)s: учеников %(students)s, мест %(seats)s",
                        number=activity.id,
                        room=room.name,
                        students=activity.students,
                        seats=room.capacity,
                    )
                )


class VirtualRoomsChosen(Rule, frozen=True, kw_only=True):
    """Behind a virtual room stand different real ones, one of each of its sets."""

    title: ClassVar[str] = lazy("у составного кабинета есть все его части")

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, place in timetable.placed():
            room = timetable.problem.rooms.get(place.room)
            if room is None or not room.sets:
                continue
            chosen = place.real_rooms
            fitting = len(chosen) == len(room.sets) == len(set(chosen))
            if not fitting or any(each not in of for each, of in zip(chosen, room.sets, strict=True)):
                yield Breach(lesson(activity, room.name))


class RoomClosed(Rule, frozen=True, kw_only=True):
    """The room is not used at `slots`; with a `teacher` named, not by that teacher."""

    title: ClassVar[str] = lazy("кабинет не занят, когда он закрыт")
    room: str
    slots: frozenset[Slot]
    teacher: str = ""

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        there = timetable.of_room.get(self.room, {})
        for slot in sorted(self.slots & there.keys()):
            if not self.teacher or any(self.teacher in each.teachers for each in there[slot]):
                yield Breach(f"{self.room}, {at(timetable, slot)}")


class Rooms(Rule, frozen=True, kw_only=True):
    """Each of the lessons has one of `rooms`."""

    title: ClassVar[str] = lazy("урок в своём кабинете")
    activities: tuple[int, ...]
    rooms: frozenset[str]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, place in timetable.placed(self.activities):
            if place.room not in self.rooms:
                yield Breach(
                    sentence("урок %(number)s, кабинет «%(room)s»", number=activity.id, room=place.room)
                )


class RealRooms(Rule, frozen=True, kw_only=True):
    """Behind the virtual room of a lesson stand just these real ones."""

    title: ClassVar[str] = lazy("урок в своих частях составного кабинета")
    activity: int
    rooms: tuple[str, ...]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, place in timetable.placed((self.activity,)):
            if sorted(place.real_rooms) != sorted(self.rooms):
                yield Breach(lesson(activity, ", ".join(place.real_rooms)))


class DifferentRooms(Rule, frozen=True, kw_only=True):
    """The lessons have at most `most` rooms among them."""

    title: ClassVar[str] = lazy("кабинетов не больше, чем можно")
    activities: tuple[int, ...]
    most: int

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        rooms = {place.room for _activity, place in timetable.placed(self.activities) if place.room}
        if len(rooms) > self.most:
            yield Breach(", ".join(sorted(rooms)), len(rooms) - self.most)


class SameRoomOnEnd(Rule, frozen=True, kw_only=True):
    """Two of the lessons that follow each other have the same room."""

    title: ClassVar[str] = lazy("уроки подряд в одном кабинете")
    activities: tuple[int, ...]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for (one, here), (other, there) in combinations(timetable.placed(self.activities), 2):
            follow = here.day == there.day and (
                here.hour + one.duration == there.hour or there.hour + other.duration == here.hour
            )
            if follow and here.room != there.room:
                yield Breach(both(one.id, other.id))


class Changes(Rule, frozen=True, kw_only=True):
    """From one lesson to the next the place is changed at most `most` times a day or week.

    With `least` a change leaves so many hours free. The place is the room, or with `of_building` the building.
    """

    title: ClassVar[str] = lazy("переходов между кабинетами и зданиями не больше, чем можно")
    people: People
    of_building: bool
    most: int | None = None
    weekly: bool = False
    least: int = 0

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        lessons = timetable.of_teacher if self.people.are_teachers else timetable.of_atom
        for name in self.people.names:
            changes = [0] * len(timetable.problem.days)
            hurried = 0
            places = sorted(self._places(timetable, lessons.get(name, {})).items())
            for ((day, hour), here), ((next_day, next_hour), there) in pairwise(places):
                if day == next_day and here != there:
                    changes[day] += 1
                    hurried += max(self.least - (next_hour - hour - 1), 0)
            over = 0
            if self.most is not None:
                counts = [sum(changes)] if self.weekly else changes
                over = sum(max(count - self.most, 0) for count in counts)
            if over + hurried:
                yield Breach(name, over + hurried)

    def _places(self, timetable: Timetable, lessons: Mapping[Slot, Sequence[Activity]]) -> Mapping[Slot, str]:
        """In which room or building somebody is at each hour; hours without any are passed over."""
        found: dict[Slot, str] = {}
        for slot, there in lessons.items():
            room = timetable.problem.rooms.get(timetable.places[there[0].id].room)
            place = "" if room is None else room.building if self.of_building else room.name
            if place:
                found[slot] = place
        return found
