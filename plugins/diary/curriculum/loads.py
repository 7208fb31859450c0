"""Loads of teachers (тарификация): the hours of a plan by who teaches them, and what nobody teaches yet.

Who teaches what is the school's list of teaching assignments: the same that says whose a journal page is. Two teachers
of one class and subject each count its hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, delete, insert, or_, select, update

from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, TeachingAssignment
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import gettext as _
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import (
    EDIT,
    SUPERSEDED,
    CurriculumLine,
    note,
    open_curriculum,
    path_of,
)
from plugins.diary.curriculum.hours import show_sum
from plugins.diary.curriculum.table import Column, Table, read_table
from plugins.diary.curriculum.year import Place, place_of, units_of
from plugins.diary.settings import diary_settings

LOADS = "diary.loads.view"


class LoadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A subject in a class or group."""

    subject_id: UUID
    subject: Annotated[str, Meta(description="Предмет.")]
    column_id: UUID
    place: Annotated[str, Meta(description="Класс или группа.")]
    half_hours: Annotated[int, Meta(description="Сколько половин часа в неделю.")]

    @property
    def hours(self) -> str:
        """Hours a week as a reader sees them."""
        return show_sum(self.half_hours)


class TeacherLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher teaches by the plan."""

    teacher_id: UUID
    teacher: Annotated[str, Meta(description="«Громова О. П.».")]
    lines: Annotated[Sequence[LoadLine], Meta(description="Что ведёт.")]
    half_hours: Annotated[int, Meta(description="Сколько половин часа в неделю вместе.")]
    stakes: Annotated[str, Meta(description="Сколько это ставок: «1,17».")]

    @property
    def hours(self) -> str:
        """Hours a week as a reader sees them."""
        return show_sum(self.half_hours)


class Loads(msgspec.Struct, frozen=True, kw_only=True):
    """Who teaches what of a plan on a day."""

    day: Annotated[date, Meta(description="На какой день, ГГГГ-ММ-ДД.")]
    stake_hours: Annotated[int, Meta(description="Часов в неделю за ставку.")]
    teachers: Annotated[Sequence[TeacherLoad], Meta(description="Учителя по фамилиям; без часов тоже.")]
    vacancies: Annotated[Sequence[LoadLine], Meta(description="Часы, которые никто не ведёт.")]
    half_hours: Annotated[int, Meta(description="Сколько половин часа в неделю у плана.")]

    @property
    def hours(self) -> str:
        """Hours of the plan a week."""
        return show_sum(self.half_hours)

    @property
    def vacant_hours(self) -> str:
        """Hours a week that nobody teaches."""
        return show_sum(sum(line.half_hours for line in self.vacancies))


class TeacherIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to teach a subject in a class or group from a day on."""

    subject_id: UUID
    column_id: UUID
    teacher_id: Annotated[UUID | None, Meta(description="Ключ учителя; null – вакансия.")]
    from_day: Annotated[
        date | None,
        Meta(description="С какого дня, ГГГГ-ММ-ДД; null – с начала плана или с сегодняшнего дня."),
    ] = None


def loads(db: Session, actor: Actor, curriculum_id: UUID) -> Loads:
    """The loads of a plan today, or on its first day before that. Raises as `open_curriculum`. Seven statements."""
    actor.require(LOADS)
    line = open_curriculum(db, actor, curriculum_id)
    table = read_table(db, curriculum_id, with_pupils=False)
    day = day_of(db, actor, line)
    stake = diary_settings(db, path_of(db, line.organization_id)).stake_hours
    units = units_of(table)
    taught = _taught(db, line, day)
    of_teacher: dict[UUID, list[LoadLine]] = defaultdict(list)
    vacancies: list[LoadLine] = []
    for (subject_id, column), halves in units.items():
        each = _line(table, subject_id, column, halves)
        teachers = taught.get((subject_id, _assigned_to(column)), [])
        for teacher_id in teachers:
            of_teacher[teacher_id].append(each)
        if not teachers:
            vacancies.append(each)
    return Loads(
        day=day,
        stake_hours=stake,
        teachers=[
            _teacher(teacher_id, name, of_teacher.get(teacher_id, []), stake)
            for teacher_id, name in _teachers(db, line, day, of_teacher).items()
        ],
        vacancies=vacancies,
        half_hours=sum(units.values()),
    )


def _line(table: Table, subject_id: UUID, column: Column, halves: int) -> LoadLine:
    return LoadLine(
        subject_id=subject_id,
        subject=table.subject(subject_id),
        column_id=column.id,
        place=column.title,
        half_hours=halves,
    )


def _teacher(teacher_id: UUID, name: str, lines: Sequence[LoadLine], stake: int) -> TeacherLoad:
    halves = sum(line.half_hours for line in lines)
    hundredths = (halves * 100 + stake) // (stake * 2)
    return TeacherLoad(
        teacher_id=teacher_id,
        teacher=name,
        lines=lines,
        half_hours=halves,
        stakes=f"{hundredths // 100},{hundredths % 100:02}",
    )


def day_of(db: Session, actor: Actor, line: CurriculumLine) -> date:
    """The day whose teachers are meant: today, within the days on which the version holds."""
    year = db.get_one(AcademicYear, line.academic_year_id)
    return min(max(school_today(actor), line.starts_on), line.ends_on or year.ends_on)


def _assigned_to(column: Column) -> Place:
    """How a teaching assignment names the place of a column: a class, or a group alone."""
    class_id, group_id = place_of(column)
    return (None, group_id) if group_id is not None else (class_id, None)


def _taught(db: Session, line: CurriculumLine, day: date) -> Mapping[tuple[UUID, Place], list[UUID]]:
    found: dict[tuple[UUID, Place], list[UUID]] = defaultdict(list)
    for row in db.execute(
        select(
            TeachingAssignment.subject_id,
            TeachingAssignment.school_class_id,
            TeachingAssignment.pupil_group_id,
            TeachingAssignment.teacher_id,
        )
        .where(*_of(line), in_force(TeachingAssignment, day))
        .order_by(TeachingAssignment.starts_on, TeachingAssignment.id)
    ):
        group = row.pupil_group_id
        place = (None, group) if group is not None else (row.school_class_id, None)
        if row.teacher_id not in found[row.subject_id, place]:
            found[row.subject_id, place].append(row.teacher_id)
    return found


def _of(line: CurriculumLine) -> tuple[Any, Any]:
    return (
        TeachingAssignment.organization_id == line.organization_id,
        TeachingAssignment.academic_year_id == line.academic_year_id,
    )


def _teachers(
    db: Session, line: CurriculumLine, day: date, with_hours: Mapping[UUID, object]
) -> dict[UUID, str]:
    """Teachers of the school on a day, and whoever has hours, by names."""
    roles = select(StructuralRole.person_id).where(
        StructuralRole.organization_id == line.organization_id,
        StructuralRole.kind == "teacher",
        StructuralRole.status == "active",
        in_force(StructuralRole, day),
    )
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name)
        .where(or_(Person.id.in_(roles), Person.id.in_(list(with_hours))))
        .order_by(Person.name_key, Person.id)
    )
    return {row.id: short_name(row.last_name, row.first_name, row.middle_name) for row in rows}


class Assigning(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of a class or group, who teaches it, and who could."""

    line: CurriculumLine
    unit: LoadLine
    now: Sequence[UUID]
    candidates: Sequence[tuple[UUID, str]]
    first: date
    last: date


def assigning(db: Session, actor: Actor, curriculum_id: UUID, subject_id: UUID, column_id: UUID) -> Assigning:
    """What the form of one assignment shows: teachers of the subject first, with their hours. Raises `NotFound`."""
    found = loads(db, actor, curriculum_id)
    line = open_curriculum(db, actor, curriculum_id)
    units = [*found.vacancies, *(each for teacher in found.teachers for each in teacher.lines)]
    unit = next(
        (each for each in units if (each.subject_id, each.column_id) == (subject_id, column_id)), None
    )
    if unit is None:
        raise NotFound("Этих часов в плане больше нет.", advice="Откройте нагрузку и выберите из списка.")
    ordered = sorted(found.teachers, key=lambda each: all(own.subject_id != subject_id for own in each.lines))
    year = db.get_one(AcademicYear, line.academic_year_id)
    return Assigning(
        line=line,
        unit=unit,
        now=[each.teacher_id for each in found.teachers if unit in each.lines],
        candidates=[
            (each.teacher_id, _("%(name)s – %(hours)s ч") % {"name": each.teacher, "hours": each.hours})
            for each in ordered
        ],
        first=found.day,
        last=year.ends_on,
    )


def assign(db: Session, actor: Actor, curriculum_id: UUID, wanted: TeacherIn) -> None:
    """Let a teacher teach a subject in a class or group from a day on, instead of whoever did; None ends it.

    Raises `Invalid` for a day outside of the year, `NotFound` for hours or a teacher that the school does not have,
    `Conflict` for a version that holds no more.
    """
    actor.require(EDIT)
    line = open_curriculum(db, actor, curriculum_id, lock=True)
    if line.state == SUPERSEDED:
        raise Conflict("Эта версия плана заменена.", advice="Распределяйте часы действующей версии.")
    year = db.get_one(AcademicYear, line.academic_year_id)
    if year.archived:
        raise Conflict("Учебный год в архиве.", advice="Выберите нынешний или будущий учебный год.")
    first = wanted.from_day or day_of(db, actor, line)
    if not year.starts_on <= first <= year.ends_on:
        wrong = sentence("Укажите день внутри учебного года.")
        raise Invalid("Учитель не назначен.", advice=wrong, fields={"from_day": wrong})
    table = read_table(db, curriculum_id, with_pupils=False)
    unit = next(
        (
            (subject_id, column)
            for subject_id, column in units_of(table)
            if (subject_id, column.id) == (wanted.subject_id, wanted.column_id)
        ),
        None,
    )
    if unit is None:
        raise NotFound("Этих часов в плане больше нет.", advice="Откройте нагрузку и выберите из списка.")
    names = _teachers(db, line, first, {})
    if wanted.teacher_id is not None and wanted.teacher_id not in names:
        wrong = sentence("В школе нет такого учителя.")
        raise Invalid("Учитель не назначен.", advice=wrong, fields={"teacher": wrong})
    _replace(db, line, unit[0], unit[1], wanted.teacher_id, first)
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.teacher",
        after={
            "subject": table.subject(unit[0]),
            "place": unit[1].title,
            "teacher": names[wanted.teacher_id] if wanted.teacher_id else "",
            "from_day": first.isoformat(),
        },
    )


def _replace(
    db: Session, line: CurriculumLine, subject_id: UUID, column: Column, teacher_id: UUID | None, first: date
) -> None:
    """End the assignments of a place the day before, take those out that would begin later, add the new one."""
    class_id, group_id = _assigned_to(column)
    assignment = TeachingAssignment
    whole = and_(assignment.school_class_id == class_id, assignment.pupil_group_id.is_(None))
    of_place = (
        *_of(line),
        assignment.subject_id == subject_id,
        whole if group_id is None else assignment.pupil_group_id == group_id,
    )
    db.execute(delete(assignment).where(*of_place, assignment.starts_on >= first))
    db.execute(
        update(assignment)
        .where(*of_place, or_(assignment.ends_on.is_(None), assignment.ends_on >= first))
        .values(ends_on=first - timedelta(days=1))
    )
    if teacher_id is not None:
        db.execute(
            insert(assignment).values(
                id=new_id(),
                organization_id=line.organization_id,
                academic_year_id=line.academic_year_id,
                teacher_id=teacher_id,
                subject_id=subject_id,
                school_class_id=class_id,
                pupil_group_id=group_id,
                starts_on=first,
                ends_on=None,
            )
        )


def load_sheets(found: Loads) -> Iterator[tuple[str, list[list[Any]]]]:
    """Loads as sheets of a spreadsheet: lines of teachers, sums, vacancies."""
    yield (
        _("Тарификация"),
        [
            [_("Учитель"), _("Предмет"), _("Класс, группа"), _("Часов в неделю")],
            *(
                [teacher.teacher, line.subject, line.place, line.half_hours / 2]
                for teacher in found.teachers
                for line in teacher.lines
            ),
        ],
    )
    yield (
        _("Ставки"),
        [
            [_("Учитель"), _("Часов в неделю"), _("Ставок")],
            *([each.teacher, each.half_hours / 2, each.stakes] for each in found.teachers),
        ],
    )
    yield (
        _("Вакансии"),
        [
            [_("Предмет"), _("Класс, группа"), _("Часов в неделю")],
            *([each.subject, each.place, each.half_hours / 2] for each in found.vacancies),
        ],
    )
