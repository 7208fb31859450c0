"""Points of pupils for the criteria of a work: a table of the class, and writing those of one pupil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.school_events import PointsSet
from core.web.i18n import sentence
from plugins.journal.access import MARK, Opened, open_page, require_right
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.criteria.proposed_mark import proposed_mark
from plugins.journal.criteria.sets import MOST_POINTS, Criterion, read_criteria
from plugins.journal.grid.cell_text import cell_text, written_mark
from plugins.journal.grid.cells import require_open_term, set_cell
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.stored_cells import CELL, belongs_on, lesson_on, raise_version, subject_id_of, tell
from plugins.journal.models import JournalAttendance, JournalMark
from plugins.journal.scales import MarkScale


class PupilPoints(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's work: points by criterion, their sum, the mark proposed once every criterion has points."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    points: Annotated[Sequence[int | None], Meta(description="Баллы по порядку критериев; null – не стоят.")]
    total: Annotated[int | None, Meta(description="Сумма баллов; null, если их ещё нет.")]
    proposed: Annotated[str, Meta(description="Какую отметку дают баллы; пусто, пока стоят не все.")]
    marks: Annotated[str, Meta(description="Отметки этого урока: «4», «2→4»; пусто – их нет.")]


class PointsTable(msgspec.Struct, frozen=True, kw_only=True):
    """A work by its criteria: the pupils of the day of the lesson."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    day: date
    work: Annotated[str, Meta(description="Вид работы; пусто у обычного урока.")]
    greatest: Annotated[int, Meta(description="Сколько баллов можно набрать.")]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]
    criteria: Annotated[Sequence[Criterion], Meta(description="Критерии: столбцы таблицы.")]
    pupils: Annotated[Sequence[PupilPoints], Meta(description="Ученики: строки таблицы.")]
    may_mark: Annotated[bool, Meta(description="Вам можно ставить баллы и отметки.")]


def read_points(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> PointsTable:
    """The table of a lesson of an opened page; five statements. Raises `NotFound` for a lesson not on it."""
    lesson = lesson_on(db, page, lesson_id)
    criteria = read_criteria(db, lesson_id)
    pupils = read_pupils(db, page, lesson.day, lesson.day)
    stored: dict[tuple[UUID, UUID], int] = {
        (row.pupil_id, row.criterion_id): row.points
        for row in db.execute(
            select(JournalPoints.pupil_id, JournalPoints.criterion_id, JournalPoints.points).where(
                JournalPoints.lesson_id == lesson_id
            )
        )
    }
    marks: dict[UUID, str] = {}
    for row in db.execute(
        select(JournalMark.pupil_id, JournalMark.value, JournalMark.is_retake)
        .where(JournalMark.lesson_id == lesson_id)
        .order_by(JournalMark.pupil_id, JournalMark.position)
    ):
        before = marks.get(row.pupil_id, "")
        joint = "/" if before and not row.is_retake else ""
        marks[row.pupil_id] = before + joint + written_mark(row.value, row.is_retake)
    kind = page.settings.kinds.get(lesson.control_kind)
    term = page.term_containing(lesson.day)
    return PointsTable(
        lesson=lesson_id,
        day=lesson.day,
        work=kind.shown_title if kind else "",
        greatest=sum(each.greatest for each in criteria),
        scale=page.scale,
        criteria=criteria,
        pupils=[
            _line(
                page,
                each.id,
                each.name,
                criteria,
                [stored.get((each.id, criterion.id)) for criterion in criteria],
                marks.get(each.id, ""),
            )
            for each in pupils
        ],
        may_mark=actor.can(MARK)
        and (page.may_mark or lesson.teacher_id == actor.person_id)
        and lesson.day <= school_today(actor)
        and not (term and term.is_closed),
    )


def _line(
    page: Opened,
    pupil_id: UUID,
    name: str,
    criteria: Sequence[Criterion],
    points: Sequence[int | None],
    marks: str,
) -> PupilPoints:
    given = [each for each in points if each is not None]
    complete = bool(criteria) and len(given) == len(criteria) and not page.without_marks
    greatest = sum(each.greatest for each in criteria)
    return PupilPoints(
        id=pupil_id,
        name=name,
        points=points,
        total=sum(given) if given else None,
        proposed=proposed_mark(sum(given), greatest, page.scale, page.settings.work_percents)
        if complete
        else "",
        marks=marks,
    )


def points_in_cell(
    db: Session, page: Opened, lesson_id: UUID, pupil_id: UUID
) -> tuple[list[tuple[Criterion, int | None]], str]:
    """The points of one pupil for each criterion of a lesson, and the mark they propose. One statement."""
    rows: Sequence[Any] = db.execute(
        select(JournalCriterion.id, JournalCriterion.title, JournalCriterion.greatest, JournalPoints.points)
        .outerjoin(
            JournalPoints,
            (JournalPoints.criterion_id == JournalCriterion.id) & (JournalPoints.pupil_id == pupil_id),
        )
        .where(JournalCriterion.lesson_id == lesson_id)
        .order_by(JournalCriterion.position)
    ).all()
    criteria = [Criterion(id=row.id, title=row.title, greatest=row.greatest) for row in rows]
    points = [row.points for row in rows]
    line = _line(page, pupil_id, "", criteria, points, "")
    return list(zip(criteria, points, strict=True)), line.proposed


def typed_points(text: str, criterion: Criterion) -> int | None:
    """Points as typed; an empty text takes them back. Raises `Invalid` with the bounds of the criterion."""
    typed = text.replace("\x00", "").strip()
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else -1
    if not 0 <= number <= criterion.greatest:
        raise _out_of_bounds(criterion)
    return number


def _out_of_bounds(criterion: Criterion) -> Invalid:
    told = sentence(
        "«%(title)s»: баллы – целое число от 0 до %(most)s.", title=criterion.title, most=criterion.greatest
    )
    return Invalid(told, advice="Исправьте баллы.", fields={f"points:{criterion.id}": told})


def set_points(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    points: Mapping[UUID, int | None],
    was: Mapping[UUID, int | None] | None = None,
) -> PupilPoints:
    """Give a pupil points for criteria of a work, or take them back with None; others stay. Returns the line.

    `was` is what the writer saw; what it does not name is overwritten. Raises `Invalid` out of the bounds of a
    criterion, `Conflict` in a closed term, before the lesson, for a pupil who was not there and where somebody was
    faster, `Forbidden` on another teacher's lesson.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    _require_writable(db, actor, page, lesson, pupil_id)
    criteria = {each.id: each for each in read_criteria(db, lesson_id)}
    for criterion_id, number in points.items():
        if criterion_id not in criteria:
            raise Invalid("Такого критерия у работы нет.", advice="Обновите страницу: критерии изменили.")
        if number is not None and not 0 <= number <= min(criteria[criterion_id].greatest, MOST_POINTS):
            raise _out_of_bounds(criteria[criterion_id])
    stored: dict[UUID, Any] = {
        row.criterion_id: row
        for row in db.execute(
            select(JournalPoints.id, JournalPoints.criterion_id, JournalPoints.points).where(
                JournalPoints.lesson_id == lesson_id, JournalPoints.pupil_id == pupil_id
            )
        )
    }
    changed = {
        key: number
        for key, number in points.items()
        if (stored[key].points if key in stored else None) != number
    }
    for key in changed:
        there = stored[key].points if key in stored else None
        if was is not None and key in was and was[key] != there:
            raise Conflict(
                sentence(
                    "«%(title)s»: баллы уже изменили, сейчас там %(there)s.",
                    title=criteria[key].title,
                    there=there if there is not None else sentence("пусто"),
                ),
                advice="Проверьте их и при необходимости введите свои ещё раз.",
            )
    if changed:
        _write(db, actor, page, lesson_id, pupil_id, changed, stored)
        before = {criteria[key].title: stored[key].points for key in changed if key in stored}
        after = {criteria[key].title: number for key, number in changed.items() if number is not None}
        version = raise_version(db, page.id)
        record(
            db,
            actor,
            page.organization_id,
            Change(
                action="journal.points.set",
                subject_type=CELL,
                subject_id=subject_id_of(lesson_id, pupil_id),
                before=before or None,
                after=after or None,
            ),
        )
        db.publish(
            PointsSet(
                organization_id=page.organization_id,
                page_id=page.id,
                lesson_id=lesson_id,
                pupil_id=pupil_id,
                day=lesson.day,
                version=version,
            )
        )
        tell(db, page.id, version)
    return next(each for each in read_points(db, actor, page, lesson_id).pupils if each.id == pupil_id)


def _require_writable(db: Session, actor: Actor, page: Opened, lesson: Any, pupil_id: UUID) -> None:
    require_open_term(page, lesson.day)
    if lesson.day > school_today(actor):
        raise Conflict(
            sentence("Урок %(day)s ещё не прошёл.", day=lesson.day),
            advice="Баллы можно поставить в день урока и позже.",
        )
    if not belongs_on(db, page, pupil_id, lesson.day):
        raise Conflict(
            sentence("%(day)s этого ученика не было в списке класса или группы.", day=lesson.day),
            advice="Проверьте даты зачисления у секретаря школы.",
        )


def _write(
    db: Session,
    actor: Actor,
    page: Opened,
    lesson_id: UUID,
    pupil_id: UUID,
    changed: Mapping[UUID, int | None],
    stored: Mapping[UUID, Any],
) -> None:
    for key, number in changed.items():
        signed = {"points": number, "author_id": actor.person_id, "changed_at": now()}
        if number is None:
            db.execute(delete(JournalPoints).where(JournalPoints.id == stored[key].id))
        elif key in stored:
            db.execute(update(JournalPoints).where(JournalPoints.id == stored[key].id).values(signed))
        else:
            db.execute(
                insert(JournalPoints).values(
                    id=new_id(),
                    organization_id=page.organization_id,
                    academic_year_id=page.academic_year_id,
                    lesson_id=lesson_id,
                    criterion_id=key,
                    pupil_id=pupil_id,
                    **signed,
                )
            )


def accept_marks(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID) -> int:
    """Put the proposed marks into the cells that have no mark yet; returns how many. Raises as `set_cell`.

    An attendance code of the cell stays.
    """
    page = open_page(db, actor, page_id, lock=True)
    table = read_points(db, actor, page, lesson_id)
    waiting = [each for each in table.pupils if each.proposed and not each.marks]
    codes = codes_of(db, lesson_id)
    for each in waiting:
        text = " ".join(part for part in (codes.get(each.id, ""), each.proposed) if part)
        set_cell(db, actor, page_id, lesson_id, each.id, text)
    return len(waiting)


def codes_of(db: Session, lesson_id: UUID) -> Mapping[UUID, str]:
    """What is noted of the presence of pupils at a lesson, as it stands in the cells."""
    return {
        row.pupil_id: cell_text(row.code, row.minutes, ())
        for row in db.execute(
            select(JournalAttendance.pupil_id, JournalAttendance.code, JournalAttendance.minutes).where(
                JournalAttendance.lesson_id == lesson_id
            )
        )
    }
