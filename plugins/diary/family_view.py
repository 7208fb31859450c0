"""The week of a family in words: each day with every child's lessons, tasks and marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from core.web.i18n import gettext as _
from plugins.diary.week import PupilWeek, WeekDay, WeekLine
from plugins.diary.week_view import ChildDay, Day, Week, day_card, diary_line, off_words, times, week_of_days

PATH = "/diary"


def family_week(weeks: Sequence[PupilWeek], chosen: date, today: date) -> Week:
    """The same week of several children, with `chosen` as the day a phone shows."""
    monday = weeks[0].monday
    several_schools = len({week.pupil.organization_id for week in weeks}) > 1
    by_day: dict[date, list[tuple[PupilWeek, WeekDay]]] = {}
    for week in weeks:
        for day in week.days:
            by_day.setdefault(day.day, []).append((week, day))
    days = [
        _day(day, own, monday, chosen, today, several_schools=several_schools)
        for day, own in sorted(by_day.items())
    ]
    return week_of_days(monday, PATH, {}, today, chosen, days)


def _day(
    day: date,
    own: Sequence[tuple[PupilWeek, WeekDay]],
    monday: date,
    chosen: date,
    today: date,
    *,
    several_schools: bool,
) -> Day:
    return day_card(
        day,
        PATH,
        {"week": monday.isoformat()},
        (),
        "",
        chosen,
        day == today,
        homework=sum(each.homework_count for _week, each in own),
        has_marks=any(each.has_marks for _week, each in own),
        children=[_child(week, each, several_schools=several_schools) for week, each in own],
    )


def _child(week: PupilWeek, day: WeekDay, *, several_schools: bool) -> ChildDay:
    pupil = week.pupil
    note = [pupil.class_name, pupil.organization_name if several_schools else "", _hours(day.lines)]
    return ChildDay(
        name=pupil.first_name,
        note=" · ".join(part for part in note if part),
        url=f"{PATH}/{pupil.id}?day={day.day.isoformat()}",
        lines=[diary_line(line) for line in day.lines],
        empty=off_words(day.off) or _("Уроков нет"),
    )


def _hours(lines: Sequence[WeekLine]) -> str:
    """From when to when there are lessons: «8:30–13:05»."""
    given = [line for line in lines if line.status != "cancelled"]
    begin: list[time] = [line.starts_at for line in given if line.starts_at]
    end: list[time] = [line.ends_at for line in given if line.ends_at]
    return times(min(begin, default=None), max(end, default=None))
