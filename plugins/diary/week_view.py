"""A week in words: what the templates of the diary and of the timetable show, with nothing left to compute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from urllib.parse import urlencode

import msgspec
from babel.dates import format_date, format_skeleton

from core.capabilities import GivenHomework, PupilExemption
from core.web.i18n import current_locale, lazy, ngettext, show_short_day
from core.web.i18n import gettext as _
from plugins.diary.planned import ShownLesson
from plugins.diary.school_days import DayOff, day_off
from plugins.diary.week import PupilWeek, WeekDay, WeekLine, WeekMark, joint_of


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark at the right edge: what stands there and what it is for."""

    text: str
    about: str
    bad: bool
    joint: str = ""
    """What stands before it: `/`, or `→` for a retake."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a day card.

    `before` and `before_where` are the subject, the teacher and the room that an override has replaced,
    `state` says so in a word.
    """

    number: str
    time: str
    subject: str
    before: str
    before_where: str
    where: str
    state: str
    cancelled: bool
    note: str
    given: Sequence[GivenHomework]
    comments: Sequence[str]
    absence: str
    absence_title: str
    marks: Sequence[Mark]
    change_url: str = ""
    """Where the lesson is changed for its day, for those who may."""


class ChildDay(msgspec.Struct, frozen=True, kw_only=True):
    """What one of several children has on a day; `url` leads to the child's own diary at that day."""

    name: str
    note: str
    url: str
    lines: Sequence[Line]
    empty: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day card, and its place in the day strip of a phone; `about` says in words what it has.

    The day of a family has `children` in the place of `lines`.
    """

    iso: str
    title: str
    short: str
    number: str
    url: str
    is_today: bool
    is_chosen: bool
    lines: Sequence[Line]
    empty: str
    has_homework: bool
    has_marks: bool
    about: str
    children: Sequence[ChildDay] = ()


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """A week with the ways to other weeks; the addresses keep whatever else is chosen."""

    title: str
    iso: str
    days: Sequence[Day]
    previous_url: str
    next_url: str
    today_url: str
    is_present: bool
    chosen: str


def diary_week(week: PupilWeek, path: str, chosen: date, today: date) -> Week:
    """A pupil's week at the address `path`, with `chosen` as the day a phone shows."""
    return week_of_days(
        week.monday,
        path,
        {},
        today,
        chosen,
        [_diary_day(day, path, week.monday, chosen) for day in week.days],
    )


def timetable_week(
    lessons: Sequence[ShownLesson],
    monday: date,
    path: str,
    query: dict[str, str],
    chosen: date,
    today: date,
    of_class: bool,
    may_change: bool = False,
) -> Week:
    """The lessons of a class or a teacher in the week of `monday`."""
    days: list[Day] = []
    for offset in range(6):
        day = monday + timedelta(days=offset)
        own = [each for each in lessons if each.lesson.day == day]
        days.append(
            day_card(
                day,
                path,
                {**query, "week": monday.isoformat()},
                [_timetable_line(each, of_class, may_change) for each in own],
                off_words(day_off(day, (), 6)),
                chosen,
                today == day,
            )
        )
    return week_of_days(monday, path, query, today, chosen, days)


def week_of_days(
    monday: date, path: str, query: dict[str, str], today: date, chosen: date, days: list[Day]
) -> Week:
    def at(start: date) -> str:
        return f"{path}?{urlencode({**query, 'week': start.isoformat()})}"

    return Week(
        title=_range(monday, monday + timedelta(days=5)),
        iso=monday.isoformat(),
        days=days,
        previous_url=at(monday - timedelta(days=7)),
        next_url=at(monday + timedelta(days=7)),
        today_url=f"{path}?{urlencode({**query, 'day': today.isoformat()})}",
        is_present=monday <= today <= monday + timedelta(days=6),
        chosen=chosen.isoformat(),
    )


def _range(first: date, last: date) -> str:
    """«23–28 ноября 2026», «30 ноября – 5 декабря 2026»; other languages by their own habit."""
    locale = current_locale.get()
    if locale != "ru":
        begin = format_skeleton("MMMd", first, locale=locale)
        return f"{begin} – {format_date(last, 'medium', locale=locale)}"
    end = format_date(last, "d MMMM y", locale=locale)
    if first.month == last.month:
        return f"{first.day}–{end}"
    begin = format_date(first, "d MMMM" if first.year == last.year else "d MMMM y", locale=locale)
    return f"{_unbroken(begin)} – {_unbroken(end)}"


def _unbroken(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")


@lru_cache(maxsize=1024)
def _named(day: date, locale: str) -> tuple[str, str]:
    """«понедельник, 23 ноября» and «пн»: finding the words takes longer than reading the day."""
    title = format_date(day, "EEEE, d MMMM" if locale == "ru" else "EEEE, MMMM d", locale=locale)
    return title, format_date(day, "EEE", locale=locale)


def day_card(
    day: date,
    path: str,
    query: dict[str, str],
    lines: Sequence[Line],
    empty: str,
    chosen: date,
    is_today: bool,
    *,
    homework: int = 0,
    has_marks: bool = False,
    children: Sequence[ChildDay] = (),
) -> Day:
    title, short = _named(day, current_locale.get())
    about: list[str] = [title]
    if homework:
        about.append(ngettext("%(count)s задание", "%(count)s заданий", homework) % {"count": homework})
    if has_marks:
        about.append(_("есть отметки"))
    return Day(
        iso=day.isoformat(),
        title=title[:1].upper() + title[1:],
        short=short,
        number=str(day.day),
        url=f"{path}?{urlencode({**query, 'day': day.isoformat()})}",
        is_today=is_today,
        is_chosen=day == chosen,
        lines=lines,
        empty=empty or _("Уроков нет"),
        has_homework=homework > 0,
        has_marks=has_marks,
        about=", ".join(about),
        children=children,
    )


def _diary_day(day: WeekDay, path: str, monday: date, chosen: date) -> Day:
    return day_card(
        day.day,
        path,
        {"week": monday.isoformat()},
        [diary_line(line) for line in day.lines],
        off_words(day.off),
        chosen,
        day.is_today,
        homework=day.homework_count,
        has_marks=day.has_marks,
    )


def off_words(off: DayOff) -> str:
    """«Каникулы до 9 января», «День народного единства», «Выходной»; empty for an ordinary day."""
    if off.kind == "holidays":
        if off.until is None:
            return _("Каникулы")
        locale = current_locale.get()
        until = format_date(off.until, "d MMMM" if locale == "ru" else "MMMM d", locale=locale)
        return _("Каникулы до %(day)s") % {"day": until}
    if off.kind == "holiday":
        return off.name
    return _("Выходной") if off.kind == "weekend" else ""


def _clock(moment: time | None) -> str:
    return f"{moment:%H:%M}" if moment else ""


def times(starts_at: time | None, ends_at: time | None) -> str:
    return f"{_clock(starts_at)}–{_clock(ends_at)}" if starts_at and ends_at else _clock(starts_at)


def _room(room: str) -> str:
    """«каб. 12»; a room with a name of its own stays as it is."""
    return _("каб. %(room)s") % {"room": room} if room[:1].isdigit() else room


def _group(name: str, subject: str) -> str:
    """A group's name without what stands beside it anyway: «7А, Информатика, 1 подгруппа» is «1 подгруппа»."""
    return name.partition(f"{subject}, ")[2] or name


_STATES = {"substituted": lazy("замена"), "moved": lazy("перенесён"), "cancelled": lazy("отменён")}


def _state(status: str) -> str:
    return str(_STATES[status]) if status in _STATES else ""


def _exemption(exemption: PupilExemption | None) -> str:
    if exemption is None:
        return ""
    until = show_short_day(exemption.last_day)
    return _("учится отдельно до %s") % until if exemption.kind == "apart" else _("освобождён до %s") % until


def _replaced(*pairs: tuple[str, str]) -> str:
    """Of pairs (before, now), what was before and is no longer."""
    return ", ".join(before for before, now in pairs if before and before != now)


def diary_line(line: WeekLine) -> Line:
    cancelled = line.status == "cancelled"
    replaced = line.planned_subject if line.planned_subject != line.subject else ""
    where = [
        _room(line.room),
        _group(line.group, line.subject),
        line.teacher if line.status == "substituted" else "",
    ]
    return Line(
        number=str(line.number) if line.number else "",
        time=times(line.starts_at, line.ends_at),
        subject=line.subject,
        before=replaced,
        before_where=_replaced(
            (line.planned_teacher, line.teacher if line.status == "substituted" else line.planned_teacher),
            (_room(line.planned_room), _room(line.room) if line.planned_room else ""),
        ),
        where=" · ".join(part for part in where if part),
        state=_state(line.status) or _exemption(line.exemption),
        cancelled=cancelled,
        note=line.note,
        given=() if cancelled else line.given,
        comments=[
            *(mark.comment for mark in line.marks if mark.comment),
            *(_brought(mark) for mark in line.marks if mark.source),
            *(_by_criteria(mark) for mark in line.marks if mark.criteria),
            *(
                _("Похвала: %s") % each.text if each.kind == "praise" else _("Замечание: %s") % each.text
                for each in line.remarks
            ),
            *((line.exemption.reason,) if line.exemption and line.exemption.reason else ()),
        ],
        absence=line.absence,
        absence_title=line.absence_title,
        marks=[
            Mark(text=mark.value, about=mark.work, bad=mark.bad, joint=joint_of(mark, at))
            for at, mark in enumerate(line.marks)
        ],
    )


def _brought(mark: WeekMark) -> str:
    """«5 – из прежней школы: Лицей № 2, Контрольная»."""
    return f"{mark.value} – {mark.work}"


def _by_criteria(mark: WeekMark) -> str:
    """«По критериям: Содержание 4 из 5, Речь 3 из 3»."""
    said = [
        _("%(title)s %(points)s из %(greatest)s")
        % {"title": each.title, "points": each.points, "greatest": each.greatest}
        for each in mark.criteria
    ]
    return _("По критериям: %s") % ", ".join(said)


def _timetable_line(each: ShownLesson, of_class: bool, may_change: bool) -> Line:
    lesson = each.lesson
    cancelled = lesson.status == "cancelled"
    who = each.teacher if of_class else each.class_name
    return Line(
        number=str(lesson.number),
        time=times(lesson.starts_at, lesson.ends_at),
        subject=each.subject,
        before=each.planned_subject if each.planned_subject != each.subject else "",
        before_where=_replaced(
            (each.planned_teacher, each.teacher),
            (_room(each.planned_room), _room(lesson.room) if each.planned_room else ""),
        ),
        where=" · ".join(
            part for part in (who, _group(each.group_name, each.subject), _room(lesson.room)) if part
        ),
        state=_state(lesson.status),
        cancelled=cancelled,
        note=each.note,
        given=(),
        comments=(),
        absence="",
        absence_title="",
        marks=(),
        change_url=f"/timetable/lessons/{lesson.id}" if may_change else "",
    )
