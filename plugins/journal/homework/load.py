"""How much homework a class has for one day, beside the norm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.database.base import in_force
from core.database.session import Session
from core.organizations.models import Enrollment, PupilGroupMembership, SchoolClass, Subject
from plugins.journal.access import Opened
from plugins.journal.attendance.reach import pages_of_class
from plugins.journal.grid.stored_cells import lesson_on
from plugins.journal.homework.due import REACHES, later_lessons
from plugins.journal.homework.norms import norm_for, norms_of
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage


class SubjectLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a subject gives for the day."""

    subject: str
    minutes: Annotated[int, Meta(description="Сколько минут задал предмет.")]


class DayLoad(msgspec.Struct, frozen=True, kw_only=True):
    """Homework of all subjects of a class for one day.

    Of subgroups of a subject the one with most counts: a pupil is in one of them.
    """

    day: Annotated[date, Meta(description="На какой день задано.")]
    class_name: Annotated[str, Meta(description="Класс, у которого на этот день задано больше всего.")]
    minutes: Annotated[int, Meta(description="Сколько минут займут все задания вместе с этим.")]
    norm: Annotated[
        int | None, Meta(description="Сколько минут можно задать на этот день; null, если нормы нет.")
    ]
    others: Annotated[Sequence[SubjectLoad], Meta(description="Что уже задали другие предметы.")]

    @property
    def excess(self) -> int:
        """How many minutes are over the norm; 0 if none are."""
        return 0 if self.norm is None else max(0, self.minutes - self.norm)


def day_load(db: Session, page: Opened, lesson_id: UUID, minutes: int | None) -> DayLoad | None:
    """The homework for the day on which that of a lesson is due, were it to take `minutes`.

    None if the journal has no later lesson yet. Of several classes (a group across them) the one that is the
    fullest is told of. Raises `NotFound` for a lesson of another page.
    """
    lesson = lesson_on(db, page, lesson_id)
    due = next((each for each in later_lessons(db, page.id, lesson.day, lesson.number, 1)), None)
    if due is None or due.day == lesson.day:
        return None
    norms = norms_of(page.settings.homework_norms)
    over_weekend = page.settings.weekend_homework
    loads: list[DayLoad] = []
    for class_id, name, grade in _classes(db, page, lesson.day):
        others = _others(db, class_id, lesson_id, page, due.day)
        loads.append(
            DayLoad(
                day=due.day,
                class_name=name,
                minutes=_with(others, page, minutes or 0),
                norm=norm_for(norms, over_weekend, grade, due.day),
                others=[
                    SubjectLoad(subject=subject, minutes=whole + max(groups.values(), default=0))
                    for subject, whole, groups in others.values()
                    if whole or groups
                ],
            )
        )
    return max(loads, key=lambda each: (each.excess, each.minutes), default=None)


_Given = dict[UUID, tuple[str, int, dict[UUID, int]]]
"""By subject: its name, minutes for the whole class, minutes by group."""


def _with(others: _Given, page: Opened, minutes: int) -> int:
    """The sum of the day with `minutes` of this page's subject."""
    total = 0
    for subject_id, (_name, whole, groups) in others.items():
        if subject_id != page.subject_id:
            total += whole + max(groups.values(), default=0)
    _name, whole, groups = others.get(page.subject_id, ("", 0, {}))
    if page.pupil_group_id is None:
        return total + whole + minutes + max(groups.values(), default=0)
    own = groups.get(page.pupil_group_id, 0) + minutes
    return total + whole + max(own, *groups.values(), 0)


def _others(db: Session, class_id: UUID, lesson_id: UUID, page: Opened, due: date) -> _Given:
    follows = func.lead(JournalLesson.day, type_=JournalLesson.day.type).over(
        partition_by=JournalLesson.page_id, order_by=(JournalLesson.day, JournalLesson.number)
    )
    lessons = (
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.homework_minutes,
            follows.label("due"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            JournalPage.organization_id == page.organization_id,
            JournalPage.academic_year_id == page.academic_year_id,
            pages_of_class(class_id, due, due),
            JournalLesson.day.between(due - REACHES, due),
            JournalLesson.status.not_in(NOT_GIVEN),
        )
        .subquery()
    )
    rows = db.execute(
        select(
            JournalPage.subject_id,
            JournalPage.pupil_group_id,
            Subject.name,
            func.sum(lessons.c.homework_minutes).label("minutes"),
        )
        .select_from(lessons)
        .join(JournalPage, JournalPage.id == lessons.c.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(
            lessons.c.due == due,
            lessons.c.day < due,
            lessons.c.id != lesson_id,
            lessons.c.homework_minutes.is_not(None),
        )
        .group_by(JournalPage.subject_id, JournalPage.pupil_group_id, Subject.name, Subject.name_key)
        .order_by(Subject.name_key)
    )
    whole: dict[UUID, int] = defaultdict(int)
    groups: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    names: dict[UUID, str] = {}
    for row in rows:
        names[row.subject_id] = row.name
        if row.pupil_group_id is None:
            whole[row.subject_id] += int(row.minutes)
        else:
            groups[row.subject_id][row.pupil_group_id] = int(row.minutes)
    return {key: (name, whole[key], groups[key]) for key, name in names.items()}


def _classes(db: Session, page: Opened, day: date) -> list[tuple[UUID, str, int | None]]:
    """The page's class, or those of the members of a group across classes."""
    statement = select(SchoolClass.id, SchoolClass.name, SchoolClass.grade_level)
    if page.school_class_id is not None:
        statement = statement.where(SchoolClass.id == page.school_class_id)
    else:
        statement = statement.where(
            SchoolClass.id.in_(
                select(Enrollment.school_class_id)
                .join(PupilGroupMembership, PupilGroupMembership.person_id == Enrollment.person_id)
                .where(
                    PupilGroupMembership.pupil_group_id == page.pupil_group_id,
                    in_force(PupilGroupMembership, day),
                    in_force(Enrollment, day),
                    Enrollment.organization_id == page.organization_id,
                )
            )
        )
    return [
        (row.id, row.name, row.grade_level) for row in db.execute(statement.order_by(SchoolClass.name_key))
    ]
