"""From a school and its rules to what the search works on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from core.errors import Invalid
from core.web.i18n import sentence
from plugins.diary.timetabling.lesson_rules import AtOnce, EndsDay, Occupied, Same, Starts, Within
from plugins.diary.timetabling.problem import Activity, Placement, Problem, Slot
from plugins.diary.timetabling.room_rules import Changes
from plugins.diary.timetabling.rules import MUST, Closed, NoClash, Rule
from plugins.diary.timetabling.solving.model import LESSON_WEIGHT, CountedSet, Lesson, Model, Pair, pack
from plugins.diary.timetabling.solving.people_limits import limits_of, members_by_person, rows_of
from plugins.diary.timetabling.solving.relations import (
    Allowed,
    allowed_by,
    ends_day,
    forbidden,
    lessons_judged,
    turned,
)
from plugins.diary.timetabling.solving.room_needs import RoomNeeds, is_about_rooms
from plugins.diary.timetabling.solving.walks import Walks, apart

MOST_HOURS, MOST_DAYS = 60, 64


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """The model, which activities each of its lessons is, when each may begin.

    `not_searched` are the rules that the search does not keep by itself.
    """

    problem: Problem
    model: Model
    together: Sequence[Sequence[int]]
    needs: RoomNeeds
    not_searched: Sequence[Rule]
    starts: Sequence[Sequence[int]]

    def places(self, positions: Sequence[int], rooms: Sequence[int]) -> Mapping[int, Placement]:
        """Where the activities stand, from a slot for each lesson and a room for each need (-1: none)."""
        hours = len(self.problem.hours)
        found: dict[int, Placement] = {}
        need = 0
        for activities, position in zip(self.together, positions, strict=True):
            for activity in activities:
                wanted = self.needs.count(activity)
                if position >= 0:
                    room, real = self.needs.named(activity, rooms[need : need + wanted])
                    found[activity] = Placement(*divmod(position, hours), room, real)
                need += wanted
        return found


class Compiler:
    """Builds the parts of the model one after another."""

    def __init__(self, problem: Problem, rules: Iterable[Rule]) -> None:
        self.problem = problem
        self.rules = [rule for rule in rules if rule.weight > 0]
        self.hours = len(problem.hours)
        self.slots = len(problem.slots)
        self.cost = {rule.weight: _cost(rule.weight) for rule in self.rules}
        self.together = self._groups()
        self.lesson_of = {each: at for at, group in enumerate(self.together) for each in group}
        self.duration = [problem.activities[group[0]].duration for group in self.together]
        self.teachers: dict[str, list[int]] = defaultdict(list)
        self.atoms: dict[str, list[int]] = defaultdict(list)
        for at, group in enumerate(self.together):
            for whose, kind in ((self.teachers, "teachers"), (self.atoms, "atoms")):
                for name in dict.fromkeys(
                    name for each in group for name in getattr(problem.activities[each], kind)
                ):
                    whose[name].append(at)
        self.needs = RoomNeeds(problem, self.rules, self.cost)
        self.walks = Walks(problem, self.needs)

    def compiled(self) -> Compiled:
        """The whole."""
        starts = self._starts()
        lessons = [
            Lesson(
                duration=self.duration[at],
                starts=starts[at],
                needs=[need for each in group for need in self.needs.of(each)],
            )
            for at, group in enumerate(self.together)
        ]
        tags: dict[str, set[int]] = defaultdict(set)
        for at, group in enumerate(self.together):
            for each in group:
                for tag in self.problem.activities[each].tags:
                    tags[tag].add(at)
        tagged = defaultdict(frozenset[int], {tag: frozenset(of) for tag, of in tags.items()})
        rows = rows_of(
            self.problem, self.rules, members_by_person(self.teachers, self.atoms), tagged, self.cost
        )
        clashes = list(dict.fromkeys(map(tuple, (*self.teachers.values(), *self.atoms.values()))))
        pairs, tables = self._pairs()
        model = pack(
            days=len(self.problem.days),
            hours=self.hours,
            rooms=len(self.needs.rooms),
            lessons=lessons,
            clashes=clashes,
            rows=rows,
            pairs=pairs,
            tables=tables,
            sets=self._sets(),
            order=self._order(lessons, clashes),
        )
        return Compiled(
            problem=self.problem,
            model=model,
            together=self.together,
            needs=self.needs,
            not_searched=[rule for rule in self.rules if not self._is_searched(rule)],
            starts=[list(each) for each in starts],
        )

    def _groups(self) -> list[tuple[int, ...]]:
        """Activities that must begin together and take as long are one lesson, unless somebody is in two of them."""
        activities = self.problem.activities
        of = {each: [each] for each in activities}
        for rule in self.rules:
            if not (isinstance(rule, Same) and rule.day and rule.hour and rule.weight >= MUST):
                continue
            for one, other in combinations(rule.activities, 2):
                here, there = of[one], of[other]
                if here is there or activities[one].duration != activities[other].duration:
                    continue
                if any(_meet(activities[a], activities[b]) for a in here for b in there):
                    continue
                here.extend(there)
                for each in there:
                    of[each] = here
        return [tuple(group) for group in {id(group): group for group in of.values()}.values()]

    def _starts(self) -> list[dict[int, int]]:
        """The slots at which each lesson may begin, with the cost of what should not be."""
        found = [
            dict.fromkeys((slot for slot in range(self.slots) if slot % self.hours + length <= self.hours), 0)
            for length in self.duration
        ]

        def judge(lesson: int, rule: Rule, fits: set[int]) -> None:
            starts = found[lesson]
            for slot in [slot for slot in starts if slot not in fits]:
                if rule.weight >= MUST:
                    del starts[slot]
                else:
                    starts[slot] += self.cost[rule.weight]

        for rule in self.rules:
            match rule:
                case Closed(slots=slots, teacher=teacher, atoms=atoms):
                    lessons: Iterable[int]
                    if teacher:
                        lessons = self.teachers.get(teacher, ())
                    elif atoms:
                        lessons = {at for atom in atoms for at in self.atoms.get(atom, ())}
                    else:
                        lessons = range(len(self.together))
                    open_slots = frozenset(self.problem.slots) - slots
                    for at in lessons:
                        judge(at, rule, self._fitting(open_slots, self.duration[at]))
                case Within(activities=activities, slots=slots):
                    for each in activities:
                        at = self.lesson_of[each]
                        judge(at, rule, self._fitting(slots, self.duration[at]))
                case Starts(activities=activities, slots=slots):
                    fits = {day * self.hours + hour for day, hour in slots}
                    for each in activities:
                        judge(self.lesson_of[each], rule, fits)
                case _:
                    pass
        return found

    def _fitting(self, slots: frozenset[Slot], length: int) -> set[int]:
        """The starts from which a lesson stays within `slots`."""
        return {
            day * self.hours + hour
            for day, hour in slots
            if all((day, later) in slots for later in range(hour, hour + length))
        }

    def _pairs(self) -> tuple[list[Pair], list[list[int]]]:
        pairs: list[Pair] = []
        tables: list[list[int]] = []
        table_at: dict[object, int] = {}

        def table(key: object, allowed: Allowed, length: int, other_length: int) -> int:
            key = (key, length, other_length)
            if key not in table_at:
                table_at[key] = len(tables)
                tables.append(forbidden(allowed, self.hours, self.slots, length, other_length))
            return table_at[key]

        def add(rule: Rule, key: object, allowed: Allowed, one: int, other: int) -> None:
            here, there = self.lesson_of[one], self.lesson_of[other]
            cost = 0 if rule.weight >= MUST else self.cost[rule.weight]
            if here == there:
                return
            length, other_length = self.duration[here], self.duration[there]
            pairs.append(Pair(here, there, table(key, allowed, length, other_length), cost))
            pairs.append(
                Pair(there, here, table((key, "turned"), turned(allowed), other_length, length), cost)
            )

        for rule in self.rules:
            if isinstance(rule, Changes):
                for one, other in self.walks.pairs(rule):
                    add(rule, ("changes", rule.most, rule.least), apart(rule), one, other)
                continue
            if isinstance(rule, EndsDay):
                for one in rule.activities:
                    others = {
                        each
                        for atom in self.problem.activities[one].atoms
                        for at in self.atoms[atom]
                        for each in self.together[at]
                        if self.problem.activities[each].atoms & self.problem.activities[one].atoms
                    }
                    for other in sorted(others - {one}):
                        add(rule, "ends day", ends_day, one, other)
                continue
            allowed = allowed_by(rule)
            if allowed is None:
                continue
            key = msgspec.to_builtins({"rule": type(rule).__name__, **_parameters(rule)})
            for one, other in combinations(lessons_judged(rule), 2):
                add(rule, str(key), allowed, one, other)
        return list(dict.fromkeys(pairs)), tables

    def _sets(self) -> list[CountedSet]:
        found: list[CountedSet] = []
        for rule in self.rules:
            if isinstance(rule, (Occupied, AtOnce)) and rule.weight >= MUST:
                found.append(
                    CountedSet(
                        members=sorted({self.lesson_of[each] for each in rule.activities}),
                        slots=sum(1 << day * self.hours + hour for day, hour in rule.slots),
                        at_once=isinstance(rule, AtOnce),
                        least=rule.least,
                        most=-1 if rule.most is None else rule.most,
                        may_be_none=isinstance(rule, AtOnce) and rule.may_be_none,
                    )
                )
        return found

    def _is_searched(self, rule: Rule) -> bool:
        known = isinstance(rule, (NoClash, Closed, Starts, Within, EndsDay, Occupied, AtOnce))
        return (
            known
            or allowed_by(rule) is not None
            or limits_of(rule, self.hours) is not None
            or is_about_rooms(rule)
            or (isinstance(rule, Changes) and self.walks.keeps(rule))
        )

    def _order(self, lessons: Sequence[Lesson], clashes: Sequence[Sequence[int]]) -> list[int]:
        """Hardest first: many hours compete for few starts."""
        rivals = [0] * len(lessons)
        masks = [0] * len(lessons)
        for group in clashes:
            mask = sum(1 << at for at in group)
            for at in group:
                masks[at] |= mask
        by_length: dict[int, int] = defaultdict(int)
        for at, lesson in enumerate(lessons):
            by_length[lesson.duration] |= 1 << at
        for at, lesson in enumerate(lessons):
            for length, of in by_length.items():
                rivals[at] += (masks[at] & of).bit_count() * (length + lesson.duration - 1)
        return sorted(range(len(lessons)), key=lambda at: (-rivals[at] / max(len(lessons[at].starts), 1), at))


def _meet(one: Activity, other: Activity) -> bool:
    return bool(set(one.teachers) & set(other.teachers) or one.atoms & other.atoms)


def _cost(weight: float) -> int:
    """What breaking a rule costs: a rule of weight 95 is given up where 20 lessons would have to go."""
    return 0 if weight >= MUST else round(LESSON_WEIGHT * MUST / max(MUST - weight, 0.5))


def _parameters(rule: Rule) -> dict[str, object]:
    passed_over = ("activities", "first", "second", "kind", "weight")
    return {name: str(getattr(rule, name)) for name in rule.__struct_fields__ if name not in passed_over}


def compile_school(problem: Problem, rules: Iterable[Rule]) -> Compiled:
    """What the search works on. Raises `Invalid` for a school whose day or week is too long for it."""
    if len(problem.hours) > MOST_HOURS or len(problem.days) > MOST_DAYS:
        raise Invalid(
            sentence(
                "Часов в дне %(hours)s, дней %(days)s: это больше, чем умеет поиск.",
                hours=len(problem.hours),
                days=len(problem.days),
            ),
            advice=sentence(
                "Разделите расписание на части: до %(hours)s часов и %(days)s дней.",
                hours=MOST_HOURS,
                days=MOST_DAYS,
            ),
        )
    return Compiler(problem, rules).compiled()
