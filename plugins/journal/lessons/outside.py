"""Columns of marks given outside of lessons: an olympiad, a standard passed, a debt made good after school."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.access import EDIT, MARK, Opened, open_page
from plugins.journal.criteria.models import JournalCriterion
from plugins.journal.grid.cell_text import cell_text, written_mark
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.stored_cells import CELL, lesson_on, raise_version, subject_id_of, tell
from plugins.journal.homework.kept import with_homework
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.models import OUTSIDE, JournalCell, JournalLesson, JournalMark
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.settings import known_kind

LONGEST_TITLE = 120
MOST_A_DAY = 5


def add_column(
    db: Session, actor: Actor, page_id: UUID, day: date, title: str, control_kind: str = ""
) -> UUID:
    """Add a column for marks given outside of lessons; returns its id.

    It is no lesson given: neither a topic nor homework nor attendance is asked for there. Raises `Invalid` without a
    title or for a day that cannot be, `Conflict` in a closed term, `Forbidden` for another teacher's page.
    """
    page = _keeps(db, actor, page_id)
    title = " ".join(title.replace("\x00", "").split())
    errors: dict[str, str] = {}
    if not title:
        errors["title"] = sentence("Напишите, за что отметки: «Олимпиада», «Норматив: бег 60 м».")
    elif len(title) > LONGEST_TITLE:
        errors["title"] = counted(
            "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_TITLE
        )
    if page.terms and not page.terms[0].starts_on <= day <= page.terms[-1].ends_on:
        errors["day"] = sentence("Выберите день учебного года.")
    elif day > school_today(actor):
        errors["day"] = sentence("Этот день ещё не наступил.")
    if errors:
        raise Invalid("Столбец не добавлен.", advice="Исправьте отмеченное.", fields=errors)
    require_open_term(page, day)
    known_kind(page.settings, control_kind)
    there = db.scalar(
        select(func.count()).where(
            JournalLesson.page_id == page.id, JournalLesson.day == day, JournalLesson.status == OUTSIDE
        )
    )
    if (there or 0) >= MOST_A_DAY:
        words = sentence("В один день таких столбцов не больше %(most)s.", most=MOST_A_DAY)
        raise Conflict(words, advice="Выберите другой день.", fields={"day": words})
    lesson_id = new_id()
    db.execute(
        insert(JournalLesson).values(
            id=lesson_id,
            organization_id=page.organization_id,
            academic_year_id=page.academic_year_id,
            page_id=page.id,
            day=day,
            number=0,
            teacher_id=actor.person_id,
            topic=title,
            control_kind=control_kind,
            status=OUTSIDE,
        )
    )
    version = raise_version(db, page.id, lessons=True)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.column.add",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            after={"day": day.isoformat(), "topic": title, "control_kind": control_kind},
        ),
    )
    tell(db, page.id, version, lesson=lesson_id)
    return lesson_id


def remove_column(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, *, with_marks: bool = False
) -> None:
    """Take away a column of marks outside of lessons; its marks only if `with_marks` says so.

    Raises `Conflict` if there are marks and nobody has agreed to their going (`fields.marks` is how many), if
    something else hangs on the column, or in a closed term; `NotFound` for what is no such column.
    """
    page = _keeps(db, actor, page_id)
    lesson = lesson_on(db, page, lesson_id)
    if lesson.status != OUTSIDE:
        raise NotFound("Такого столбца вне урока нет.", advice="Уроки расписания из журнала не убирают.")
    require_open_term(page, lesson.day)
    said = db.scalar(select(func.count()).where(JournalRemark.lesson_id == lesson_id))
    judged = db.scalar(select(func.count()).where(JournalCriterion.lesson_id == lesson_id))
    if said or judged or with_homework(db, [lesson_id]):
        raise Conflict(
            "Столбец не убран: с ним связаны похвала, замечания, критерии или работы.",
            advice="Уберите сначала их.",
        )
    marks = marks_in(db, lesson_id)
    if marks and not with_marks:
        raise Conflict(
            counted(
                "Столбец не убран: в нём %(count)s отметка.",
                "Столбец не убран: в нём %(count)s отметок.",
                marks,
            ),
            advice="Подтвердите, что убираете столбец вместе с отметками.",
            fields={"marks": str(marks)},
        )
    if marks:
        actor.require(MARK)
        _note_marks_gone(db, actor, page, lesson_id)
        db.execute(delete(JournalMark).where(JournalMark.lesson_id == lesson_id))
    db.execute(delete(JournalCell).where(JournalCell.lesson_id == lesson_id))
    title = db.scalar(select(JournalLesson.topic).where(JournalLesson.id == lesson_id))
    db.execute(delete(JournalLesson).where(JournalLesson.id == lesson_id))
    version = raise_version(db, page.id, lessons=True)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.column.remove",
            subject_type="journal.page",
            subject_id=str(page.id),
            before={"day": lesson.day.isoformat(), "topic": title, "marks": marks},
        ),
    )
    tell(db, page.id, version)


def marks_in(db: Session, lesson_id: UUID) -> int:
    """How many marks a column has."""
    return db.scalar(select(func.count()).where(JournalMark.lesson_id == lesson_id)) or 0


def _keeps(db: Session, actor: Actor, page_id: UUID) -> Opened:
    page = open_page(db, actor, page_id, lock=True)
    actor.require(EDIT)
    if not page.may_edit:
        raise Forbidden(
            "Эту страницу журнала ведёт другой учитель.",
            advice="Столбцы добавляют и убирают учитель предмета и завуч.",
        )
    return page


def _note_marks_gone(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> None:
    """Every cell's marks stay in the history of changes."""
    written: dict[UUID, list[str]] = {}
    for row in db.execute(
        select(JournalMark.pupil_id, JournalMark.value, JournalMark.is_retake)
        .where(JournalMark.lesson_id == lesson_id)
        .order_by(JournalMark.pupil_id, JournalMark.position)
    ):
        written.setdefault(row.pupil_id, []).append(written_mark(row.value, row.is_retake))
    record(
        db,
        actor,
        page.organization_id,
        *(
            Change(
                action="journal.cell.set",
                subject_type=CELL,
                subject_id=subject_id_of(lesson_id, pupil_id),
                before={"value": cell_text("", None, marks)},
            )
            for pupil_id, marks in written.items()
        ),
    )
