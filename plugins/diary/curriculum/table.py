"""The table of a curriculum as it stands: rows, columns, hours with what they inherit, and their sums.

A class without hours of its own in a row has those of its grade level, a pupil those of the class. A group has only
what it is taught apart: its class then counts the fullest group of each split instead of its own cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import PupilGroup, SchoolClass, Subject
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from plugins.diary.curriculum.models import CurriculumColumn, CurriculumHours, CurriculumRow

MANDATORY, SCHOOL, EXTRACURRICULAR = PARTS = ("mandatory", "school", "extracurricular")
PART_TITLES: Mapping[str, str] = {
    MANDATORY: lazy("Обязательная часть"),
    SCHOOL: lazy("Часть, формируемая школой"),
    EXTRACURRICULAR: lazy("Внеурочная деятельность"),
}
ColumnKind = Literal["grade", "class", "group", "pupil"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """Whom hours are for. `split` is what a group is an alternative of."""

    id: UUID
    kind: ColumnKind
    title: str
    grade_level: int
    weeks: int
    days_per_week: int = 5
    school_class_id: UUID | None = None
    pupil_group_id: UUID | None = None
    pupil_id: UUID | None = None
    split: str = ""

    @property
    def short_title(self) -> str:
        """A group's name under the name of its class: «группа 1» of «7А, группа 1»."""
        return self.title.partition(", ")[2] if self.school_class_id else self.title


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A subject in one part of the plan."""

    id: UUID
    subject_id: UUID
    subject: str
    area: str
    part: str


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What one has to learn in a week, in halves of an hour. `lessons` leaves out what is extracurricular."""

    mandatory: int
    school: int
    extracurricular: int

    @property
    def lessons(self) -> int:
        """Both parts of the plan together."""
        return self.mandatory + self.school


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A subject taught to a class or a group by itself: what needs a teacher, lessons, and a journal page."""

    row: Row
    column: Column
    halves: int


class Table:
    """A curriculum's content."""

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Row], written: Mapping[tuple[UUID, UUID], int]
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.written = written

    @cached_property
    def _grades(self) -> dict[int, Column]:
        return {each.grade_level: each for each in self.columns if each.kind == "grade"}

    @cached_property
    def _classes(self) -> dict[UUID, Column]:
        return {
            each.school_class_id: each
            for each in self.columns
            if each.kind == "class" and each.school_class_id
        }

    @cached_property
    def _groups(self) -> dict[UUID, list[Column]]:
        """Groups by the class column whose pupils they have; one across classes is every class's of its grade."""
        found: dict[UUID, list[Column]] = defaultdict(list)
        for group in self.columns:
            if group.kind == "group":
                for school_class in self._classes.values():
                    of_class = group.school_class_id == school_class.school_class_id
                    across = group.school_class_id is None and group.grade_level == school_class.grade_level
                    if of_class or across:
                        found[school_class.id].append(group)
        return found

    @cached_property
    def _subjects(self) -> dict[UUID, str]:
        return {row.subject_id: row.subject for row in self.rows}

    def subject(self, subject_id: UUID) -> str:
        """The name of a subject of the table."""
        return self._subjects[subject_id]

    def above(self, column: Column) -> Column | None:
        """Whose hours a column has where it has none of its own."""
        if column.kind == "class":
            return self._grades.get(column.grade_level)
        if column.kind == "pupil" and column.school_class_id is not None:
            return self._classes.get(column.school_class_id)
        return None

    def halves(self, row: Row, column: Column) -> int | None:
        """Hours of a cell, its own or inherited; None where nobody has said."""
        own = self.written.get((row.id, column.id))
        if own is not None:
            return own
        above = self.above(column)
        if above is None:
            return None
        if column.kind == "pupil":
            apart = [self.written.get((row.id, group.id), 0) for group in self._groups[above.id]]
            if any(apart):
                return max(apart)
        return self.halves(row, above)

    def is_split(self, row: Row, school_class: Column) -> bool:
        """Whether a class learns a subject in groups."""
        return any(self.written.get((row.id, group.id)) for group in self._groups[school_class.id])

    def load(self, column: Column) -> Load:
        """The week of a column."""
        sums = dict.fromkeys(PARTS, 0)
        for part in PARTS:
            rows = [row for row in self.rows if row.part == part]
            if column.kind != "class":
                sums[part] = sum(self.halves(row, column) or 0 for row in rows)
                continue
            sums[part] = sum(self.halves(row, column) or 0 for row in rows if not self.is_split(row, column))
            splits: dict[str, int] = defaultdict(int)
            for group in self._groups[column.id]:
                whole = sum(self.written.get((row.id, group.id), 0) for row in rows)
                key = group.split or str(group.id)
                splits[key] = max(splits[key], whole)
            sums[part] += sum(splits.values())
        return Load(mandatory=sums[MANDATORY], school=sums[SCHOOL], extracurricular=sums[EXTRACURRICULAR])

    @cached_property
    def loads(self) -> Mapping[UUID, Load]:
        """The week of every column, by its id."""
        return {column.id: self.load(column) for column in self.columns}

    @cached_property
    def units(self) -> Sequence[Unit]:
        """What is taught apart, by class or group, in the order of the table; pupils' individual hours too."""
        return list(self._units())

    def _units(self) -> Iterable[Unit]:
        for row in self.rows:
            for column in self.columns:
                if column.kind == "class" and self.is_split(row, column):
                    continue
                own = column.kind in ("group", "pupil")
                halves = self.written.get((row.id, column.id)) if own else self.halves(row, column)
                if column.kind != "grade" and halves:
                    yield Unit(row=row, column=column, halves=halves)

    def parts(self) -> list[tuple[str, list[Row]]]:
        """Rows by parts of the plan, those without rows left out."""
        return [(part, rows) for part in PARTS if (rows := [row for row in self.rows if row.part == part])]


def read_table(db: Session, curriculum_id: UUID, *, with_pupils: bool) -> Table:
    """The content of a curriculum; three statements. Without `with_pupils` individual plans stay out of it.

    The caller has asked for the rights.
    """
    columns = _columns(db, curriculum_id, with_pupils=with_pupils)
    rows = [
        Row(id=row.id, subject_id=row.subject_id, subject=row.name, area=row.area, part=row.part)
        for row in db.execute(
            select(CurriculumRow.id, CurriculumRow.subject_id, CurriculumRow.part, Subject.name, Subject.area)
            .join(Subject, Subject.id == CurriculumRow.subject_id)
            .where(CurriculumRow.curriculum_id == curriculum_id)
            .order_by(CurriculumRow.position, CurriculumRow.id)
        )
    ]
    shown = {column.id for column in columns}
    written = {
        (row.row_id, row.column_id): row.half_hours
        for row in db.execute(
            select(CurriculumHours.row_id, CurriculumHours.column_id, CurriculumHours.half_hours)
            .join(CurriculumRow, CurriculumRow.id == CurriculumHours.row_id)
            .where(CurriculumRow.curriculum_id == curriculum_id, CurriculumHours.half_hours.is_not(None))
        )
        if row.column_id in shown
    }
    return Table(columns, rows, written)


def _columns(db: Session, curriculum_id: UUID, *, with_pupils: bool) -> list[Column]:
    statement = (
        select(
            CurriculumColumn.id,
            CurriculumColumn.grade_level,
            CurriculumColumn.school_class_id,
            CurriculumColumn.pupil_group_id,
            CurriculumColumn.pupil_id,
            CurriculumColumn.weeks,
            SchoolClass.name.label("class_name"),
            SchoolClass.name_key.label("class_key"),
            SchoolClass.days_per_week,
            PupilGroup.name.label("group_name"),
            PupilGroup.name_key.label("group_key"),
            PupilGroup.split,
            PupilGroup.school_class_id.label("class_of_group"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.name_key.label("person_key"),
        )
        .outerjoin(PupilGroup, PupilGroup.id == CurriculumColumn.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == CurriculumColumn.school_class_id)
        .outerjoin(Person, Person.id == CurriculumColumn.pupil_id)
        .where(CurriculumColumn.curriculum_id == curriculum_id)
    )
    if not with_pupils:
        statement = statement.where(CurriculumColumn.pupil_id.is_(None))
    found: list[tuple[tuple[object, ...], Column]] = []
    for row in db.execute(statement):
        kind: ColumnKind = "grade"
        title = _("%(grade)s класс") % {"grade": row.grade_level}
        if row.pupil_id is not None:
            kind, title = "pupil", short_name(row.last_name, row.first_name, row.middle_name)
        elif row.pupil_group_id is not None:
            kind, title = "group", _group_title(row.class_name or "", row.group_name)
        elif row.school_class_id is not None:
            kind, title = "class", row.class_name
        place = ("grade", "class", "group", "pupil").index(kind)
        later = bool(row.school_class_id is None and kind == "group")
        key = (
            row.grade_level,
            later,
            row.class_key or "",
            place,
            row.group_key or row.person_key or "",
            str(row.id),
        )
        found.append(
            (
                key,
                Column(
                    id=row.id,
                    kind=kind,
                    title=title,
                    grade_level=row.grade_level,
                    weeks=row.weeks,
                    days_per_week=row.days_per_week or 5,
                    school_class_id=row.school_class_id,
                    pupil_group_id=row.pupil_group_id,
                    pupil_id=row.pupil_id,
                    split=row.split or "",
                ),
            )
        )
    return [column for _key, column in sorted(found, key=lambda each: each[0])]


def _group_title(class_name: str, group_name: str) -> str:
    """«7А, группа 1»; a name that begins with the class stays as it is."""
    return (
        group_name if not class_name or group_name.startswith(class_name) else f"{class_name}, {group_name}"
    )
