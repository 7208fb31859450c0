"""Noting attendance: the code of a cell, its marks left as they are, one cell or many at a stroke."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select

from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import ATTEND, own_class
from plugins.journal.attendance.live import tell_of_attendance
from plugins.journal.attendance.models import JournalRollCall
from plugins.journal.attendance.reach import (
    class_card,
    open_for_attendance,
    pages_of_class,
    require_lesson,
    require_pupil,
)
from plugins.journal.grid.cell_text import CellContent, cell_text, parse_cell
from plugins.journal.grid.cells import CellChanged, write_cell
from plugins.journal.grid.stored_cells import lesson_on, read_cell
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.pupil_access import pages_of_pupil, pupil_scope
from plugins.journal.settings import settings_of

Code = Annotated[
    str,
    Meta(description="Код посещаемости, как он стоит в клетке: «н», «оп10»; пусто – был на уроке."),
]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted about a pupil at a lesson now."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    code: Code
    title: Annotated[str, Meta(description="Что значит код: «Болел»; пусто, если кода нет.")]
    absent: Annotated[bool, Meta(description="Считается пропуском урока.")]


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as a stroke over many cells has left it: the code before, and how often it has been changed."""

    lesson_id: UUID
    before: str
    changes: int


def set_attendance(
    db: Session,
    actor: Actor,
    lesson_id: UUID,
    pupil_id: UUID,
    code: str,
    *,
    was: str | None = None,
    request_key: str = "",
) -> Noted:
    """Write the attendance code of a cell; its marks stay. An empty code says that the pupil was there.

    `was` is the code the writer saw; None means "whatever it is". Raises `Invalid` for what is no code of the
    school, `Conflict` in a closed term, `CellChanged` if somebody was faster, `Forbidden` for a lesson of another
    teacher, `NotFound` for a lesson out of reach.
    """
    place = db.execute(
        select(JournalLesson.page_id, JournalLesson.day).where(JournalLesson.id == lesson_id)
    ).one_or_none()
    if place is None:
        actor.require(ATTEND)
        raise NotFound("Такого урока нет.", advice="Обновите страницу: урок могли перенести.")
    page = open_for_attendance(db, actor, ATTEND, place.page_id, place.day)
    lesson = lesson_on(db, page, lesson_id)
    require_lesson(db, actor, page, lesson, pupil_id)
    wanted = parse_cell(code, page.settings, page.scale)
    if wanted.marks:
        raise Invalid(
            "Здесь отмечают только посещаемость.",
            advice="Отметку поставьте на странице предмета.",
            fields={"code": "Выберите код посещаемости."},
        )
    stored = read_cell(db, lesson_id, pupil_id)
    there = cell_text(*stored.attended, ())
    repeated = bool(request_key and stored.cell is not None and stored.cell.request_key == request_key)
    if was is not None and was.strip().casefold() != there and wanted.text != there and not repeated:
        raise _changed_meanwhile(there, stored.cell.author_name if stored.cell else "")
    content = CellContent(wanted.code, wanted.minutes, stored.written)
    write_cell(db, actor, page, lesson, pupil_id, content, stored, request_key=request_key)
    known = page.settings.codes.get(wanted.code)
    return Noted(
        lesson=lesson_id,
        pupil=pupil_id,
        code=wanted.text,
        title=known.shown_title if known else "",
        absent=known.absent if known else False,
    )


def _changed_meanwhile(there: str, who: str) -> CellChanged:
    shown = sentence("«%(text)s»", text=there) if there else sentence("пусто")
    return CellChanged(
        sentence("Посещаемость уже отметили (%(who)s): сейчас там %(there)s.", who=who, there=shown)
        if who
        else sentence("Посещаемость уже отметили: сейчас там %(there)s.", there=shown),
        advice="Проверьте запись и при необходимости выберите код ещё раз.",
        fields={"text": there, "author": who},
    )


def set_day(db: Session, actor: Actor, pupil_id: UUID, day: date, code: str) -> int:
    """Note a pupil as absent from every lesson of a day that is the actor's to note; returns from how many.

    Cells with marks stay: who has answered was there. An empty code takes the notes of the day back. Raises
    `Conflict` in a closed term or if the pupil has no lesson to note, `Invalid` for a code that is no absence,
    `NotFound` for a pupil of another class or school.
    """
    pupil_scope(db, actor, pupil_id)
    known = settings_of(db, actor).codes.get(code)
    if code and (known is None or not known.absent):
        raise Invalid(
            "Это не пропуск урока.",
            advice="Выберите причину отсутствия.",
            fields={"code": "Выберите причину отсутствия."},
        )
    lessons = db.execute(
        select(JournalLesson.id, JournalLesson.page_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            pages_of_pupil(pupil_id, day, day),
            JournalLesson.organization_id == actor.organization_id,
            JournalLesson.day == day,
            JournalLesson.status.not_in(NOT_GIVEN),
            *_own_lessons(db, actor, pupil_id, day),
        )
    ).all()
    if not lessons:
        raise Conflict(
            "В этот день у ученика нет уроков, которые вы отмечаете.",
            advice="Проверьте день и роль, в которой вы работаете.",
        )
    places = [(lesson.page_id, lesson.id) for lesson in lessons]
    return len(write_codes(db, actor, ATTEND, pupil_id, day, places, code, keep_marked=True))


def _own_lessons(db: Session, actor: Actor, pupil_id: UUID, day: date) -> Sequence[Any]:
    """Conditions that keep a teacher to own lessons; who answers for the whole class has none."""
    if actor.acting_role.kind == "teacher":
        actor.require(ATTEND)
        return [JournalLesson.teacher_id == actor.person_id]
    require_pupil(db, actor, ATTEND, pupil_id, day, day)
    return []


def write_codes(
    db: Session,
    actor: Actor,
    permission: str,
    pupil_id: UUID,
    day: date,
    places: Iterable[tuple[UUID, UUID]],
    code: str,
    *,
    keep_marked: bool = False,
) -> list[Rewritten]:
    """Write one code into many cells of a pupil, given as pages and lessons; the caller has asked for the pupil.

    Pages are locked in the order of their ids, so that two strokes cannot wait for each other. Returns the cells
    that have changed. Raises `Conflict` if one of them lies in a closed term.
    """
    by_page: dict[UUID, list[UUID]] = defaultdict(list)
    for page_id, lesson_id in places:
        by_page[page_id].append(lesson_id)
    changed: list[Rewritten] = []
    for page_id in sorted(by_page):
        page = open_for_attendance(db, actor, permission, page_id, day)
        for lesson_id in by_page[page_id]:
            lesson = lesson_on(db, page, lesson_id)
            stored = read_cell(db, lesson_id, pupil_id)
            before = cell_text(*stored.attended, ())
            if before == code or (keep_marked and stored.marks):
                continue
            content = parse_cell(code, page.settings, page.scale)
            content = CellContent(content.code, content.minutes, stored.written)
            write_cell(db, actor, page, lesson, pupil_id, content, stored)
            changes = (stored.cell.changes if stored.cell else 0) + 1
            changed.append(Rewritten(lesson_id=lesson_id, before=before, changes=changes))
    return changed


def lock_pages(db: Session, page_ids: Collection[UUID]) -> None:
    """Hold the rows of pages in the order of their ids: two strokes over many days cannot wait for each other."""
    db.execute(
        select(JournalPage.id)
        .where(JournalPage.id.in_(set(page_ids)))
        .order_by(JournalPage.id)
        .with_for_update()
    ).all()


def call_roll(db: Session, actor: Actor, class_id: UUID, lesson_id: UUID, *, done: bool = True) -> None:
    """Say that the attendance of a class at a lesson has been looked at, or take that back.

    Raises `NotFound` for a lesson out of reach, `Forbidden` for one of another teacher.
    """
    school_class = class_card(db, actor, ATTEND, class_id)
    lesson = db.execute(
        select(
            JournalLesson.id, JournalLesson.page_id, JournalLesson.day, JournalLesson.organization_id
        ).where(JournalLesson.id == lesson_id)
    ).one_or_none()
    if lesson is None:
        raise NotFound("Такого урока нет.", advice="Обновите страницу: урок могли перенести.")
    page = open_for_attendance(db, actor, ATTEND, lesson.page_id, lesson.day)
    belongs = select(JournalPage.id).where(
        JournalPage.id == page.id, pages_of_class(class_id, lesson.day, lesson.day)
    )
    if db.scalar(belongs) is None:
        raise NotFound("У этого класса такого урока нет.", advice="Обновите страницу.")
    row = lesson_on(db, page, lesson_id)
    if own_class(actor) is None:
        require_lesson(db, actor, page, row, UUID(int=0))
    there = (JournalRollCall.lesson_id == lesson_id, JournalRollCall.school_class_id == class_id)
    known = db.scalar(select(JournalRollCall.lesson_id).where(*there)) is not None
    if done and not known:
        db.add(
            JournalRollCall(
                lesson_id=lesson_id,
                school_class_id=school_class.id,
                organization_id=page.organization_id,
                day=row.day,
                author_id=actor.person_id,
            )
        )
        db.flush()
    elif known and not done:
        db.execute(delete(JournalRollCall).where(*there))
    if known != done:
        tell_of_attendance(db, page.organization_id, row.day)
