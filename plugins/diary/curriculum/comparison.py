"""Two versions of a curriculum side by side: which hours differ, where, and what that does to the load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.errors import Conflict
from core.roles.actor import Actor
from plugins.diary.curriculum.curricula import (
    APPROVED,
    CurriculumLine,
    list_curricula,
    open_curriculum,
    sees_individual_plans,
)
from plugins.diary.curriculum.hours import show_hours, show_sum
from plugins.diary.curriculum.models import Curriculum
from plugins.diary.curriculum.table import Column, Row, Table, read_table

BEFORE = Annotated[str, Meta(description="Часов в неделю раньше: «2,5»; пусто, если не было.")]
AFTER = Annotated[str, Meta(description="Часов в неделю теперь; пусто, если нет.")]


class HoursDiffer(msgspec.Struct, frozen=True, kw_only=True):
    """A subject whose hours differ in a place."""

    subject: Annotated[str, Meta(description="Предмет.")]
    part: Annotated[str, Meta(description="Часть плана: `mandatory`, `school` или `extracurricular`.")]
    place: Annotated[str, Meta(description="Параллель, класс, группа или ученик с индивидуальным планом.")]
    before: BEFORE
    after: AFTER
    difference: Annotated[str, Meta(description="На сколько больше или меньше: «+1», «−0,5».")]


class LoadDiffers(msgspec.Struct, frozen=True, kw_only=True):
    """A class whose week is longer or shorter."""

    place: Annotated[str, Meta(description="Класс или ученик с индивидуальным планом.")]
    before: BEFORE
    after: AFTER


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two versions."""

    before_id: Annotated[UUID, Meta(description="Ключ версии, с которой сравнивают.")]
    after_id: Annotated[UUID, Meta(description="Ключ версии, которую сравнивают.")]
    hours: Annotated[Sequence[HoursDiffer], Meta(description="Часы, которые различаются, по предметам.")]
    loads: Annotated[
        Sequence[LoadDiffers], Meta(description="Классы, у которых изменилась недельная нагрузка.")
    ]


def comparable(db: Session, actor: Actor, line: CurriculumLine) -> list[CurriculumLine]:
    """Versions that `line` may be compared with: of the same year first."""
    others = [each for each in list_curricula(db, actor) if each.id != line.id]
    return sorted(others, key=lambda each: each.academic_year_id != line.academic_year_id)


def usual_other(db: Session, line: CurriculumLine) -> UUID | None:
    """What a version is compared with unless somebody says otherwise: the approved one, or what it was made from."""
    approved = db.scalar(
        select(Curriculum.id).where(
            Curriculum.organization_id == line.organization_id,
            Curriculum.academic_year_id == line.academic_year_id,
            Curriculum.state == APPROVED,
            Curriculum.lowest_grade_level == line.lowest_grade_level,
            Curriculum.highest_grade_level == line.highest_grade_level,
            Curriculum.id != line.id,
        )
    )
    return approved or line.based_on_id


def compare(db: Session, actor: Actor, curriculum_id: UUID, other_id: UUID | None = None) -> Comparison:
    """What `curriculum_id` has other than `other_id`, or than the approved version.

    Raises as `open_curriculum`, `Conflict` where there is nothing to compare with.
    """
    line = open_curriculum(db, actor, curriculum_id)
    chosen = other_id or usual_other(db, line)
    if chosen is None:
        raise Conflict(
            "Сравнивать не с чем: это первый план на эти классы.", advice="Выберите другую версию."
        )
    open_curriculum(db, actor, chosen)
    with_pupils = sees_individual_plans(actor)
    before, after = (read_table(db, each, with_pupils=with_pupils) for each in (chosen, line.id))
    return Comparison(
        before_id=chosen, after_id=line.id, hours=hours_differ(before, after), loads=_loads(before, after)
    )


def _key(column: Column) -> tuple[object, ...]:
    """What columns of two versions have in common; classes of two years by their names."""
    return (column.kind, column.grade_level, column.title)


def hours_differ(before: Table, after: Table) -> list[HoursDiffer]:
    """Where hours differ; a class that follows its grade level in both is not told apart."""
    old_rows = {(row.subject_id, row.part): row for row in before.rows}
    new_rows = {(row.subject_id, row.part): row for row in after.rows}
    old_columns = {_key(column): column for column in before.columns}
    new_columns = {_key(column): column for column in after.columns}
    columns = [*new_columns, *(key for key in old_columns if key not in new_columns)]
    found: list[HoursDiffer] = []
    for key in [*new_rows, *(key for key in old_rows if key not in new_rows)]:
        for place in columns:
            old = _cell(before, old_rows.get(key), old_columns.get(place))
            new = _cell(after, new_rows.get(key), new_columns.get(place))
            if old[1] == new[1] or (place[0] in ("class", "pupil") and not old[0] and not new[0]):
                continue
            row = new_rows.get(key) or old_rows[key]
            column = new_columns.get(place) or old_columns[place]
            found.append(
                HoursDiffer(
                    subject=row.subject,
                    part=row.part,
                    place=column.title,
                    before=show_hours(old[1] or None),
                    after=show_hours(new[1] or None),
                    difference=_signed((new[1] or 0) - (old[1] or 0)),
                )
            )
    return found


def _cell(table: Table, row: Row | None, column: Column | None) -> tuple[bool, int]:
    """Whether a cell has hours of its own, and what holds in it."""
    if row is None or column is None:
        return False, 0
    return (row.id, column.id) in table.written, table.halves(row, column) or 0


def _loads(before: Table, after: Table) -> list[LoadDiffers]:
    old = {_key(column): before.loads[column.id].lessons for column in before.columns}
    return [
        LoadDiffers(
            place=column.title,
            before=show_sum(old.get(_key(column), 0)),
            after=show_sum(after.loads[column.id].lessons),
        )
        for column in after.columns
        if column.kind in ("class", "pupil") and old.get(_key(column), 0) != after.loads[column.id].lessons
    ]


def _signed(halves: int) -> str:
    return f"+{show_hours(halves)}" if halves > 0 else f"−{show_hours(-halves)}"
