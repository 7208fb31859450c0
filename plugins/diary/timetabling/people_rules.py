"""What a timetable must keep or should keep about the days of teachers and students."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from core.web.i18n import lazy
from plugins.diary.timetabling.problem import Slot, Timetable
from plugins.diary.timetabling.rules import Breach, Rule


class People(msgspec.Struct, frozen=True):
    """Those a rule is about: teachers or atoms of students, with the hours at which none of them can be had."""

    names: tuple[str, ...]
    are_teachers: bool
    closed: Mapping[str, frozenset[Slot]] = {}

    def hours_by_day(
        self, timetable: Timetable, tag: str = ""
    ) -> Iterator[tuple[str, Sequence[Sequence[int]]]]:
        """Each with the busy hours of every day, in order; with `tag` only lessons that bear it count."""
        lessons = timetable.of_teacher if self.are_teachers else timetable.of_atom
        for name in self.names:
            days: list[list[int]] = [[] for _day in timetable.problem.days]
            for (day, hour), there in sorted(lessons.get(name, {}).items()):
                if not tag or any(tag in each.tags for each in there):
                    days[day].append(hour)
            yield name, days

    def windows(self, name: str, day: int, hours: Sequence[int]) -> int:
        """Free hours between the first and the last busy one, without those that are closed anyway."""
        closed = self.closed.get(name, frozenset())
        busy = set(hours)
        return (
            sum(hour not in busy and (day, hour) not in closed for hour in range(min(busy), max(busy)))
            if busy
            else 0
        )


class Windows(Rule, frozen=True, kw_only=True):
    """At most `most` windows a week, or a day."""

    title: ClassVar[str] = lazy("окон не больше, чем можно")
    people: People
    most: int
    daily: bool = False

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for name, days in self.people.hours_by_day(timetable):
            found = [self.people.windows(name, day, hours) for day, hours in enumerate(days)]
            over = (
                sum(max(each - self.most, 0) for each in found)
                if self.daily
                else max(sum(found) - self.most, 0)
            )
            if over:
                yield Breach(name, over)


class EarlyStart(Rule, frozen=True, kw_only=True):
    """Days begin with the first hour that is open, at most `most` of them with the second."""

    title: ClassVar[str] = lazy("день начинается с первого урока")
    people: People
    most: int

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        hours_a_day = range(len(timetable.problem.hours))
        for name, days in self.people.hours_by_day(timetable):
            closed = self.people.closed.get(name, frozenset())
            second = 0
            for day, hours in enumerate(days):
                if not hours:
                    continue
                free = [hour for hour in hours_a_day if (day, hour) not in closed]
                if hours[0] in free[2:]:
                    yield Breach(f"{name}, {timetable.problem.days[day]}")
                second += hours[0] in free[1:2]
            if second > self.most:
                yield Breach(name, second - self.most)


class HoursDaily(Rule, frozen=True, kw_only=True):
    """At least `least` and at most `most` hours on each day; a day with none is fine if `may_be_free`."""

    title: ClassVar[str] = lazy("уроков в день столько, сколько можно")
    people: People
    least: int = 0
    most: int | None = None
    may_be_free: bool = True
    tag: str = ""

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for name, days in self.people.hours_by_day(timetable, self.tag):
            for day, hours in enumerate(days):
                over = max(0 if self.most is None else len(hours) - self.most, 0)
                lacking = max(self.least - len(hours), 0) if hours or not self.may_be_free else 0
                if over or lacking:
                    yield Breach(f"{name}, {timetable.problem.days[day]}")


class HoursOnEnd(Rule, frozen=True, kw_only=True):
    """At most `most` busy hours without a break."""

    title: ClassVar[str] = lazy("уроков подряд не больше, чем можно")
    people: People
    most: int
    tag: str = ""

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for name, days in self.people.hours_by_day(timetable, self.tag):
            for day, hours in enumerate(days):
                over = sum(max(run - self.most, 0) for run in runs(hours))
                if over:
                    yield Breach(f"{name}, {timetable.problem.days[day]}", over)


class DaysWeekly(Rule, frozen=True, kw_only=True):
    """At least `least` and at most `most` days with a lesson, or with one from the hour `first` up to before `last`."""

    title: ClassVar[str] = lazy("рабочих дней столько, сколько можно")
    people: People
    least: int = 0
    most: int | None = None
    first: int = 0
    last: int | None = None

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        last = len(timetable.problem.hours) if self.last is None else self.last
        for name, days in self.people.hours_by_day(timetable):
            busy = sum(any(self.first <= hour < last for hour in hours) for hours in days)
            off = max(self.least - busy, 0 if self.most is None else busy - self.most)
            if off > 0:
                yield Breach(name, off)


class Span(Rule, frozen=True, kw_only=True):
    """From the first lesson of a day to the end of the last one at most `most` hours; one day may have one more."""

    title: ClassVar[str] = lazy("день не длиннее, чем можно")
    people: People
    most: int
    one_day_more: bool = False

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        for name, days in self.people.hours_by_day(timetable):
            over = [max(hours[-1] - hours[0] + 1 - self.most, 0) for hours in days if hours]
            if self.one_day_more and 1 in over:
                over.remove(1)
            if sum(over):
                yield Breach(name, sum(over))


class Rest(Rule, frozen=True, kw_only=True):
    """At least `least` free hours between the end of one day and the beginning of the next."""

    title: ClassVar[str] = lazy("отдых между днями")
    people: People
    least: int
    circular: bool

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        hours_a_day, count = len(timetable.problem.hours), len(timetable.problem.days)
        for name, days in self.people.hours_by_day(timetable):
            for day in range(count if self.circular else count - 1):
                evening, morning = days[day], days[(day + 1) % count]
                if evening and morning:
                    lacking = self.least - (hours_a_day - 1 - evening[-1] + morning[0])
                    if lacking > 0:
                        yield Breach(f"{name}, {timetable.problem.days[day]}", lacking)


def runs(hours: Sequence[int]) -> Iterator[int]:
    """How long each stretch of hours that follow one another is."""
    length = 0
    for at_, hour in enumerate(hours):
        length = length + 1 if at_ and hour == hours[at_ - 1] + 1 else 1
        if at_ + 1 == len(hours) or hours[at_ + 1] != hour + 1:
            yield length
