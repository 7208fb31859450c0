"""The parts of a journal page that are written as text in Python: head, months, list of topics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from html import escape
from itertools import groupby
from uuid import UUID

from babel.dates import format_date, get_day_names, get_month_names

from core.web.i18n import gettext as _
from plugins.journal.grid.gradebook import Gradebook, GridLesson
from plugins.journal.models import OUTSIDE


def month_heads_html(lessons: Sequence[GridLesson], locale: str) -> str:
    """Heads over the columns of each month."""
    names = get_month_names("wide", context="stand-alone", locale=locale)
    return "".join(
        f"<th scope=colgroup colspan={len(list(group))}><span>{names[month]}</span>"
        for (_year, month), group in groupby(lessons, key=lambda lesson: (lesson.day.year, lesson.day.month))
    )


def lesson_heads_html(book: Gradebook, today: date, locale: str, own: Collection[UUID] = ()) -> str:
    """Heads of the columns: day, weekday, and a letter for the kind of work.

    `m` begins a month, `t` is today's. The lesson's id stands on the head only, and the weight of its marks
    unless it is 1; `own` are the lessons that a substitute may mark on another teacher's page.
    """
    weekdays = get_day_names("abbreviated", locale=locale)
    kinds = book.page.settings.kinds
    outside = escape(_("вне"))
    parts: list[str] = []
    month = 0
    for lesson in book.lessons:
        names = "m" if month and lesson.day.month != month else ""
        month = lesson.day.month
        if lesson.day == today:
            names = f"{names} t".strip()
        kind = kinds.get(lesson.control_kind)
        letter = f"<b title={_quoted(kind.shown_title)}>{escape(kind.letter)}</b>" if kind else ""
        parts.append(
            f"<th scope=col data-l={lesson.id.hex}{f' class={_quoted(names)}' if names else ''}"
            f"{f' data-w={kind.weight}' if kind and kind.weight != 1 else ''}{' data-own' if lesson.id in own else ''}>"
            f"{lesson.day.day}<i>{outside if lesson.status == OUTSIDE else weekdays[lesson.day.weekday()]}</i>{letter}"
        )
    return "".join(parts)


def topics_html(book: Gradebook, today: date, locale: str) -> str:
    """The right-hand page of a paper journal: day, topic, homework of every lesson.

    The latest lesson comes first, as teachers look for it there; what is still to come stands below.
    """
    given = [lesson for lesson in book.lessons if lesson.day <= today]
    coming = [lesson for lesson in book.lessons if lesson.day > today]
    lines = [_topic_html(book, lesson, locale) for lesson in reversed(given)]
    if coming:
        title = _("Предстоящие уроки")
        lines.append(f"<tr class=coming><th scope=rowgroup colspan=4>{escape(title)}")
        lines += [_topic_html(book, lesson, locale) for lesson in coming]
    return "\n".join(lines)


@lru_cache(maxsize=2048)
def _day_text(day: date, locale: str) -> str:
    return format_date(day, "d MMMM, EEEEEE" if locale == "ru" else "d MMMM, EEE", locale=locale)


def _topic_html(book: Gradebook, lesson: GridLesson, locale: str) -> str:
    kind = book.page.settings.kinds.get(lesson.control_kind)
    work = f" <span class=muted>{escape(kind.shown_title)}</span>" if kind else ""
    day = _day_text(lesson.day, locale)
    number = escape(_("вне урока")) if lesson.status == OUTSIDE else lesson.number
    return (
        f"<tr id=l{lesson.id.hex}><th scope=row><a href=/journal/{book.page.id}/lessons/{lesson.id.hex}>{day}</a>"
        f"<td>{number}<td>{escape(lesson.topic)}{work}<td>{escape(lesson.homework)}"
    )


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'
