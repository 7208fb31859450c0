"""Attendance as tables to be given out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.attendance.absent import Sheet
from plugins.journal.attendance.class_day import ClassDay
from plugins.journal.attendance.statistics import Statistics, Tally, Unexplained
from plugins.journal.papers.sheet_parts import Sheets


def absent_title(sheet: Sheet) -> str:
    """What the list of a day is called as a file."""
    return _("Отсутствуют %s") % show_short_day(sheet.day)


def statistics_title(found: Statistics) -> str:
    """What the statistics of a period are called as a file."""
    return _("Посещаемость %(first)s – %(last)s") % {
        "first": show_short_day(found.first),
        "last": show_short_day(found.last),
    }


def day_title(found: ClassDay) -> str:
    """What a class's day is called as a file."""
    return _("День класса %(name)s, %(day)s") % {"name": found.class_name, "day": show_short_day(found.day)}


def day_sheets(found: ClassDay) -> Sheets:
    """Pupils by the lessons of a day; a cell of somebody who does not come to the lesson is a dash."""
    rows: list[list[Any]] = [
        [
            _("Ученик"),
            *(
                f"{each.number}. {each.subject}{f' ({each.group})' if each.group else ''}"
                for each in found.lessons
            ),
            _("Пропущено уроков"),
        ]
    ]
    for pupil in found.pupils:
        rows.append([pupil.name, *(cell.code if cell else "–" for cell in pupil.cells), pupil.missed])
    return [(day_title(found), rows)]


def absent_sheets(sheet: Sheet) -> Sheets:
    """Today's absentees: a sheet of counts and one of names."""
    counts: list[list[Any]] = [[_("Класс"), _("По списку"), _("Есть"), _("Нет"), _("Отмечено с урока")]]
    names: list[list[Any]] = [[_("Класс"), _("Ученик"), _("Уроков"), _("Причина")]]
    for each in sheet.classes:
        if each.first_noted is None:
            state = _("не отмечено") if each.has_lessons else _("уроков нет")
            counts.append([each.name, each.size, "", "", state])
        else:
            counts.append([each.name, each.size, each.present, each.absent, each.first_noted])
        names += [[each.name, one.name, one.lessons, one.reason] for one in each.absentees]
    day = show_short_day(sheet.day)
    return [(f"{_('Классы')} {day}", counts), (_("Отсутствуют"), names)]


def statistics_sheets(found: Statistics, without: Sequence[Unexplained]) -> Sheets:
    """Attendance of a period: by class, by pupil, and who has absences without a reason."""
    head = [
        _("Пропущено уроков"),
        _("по болезни"),
        _("по уважительной причине"),
        _("без уважительной причины"),
        _("причина не указана"),
        _("Дней целиком"),
        _("из них по болезни"),
        _("Опозданий"),
        _("минут"),
    ]
    classes: list[list[Any]] = [[_("Класс"), _("Учеников"), *head]]
    pupils: list[list[Any]] = [[_("Класс"), _("Ученик"), *head]]
    for each in found.classes:
        classes.append([each.name, each.size, *_cells(each.missed)])
        pupils += [[each.name, one.name, *_cells(one.missed)] for one in each.pupils]
    classes.append([_("Всего"), sum(each.size for each in found.classes), *_cells(found.total)])
    lines: list[list[Any]] = [[_("Класс"), _("Ученик"), _("Уроков без причины"), _("С"), _("По")]]
    lines += [
        [
            each.class_name,
            each.name,
            each.lessons,
            show_short_day(each.first_day),
            show_short_day(each.last_day),
        ]
        for each in without
    ]
    return [(_("По классам"), classes), (_("По ученикам"), pupils), (_("Без причины"), lines)]


def _cells(missed: Tally) -> list[int]:
    return [
        missed.lessons,
        missed.ill,
        missed.excused,
        missed.unexcused,
        missed.unknown,
        missed.days,
        missed.days_ill,
        missed.late,
        missed.late_minutes,
    ]
