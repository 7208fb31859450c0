"""Beginning a curriculum: empty, from a federal template, or from an earlier curriculum of the school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from sqlalchemy import insert, update

from core.database.base import new_id
from core.database.session import Session
from core.errors import Invalid
from core.identity.names import sort_key
from core.organizations.subjects import EDIT as SUBJECTS
from core.organizations.subjects import add as add_subjects
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import (
    CurriculumIn,
    CurriculumLine,
    begin,
    default_start,
    note,
    open_curriculum,
)
from plugins.diary.curriculum.editing import insert_rows, subjects_of, write_hours
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn
from plugins.diary.curriculum.table import Column, read_table
from plugins.diary.curriculum.templates import CurriculumTemplate, template_by_code
from plugins.diary.settings import configuration_of


class BeginIn(CurriculumIn, frozen=True, kw_only=True):
    """A curriculum to be begun: with a `template`, or with the content `copied_from` another one."""

    template: Annotated[str, Meta(description="Код образца; пусто – без образца.")] = ""
    copied_from: Annotated[
        UUID | None, Meta(description="Ключ плана школы, с которого начать; null – с пустого или образца.")
    ] = None


def begin_from(db: Session, actor: Actor, wanted: BeginIn) -> UUID:
    """Begin a curriculum as it is wanted; returns its id.

    Subjects of a template that the school does not have yet are added to its list. Raises `Invalid` for a template
    of other grade levels, and as `begin`, `open_curriculum`.
    """
    if wanted.template:
        template = template_by_code(wanted.template, configuration_of(db.portal).curriculum_templates)
        curriculum_id = begin(db, actor, wanted, template=template.code)
        _fill(db, actor, curriculum_id, template)
        return curriculum_id
    if wanted.copied_from is not None:
        source = open_curriculum(db, actor, wanted.copied_from)
        curriculum_id = begin(db, actor, wanted, based_on=source.id)
        _copy_between_years(db, source, curriculum_id)
        return curriculum_id
    return begin(db, actor, wanted)


def _fill(db: Session, actor: Actor, curriculum_id: UUID, template: CurriculumTemplate) -> None:
    columns = [
        each
        for each in read_table(db, curriculum_id, with_pupils=True).columns
        if each.kind == "grade"
        and template.lowest_grade_level <= each.grade_level <= template.highest_grade_level
    ]
    if not columns:
        wrong = sentence("Образец – для других классов.")
        raise Invalid("План не создан.", advice=wrong, fields={"template": wrong})
    subjects = _subjects(db, actor, template)
    rows = [(subjects[each.subject], each.part) for each in template.rows]
    hours: dict[tuple[UUID, UUID], int | None] = {}
    for row_id, row in zip(insert_rows(db, curriculum_id, rows), template.rows, strict=True):
        for column in columns:
            halves = round(row.hours[column.grade_level - template.lowest_grade_level] * 2)
            if halves:
                hours[row_id, column.id] = halves
    write_hours(db, curriculum_id, hours)


def _subjects(db: Session, actor: Actor, template: CurriculumTemplate) -> dict[str, UUID]:
    """The school's subjects by the names of the template; missing ones are added."""

    def known() -> dict[str, UUID]:
        found: dict[str, UUID] = {}
        for each in subjects_of(db, actor.organization_id):
            for name in (each.short_name, each.name):
                found[sort_key(name)] = each.id
        return {
            row.subject: found[key]
            for row in template.rows
            if (
                key := next(
                    (key for name in (row.subject, *row.also) if (key := sort_key(name)) in found), ""
                )
            )
        }

    have = known()
    missing = [row for row in template.rows if row.subject not in have]
    if missing and not actor.can(SUBJECTS):
        names = ", ".join(f"«{row.subject}»" for row in missing)
        raise Invalid(
            sentence("В школе нет предметов образца: %(names)s.", names=names),
            advice="Попросите администратора школы добавить их в список предметов.",
            fields={"template": sentence("Не хватает предметов: %(names)s.", names=names)},
        )
    if missing:
        add_subjects(
            db,
            actor,
            actor.organization_id,
            [(row.subject, row.also[0] if row.also else "") for row in missing],
        )
        have = known()
    return have


def _copy_between_years(db: Session, source: CurriculumLine, curriculum_id: UUID) -> None:
    """Rows and hours of grade levels; classes of another year are other classes, groups and pupils are left out."""
    old, new = (read_table(db, each, with_pupils=False) for each in (source.id, curriculum_id))
    into = {each.grade_level: each for each in new.columns if each.kind == "grade"}
    named = {each.title: each for each in new.columns if each.kind == "class"}
    ids = insert_rows(db, curriculum_id, [(row.subject_id, row.part) for row in old.rows])
    of_row = {row.id: row_id for row, row_id in zip(old.rows, ids, strict=True)}

    def place(column: Column) -> Column | None:
        if column.kind == "grade":
            return into.get(column.grade_level)
        return named.get(column.title) if column.kind == "class" else None

    places = {column.id: target.id for column in old.columns if (target := place(column))}
    hours: dict[tuple[UUID, UUID], int | None] = {
        (of_row[row_id], places[column_id]): halves
        for (row_id, column_id), halves in old.written.items()
        if column_id in places
    }
    write_hours(db, curriculum_id, hours)


def new_version(db: Session, actor: Actor, curriculum_id: UUID) -> UUID:
    """A draft with everything that a version has, to be changed; returns its id.

    It holds from next week on, or from the first day of a year that has not begun: what was taught before stays
    with the version that held then. Raises as `begin`, `open_curriculum`.
    """
    source = open_curriculum(db, actor, curriculum_id)
    copy_id = begin(
        db,
        actor,
        CurriculumIn(
            academic_year_id=source.academic_year_id,
            lowest_grade_level=source.lowest_grade_level,
            highest_grade_level=source.highest_grade_level,
            title=source.title,
        ),
        template=source.template,
        based_on=source.id,
    )
    db.execute(
        update(Curriculum).where(Curriculum.id == copy_id).values(starts_on=default_start(db, actor, source))
    )
    old = read_table(db, source.id, with_pupils=True)
    columns = _copied_columns(db, copy_id, old.columns)
    ids = insert_rows(db, copy_id, [(row.subject_id, row.part) for row in old.rows])
    rows = {row.id: row_id for row, row_id in zip(old.rows, ids, strict=True)}
    write_hours(
        db,
        copy_id,
        {(rows[row_id], columns[column_id]): halves for (row_id, column_id), halves in old.written.items()},
    )
    note(
        db,
        actor,
        copy_id,
        "diary.curriculum.copy",
        after={"based_on": str(source.id), "number": source.number},
    )
    return copy_id


def _copied_columns(db: Session, copy_id: UUID, columns: Sequence[Column]) -> Mapping[UUID, UUID]:
    """The columns of the copy by those they stand for; it has its own for grade levels and open classes already."""
    fresh = read_table(db, copy_id, with_pupils=True).columns

    def key(column: Column) -> tuple[object, ...]:
        return (column.grade_level, column.school_class_id, column.pupil_group_id, column.pupil_id)

    have = {key(column): column.id for column in fresh}
    missing: list[dict[str, object]] = []
    for column in columns:
        if key(column) not in have:
            have[key(column)] = column_id = new_id()
            missing.append(
                {
                    "id": column_id,
                    "curriculum_id": copy_id,
                    "grade_level": column.grade_level,
                    "school_class_id": column.school_class_id,
                    "pupil_group_id": column.pupil_group_id,
                    "pupil_id": column.pupil_id,
                    "weeks": column.weeks,
                }
            )
    if missing:
        db.execute(insert(CurriculumColumn), missing)
    return {column.id: have[key(column)] for column in columns}
