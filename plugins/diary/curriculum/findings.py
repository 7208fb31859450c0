"""What in a curriculum is against the norms: each finding cites the act and the table it comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.web.i18n import gettext as _
from core.web.i18n import sentence
from plugins.diary.curriculum.hours import show_sum
from plugins.diary.curriculum.norms import LevelBounds, Norm
from plugins.diary.curriculum.table import Column, Load, Table


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a norm does not allow."""

    code: Annotated[str, Meta(description="Код нормы.", examples=["weekly_load"])]
    level: Annotated[
        Literal["warning", "error"],
        Meta(description="`error` – норма обязательна, план с ней не утвердить; `warning` – предупреждение."),
    ]
    columns: Annotated[
        Sequence[UUID], Meta(description="Ключи столбцов; пусто, если речь об уровне образования.")
    ]
    place: Annotated[str, Meta(description="О ком речь: «7А, 7Б», «1–4 классы».")]
    text: Annotated[str, Meta(description="Что не так.")]
    act: Annotated[str, Meta(description="Акт и таблица.")]
    trust: Annotated[str, Meta(description="Насколько сверена норма: `verified`, `partly` или `general`.")]


def find(table: Table, norms: Sequence[Norm], binding: Collection[str]) -> list[Finding]:
    """What is wrong with a table, binding norms first; columns with the same fault share a finding.

    In the language of the reader.
    """
    found: list[Finding] = []
    for norm in norms:
        level: Literal["warning", "error"] = "error" if norm.code in binding else "warning"
        alike: dict[str, list[Column]] = defaultdict(list)
        for column in checked_columns(table):
            for text in _wrong(norm, column, table.loads[column.id]):
                alike[text].append(column)
        for text, columns in alike.items():
            found.append(_finding(norm, level, columns, ", ".join(each.title for each in columns), text))
        if norm.level_bounds is not None and (text := _level(table, norm, norm.level_bounds)):
            ends = {"lowest": norm.level_bounds.lowest, "highest": norm.level_bounds.highest}
            found.append(_finding(norm, level, [], _("%(lowest)s–%(highest)s классы") % ends, text))
    order = {column.id: number for number, column in enumerate(table.columns)}
    return sorted(
        found, key=lambda each: (each.level != "error", order[each.columns[0]] if each.columns else -1)
    )


def _finding(
    norm: Norm, level: Literal["warning", "error"], columns: Sequence[Column], place: str, text: str
) -> Finding:
    return Finding(
        code=norm.code,
        level=level,
        columns=[column.id for column in columns],
        place=place,
        text=text,
        act=norm.cited,
        trust=norm.trust,
    )


def checked_columns(table: Table) -> list[Column]:
    """Classes and individual plans; grade levels where no class is in the plan yet. Empty columns are left out."""
    with_classes = {each.grade_level for each in table.columns if each.kind == "class"}
    return [
        column
        for column in table.columns
        if (
            column.kind in ("class", "pupil")
            or (column.kind == "grade" and column.grade_level not in with_classes)
        )
        and (table.loads[column.id].lessons or table.loads[column.id].extracurricular)
    ]


def _wrong(norm: Norm, column: Column, load: Load) -> Iterator[str]:
    most = norm.most_for(column.grade_level, column.days_per_week)
    if most is not None and load.lessons > most * 2:
        yield sentence(
            "%(hours)s ч в неделю: больше предельных %(most)s на %(over)s ч.",
            hours=show_sum(load.lessons),
            most=most,
            over=show_sum(load.lessons - most * 2),
        )
    if column.grade_level in norm.five_days_only and column.days_per_week > 5:
        yield sentence("Класс учится шесть дней, а должен пять.")
    bounds = norm.year_bounds.get(column.grade_level)
    if bounds is not None:
        year = year_halves(norm, column, load)
        if not bounds[0] * 2 <= year <= bounds[1] * 2:
            yield sentence(
                "%(hours)s ч за год, а должно быть от %(least)s до %(most)s.",
                hours=show_sum(year),
                least=bounds[0],
                most=bounds[1],
            )
    if norm.most_extracurricular and load.extracurricular > norm.most_extracurricular * 2:
        yield sentence(
            "%(hours)s ч внеурочных занятий в неделю, а можно до %(most)s.",
            hours=show_sum(load.extracurricular),
            most=norm.most_extracurricular,
        )


def year_halves(norm: Norm | None, column: Column, load: Load) -> int:
    """Hours of a year in halves; the first weeks of class 1 are shorter (ступенчатый режим)."""
    stepped = norm.stepped.get(column.grade_level) if norm else None
    if stepped is None:
        return load.lessons * column.weeks
    short = min(stepped.weeks, column.weeks)
    return min(load.lessons, stepped.most_a_week * 2) * short + load.lessons * (column.weeks - short)


def _level(table: Table, norm: Norm, bounds: LevelBounds) -> str:
    """The hours of a level, as if each grade level went on as it is this year; silent while a grade is missing."""
    total = 0
    for grade in range(bounds.lowest, bounds.highest + 1):
        years = [
            year_halves(norm, column, table.loads[column.id])
            for column in checked_columns(table)
            if column.grade_level == grade and column.kind != "pupil"
        ]
        if not years:
            return ""
        total += max(years)
    least, most = bounds.hours
    if least * 2 <= total <= most * 2:
        return ""
    return sentence(
        "%(hours)s ч за все годы уровня, а должно быть от %(least)s до %(most)s.",
        hours=show_sum(total),
        least=least,
        most=most,
    )
