"""What cannot be is said before any search: counting hours against open times and rooms.

For one teacher, class or room pool a matching of hours to open slots decides (Hall's theorem); where it fails, the
lessons that compete for too few slots are named. The matching is Kuhn's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from core.web.i18n import sentence
from plugins.diary.timetabling.lesson_rules import DaysApart
from plugins.diary.timetabling.people_rules import DaysWeekly, HoursDaily
from plugins.diary.timetabling.problem import Problem
from plugins.diary.timetabling.rules import MUST, Rule
from plugins.diary.timetabling.solving.compiling import Compiled


def impossible(problem: Problem, rules: Sequence[Rule], compiled: Compiled) -> list[str]:
    """Why there can be no timetable; empty if counting finds nothing against it."""
    return list(dict.fromkeys(_Counting(problem, rules, compiled).reasons()))


class _Counting:
    def __init__(self, problem: Problem, rules: Sequence[Rule], compiled: Compiled) -> None:
        self.problem, self.compiled = problem, compiled
        self.rules = [rule for rule in rules if rule.weight >= MUST]
        self.hours = len(problem.hours)
        self.length = {each.id: each.duration for each in problem.activities.values()}
        self.starts = {
            activity: starts
            for group, starts in zip(compiled.together, compiled.starts, strict=True)
            for activity in group
        }

    def reasons(self) -> Iterator[str]:
        nowhere = [each for each in self.problem.activities if not self.starts[each]]
        for activity in nowhere:
            yield sentence(
                "%(lesson)s: нет ни одного времени, когда урок может стоять", lesson=self._name(activity)
            )
        yield from self._without_rooms()
        if nowhere:
            return
        yield from self._people()
        yield from self._room_pools()
        yield from self._days_apart()
        yield from self._daily()

    def _name(self, activity: int) -> str:
        each = self.problem.activities[activity]
        whose = ", ".join(each.student_sets or each.teachers)
        return sentence(
            "урок %(number)s (%(subject)s, %(whose)s)", number=activity, subject=each.subject, whose=whose
        )

    def _without_rooms(self) -> Iterator[str]:
        for activity in self.problem.activities:
            if any(not options for options in self.compiled.needs.of(activity)):
                yield sentence(
                    "%(lesson)s: нет ни одного кабинета, который подходит", lesson=self._name(activity)
                )

    def _people(self) -> Iterator[str]:
        """Teachers and sets of students: their lessons need slots of their own."""
        lessons: dict[tuple[int, ...], str] = {}
        of: dict[tuple[bool, str], list[int]] = defaultdict(list)
        for each in self.problem.activities.values():
            for are_teachers, names in ((True, dict.fromkeys(each.teachers)), (False, sorted(each.atoms))):
                for name in names:
                    of[are_teachers, name].append(each.id)
        for (_are_teachers, name), activities in of.items():
            lessons.setdefault(tuple(activities), name)
        for activities, name in lessons.items():
            short = self._crowd(activities)
            if short is not None:
                crowd, slots = short
                yield sentence(
                    "%(name)s: часов %(hours)s, мест %(slots)s: уроки %(numbers)s",
                    name=name,
                    hours=sum(self.length[each] for each in crowd),
                    slots=len(slots),
                    numbers=", ".join(map(str, crowd)),
                )

    def _crowd(self, activities: Sequence[int]) -> tuple[Sequence[int], set[int]] | None:
        """Lessons with fewer slots among them than hours, and these slots; none if there are enough for all."""
        taken: dict[int, tuple[int, int]] = {}
        can = {each: self._slots[each] for each in activities}

        def settle(unit: tuple[int, int], seen: set[int]) -> bool:
            for slot in can[unit[0]]:
                if slot not in seen:
                    seen.add(slot)
                    if slot not in taken or settle(taken[slot], seen):
                        taken[slot] = unit
                        return True
            return False

        for each in activities:
            for part in range(self.length[each]):
                seen: set[int] = set()
                if not settle((each, part), seen):
                    crowd = {each, *(taken[slot][0] for slot in seen)}
                    return [one for one in activities if one in crowd], seen
        return None

    @cached_property
    def _slots(self) -> Mapping[int, Sequence[int]]:
        """The slots that each lesson can take."""
        return {
            activity: sorted({at for start in self.starts[activity] for at in range(start, start + length)})
            for activity, length in self.length.items()
        }

    def _room_pools(self) -> Iterator[str]:
        """Lessons that only certain rooms will do for."""
        pools: dict[frozenset[int], list[int]] = defaultdict(list)
        open_slots: dict[int, set[int]] = defaultdict(set)
        for activity in self.problem.activities:
            for options in self.compiled.needs.of(activity):
                pools[frozenset(option.room for option in options)].append(activity)
                for option in options:
                    open_slots[option.room].update(
                        slot
                        for slot in self._slots[activity]
                        if any(
                            option.open >> start & 1
                            for start in range(slot - self.length[activity] + 1, slot + 1)
                            if start >= 0
                        )
                    )
        for rooms in pools:
            users = [each for within, lessons in pools.items() if within <= rooms for each in lessons]
            needed = sum(self.length[each] for each in users)
            there = sum(len(open_slots[room]) for room in rooms)
            if needed > there:
                subjects = dict.fromkeys(self.problem.activities[each].subject for each in users)
                yield sentence(
                    "%(subjects)s: кабинетов %(count)s (%(rooms)s), часов %(hours)s, мест %(slots)s",
                    subjects=", ".join(subjects),
                    count=len(rooms),
                    rooms=", ".join(self.compiled.needs.rooms[room] for room in sorted(rooms)),
                    hours=needed,
                    slots=there,
                )

    def _days_apart(self) -> Iterator[str]:
        """Lessons of a course that must be on different days: so many days are needed."""
        for rule in self.rules:
            if not isinstance(rule, DaysApart) or rule.least < 1:
                continue
            days = {slot // self.hours for each in rule.activities for slot in self.starts[each]}
            needed = 1 + (len(rule.activities) - 1) * rule.least
            if rule.activities and (len(rule.activities) > len(days) or needed > len(self.problem.days)):
                yield sentence(
                    "%(lesson)s и ещё %(others)s должны стоять в разные дни, а дней %(days)s",
                    lesson=self._name(rule.activities[0]),
                    others=len(rule.activities) - 1,
                    days=len(days),
                )

    def _daily(self) -> Iterator[str]:
        """So many hours a day on so many days: whether all hours of somebody go in."""
        days: dict[str, int] = {}
        for rule in self.rules:
            if (
                isinstance(rule, DaysWeekly)
                and rule.most is not None
                and not rule.first
                and rule.last is None
            ):
                for name in rule.people.names:
                    days[name] = min(days.get(name, len(self.problem.days)), rule.most)
        hours = self._hours_of_people()
        for rule in self.rules:
            if not isinstance(rule, HoursDaily) or rule.most is None or rule.tag:
                continue
            for name in rule.people.names:
                count = days.get(name, len(self.problem.days))
                total = hours[rule.people.are_teachers].get(name, 0)
                if total > count * rule.most:
                    yield sentence(
                        "%(name)s: часов %(hours)s, а можно по %(most)s в день, дней %(days)s",
                        name=name,
                        hours=total,
                        most=rule.most,
                        days=count,
                    )

    def _hours_of_people(self) -> Mapping[bool, Mapping[str, int]]:
        found: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
        for each in self.problem.activities.values():
            names: Iterable[str] = each.teachers
            for are_teachers, whose in ((True, names), (False, each.atoms)):
                for name in dict.fromkeys(whose):
                    found[are_teachers][name] += each.duration
        return found
