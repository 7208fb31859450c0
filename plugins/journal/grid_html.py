"""The parts of a journal page that are written as text in Python: head, months, list of topics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from itertools import groupby

from babel.dates import format_date, get_day_names, get_month_names

from plugins.journal.gradebook import Gradebook, GridLesson


def month_heads_html(lessons: Sequence[GridLesson], locale: str) -> str:
    """Heads over the columns of each month."""
    names = get_month_names("wide", context="stand-alone", locale=locale)
    return "".join(
        f"<th scope=colgroup colspan={len(list(group))}>{names[month]}"
        for (_year, month), group in groupby(lessons, key=lambda lesson: (lesson.day.year, lesson.day.month))
    )


def lesson_heads_html(book: Gradebook, today: date, locale: str) -> str:
    """Heads of the columns: day, weekday, and a letter for the kind of work.

    `m` begins a month, `t` is today's. The lesson's id stands on the head only.
    """
    weekdays = get_day_names("abbreviated", locale=locale)
    kinds = book.page.settings.kinds
    parts: list[str] = []
    month = 0
    for lesson in book.lessons:
        names = "m" if month and lesson.day.month != month else ""
        month = lesson.day.month
        if lesson.day == today:
            names = f"{names} t".strip()
        kind = kinds.get(lesson.control_kind)
        letter = f"<b title={_quoted(kind.title)}>{escape(kind.letter)}</b>" if kind else ""
        parts.append(
            f"<th scope=col data-l={lesson.id.hex}{f' class={_quoted(names)}' if names else ''}>"
            f"{lesson.day.day}<i>{weekdays[lesson.day.weekday()]}</i>{letter}"
        )
    return "".join(parts)


def topics_html(book: Gradebook, locale: str) -> str:
    """The right-hand page of a paper journal: day, topic, homework of every lesson.

    The latest lesson comes first on the screen, as teachers look for it there.
    """
    kinds = book.page.settings.kinds
    base = f"/journal/{book.page.id}/lessons/"
    parts: list[str] = []
    for lesson in reversed(book.lessons):
        kind = kinds.get(lesson.control_kind)
        work = f" <span class=muted>{escape(kind.title)}</span>" if kind else ""
        parts.append(
            f"<tr id=l{lesson.id.hex}><th scope=row><a href={base}{lesson.id.hex}>"
            f"{format_date(lesson.day, 'd MMMM, EEEEEE' if locale == 'ru' else 'd MMMM, EEE', locale=locale)}"
            f"</a><td>{lesson.number}<td>{escape(lesson.topic)}{work}<td>{escape(lesson.homework)}"
        )
    return "\n".join(parts)


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'
