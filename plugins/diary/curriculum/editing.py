"""Changing a draft: hours of cells, rows of subjects, columns of classes, groups and individual plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, or_, select, update

from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Enrollment, Organization, PupilGroup, SchoolClass, Subject
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import CurriculumLine, Revision, note, open_curriculum, weeks_of_grade
from plugins.diary.curriculum.hours import halves_of, show_hours
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn, CurriculumHours, CurriculumRow
from plugins.diary.curriculum.table import PARTS, Column, Row, Table, read_table

MOST_ROWS, MOST_COLUMNS = 120, 400


class CellIn(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of one cell as they were typed, and what its editor saw there before."""

    row: Annotated[UUID, Meta(description="Ключ строки.")]
    column: Annotated[UUID, Meta(description="Ключ столбца.")]
    text: Annotated[
        str,
        Meta(
            max_length=20,
            description="Часы в неделю: `2`, `2,5`, `½`; `–` – предмета нет; пусто – как у параллели или класса.",
        ),
    ]
    was: Annotated[
        str | None,
        Meta(description="Что стояло в самой клетке, когда её увидели; null – записать поверх любой правки."),
    ] = None
    seen: Annotated[
        Revision, Meta(description="Правка плана, после которой его видели: поле `revision`.")
    ] = 0


class HoursChanged(Conflict):
    """Somebody has written other hours into the cell meanwhile."""

    def __init__(self, row: Row, column: Column, now_there: str) -> None:
        super().__init__(
            sentence(
                "Часы уже изменили: %(subject)s, %(place)s – теперь «%(text)s».",
                subject=row.subject,
                place=column.title,
                text=now_there,
            ),
            advice=sentence("Сравните со своими. Если верны ваши, введите их ещё раз."),
        )


class RowIn(msgspec.Struct, frozen=True, kw_only=True):
    """A subject to be put into a part of the plan."""

    subject_id: UUID
    part: Annotated[
        str,
        Meta(
            description="`mandatory` – обязательная часть, `school` – часть школы, `extracurricular` – внеурочная "
            "деятельность."
        ),
    ] = "mandatory"


class ColumnIn(msgspec.Struct, frozen=True, kw_only=True):
    """A class, a group or a pupil with an individual plan to get a column: exactly one of them."""

    school_class_id: Annotated[
        UUID | None, Meta(description="Ключ класса; null, если столбец не класса.")
    ] = None
    pupil_group_id: Annotated[UUID | None, Meta(description="Ключ группы; null, если столбец не группы.")] = (
        None
    )
    pupil_id: Annotated[
        UUID | None, Meta(description="Ключ ученика с индивидуальным планом; null, если столбец не его.")
    ] = None


def _touch(db: Session, curriculum_id: UUID) -> int:
    """The next revision of the curriculum; its row is locked."""
    return db.scalars(
        update(Curriculum)
        .where(Curriculum.id == curriculum_id)
        .values(revision=Curriculum.revision + 1)
        .returning(Curriculum.revision)
    ).one()


def set_hours(db: Session, actor: Actor, curriculum_id: UUID, cell: CellIn) -> Table:
    """Write the hours of a cell; the table as it stands then.

    Raises `Invalid` for what was typed, `HoursChanged`, `NotFound` for a row or column that is gone, and as
    `open_curriculum`.
    """
    open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    table = read_table(db, curriculum_id, with_pupils=True)
    row = next((each for each in table.rows if each.id == cell.row), None)
    column = next((each for each in table.columns if each.id == cell.column), None)
    if row is None or column is None:
        raise NotFound(
            "Этой строки или столбца в плане больше нет.", advice="Обновите страницу: их могли убрать."
        )
    halves = halves_of(cell.text)
    before = table.written.get((row.id, column.id))
    if halves == before:
        return table
    if cell.was is not None and show_hours(before) != cell.was:
        raise HoursChanged(row, column, show_hours(before))
    write_hours(db, curriculum_id, {(row.id, column.id): halves})
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.hours",
        before=_told(row, column, before),
        after=_told(row, column, halves),
    )
    written = {key: value for key, value in table.written.items() if key != (row.id, column.id)}
    if halves is not None:
        written[row.id, column.id] = halves
    return Table(table.columns, table.rows, written)


def _told(row: Row, column: Column, halves: int | None) -> dict[str, Any]:
    """What the history keeps of a cell; an individual plan without the pupil's name."""
    place = str(column.id) if column.kind == "pupil" else column.title
    return {"subject": row.subject, "place": place, "hours": show_hours(halves)}


def write_hours(db: Session, curriculum_id: UUID, hours: dict[tuple[UUID, UUID], int | None]) -> int:
    """Store hours by row and column; returns the new revision. The caller has asked for the rights."""
    revision = _touch(db, curriculum_id)
    known = {
        (each.row_id, each.column_id)
        for each in db.execute(
            select(CurriculumHours.row_id, CurriculumHours.column_id).where(
                CurriculumHours.row_id.in_({row_id for row_id, _column in hours})
            )
        )
    }
    fresh: list[dict[str, Any]] = []
    for (row_id, column_id), halves in hours.items():
        if (row_id, column_id) in known:
            db.execute(
                update(CurriculumHours)
                .where(CurriculumHours.row_id == row_id, CurriculumHours.column_id == column_id)
                .values(half_hours=halves, revision=revision)
            )
        else:
            fresh.append(
                {"row_id": row_id, "column_id": column_id, "half_hours": halves, "revision": revision}
            )
    if fresh:
        db.execute(insert(CurriculumHours), fresh)
    return revision


def changed_since(db: Session, curriculum_id: UUID, revision: int) -> set[UUID]:
    """Rows with a cell that was changed after `revision`."""
    return set(
        db.scalars(
            select(CurriculumHours.row_id)
            .join(CurriculumRow, CurriculumRow.id == CurriculumHours.row_id)
            .where(CurriculumRow.curriculum_id == curriculum_id, CurriculumHours.revision > revision)
        )
    )


def subjects_of(db: Session, organization_id: UUID) -> Sequence[Any]:
    """Subjects a school may plan, its own and those from above, as rows."""
    path = db.scalars(select(Organization.path).where(Organization.id == organization_id)).one()
    ids = [UUID(part) for part in path.split("/") if part]
    return db.execute(
        select(Subject.id, Subject.name, Subject.short_name, Subject.name_key)
        .where(Subject.organization_id.in_(ids))
        .order_by(Subject.position, Subject.name_key)
    ).all()


def add_row(db: Session, actor: Actor, curriculum_id: UUID, wanted: RowIn) -> UUID:
    """Put a subject into a part of the plan; returns the row's id.

    Raises `Conflict` if it is there already, `Invalid`, `NotFound` for a foreign subject.
    """
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    if wanted.part not in PARTS:
        wrong = sentence("Выберите часть плана из списка.")
        raise Invalid("Предмет не добавлен.", advice=wrong, fields={"part": wrong})
    subject = next(
        (each for each in subjects_of(db, line.organization_id) if each.id == wanted.subject_id), None
    )
    if subject is None:
        raise NotFound("Такого предмета нет.", advice="Обновите страницу и выберите из списка.")
    rows = db.execute(
        select(CurriculumRow.subject_id, CurriculumRow.part, CurriculumRow.position).where(
            CurriculumRow.curriculum_id == curriculum_id
        )
    ).all()
    if any((each.subject_id, each.part) == (wanted.subject_id, wanted.part) for each in rows):
        wrong = sentence("«%(subject)s» в этой части плана уже есть.", subject=subject.name)
        raise Conflict(wrong, advice="Впишите часы в его строку.", fields={"subject_id": wrong})
    if len(rows) >= MOST_ROWS:
        raise Invalid(sentence("В плане не больше %(most)s строк.", most=MOST_ROWS), advice="Уберите лишние.")
    ids = insert_rows(
        db,
        curriculum_id,
        [(wanted.subject_id, wanted.part)],
        after=max((each.position for each in rows), default=0),
    )
    _touch(db, curriculum_id)
    note(
        db, actor, curriculum_id, "diary.curriculum.row", after={"subject": subject.name, "part": wanted.part}
    )
    return ids[0]


def insert_rows(
    db: Session, curriculum_id: UUID, wanted: Sequence[tuple[UUID, str]], *, after: int = 0
) -> list[UUID]:
    """Rows for subjects and parts, in order; returns their ids. The caller has asked for the rights."""
    rows = [
        {
            "id": new_id(),
            "curriculum_id": curriculum_id,
            "subject_id": subject_id,
            "part": part,
            "position": after + number,
        }
        for number, (subject_id, part) in enumerate(wanted, start=1)
    ]
    if rows:
        db.execute(insert(CurriculumRow), rows)
    return [row["id"] for row in rows]  # pyright: ignore[reportReturnType]


def remove_row(db: Session, actor: Actor, curriculum_id: UUID, row_id: UUID) -> None:
    """Take a subject with its hours out of the plan."""
    open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    table = read_table(db, curriculum_id, with_pupils=True)
    row = next((each for each in table.rows if each.id == row_id), None)
    if row is None:
        raise NotFound("Этой строки в плане больше нет.", advice="Обновите страницу.")
    db.execute(delete(CurriculumRow).where(CurriculumRow.id == row_id))
    _touch(db, curriculum_id)
    hours = {
        column.title if column.kind != "pupil" else str(column.id): show_hours(
            table.written[row_id, column.id]
        )
        for column in table.columns
        if (row_id, column.id) in table.written
    }
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.row",
        before={"subject": row.subject, "part": row.part, "hours": hours},
    )


class Addable(msgspec.Struct, frozen=True, kw_only=True):
    """What may get a column and has none: (key, title) by kind."""

    classes: Sequence[tuple[UUID, str]]
    groups: Sequence[tuple[UUID, str]]
    pupils: Sequence[tuple[UUID, str]]

    def __bool__(self) -> bool:
        return bool(self.classes or self.groups or self.pupils)


def addable(
    db: Session, actor: Actor, line: CurriculumLine, table: Table, grade_level: int | None
) -> Addable:
    """Classes, groups and pupils without a column: of one grade level, or classes only for all."""
    lowest, highest = (
        (grade_level, grade_level) if grade_level else (line.lowest_grade_level, line.highest_grade_level)
    )
    have = {each for column in table.columns for each in (column.pupil_group_id, column.pupil_id) if each}
    have_classes = {each.school_class_id for each in table.columns if each.kind == "class"}
    of_year = (
        SchoolClass.academic_year_id == line.academic_year_id,
        SchoolClass.grade_level.between(lowest, highest),
    )
    classes = db.execute(
        select(SchoolClass.id, SchoolClass.name)
        .where(*of_year, SchoolClass.closed_on.is_(None))
        .order_by(SchoolClass.name_key)
    ).all()
    groups: Sequence[Any] = ()
    pupils: Sequence[Any] = ()
    if grade_level:
        groups = db.execute(
            select(PupilGroup.id, PupilGroup.name, SchoolClass.name.label("class_name"))
            .outerjoin(SchoolClass, SchoolClass.id == PupilGroup.school_class_id)
            .where(
                PupilGroup.academic_year_id == line.academic_year_id,
                PupilGroup.closed_on.is_(None),
                or_(SchoolClass.grade_level == grade_level, PupilGroup.grade_level == grade_level),
            )
            .order_by(PupilGroup.name_key)
        ).all()
        pupils = db.execute(
            select(Person.id, Person.last_name, Person.first_name, SchoolClass.name.label("class_name"))
            .join(Enrollment, Enrollment.person_id == Person.id)
            .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
            .where(*of_year, in_force(Enrollment, _day_in(db, actor, line)))
            .order_by(SchoolClass.name_key, Person.name_key, Person.id)
        ).all()

    def titled(row: Any) -> str:
        within_class = row.class_name and not row.name.startswith(row.class_name)
        return f"{row.class_name}, {row.name}" if within_class else row.name

    return Addable(
        classes=[(row.id, row.name) for row in classes if row.id not in have_classes],
        groups=[(row.id, titled(row)) for row in groups if row.id not in have],
        pupils=[
            (row.id, f"{row.class_name}, {row.last_name} {row.first_name}")
            for row in pupils
            if row.id not in have
        ],
    )


def _day_in(db: Session, actor: Actor, line: CurriculumLine) -> date:
    """Today, or the nearest day of the plan's year."""
    year = db.get_one(AcademicYear, line.academic_year_id)
    return min(max(school_today(actor), year.starts_on), year.ends_on)


def add_column(db: Session, actor: Actor, curriculum_id: UUID, wanted: ColumnIn) -> UUID:
    """Give a class, a group or a pupil a column of its own; returns its id.

    A group that learns one subject begins with the hours its class has in it. Raises `Invalid`, `Conflict` if the
    column is there already, `NotFound` for somebody of another school or year.
    """
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    given = [each for each in (wanted.school_class_id, wanted.pupil_group_id, wanted.pupil_id) if each]
    if len(given) != 1:
        wrong = sentence("Выберите класс, группу или ученика.")
        raise Invalid("Столбец не добавлен.", advice=wrong, fields={"place": wrong})
    table = read_table(db, curriculum_id, with_pupils=True)
    values, subject_id = _place(db, actor, line, wanted)
    same = next(
        (
            column
            for column in table.columns
            if (wanted.pupil_group_id and column.pupil_group_id == wanted.pupil_group_id)
            or (wanted.pupil_id and column.pupil_id == wanted.pupil_id)
            or (
                wanted.school_class_id
                and column.kind == "class"
                and column.school_class_id == wanted.school_class_id
            )
        ),
        None,
    )
    if same is not None:
        wrong = sentence("Такой столбец уже есть: %(title)s.", title=same.title)
        raise Conflict(wrong, advice="Впишите часы в него.", fields={"place": wrong})
    if len(table.columns) >= MOST_COLUMNS:
        raise Invalid(
            sentence("В плане не больше %(most)s столбцов.", most=MOST_COLUMNS), advice="Уберите лишние."
        )
    column_id = new_id()
    db.execute(insert(CurriculumColumn).values(id=column_id, curriculum_id=curriculum_id, **values))
    _touch(db, curriculum_id)
    if subject_id is not None:
        above = next(
            (
                each
                for each in table.columns
                if (each.kind == "class" and each.school_class_id == values["school_class_id"])
                or (
                    each.kind == "grade"
                    and not values["school_class_id"]
                    and each.grade_level == values["grade_level"]
                )
            ),
            None,
        )
        hours = {
            (row.id, column_id): halves
            for row in table.rows
            if above is not None and row.subject_id == subject_id and (halves := table.halves(row, above))
        }
        if hours:
            write_hours(db, curriculum_id, dict(hours))
    kind = "pupil" if wanted.pupil_id else "group" if wanted.pupil_group_id else "class"
    note(db, actor, curriculum_id, "diary.curriculum.column", after={"kind": kind, "place": str(given[0])})
    return column_id


def _place(
    db: Session, actor: Actor, line: CurriculumLine, wanted: ColumnIn
) -> tuple[dict[str, Any], UUID | None]:
    """The values of a new column, and the subject its group learns. Raises `NotFound`."""
    school_class: SchoolClass | None = None
    group: PupilGroup | None = None
    grade: int | None = None
    if wanted.pupil_group_id is not None:
        group = db.get(PupilGroup, wanted.pupil_group_id)
        if group is not None and group.academic_year_id == line.academic_year_id:
            school_class = db.get(SchoolClass, group.school_class_id) if group.school_class_id else None
            grade = school_class.grade_level if school_class else group.grade_level
    elif wanted.pupil_id is not None:
        class_id = db.scalar(
            select(Enrollment.school_class_id).where(
                Enrollment.academic_year_id == line.academic_year_id,
                Enrollment.person_id == wanted.pupil_id,
                in_force(Enrollment, _day_in(db, actor, line)),
            )
        )
        school_class = db.get(SchoolClass, class_id) if class_id else None
    elif wanted.school_class_id is not None:
        school_class = db.get(SchoolClass, wanted.school_class_id)
    if school_class is not None and school_class.academic_year_id == line.academic_year_id:
        grade = school_class.grade_level
    if grade is None or not line.lowest_grade_level <= grade <= line.highest_grade_level:
        raise NotFound("В классах этого плана такого нет.", advice="Обновите страницу и выберите из списка.")
    return {
        "grade_level": grade,
        "school_class_id": school_class.id if school_class else None,
        "pupil_group_id": wanted.pupil_group_id,
        "pupil_id": wanted.pupil_id,
        "weeks": weeks_of_grade(grade),
    }, group.subject_id if group else None


def remove_column(db: Session, actor: Actor, curriculum_id: UUID, column_id: UUID) -> None:
    """Take a group or an individual plan out; a class without its column is not in the plan."""
    open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    table = read_table(db, curriculum_id, with_pupils=True)
    column = next((each for each in table.columns if each.id == column_id), None)
    if column is None:
        raise NotFound("Этого столбца в плане больше нет.", advice="Обновите страницу.")
    if column.kind == "grade":
        raise Conflict(
            "Параллель из плана не убирают.",
            advice="Оставьте её часы пустыми или начните план других классов.",
        )
    hours = {
        row.subject: show_hours(table.written[row.id, column_id])
        for row in table.rows
        if (row.id, column_id) in table.written
    }
    db.execute(delete(CurriculumColumn).where(CurriculumColumn.id == column_id))
    _touch(db, curriculum_id)
    place = str(column.pupil_id) if column.kind == "pupil" else column.title
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.column",
        before={"kind": column.kind, "place": place, "hours": hours},
    )
