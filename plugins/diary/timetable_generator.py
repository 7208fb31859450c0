"""A simple constructor of a weekly timetable: no clashes, no windows for classes, the daily load kept.

Every class gets its lessons spread evenly over the days, and a day is filled from the first lesson on. The
hardest courses are placed first; a lesson that finds no free place pushes out those in the way of the
cheapest one, which are placed anew (ejection with a short memory). It weighs nothing against each other:
wishes of teachers, difficulty of the day and rooms are not its business. The same courses give the same
timetable. What could not be placed is said, not hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

Slot = tuple[int, int]
"""ISO weekday and number of the lesson."""

SAME_DAY = 6
MOST_ATTEMPTS_PER_LESSON = 60
MEMORY = 12


@dataclass(frozen=True)
class Course:
    """`hours` lessons a week that classes and teachers have together.

    The subgroups of a split are one course: they learn in parallel. `subject` keeps two lessons of the
    same off one day where the week has days enough.
    """

    key: Hashable
    classes: frozenset[Hashable]
    teachers: frozenset[Hashable]
    subject: Hashable
    hours: int


@dataclass(frozen=True)
class WeeklyTimetable:
    """Slots of each course, and how many of its lessons found no place."""

    slots: Mapping[Hashable, Sequence[Slot]]
    unplaced: Mapping[Hashable, int]


@dataclass
class _Lesson:
    course: Course
    order: int
    slot: Slot | None = None
    visits: dict[Slot, int] = field(default_factory=dict[Slot, int])


def daily_counts(hours: int, days: int, most: int) -> list[int]:
    """`hours` lessons spread over `days`, longer days in the middle of the week, none above `most`.

    More hours than the week holds are cut.
    """
    base, more = divmod(min(hours, days * most), days)
    counts = [base] * days
    middle_first = sorted(range(days), key=lambda day: (abs(day - 1.5), day))
    for day in middle_first[:more]:
        counts[day] += 1
    return counts


def construct(
    courses: Sequence[Course], days_per_week: Mapping[Hashable, int], most_a_day: Mapping[Hashable, int]
) -> WeeklyTimetable:
    """A timetable for `courses`; for each class the length of its week and the most lessons of a day."""
    return _Construction(courses, days_per_week, most_a_day).run()


class _Construction:
    def __init__(
        self,
        courses: Sequence[Course],
        days_per_week: Mapping[Hashable, int],
        most_a_day: Mapping[Hashable, int],
    ) -> None:
        hours: dict[Hashable, int] = defaultdict(int)
        for course in courses:
            for each in course.classes:
                hours[each] += course.hours
        self.allowed: dict[Hashable, frozenset[Slot]] = {
            each: frozenset(
                (day + 1, number)
                for day, count in enumerate(daily_counts(hours[each], days_per_week[each], most_a_day[each]))
                for number in range(1, count + 1)
            )
            for each in hours
        }
        self.places = {course.key: self._places(course) for course in courses}
        self.lessons = [_Lesson(course, order) for course in courses for order in range(course.hours)]
        self.busy: dict[tuple[Hashable, Slot], _Lesson] = {}
        self.on_day: dict[tuple[Hashable, Hashable, int], int] = defaultdict(int)
        self.clock = 0

    def _places(self, course: Course) -> list[Slot]:
        first, *others = (self.allowed[each] for each in course.classes)
        return sorted(first.intersection(*others), key=lambda slot: (slot[1], slot[0]))

    def run(self) -> WeeklyTimetable:
        waiting = sorted(self.lessons, key=self._ease, reverse=True)
        attempts = len(waiting) * MOST_ATTEMPTS_PER_LESSON
        unplaced: dict[Hashable, int] = defaultdict(int)
        while waiting:
            lesson = waiting.pop()
            self.clock += 1
            slot = self._best(lesson) if self.clock <= attempts else self._free(lesson)
            if slot is None:
                unplaced[lesson.course.key] += 1
                continue
            for other in self._in_the_way(lesson, slot):
                self._take_out(other)
                waiting.append(other)
            self._put(lesson, slot)
        slots: dict[Hashable, list[Slot]] = defaultdict(list)
        for lesson in self.lessons:
            if lesson.slot is not None:
                slots[lesson.course.key].append(lesson.slot)
        return WeeklyTimetable({key: sorted(found) for key, found in slots.items()}, dict(unplaced))

    def _ease(self, lesson: _Lesson) -> tuple[int, int, int]:
        course = lesson.course
        return (len(self.places[course.key]), -len(course.classes) - len(course.teachers), -course.hours)

    def _resources(self, course: Course) -> list[Hashable]:
        return [*sorted(course.classes, key=str), *sorted(course.teachers, key=str)]

    def _in_the_way(self, lesson: _Lesson, slot: Slot) -> list[_Lesson]:
        found = (self.busy.get((each, slot)) for each in self._resources(lesson.course))
        return list({id(other): other for other in found if other is not None}.values())

    def _same_day(self, course: Course, day: int) -> int:
        return max(self.on_day[each, course.subject, day] for each in course.classes)

    def _best(self, lesson: _Lesson) -> Slot | None:
        best: tuple[int, int, int] | None = None
        chosen: Slot | None = None
        for position, slot in enumerate(self.places[lesson.course.key]):
            away = self._in_the_way(lesson, slot)
            recent = lesson.visits.get(slot, 0)
            tired = MEMORY if recent and self.clock - recent < MEMORY * len(self.lessons) else 0
            cost = sum(3 + len(other.visits) for other in away) + tired
            cost += SAME_DAY * self._same_day(lesson.course, slot[0])
            # Spreads equal choices over the week in a way that does not depend on chance.
            spread = (position * 7 + lesson.order * 3) % 11
            if best is None or (cost, spread, position) < best:
                best, chosen = (cost, spread, position), slot
        return chosen

    def _free(self, lesson: _Lesson) -> Slot | None:
        return next(
            (slot for slot in self.places[lesson.course.key] if not self._in_the_way(lesson, slot)), None
        )

    def _put(self, lesson: _Lesson, slot: Slot) -> None:
        lesson.slot = slot
        lesson.visits[slot] = self.clock
        for each in self._resources(lesson.course):
            self.busy[each, slot] = lesson
        for each in lesson.course.classes:
            self.on_day[each, lesson.course.subject, slot[0]] += 1

    def _take_out(self, lesson: _Lesson) -> None:
        slot = lesson.slot
        if slot is None:
            return
        lesson.slot = None
        for each in self._resources(lesson.course):
            del self.busy[each, slot]
        for each in lesson.course.classes:
            self.on_day[each, lesson.course.subject, slot[0]] -= 1
