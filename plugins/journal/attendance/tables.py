"""Sheets of attendance as .xlsx files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response

from core.exchange.report_table import as_xlsx
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.attendance.absent import Sheet
from plugins.journal.attendance.statistics import Statistics, Tally, Unexplained

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(name: str, sheets: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> Response[bytes]:
    """Sheets as a file to be saved, which no cache keeps."""
    return Response(
        as_xlsx(sheets),
        media_type=XLSX,
        headers={
            "content-disposition": f'attachment; filename="{name}.xlsx"',
            "cache-control": "no-store",
        },
    )


def sheet_file(sheet: Sheet) -> Response[bytes]:
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
    return as_file(
        f"absent-{sheet.day.isoformat()}", [(f"{_('Классы')} {day}", counts), (_("Отсутствуют"), names)]
    )


def statistics_file(found: Statistics, without: Sequence[Unexplained]) -> Response[bytes]:
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
    return as_file(
        f"attendance-{found.first.isoformat()}-{found.last.isoformat()}",
        [(_("По классам"), classes), (_("По ученикам"), pupils), (_("Без причины"), lines)],
    )


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
