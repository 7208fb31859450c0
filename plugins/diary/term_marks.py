"""A pupil's marks of terms, the year, exams and the final ones, subject by subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.capabilities import Behaviour, PupilBehaviour, PupilTermMark, TermMarks
from core.database.session import Session
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, SchoolClass, Term
from core.roles.actor import Actor
from core.web.i18n import lazy
from plugins.diary.pupils import Circle, DiaryPupil, circle, reader_in

OF_THE_YEAR = {"year": lazy("Год"), "exam": lazy("Экзамен"), "final": lazy("Итоговая")}


class TermColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column: a term of the pupil's class, or the year, exams, final marks."""

    key: Annotated[str, Meta(description="Ключ учебного периода или `year`, `exam`, `final`.")]
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]


class TermCell(msgspec.Struct, frozen=True, kw_only=True):
    """A mark, or while none is set the average of the term so far."""

    value: Annotated[str, Meta(description="Отметка: `5`, `н/а`; пусто – ещё не выставлена.")] = ""
    average: Annotated[str, Meta(description="Средний балл за период: «4,44»; пусто, если отметок нет.")] = ""
    source: Annotated[
        str,
        Meta(
            description="Прежняя школа: она выставила отметку или её отметки вошли в средний балл; пусто – нет."
        ),
    ] = ""


class SubjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """A subject with a cell for each column."""

    subject_id: UUID
    subject: str
    cells: Annotated[Sequence[TermCell], Meta(description="По порядку столбцов.")]


class BehaviourCell(msgspec.Struct, frozen=True, kw_only=True):
    """Behaviour in a term or in the year."""

    value: Annotated[str, Meta(description="Отметка: `обр`, `зач`, `5`; пусто – не выставлена.")] = ""
    title: Annotated[str, Meta(description="Что значит: «образцовое».")] = ""
    failing: Annotated[bool, Meta(description="Поведение неудовлетворительное.")] = False


class PupilTermMarks(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's year in marks. Exams and final marks have a column only if there is one."""

    pupil_id: UUID
    pupil: Annotated[str, Meta(description="Фамилия, имя и отчество ученика.")]
    columns: Annotated[Sequence[TermColumn], Meta(description="Столбцы по порядку.")]
    subjects: Annotated[Sequence[SubjectLine], Meta(description="Предметы, в которых есть отметки.")]
    behaviour: Annotated[
        Sequence[BehaviourCell],
        Meta(
            description="Поведение по порядку столбцов; пусто, если школа его не ставит или ещё не выставила."
        ),
    ] = ()

    @property
    def brought(self) -> list[str]:
        """Former schools whose marks stand in the cells or count in their averages."""
        return sorted({cell.source for line in self.subjects for cell in line.cells if cell.source})


def pupil_term_marks(db: Session, actor: Actor, pupil_id: UUID | None) -> tuple[PupilTermMarks, Circle]:
    """The marks of the present academic year, and the circle of pupils the actor may turn to.

    Raises `Forbidden` without the permission `diary.view`, `NotFound` for somebody else's child.
    """
    today = school_today(actor)
    seen = circle(db, actor, pupil_id, today, today)
    pupil = seen.shown
    marks: list[PupilTermMark] = []
    behaved: list[PupilBehaviour] = []
    for school in pupil.schools:
        provider: TermMarks | None = db.portal.switches.implementation("term_marks", school.path)
        if provider is not None and db.portal.switches.is_on("diary", school.path):
            marks += provider.of_pupil(db, reader_in(school, actor), pupil.id, today)
        told: Behaviour | None = db.portal.switches.implementation("behaviour", school.path)
        if told is not None and db.portal.switches.is_on("diary", school.path):
            behaved += told.of_pupil(db, reader_in(school, actor), pupil.id, today)
    columns = _columns(db, pupil, today, marks)
    return PupilTermMarks(
        pupil_id=pupil.id,
        pupil=pupil.full_name,
        columns=columns,
        subjects=_lines(marks, columns),
        behaviour=_behaviour(behaved, columns),
    ), seen


def _columns(db: Session, pupil: DiaryPupil, today: date, marks: Sequence[PupilTermMark]) -> list[TermColumn]:
    terms = db.execute(
        select(Term.id, Term.name)
        .join(SchoolClass, SchoolClass.term_kind == Term.kind)
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .where(
            SchoolClass.id == pupil.school_class_id,
            SchoolClass.academic_year_id == Term.academic_year_id,
            AcademicYear.starts_on <= today,
            AcademicYear.ends_on >= today,
        )
        .order_by(Term.number)
    )
    found = [TermColumn(key=str(row.id), title=row.name) for row in terms]
    kinds = {mark.kind for mark in marks} | {"year"}
    return found + [
        TermColumn(key=kind, title=str(title)) for kind, title in OF_THE_YEAR.items() if kind in kinds
    ]


def _behaviour(behaved: Sequence[PupilBehaviour], columns: Sequence[TermColumn]) -> list[BehaviourCell]:
    found = {
        str(each.term_id or "year"): BehaviourCell(value=each.value, title=each.title, failing=each.failing)
        for each in behaved
    }
    return [found.get(column.key, BehaviourCell()) for column in columns] if found else []


def _better(mark: PupilTermMark, there: TermCell) -> bool:
    """Whether a mark is to stand in the place of what was found before: own marks go before those brought along."""
    return bool(mark.value) and (not there.value or (bool(there.source) and not mark.source))


def _lines(marks: Sequence[PupilTermMark], columns: Sequence[TermColumn]) -> list[SubjectLine]:
    """A pupil who changed groups has a subject on two pages: what is set wins over an average.

    Different marks set in two groups stand side by side.
    """
    subjects: dict[UUID, str] = {}
    cells: dict[tuple[UUID, str], TermCell] = {}
    for mark in marks:
        subjects.setdefault(mark.subject_id, mark.subject)
        place = mark.subject_id, str(mark.term_id or mark.kind)
        there = cells.get(place)
        if there is None or _better(mark, there):
            cells[place] = TermCell(value=mark.value, average=mark.average, source=mark.source)
        elif mark.value and not mark.source and mark.value not in there.value.split("/"):
            cells[place] = TermCell(value=f"{there.value}/{mark.value}", average=there.average)
    return [
        SubjectLine(
            subject_id=subject_id,
            subject=name,
            cells=[cells.get((subject_id, column.key), TermCell()) for column in columns],
        )
        for subject_id, name in subjects.items()
    ]
