"""The hours of an academic year: what approved versions give one after another, each for the weeks it held.

A change in mid-year so keeps what was taught: the weeks before it count with the hours of the version that held then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select

from core.database.session import Session
from core.organizations.models import AcademicYear, Term
from plugins.diary.curriculum.curricula import APPROVED, SUPERSEDED
from plugins.diary.curriculum.models import Curriculum
from plugins.diary.curriculum.table import Column, Table, read_table
from plugins.diary.school_days import Period, is_school_day

Place = tuple[UUID | None, UUID | None]
"""Keys of a class and of a group; the class may be missing for a group across classes, the group for a class."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A version and the days it held or is to hold, both included; `share` is its part of the year's school days."""

    curriculum_id: UUID
    first: date
    last: date
    share: float
    table: Table


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Halves of an hour of a subject in a place: a week on the last day of the year, and in the whole year."""

    week: int
    year: int


class YearOfHours:
    """What all versions of a year give."""

    def __init__(self, held: Sequence[Held]) -> None:
        self.held = held

    @cached_property
    def by_place(self) -> Mapping[tuple[UUID, Place], Hours]:
        """Hours by subject and place, groups where a class is split; parts of the plan together."""
        found: dict[tuple[UUID, Place], Hours] = {}
        last = max((version.last for version in self.held), default=None)
        for version in self.held:
            for (subject_id, column), week in units_of(version.table).items():
                key = (subject_id, place_of(column))
                before = found.get(key, Hours(week=0, year=0))
                weeks = round(column.weeks * version.share)
                found[key] = Hours(
                    week=week if version.last == last else before.week, year=before.year + week * weeks
                )
        return found

    @cached_property
    def by_grade(self) -> Mapping[tuple[UUID, int], Hours]:
        """Hours by subject and grade level: the column of the level, or the most that a class of it has."""
        found: dict[tuple[UUID, int], Hours] = {}
        last = max((version.last for version in self.held), default=None)
        for version in self.held:
            table = version.table
            grades: dict[tuple[UUID, int], tuple[int, int]] = {}
            for row in table.rows:
                for column in table.columns:
                    if column.kind == "pupil":
                        continue
                    week = table.halves(row, column) or 0
                    key = (row.subject_id, column.grade_level)
                    if week > grades.get(key, (0, 0))[0]:
                        grades[key] = (week, round(column.weeks * version.share))
            for key, (week, weeks) in grades.items():
                before = found.get(key, Hours(week=0, year=0))
                found[key] = Hours(
                    week=week if version.last == last else before.week, year=before.year + week * weeks
                )
        return found

    def of(self, subject_id: UUID, class_id: UUID | None, group_id: UUID | None) -> Hours | None:
        """Hours of a subject in a class or group; a group that has none of its own has those of its class."""
        own = self.by_place.get((subject_id, (class_id, group_id)))
        if own is None and group_id is not None:
            own = self.by_place.get((subject_id, (None, group_id))) or self.by_place.get(
                (subject_id, (class_id, None))
            )
        return own


def place_of(column: Column) -> Place:
    """Whom a column is for."""
    return (column.school_class_id, column.pupil_group_id)


def units_of(table: Table) -> dict[tuple[UUID, Column], int]:
    """Halves a week by subject and column of a class or group that learns it by itself, parts together."""
    found: dict[tuple[UUID, Column], int] = {}
    for unit in table.units:
        if unit.column.kind != "pupil":
            key = (unit.row.subject_id, unit.column)
            found[key] = found.get(key, 0) + unit.halves
    return found


def year_of_hours(
    db: Session, organization_id: UUID, academic_year_id: UUID, *, draft: Curriculum | None = None
) -> YearOfHours:
    """The hours of a year by the versions that held and hold, or as they would be with `draft` in force.

    Pupils' individual plans stay out of it. Three statements a version and two more,
    three where a version did not hold the whole year.
    """
    year = db.get_one(AcademicYear, academic_year_id)
    versions = [
        (row.id, row.starts_on, row.ends_on, (row.lowest_grade_level, row.highest_grade_level))
        for row in db.execute(
            select(
                Curriculum.id,
                Curriculum.starts_on,
                Curriculum.ends_on,
                Curriculum.lowest_grade_level,
                Curriculum.highest_grade_level,
            )
            .where(
                Curriculum.organization_id == organization_id,
                Curriculum.academic_year_id == academic_year_id,
                or_(
                    Curriculum.state == APPROVED,
                    and_(Curriculum.state == SUPERSEDED, Curriculum.ends_on.is_not(None)),
                ),
            )
            .order_by(Curriculum.starts_on, Curriculum.number)
        )
    ]
    if draft is not None:
        grades = (draft.lowest_grade_level, draft.highest_grade_level)
        day_before = draft.starts_on - timedelta(days=1)
        versions = [
            (key, first, min(last or day_before, day_before) if of == grades else last, of)
            for key, first, last, of in versions
            if of != grades or first < draft.starts_on
        ]
        versions.append((draft.id, draft.starts_on, None, grades))
    days: list[date] | None = None
    held: list[Held] = []
    for curriculum_id, first, ends_on, _grades in versions:
        last, share = ends_on or year.ends_on, 1.0
        if first > year.starts_on or last < year.ends_on:
            days = _school_days(db, year) if days is None else days
            share = _count(days, first, last) / (len(days) or 1)
        held.append(
            Held(
                curriculum_id=curriculum_id,
                first=first,
                last=last,
                share=share,
                table=read_table(db, curriculum_id, with_pupils=False),
            )
        )
    return YearOfHours(held)


def _school_days(db: Session, year: AcademicYear) -> list[date]:
    """Days with lessons in a week of five days; all weekdays of a year without terms."""
    terms = db.scalars(
        select(Term).where(Term.academic_year_id == year.id).order_by(Term.kind, Term.number)
    ).all()
    kinds = {term.kind for term in terms}
    chosen = "quarter" if "quarter" in kinds else min(kinds, default="")
    periods = [
        Period(name=term.name, starts_on=term.starts_on, ends_on=term.ends_on)
        for term in terms
        if term.kind == chosen
    ] or [Period(name=year.name, starts_on=year.starts_on, ends_on=year.ends_on)]
    length = (year.ends_on - year.starts_on).days + 1
    all_days = (year.starts_on + timedelta(days=number) for number in range(length))
    return [day for day in all_days if is_school_day(day, periods, 5)]


def _count(days: Iterable[date], first: date, last: date) -> int:
    return sum(1 for day in days if first <= day <= last)
