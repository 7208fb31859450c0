"""Reports as tables to be given out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.papers.sheet_parts import Sheets
from plugins.journal.reports.class_report import ClassReport, ListedPupil
from plugins.journal.reports.dynamics import MEASURES, STEPS, Choices, Dynamics, Wanted
from plugins.journal.reports.rates import Rates
from plugins.journal.reports.remarks import KINDS, Remark, count_remarks
from plugins.journal.reports.schools import Schools
from plugins.journal.reports.subject_report import SubjectReport
from plugins.journal.scales import FAILED, PASSED
from plugins.journal.terms.proposals import EXEMPT, NOT_ATTESTED

VALUES = ("5", "4", "3", "2", "1", PASSED, FAILED, NOT_ATTESTED, EXEMPT)
"""Marks of the five-point scale, and levels of others, in the order of a report's columns."""


def class_title(report: ClassReport) -> str:
    """What the report of a class is called on paper and as a file."""
    title = _("Отчёт класса %(name)s, %(period)s") % {
        "name": report.class_name,
        "period": report.column.title,
    }
    return _("%(title)s, предварительный") % {"title": title} if report.preliminary else title


def values_of(*marks: Mapping[str, int]) -> list[str]:
    """The marks a table needs columns for: 5 to 2 always, the rest where there are any."""
    return [value for value in VALUES if value in "5432" or any(each.get(value) for each in marks)]


def class_sheets(report: ClassReport) -> Sheets:
    """Figures, subjects and lists of a class."""
    figures: list[list[Any]] = [
        [class_title(report)],
        [_("Учеников"), report.pupils],
        [_("Учтено"), report.counted],
        [_("Успеваемость") + ", %", report.rates.passed],
        [_("Качество") + ", %", report.rates.quality],
        [_("СОУ") + ", %", report.rates.learned],
        [_("Средняя отметка"), report.rates.average],
        [],
        [_("Как учатся"), _("Учеников"), _("Доля") + ", %"],
        *([str(group.title), len(group.pupils), group.share] for group in report.groups),
    ]
    values = values_of(*(subject.marks for subject in report.subjects))
    subjects: list[list[Any]] = [
        [_("Предмет"), *values, *_rate_titles()],
        *(
            [each.name, *(each.marks.get(value, 0) for value in values), *_rates(each.rates)]
            for each in report.subjects
        ),
    ]
    lists: list[list[Any]] = [[_("Список"), _("Ученик"), _("Предметы")]]
    for title, pupils in (
        *((str(group.title), group.pupils) for group in report.groups),
        (_("С одной тройкой"), report.one_three),
        (_("С одной четвёркой"), report.one_four),
        (_("Неуспевающие, с предметами"), report.behind),
    ):
        lists += [[title, each.name, marks_text(each)] for each in pupils]
    return [(_("Итоги"), figures), (_("По предметам"), subjects), (_("Списки"), lists)]


def marks_text(pupil: ListedPupil) -> str:
    """«Алгебра – 2, История – н/а»."""
    return ", ".join(f"{mark.subject} – {mark.value}" for mark in pupil.marks)


def subject_sheets(report: SubjectReport) -> Sheets:
    """One sheet: pages and their total."""
    values = values_of(report.marks)
    rows: list[list[Any]] = [
        [
            _("Учитель"),
            _("Класс"),
            _("Предмет"),
            _("Учеников"),
            *values,
            *_rate_titles(),
            _("Дано часов"),
            _("Часов в плане"),
            _("Отставание"),
        ]
    ]
    for line in report.lines:
        hours = [line.given, line.hours, line.lag] if line.has_plan else ["", "", ""]
        rows.append(
            [
                ", ".join(line.teachers),
                line.page,
                line.subject,
                line.pupils,
                *(line.marks.get(value, 0) for value in values),
                *_rates(line.rates),
                *hours,
            ]
        )
    rows.append(
        [_("Всего"), "", "", "", *(report.marks.get(value, 0) for value in values), *_rates(report.rates)]
    )
    return [(report.period.title if report.period else _("Отчёт"), rows)]


def control_sheets(remarks: Sequence[Remark]) -> Sheets:
    """Counts by teacher and page, and every remark."""
    counts: list[list[Any]] = [
        [_("Учитель"), _("Класс"), _("Предмет"), *(str(title) for title in KINDS.values()), _("Всего")]
    ]
    counts += [
        [line.teacher, line.page, line.subject, *(line.counts.get(kind, 0) for kind in KINDS), line.total]
        for line in count_remarks(remarks)
    ]
    lines: list[list[Any]] = [
        [
            _("Учитель"),
            _("Класс"),
            _("Предмет"),
            _("Замечание"),
            _("День"),
            _("С какого дня"),
            _("Ученик"),
            _("Сколько"),
        ]
    ]
    lines += [
        [
            each.teacher,
            each.page,
            each.subject,
            str(KINDS[each.kind]),
            show_short_day(each.day) if each.day else "",
            show_short_day(each.since) if each.since else "",
            each.pupil,
            each.count if each.kind in ("silent", "few") else "",
        ]
        for each in remarks
    ]
    return [(_("По страницам"), counts), (_("Замечания"), lines)]


def dynamics_title(found: Dynamics, wanted: Wanted, choices: Choices) -> str:
    """«Динамика: средний балл по неделям, 9А, Алгебра»."""
    subjects, pupils = dict(choices.subjects), dict(choices.pupils)
    about = (
        wanted.class_name,
        subjects.get(str(wanted.subject_id), ""),
        pupils.get(str(wanted.pupil_id), ""),
    )
    return ", ".join(
        part for part in (f"{_('Динамика')}: {MEASURES[found.measure]} {STEPS[found.step]}", *about) if part
    )


def dynamics_sheets(found: Dynamics, title: str) -> Sheets:
    """One sheet: lines by weeks or terms."""
    head = ["", *(bucket.title for bucket in found.buckets), _("За всё время"), _("Отметок")]
    lines = [[each.title, *each.values, each.total, each.marks] for each in found.series]
    return [(title, [head, *lines])]


def school_sheets(found: Schools) -> Sheets:
    """Schools and their total; what is hidden says so."""
    rows: list[list[Any]] = [
        [
            _("Школа"),
            _("Подчинение"),
            _("Учеников"),
            *_rate_titles(),
            _("Пропущено уроков на ученика"),
            _("из них без уважительной причины"),
        ]
    ]
    for line in (*found.lines, *([found.total] if found.total else [])):
        figures = [line.pupils, *_rates(line.rates), line.missed, line.unexcused]
        rows.append([line.school, line.authority, *([_("скрыто")] if line.hidden else figures)])
    return [(found.period.title if found.period else _("Показатели школ"), rows)]


def _rate_titles() -> list[str]:
    return [_("Средняя отметка"), _("Успеваемость") + ", %", _("Качество") + ", %", _("СОУ") + ", %"]


def _rates(rates: Rates) -> list[float | None]:
    return [rates.average, rates.passed, rates.quality, rates.learned]
