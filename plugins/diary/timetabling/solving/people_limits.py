"""The rules about somebody's days, gathered into rows with limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from plugins.diary.timetabling.people_rules import (
    DaysWeekly,
    EarlyStart,
    HoursDaily,
    HoursOnEnd,
    People,
    Rest,
    Span,
    Windows,
)
from plugins.diary.timetabling.problem import Problem
from plugins.diary.timetabling.rules import MUST, Rule
from plugins.diary.timetabling.solving.model import Row

_Limits = dict[str, int]


def limits_of(rule: Rule, hours: int) -> tuple[People, str, _Limits] | None:
    """Of whom a rule limits the days, which lessons count, and by how much; none if it is about something else."""
    match rule:
        case Windows(people=people, most=most, daily=daily):
            return people, "", {"windows_daily" if daily else "windows_weekly": most}
        case EarlyStart(people=people, most=most):
            return people, "", {"late_starts": most}
        case HoursDaily(people=people, least=least, most=most, may_be_free=may_be_free, tag=tag):
            found: _Limits = {} if most is None else {"most_daily": most}
            if least:
                found |= {"least_daily": least, "may_be_free": int(may_be_free)}
            return people, tag, found
        case HoursOnEnd(people=people, most=most, tag=tag):
            return people, tag, {"most_on_end": most}
        case DaysWeekly(people=people, least=least, most=most, first=first, last=last):
            last = hours if last is None else last
            if most is not None and (first > 0 or last < hours):
                return people, "", {"interval_days": most, "interval_first": first, "interval_last": last}
            found = {} if most is None else {"most_days": most}
            return people, "", found | ({"least_days": least} if least else {})
        case Span(people=people, most=most, one_day_more=more):
            return people, "", {"span": most, "span_one_more": int(more)}
        case Rest(people=people, least=least, circular=circular):
            return people, "", {"rest": least, "rest_circular": int(circular)}
        case _:
            return None


def rows_of(
    problem: Problem,
    rules: Sequence[Rule],
    lessons_of: Mapping[tuple[bool, str], Sequence[int]],
    tagged: Mapping[str, frozenset[int]],
    cost: Mapping[float, int],
) -> list[Row]:
    """All rows: one for the same lessons and hours, as far as its limits go together.

    `lessons_of` has the lessons by (is a teacher, name), `tagged` those of a tag, `cost` what breaking a rule of a
    weight costs.
    """
    hours, days = len(problem.hours), len(problem.days)
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], list[_Limits]] = defaultdict(list)
    closed_of: dict[frozenset[tuple[int, int]], tuple[int, ...]] = {}
    for rule in rules:
        limited = limits_of(rule, hours)
        if limited is None or not rule.weight:
            continue
        people, tag, limits = limited
        if rule.weight < MUST:
            limits = {**limits, "cost": cost[rule.weight]}
        for name in people.names:
            members = tuple(lessons_of.get((people.are_teachers, name), ()))
            if tag:
                members = tuple(each for each in members if each in tagged[tag])
            if not members and "least_daily" not in limits:
                continue
            slots = people.closed.get(name, frozenset())
            if slots not in closed_of:
                closed_of[slots] = tuple(
                    sum(1 << hour for hour in range(hours) if (day, hour) in slots) for day in range(days)
                )
            _add(found[members, closed_of[slots]], limits)
    return [
        Row(members=members, closed=closed, limits=limits)
        for (members, closed), several in found.items()
        for limits in several
    ]


def _add(rows: list[_Limits], limits: _Limits) -> None:
    """Into the first row that does not limit the same already; of two limits of one name both stay."""
    for row in rows:
        if limits.items() <= row.items() and row.get("cost") == limits.get("cost"):
            return
        if row.get("cost") == limits.get("cost") and not (row.keys() & (limits.keys() - {"cost"})):
            row.update(limits)
            return
    rows.append(dict(limits))


def members_by_person(
    teachers: Mapping[str, Sequence[int]], atoms: Mapping[str, Sequence[int]]
) -> Mapping[tuple[bool, str], Sequence[int]]:
    """Lessons by (is a teacher, name)."""
    return dict(_keyed(teachers, are_teachers=True)) | dict(_keyed(atoms, are_teachers=False))


def _keyed(
    lessons: Mapping[str, Sequence[int]], *, are_teachers: bool
) -> Iterator[tuple[tuple[bool, str], Sequence[int]]]:
    for name, members in lessons.items():
        yield (are_teachers, name), members
