"""What a timetable must keep or should keep about when lessons stand, alone and among each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

from core.web.i18n import lazy
from plugins.diary.timetabling.problem import Activity, Placement, Slot, Timetable
from plugins.diary.timetabling.rules import Breach, Rule, at, both, lesson, numbers


class DaysApart(Rule, frozen=True, kw_only=True):
    """Between any two of the lessons lie at least `least` and at most `most` days."""

    title: ClassVar[str] = lazy("между частями курса столько дней, сколько нужно")
    activities: tuple[int, ...]
    least: int = 0
    most: int | None = None

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for (one, here), (other, there) in combinations(timetable.placed(self.activities), 2):
            apart = abs(here.day - there.day)
            lacking = max(self.least - apart, 0 if self.most is None else apart - self.most)
            if lacking > 0:
                yield Breach(both(one.id, other.id), lacking)


class TogetherIfSameDay(Rule, frozen=True, kw_only=True):
    """Two of the lessons on one day follow each other."""

    title: ClassVar[str] = lazy("два урока курса в один день идут подряд")
    activities: tuple[int, ...]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for (one, here), (other, there) in combinations(timetable.placed(self.activities), 2):
            if (
                here.day == there.day
                and here.hour + one.duration != there.hour
                and there.hour + other.duration != here.hour
            ):
                yield Breach(both(one.id, other.id))


class Starts(Rule, frozen=True, kw_only=True):
    """Each of the lessons begins at one of `slots`."""

    title: ClassVar[str] = lazy("урок начинается в своё время")
    activities: tuple[int, ...]
    slots: frozenset[Slot]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, place in timetable.placed(self.activities):
            if (place.day, place.hour) not in self.slots:
                yield Breach(lesson(activity, at(timetable, (place.day, place.hour))))


class Within(Rule, frozen=True, kw_only=True):
    """Each of the lessons stands at `slots` only."""

    title: ClassVar[str] = lazy("урок стоит в своё время")
    activities: tuple[int, ...]
    slots: frozenset[Slot]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, _place in timetable.placed(self.activities):
            outside = [slot for slot in timetable.slots_of(activity) if slot not in self.slots]
            if outside:
                yield Breach(lesson(activity, at(timetable, outside[0])), len(outside))


class Same(Rule, frozen=True, kw_only=True):
    """The lessons begin on the same day, at the same hour, or both."""

    title: ClassVar[str] = lazy("уроки начинаются вместе")
    activities: tuple[int, ...]
    day: bool
    hour: bool

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for (one, here), (other, there) in combinations(timetable.placed(self.activities), 2):
            if (self.day and here.day != there.day) or (self.hour and here.hour != there.hour):
                yield Breach(both(one.id, other.id))


class Following(Rule, frozen=True, kw_only=True):
    """The second lesson follows the first on the same day, breaks aside; in either order if `either`."""

    title: ClassVar[str] = lazy("уроки идут друг за другом")
    first: int
    second: int
    either: bool
    breaks: frozenset[Slot]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        pair = list(timetable.placed((self.first, self.second)))
        if len(pair) < 2:
            return
        (one, here), (other, there) = pair
        follows = self._next(one, here) == (there.day, there.hour)
        if not follows and not (self.either and self._next(other, there) == (here.day, here.hour)):
            yield Breach(both(self.first, self.second))

    def _next(self, activity: Activity, place: Placement) -> Slot:
        hour = place.hour + activity.duration
        while (place.day, hour) in self.breaks:
            hour += 1
        return place.day, hour


class Ordered(Rule, frozen=True, kw_only=True):
    """The first lesson ends before the second begins; on the same day only if `same_day`."""

    title: ClassVar[str] = lazy("уроки идут по порядку")
    first: int
    second: int
    same_day: bool

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        pair = list(timetable.placed((self.first, self.second)))
        if len(pair) < 2:
            return
        (one, here), (_other, there) = pair
        if self.same_day and here.day != there.day:
            return
        if (here.day, here.hour + one.duration) > (there.day, there.hour):
            yield Breach(both(self.first, self.second))


class Apart(Rule, frozen=True, kw_only=True):
    """No two of the lessons stand at the same time; on one day at least `least` hours lie between them."""

    title: ClassVar[str] = lazy("уроки не идут одновременно")
    activities: tuple[int, ...]
    least: int = 0

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for (one, here), (other, there) in combinations(timetable.placed(self.activities), 2):
            if here.day != there.day:
                continue
            between = max(there.hour - here.hour - one.duration, here.hour - there.hour - other.duration)
            if between < self.least:
                yield Breach(both(one.id, other.id))


class EndsDay(Rule, frozen=True, kw_only=True):
    """After each of the lessons its students have none on that day."""

    title: ClassVar[str] = lazy("после урока у класса уроков нет")
    activities: tuple[int, ...]

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for activity, place in timetable.placed(self.activities):
            later = range(place.hour + activity.duration, len(timetable.problem.hours))
            if any((place.day, hour) in timetable.of_atom[atom] for atom in activity.atoms for hour in later):
                yield Breach(lesson(activity))


class Occupied(Rule, frozen=True, kw_only=True):
    """The lessons take at least `least` and at most `most` of `slots` in all."""

    title: ClassVar[str] = lazy("уроки занимают столько выбранных часов, сколько нужно")
    activities: tuple[int, ...]
    slots: frozenset[Slot]
    least: int = 0
    most: int | None = None

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        taken = {
            slot
            for activity, _place in timetable.placed(self.activities)
            for slot in timetable.slots_of(activity)
        }
        count = len(taken & self.slots)
        off = max(self.least - count, 0 if self.most is None else count - self.most)
        if off > 0:
            yield Breach(numbers(self.activities[:5]), off)


class AtOnce(Rule, frozen=True, kw_only=True):
    """At each of `slots` stand at least `least` and at most `most` of the lessons; none is fine if `may_be_none`."""

    title: ClassVar[str] = lazy("одновременно идёт столько уроков, сколько можно")
    activities: tuple[int, ...]
    slots: frozenset[Slot]
    least: int = 0
    most: int | None = None
    may_be_none: bool = False

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        counts = dict.fromkeys(self.slots, 0)
        for activity, _place in timetable.placed(self.activities):
            for slot in timetable.slots_of(activity):
                if slot in counts:
                    counts[slot] += 1
        for slot, count in sorted(counts.items()):
            off = max(self.least - count, 0 if self.most is None else count - self.most)
            if off > 0 and not (self.may_be_none and not count):
                yield Breach(at(timetable, slot), off)
