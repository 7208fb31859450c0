"""A curriculum as a page and a program see it: chosen columns, cells as text, sums and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.diary.curriculum.curricula import (
    CurriculumLine,
    Revision,
    open_curriculum,
    path_of,
    sees_individual_plans,
)
from plugins.diary.curriculum.editing import changed_since
from plugins.diary.curriculum.findings import Finding, find, year_halves
from plugins.diary.curriculum.hours import show_hours, show_sum
from plugins.diary.curriculum.norms import Norm, norms_on
from plugins.diary.curriculum.table import PART_TITLES, Column, Row, Table, read_table
from plugins.diary.settings import diary_settings

LEVELS = {"primary": (1, 4), "basic": (5, 9), "secondary": (10, 12)}
Hours = Annotated[str, Meta(description="Часы в неделю: «2», «2,5»; «–» – нет; пусто – не указаны.")]


class CellOut(msgspec.Struct, frozen=True, kw_only=True):
    """A cell: `text` is its own, `shown` what holds, inherited from the grade level or class where `text` is empty."""

    row: Annotated[UUID, Meta(description="Ключ строки.")]
    column: Annotated[UUID, Meta(description="Ключ столбца.")]
    text: Annotated[str, Meta(description="Часы самой клетки; пусто – как у параллели или класса.")]
    shown: Hours


class SumOut(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a column as a reader sees them."""

    column: Annotated[UUID, Meta(description="Ключ столбца.")]
    mandatory: Annotated[str, Meta(description="Часов в неделю в обязательной части.")]
    school: Annotated[str, Meta(description="Часов в неделю в части, формируемой школой.")]
    extracurricular: Annotated[str, Meta(description="Часов внеурочной деятельности в неделю.")]
    week: Annotated[str, Meta(description="Часов в неделю без внеурочной деятельности.")]
    most: Annotated[str, Meta(description="Предельная недельная нагрузка; пусто, если нормы нет.")]
    left: Annotated[str, Meta(description="Сколько часов до предела; пусто, если нормы нет или он превышен.")]
    year: Annotated[str, Meta(description="Часов за год без внеурочной деятельности.")]
    level: Annotated[str, Meta(description="Худшее замечание: `warning`, `error`; пусто, если их нет.")]


class CellsOut(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed by the writing of a cell, here and by others, and what holds now."""

    revision: Revision
    cells: Annotated[Sequence[CellOut], Meta(description="Клетки изменившихся строк.")]
    sums: Annotated[Sequence[SumOut], Meta(description="Итоги столбцов.")]
    findings: Annotated[Sequence[Finding], Meta(description="Замечания, обязательные нормы первыми.")]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A curriculum with everything its page shows; `columns` are those that were chosen."""

    line: CurriculumLine
    table: Table
    columns: Sequence[Column]
    findings: Sequence[Finding]
    norms: Sequence[Norm]

    def sums(self) -> dict[UUID, SumOut]:
        """The sums of all columns, by id."""
        return {each.column: each for each in sums_of(self.table, self.norms, self.findings)}


def see(db: Session, actor: Actor, curriculum_id: UUID, choice: str = "") -> Shown:
    """A curriculum with the columns of `choice` (`chosen_columns`). Raises as `open_curriculum`. Five statements."""
    line = open_curriculum(db, actor, curriculum_id)
    table = read_table(db, curriculum_id, with_pupils=sees_individual_plans(actor))
    norms = norms_on(line.starts_on)
    return Shown(
        line=line,
        table=table,
        columns=chosen_columns(table, choice),
        findings=findings_of(db, line, table),
        norms=norms,
    )


def findings_of(db: Session, line: CurriculumLine, table: Table) -> list[Finding]:
    """What is wrong with a curriculum by the norms of its first day and the settings of its school."""
    settings = diary_settings(db, path_of(db, line.organization_id))
    return find(table, norms_on(line.starts_on), settings.binding)


def chosen_columns(table: Table, choice: str) -> list[Column]:
    """The columns a page shows: grade levels and classes, of a level or of all; everything of one grade level."""
    of_grade = [each for each in table.columns if choice == str(each.grade_level)]
    if of_grade:
        return of_grade
    lowest, highest = LEVELS.get(choice, (1, 12))
    return [
        each
        for each in table.columns
        if lowest <= each.grade_level <= highest and each.kind in ("grade", "class")
    ]


def choices(table: Table) -> list[tuple[str, str]]:
    """What may be chosen: the whole plan, the levels it has, each grade level."""
    grades = sorted({each.grade_level for each in table.columns})
    titles = {
        "primary": _("Начальное общее (1–4)"),
        "basic": _("Основное общее (5–9)"),
        "secondary": _("Среднее общее (10–11)"),
    }
    levels = [
        (name, titles[name])
        for name, (lowest, highest) in LEVELS.items()
        if any(lowest <= grade <= highest for grade in grades)
    ]
    found = [("", _("Все классы")), *(levels if len(levels) > 1 else [])]
    return [*found, *((str(grade), _("%(grade)s класс, с группами") % {"grade": grade}) for grade in grades)]


def cells_of(table: Table, rows: Iterable[Row], columns: Sequence[Column]) -> list[CellOut]:
    """The cells of rows; those of groups without hours are empty."""
    return [
        CellOut(
            row=row.id,
            column=column.id,
            text=show_hours(table.written.get((row.id, column.id))),
            shown=show_hours(table.halves(row, column)),
        )
        for row in rows
        for column in columns
    ]


def sums_of(table: Table, norms: Sequence[Norm], findings: Sequence[Finding]) -> list[SumOut]:
    """The sums of every column, with the most a week its grade level may have."""
    stepped = next((norm for norm in norms if norm.stepped), None)
    weekly = next((norm for norm in norms if norm.most_a_week), None)
    worst = {column: each.level for each in reversed(findings) for column in each.columns}
    found: list[SumOut] = []
    for column in table.columns:
        load = table.loads[column.id]
        most = weekly.most_for(column.grade_level, column.days_per_week) if weekly else None
        if column.kind == "group":
            most = None
        left = most * 2 - load.lessons if most is not None else -1
        found.append(
            SumOut(
                column=column.id,
                mandatory=show_sum(load.mandatory),
                school=show_sum(load.school),
                extracurricular=show_sum(load.extracurricular),
                week=show_sum(load.lessons),
                most=str(most or ""),
                left=show_sum(left) if left >= 0 else "",
                year=show_sum(year_halves(stepped, column, load)),
                level=worst.get(column.id) or "",
            )
        )
    return found


def after_writing(db: Session, line: CurriculumLine, table: Table, *, seen: int, row: UUID) -> CellsOut:
    """The answer to a written cell: its row, and rows others have changed since revision `seen`."""
    changed = {row} | (changed_since(db, line.id, seen) if seen else set[UUID]())
    findings = findings_of(db, line, table)
    return CellsOut(
        revision=line.revision,
        cells=cells_of(table, (each for each in table.rows if each.id in changed), table.columns),
        sums=sums_of(table, norms_on(line.starts_on), findings),
        findings=findings,
    )


def shown_rows(table: Table, columns: Sequence[Column], *, all_rows: bool) -> list[tuple[str, list[Row]]]:
    """Rows by parts of the plan; unless `all_rows`, those with hours in the shown columns only."""
    found: list[tuple[str, list[Row]]] = []
    for part, rows in table.parts():
        kept = [row for row in rows if all_rows or any(table.halves(row, column) for column in columns)]
        if kept:
            found.append((part, kept))
    return found


def part_title(part: str) -> str:
    """A part of the plan in words."""
    return _(str(PART_TITLES[part]))
