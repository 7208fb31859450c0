"""Works that pupils have handed in, as the teacher sees them: comments, returns, marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.audit.record import Change, record
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.notifications import notify
from core.organizations.models import PupilGroup, SchoolClass, Subject
from core.roles.actor import Actor
from core.school_events import WorkReviewed
from core.web.i18n import counted, sentence
from plugins.journal.access import MARK, Opened, group_title, open_page, require_right
from plugins.journal.grid.cell_text import cell_text, parse_cell, written_mark
from plugins.journal.grid.cells import set_cell
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.stored_cells import lesson_on, read_cell
from plugins.journal.homework.due import later_lessons
from plugins.journal.homework.models import SUBMISSION, Submission
from plugins.journal.homework.works import Work, WorkVersion, works_of
from plugins.journal.models import JournalLesson, JournalMark, JournalPage

WORK_NEWS = "journal.homework.reviewed"
LONGEST_ANSWER = 2000


class PupilWork(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil of the lesson and the work, if any."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    work: Annotated[Work, Meta(description="Что сдал ученик.")]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What the teacher decides about a work. `seen` is the version the teacher has read."""

    state: Annotated[
        str, Meta(description="accepted – принять, returned – вернуть на исправление.", examples=["accepted"])
    ]
    seen: WorkVersion
    answer: Annotated[
        str, Meta(max_length=10_000, description="Ответ ученику, до 2000 знаков; при возврате обязателен.")
    ] = ""
    mark: Annotated[
        str, Meta(max_length=16, description="Отметка за работу; пусто – не ставить.", examples=["5"])
    ] = ""
    mark_lesson: Annotated[
        UUID | None,
        Meta(description="В какой урок страницы поставить отметку; null – в тот, на котором задано."),
    ] = None


class MarkPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson whose column a mark for the work may stand in."""

    id: UUID
    day: date
    is_due: bool


def lesson_works(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> list[PupilWork]:
    """The pupils of a lesson of an opened page with what they have handed in, by name.

    Whoever has joined the class before the homework is due is among them, and whoever has handed in and left.
    """
    lesson = lesson_on(db, page, lesson_id)
    due = next(iter(later_lessons(db, page.id, lesson.day, lesson.number, 1)), None)
    pupils = read_pupils(db, page, lesson.day, due.day if due else lesson.day)
    works = works_of(db, actor, page.organization_id, lesson_id)
    names = {each.id: each.name for each in pupils} | _names(db, works.keys() - {each.id for each in pupils})
    return [PupilWork(pupil=key, name=name, work=works.get(key, Work())) for key, name in names.items()]


def _names(db: Session, people: set[UUID]) -> dict[UUID, str]:
    if not people:
        return {}
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name)
        .where(Person.id.in_(people))
        .order_by(Person.name_key, Person.id)
    )
    return {row.id: short_name(row.last_name, row.first_name, row.middle_name) for row in rows}


def mark_places(db: Session, actor: Actor, page: Opened, lesson_id: UUID, work: Work) -> list[MarkPlace]:
    """Where a mark for a work may stand: the past lesson it was due at, or the one it was given at.

    A mark that stands already keeps its place.
    """
    lesson = lesson_on(db, page, lesson_id)
    due = next(iter(later_lessons(db, page.id, lesson.day, lesson.number, 1)), None)
    places = [MarkPlace(id=lesson.id, day=lesson.day, is_due=False)]
    if due is not None and due.day <= school_today(actor):
        places.insert(0, MarkPlace(id=due.id, day=due.day, is_due=True))
    if work.mark_id is not None:
        held = db.execute(
            select(JournalLesson.id, JournalLesson.day)
            .join(JournalMark, JournalMark.lesson_id == JournalLesson.id)
            .where(JournalMark.id == work.mark_id)
        ).one_or_none()
        if held is not None:
            return [MarkPlace(id=held.id, day=held.day, is_due=held.id != lesson_id)]
    return places


def review_work(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    review: Review,
    *,
    separator: str = ",",
) -> Work:
    """Accept a work, with a mark if there is one, or return it for correction; the pupil hears of it.

    The mark goes into the cell as a teacher would write it, with its history. Raises `NotFound` if nothing has been
    handed in, `Conflict` if the pupil has handed in anew meanwhile or the term is closed, `Invalid` for a mark that
    is none or a return without a word why, `Forbidden` for another teacher's page.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    made = db.scalar(
        select(Submission)
        .where(Submission.lesson_id == lesson_id, Submission.pupil_id == pupil_id)
        .with_for_update()
    )
    if made is None:
        raise NotFound("Этот ученик работу ещё не сдал.", advice="Обновите список сданных работ.")
    if made.version != review.seen:
        raise Conflict(
            "Ученик сдал работу заново.", advice="Прочитайте её ещё раз и ответьте на то, что в ней теперь."
        )
    answer = review.answer.replace("\x00", "").replace("\r\n", "\n").strip()
    mark = _checked(page, review, answer)
    before = {"state": made.state, "answer": made.answer}
    if mark:
        made.mark_id = _put_mark(db, actor, page, review.mark_lesson or lesson_id, made, mark, separator)
    made.state, made.answer = review.state, answer
    made.reviewed_at, made.reviewed_by = now(), actor.person_id
    db.flush()
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action=f"journal.submission.{'accept' if review.state == 'accepted' else 'return'}",
            subject_type=SUBMISSION,
            subject_id=str(made.id),
            before=before,
            after={"state": made.state, "answer": answer, **({"mark": mark} if mark else {})},
        ),
    )
    db.publish(
        WorkReviewed(
            organization_id=page.organization_id,
            lesson_id=lesson_id,
            pupil_id=pupil_id,
            work_id=made.id,
            state="accepted" if made.state == "accepted" else "returned",
            version=made.version,
        )
    )
    _tell(db, page, made)
    return works_of(db, actor, page.organization_id, lesson_id, pupil_id)[pupil_id]


def _checked(page: Opened, review: Review, answer: str) -> str:
    """The mark as the journal spells it, or nothing."""
    errors: dict[str, str] = {}
    if review.state not in ("accepted", "returned"):
        errors["state"] = sentence("Выберите: принять или вернуть.")
    if len(answer) > LONGEST_ANSWER:
        errors["answer"] = counted(
            "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_ANSWER
        )
    elif review.state == "returned" and not answer:
        errors["answer"] = sentence("Напишите, что исправить.")
    mark = ""
    if review.mark.strip():
        try:
            content = parse_cell(review.mark, page.settings, page.scale)
        except Invalid as wrong:
            errors["mark"] = wrong.message
        else:
            mark = content.marks[0] if len(content.marks) == 1 and not content.code else ""
            if not mark:
                errors["mark"] = sentence("Поставьте одну отметку.")
            elif review.state == "returned":
                errors["mark"] = sentence("Отметку ставят, когда работу принимают.")
    if errors:
        raise Invalid("Ответ не сохранён.", advice="Исправьте отмеченное и сохраните снова.", fields=errors)
    return mark


def _put_mark(
    db: Session, actor: Actor, page: Opened, lesson_id: UUID, made: Submission, mark: str, separator: str
) -> UUID:
    """Write the mark behind those of the cell, or in the place of the one the work had; returns its id."""
    places = {
        each.id
        for each in mark_places(
            db, actor, page, made.lesson_id, Work(id=made.id, mark_id=made.mark_id, state=made.state)
        )
    }
    if lesson_id not in places:
        wrong = sentence("Выберите урок из списка.")
        raise Invalid("Ответ не сохранён.", advice=wrong, fields={"mark_lesson": wrong})
    stored = read_cell(db, lesson_id, made.pupil_id)
    marks = list(stored.written)
    place = next((at for at, each in enumerate(stored.marks) if each.id == made.mark_id), len(marks))
    is_retake = place < len(marks) and stored.marks[place].is_retake
    marks[place : place + 1] = [written_mark(mark, is_retake)]
    text = cell_text(*stored.attended, marks)
    set_cell(db, actor, page.id, lesson_id, made.pupil_id, text, was=stored.text, separator=separator)
    return next(
        each.id for at, each in enumerate(read_cell(db, lesson_id, made.pupil_id).marks) if at == place
    )


def _tell(db: Session, page: Opened, made: Submission) -> None:
    title = (
        sentence("Работу проверили: %(subject)s", subject=page.subject)
        if made.state == "accepted"
        else sentence("Работу вернули на исправление: %(subject)s", subject=page.subject)
    )
    notify(db, [made.pupil_id], WORK_NEWS, title, made.answer, f"/homework/{made.lesson_id}/{made.pupil_id}")


class WaitingWorks(msgspec.Struct, frozen=True, kw_only=True):
    """Works of a lesson that wait for the teacher."""

    page_id: UUID
    lesson_id: UUID
    day: date
    title: str
    subject: str
    count: int


def waiting_works(db: Session, actor: Actor, most: int) -> Sequence[WaitingWorks]:
    """Lessons of the acting teacher with works to be reviewed, the oldest first."""
    if actor.role is None or not actor.can(MARK):
        return []
    rows: Sequence[Any] = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
            func.count().label("works"),
        )
        .select_from(Submission)
        .join(JournalLesson, JournalLesson.id == Submission.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id == func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id),
        )
        .where(
            Submission.organization_id == actor.organization_id,
            Submission.state == "handed_in",
            JournalLesson.teacher_id == actor.person_id,
        )
        .group_by(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            Subject.name,
            SchoolClass.name,
            PupilGroup.name,
        )
        .order_by(JournalLesson.day, JournalLesson.number)
        .limit(most)
    ).all()
    return [
        WaitingWorks(
            page_id=row.page_id,
            lesson_id=row.id,
            day=row.day,
            title=", ".join(
                part
                for part in (
                    row.class_name,
                    group_title(row.group_name, row.class_name, row.subject) if row.group_name else "",
                )
                if part
            ),
            subject=row.subject,
            count=row.works,
        )
        for row in rows
    ]
