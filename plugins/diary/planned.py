"""Reading planned lessons: one statement each, plain rows, with names for the page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Date, Select, Uuid, and_, bindparam, cast, null, or_, select, union_all
from sqlalchemy.orm import aliased

from core.capabilities import PlannedLesson
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
)
from plugins.diary.models import DiaryLesson


class _Row(msgspec.Struct, array_like=True):
    """A planned lesson as the database has it, with the names that stand beside it."""

    pupil_id: UUID | None
    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    day: date
    number: int
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    teacher_id: UUID | None
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    room: str
    status: str
    note: str
    planned_room: str | None
    moved_from_day: date | None
    moved_from_number: int | None
    subject: str
    subject_short: str
    last_name: str | None
    first_name: str | None
    middle_name: str | None
    class_name: str | None
    group_name: str | None
    planned_subject: str | None
    planned_last_name: str | None
    planned_first_name: str | None
    planned_middle_name: str | None


class ShownLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A planned lesson with the names a page needs.

    `class_name` and `group_name` are empty where there is none; `planned_…` are filled only where an
    override replaced something. Teachers are «Фамилия И. О.».
    """

    lesson: PlannedLesson
    subject: str
    subject_short: str
    teacher: str
    class_name: str
    group_name: str
    note: str
    planned_subject: str
    planned_teacher: str
    planned_room: str
    moved_from_day: date | None
    moved_from_number: int | None


_planned_subject = aliased(Subject)
_planned_teacher = aliased(Person)
_COLUMNS = (
    DiaryLesson.id,
    DiaryLesson.organization_id,
    DiaryLesson.academic_year_id,
    DiaryLesson.day,
    DiaryLesson.number,
    DiaryLesson.starts_at,
    DiaryLesson.ends_at,
    DiaryLesson.subject_id,
    DiaryLesson.teacher_id,
    DiaryLesson.school_class_id,
    DiaryLesson.pupil_group_id,
    DiaryLesson.room,
    DiaryLesson.status,
    DiaryLesson.note,
    DiaryLesson.planned_room,
    DiaryLesson.moved_from_day,
    DiaryLesson.moved_from_number,
    Subject.name.label("subject"),
    Subject.short_name.label("subject_short"),
    Person.last_name,
    Person.first_name,
    Person.middle_name,
    SchoolClass.name.label("class_name"),
    PupilGroup.name.label("group_name"),
    _planned_subject.name.label("planned_subject"),
    _planned_teacher.last_name.label("planned_last_name"),
    _planned_teacher.first_name.label("planned_first_name"),
    _planned_teacher.middle_name.label("planned_middle_name"),
)


def _lessons(pupil_id: Any = None) -> Select[*tuple[Any, ...]]:
    """Lessons in the columns of `_Row`; `pupil_id` is whose they are, if they are read for pupils."""
    return (
        select(cast(null() if pupil_id is None else pupil_id, Uuid).label("pupil_id"), *_COLUMNS)
        .select_from(DiaryLesson)
        .join(Subject, Subject.id == DiaryLesson.subject_id)
        .outerjoin(Person, Person.id == DiaryLesson.teacher_id)
        .outerjoin(SchoolClass, SchoolClass.id == DiaryLesson.school_class_id)
        .outerjoin(PupilGroup, PupilGroup.id == DiaryLesson.pupil_group_id)
        .outerjoin(_planned_subject, _planned_subject.id == DiaryLesson.planned_subject_id)
        .outerjoin(_planned_teacher, _planned_teacher.id == DiaryLesson.planned_teacher_id)
    )


def _years(organization_id: UUID, first: date, last: date) -> Any:
    """The academic years a range of days touches: the first columns of every index of lessons."""
    return select(AcademicYear.id).where(
        AcademicYear.organization_id == organization_id,
        AcademicYear.starts_on <= last,
        AcademicYear.ends_on >= first,
    )


_FIRST, _LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())


def _attended(table: Any, place: Any, own: Any, *tied: Any) -> Select[*tuple[Any, ...]]:
    """Lessons of the classes or groups (`place`, the column `own` of lessons) that pupils were in on each day."""
    return (
        _lessons(table.person_id)
        .join(
            table,
            and_(
                *tied,
                own == place,
                DiaryLesson.day >= table.starts_on,
                or_(table.ends_on.is_(None), DiaryLesson.day <= table.ends_on),
            ),
        )
        .where(
            table.person_id.in_(bindparam("pupils", type_=Uuid(), expanding=True)),
            DiaryLesson.organization_id.in_(bindparam("organizations", type_=Uuid(), expanding=True)),
            DiaryLesson.day.between(_FIRST, _LAST),
        )
    )


# Built once: building it costs as much as reading a family's week.
_OF_PUPILS = union_all(
    _attended(
        Enrollment,
        Enrollment.school_class_id,
        DiaryLesson.school_class_id,
        DiaryLesson.organization_id == Enrollment.organization_id,
        DiaryLesson.academic_year_id == Enrollment.academic_year_id,
    ).where(DiaryLesson.pupil_group_id.is_(None)),
    _attended(
        PupilGroupMembership,
        PupilGroupMembership.pupil_group_id,
        DiaryLesson.pupil_group_id,
        PupilGroupMembership.pupil_group_id == PupilGroup.id,
        DiaryLesson.organization_id == PupilGroup.organization_id,
        DiaryLesson.academic_year_id == PupilGroup.academic_year_id,
    ),
)


def lessons_of_pupils(
    db: Session, pupils: Collection[UUID], organization_ids: Collection[UUID], first: date, last: date
) -> dict[UUID, list[ShownLesson]]:
    """Lessons of the classes and groups that pupils were in on each day, both days included, by pupil.

    Only those in `organization_ids`. The caller has checked who may see them. One statement.
    """
    rows = db.typed_rows(
        _Row,
        _OF_PUPILS,
        {"pupils": sorted(pupils), "organizations": sorted(organization_ids), "first": first, "last": last},
    )
    by_pupil: dict[UUID, list[_Row]] = {}
    for row in rows:
        if row.pupil_id is not None:
            by_pupil.setdefault(row.pupil_id, []).append(row)
    return {pupil_id: shown(own) for pupil_id, own in by_pupil.items()}


def lessons_of_pupil(
    db: Session, pupil_id: UUID, organization_ids: Sequence[UUID], first: date, last: date
) -> Sequence[ShownLesson]:
    """`lessons_of_pupils` for one."""
    return lessons_of_pupils(db, [pupil_id], organization_ids, first, last).get(pupil_id, [])


def lessons_of_teacher(
    db: Session, organization_id: UUID, teacher_id: UUID, first: date, last: date
) -> Sequence[ShownLesson]:
    """A teacher's lessons in one organization, substitutions for others included."""
    rows = db.execute(
        _lessons().where(
            DiaryLesson.organization_id == organization_id,
            DiaryLesson.academic_year_id.in_(_years(organization_id, first, last)),
            DiaryLesson.teacher_id == teacher_id,
            DiaryLesson.day.between(first, last),
        )
    ).all()
    return shown(rows)


def lessons_of_class(
    db: Session, organization_id: UUID, school_class_id: UUID, first: date, last: date
) -> Sequence[ShownLesson]:
    """Everything a class has: its subgroups, and groups across classes that some of its pupils are in."""
    across = (
        select(PupilGroupMembership.pupil_group_id)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(Enrollment.school_class_id == school_class_id, PupilGroup.school_class_id.is_(None))
    )
    rows = db.execute(
        _lessons().where(
            DiaryLesson.organization_id == organization_id,
            DiaryLesson.academic_year_id.in_(_years(organization_id, first, last)),
            DiaryLesson.day.between(first, last),
            or_(DiaryLesson.school_class_id == school_class_id, DiaryLesson.pupil_group_id.in_(across)),
        )
    ).all()
    return shown(rows)


def shown(rows: Sequence[Any]) -> list[ShownLesson]:
    """Rows as values, in the order of the days and their lessons."""
    found = [
        ShownLesson(
            lesson=PlannedLesson(
                id=row.id,
                organization_id=row.organization_id,
                academic_year_id=row.academic_year_id,
                day=row.day,
                number=row.number,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                subject_id=row.subject_id,
                teacher_id=row.teacher_id,
                school_class_id=row.school_class_id,
                pupil_group_id=row.pupil_group_id,
                room=row.room,
                status=row.status,
            ),
            subject=row.subject,
            subject_short=row.subject_short,
            teacher=short_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
            class_name=row.class_name or "",
            group_name=row.group_name or "",
            note=row.note,
            planned_subject=row.planned_subject or "",
            planned_teacher=(
                short_name(row.planned_last_name, row.planned_first_name, row.planned_middle_name)
                if row.planned_last_name
                else ""
            ),
            planned_room=row.planned_room or "",
            moved_from_day=row.moved_from_day,
            moved_from_number=row.moved_from_number,
        )
        for row in rows
    ]
    found.sort(key=_place)
    return found


def _place(each: ShownLesson) -> tuple[date, time, int, str, str]:
    lesson = each.lesson
    return (lesson.day, lesson.starts_at or time.min, lesson.number, each.group_name, each.subject)
