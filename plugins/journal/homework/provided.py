"""What the journal gives to other plugins about homework: to the diary above all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from core.capabilities import GivenHomework, HomeworkFile, HomeworkItem, LessonHomework
from core.database.session import Session
from core.pupil_records import PupilRecords
from core.roles.actor import Actor
from plugins.journal.access import VIEW_OWN
from plugins.journal.capabilities import in_organization
from plugins.journal.homework.due import REACHES, is_nothing
from plugins.journal.homework.items import items_of, items_of_tasks
from plugins.journal.homework.links import links_of
from plugins.journal.homework.materials import HOMEWORK_FILES, Attached, files_about
from plugins.journal.homework.models import (
    GivenItem,
    HomeworkTask,
    HomeworkTaskPupil,
    Submission,
    TaskItem,
)
from plugins.journal.homework.states import state_title, tone_of
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.pupil_access import pages_of_pupil, pupil_scope


class JournalHomework:
    """Capability `homework`. What a teacher gives at a lesson is due at the page's next one."""

    def __init__(self, records: PupilRecords | None = None) -> None:
        self.records = records

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[LessonHomework]:
        """Topics of the lessons of some days, and the homework due at them."""
        rows = _lessons(db, actor, pupil_id, first, last)
        tasks = _tasks(db, actor, pupil_id, first, last) if any(row.has_tasks for row in rows) else ()
        own_items = items_of_tasks(db, actor, [task.id for task in tasks if task.has_items])
        files = _files(db, rows)
        with_items = [row.given_id for row in rows if row.has_items]
        items = items_of(db, actor, with_items) if with_items else {}
        pages = GivenPages(actor, pupil_id)
        return [
            told(pages, row, files, items, own_items, [task for task in tasks if _is_due(task, row)])
            for row in rows
        ]


def told(
    pages: GivenPages,
    row: Any,
    files: Mapping[UUID, Sequence[Attached]],
    items: Mapping[UUID, Sequence[HomeworkItem]],
    own_items: Mapping[UUID, Sequence[HomeworkItem]],
    own: Sequence[Any],
) -> LessonHomework:
    """A lesson with what is due at it: a row of a lesson, materials by the lesson they were given at, items by the task
    they came with, own tasks.
    """
    return LessonHomework(
        day=row.day,
        lesson_id=row.planned_lesson_id,
        lesson_number=row.number,
        subject_id=row.subject_id,
        school_class_id=row.school_class_id,
        pupil_group_id=row.pupil_group_id,
        topic=row.topic,
        homework="" if is_nothing(row.homework) else row.homework,
        given=[
            *pages.of_class(row, files.get(row.given_id, ()), items.get(row.given_id, ())),
            *(pages.own(task, own_items.get(task.id, ())) for task in own),
        ],
    )


class GivenPages:
    """Pieces of homework with the way to their page and what has become of the work."""

    def __init__(self, actor: Actor, pupil_id: UUID) -> None:
        # The diary asks as the portal itself, in the name of whoever looks: only families have the page.
        self._pupil_id = pupil_id if VIEW_OWN in actor.permissions else None

    def of_class(
        self, row: Any, files: Sequence[Attached], items: Sequence[HomeworkItem]
    ) -> Sequence[GivenHomework]:
        links = links_of(row.links) if row.links else ()
        text = "" if is_nothing(row.homework) else row.homework
        if not (text or links or files or items):
            return ()
        return (
            GivenHomework(
                text=text,
                minutes=row.minutes,
                links=links,
                files=[HomeworkFile(id=each.id, name=each.name) for each in files],
                items=items,
                **self._work(row.given_id, row.state),
            ),
        )

    def own(self, task: Any, items: Sequence[HomeworkItem]) -> GivenHomework:
        return GivenHomework(
            text=task.text,
            minutes=task.minutes,
            own=True,
            items=items,
            **self._work(task.lesson_id, task.state),
        )

    def _work(self, lesson_id: UUID, handed: str | None) -> dict[str, Any]:
        state = handed or ""
        return {
            "url": f"/homework/{lesson_id}/{self._pupil_id}" if self._pupil_id else "",
            "state": state_title(state),
            "tone": tone_of(state),
        }


def _lessons(db: Session, actor: Actor, pupil_id: UUID, first: date, last: date) -> Sequence[Any]:
    scope = pupil_scope(db, actor, pupil_id)

    def before(column: Any, *otherwise: Any) -> Any:
        return func.lag(column, 1, *otherwise, type_=column.type).over(
            partition_by=JournalLesson.page_id, order_by=(JournalLesson.day, JournalLesson.number)
        )

    lessons = (
        select(
            JournalLesson.id,
            JournalLesson.organization_id,
            JournalLesson.day,
            JournalLesson.planned_lesson_id,
            JournalLesson.number,
            JournalLesson.topic,
            JournalPage.subject_id,
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
            before(JournalLesson.homework, "").label("homework"),
            before(JournalLesson.homework_links).label("links"),
            before(JournalLesson.homework_minutes).label("minutes"),
            before(JournalLesson.id).label("given_id"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            scope,
            pages_of_pupil(pupil_id, first, last),
            JournalLesson.day.between(first - REACHES, last),
            JournalLesson.status.not_in(NOT_GIVEN),
            *in_organization(actor, JournalLesson),
        )
        .subquery()
    )
    return db.execute(
        select(
            lessons,
            Submission.state,
            exists().where(GivenItem.lesson_id == lessons.c.given_id).label("has_items"),
            exists().where(HomeworkTaskPupil.pupil_id == pupil_id).label("has_tasks"),
        )
        .outerjoin(
            Submission, (Submission.lesson_id == lessons.c.given_id) & (Submission.pupil_id == pupil_id)
        )
        .where(lessons.c.day >= first)
        .order_by(lessons.c.day, lessons.c.number)
    ).all()


def _tasks(db: Session, actor: Actor, pupil_id: UUID, first: date, last: date) -> Sequence[Any]:
    """What the pupil has got besides the class, that may be due on these days."""
    due = aliased(JournalLesson)
    return db.execute(
        select(
            HomeworkTask.id,
            HomeworkTask.text,
            HomeworkTask.minutes,
            exists().where(TaskItem.task_id == HomeworkTask.id).label("has_items"),
            HomeworkTask.lesson_id,
            due.id.label("due_id"),
            Submission.state,
        )
        .join(HomeworkTaskPupil, HomeworkTaskPupil.task_id == HomeworkTask.id)
        .join(JournalLesson, JournalLesson.id == HomeworkTask.lesson_id)
        .outerjoin(due, (due.id == HomeworkTask.due_lesson_id) & (due.status.not_in(NOT_GIVEN)))
        .outerjoin(
            Submission,
            (Submission.lesson_id == HomeworkTask.lesson_id) & (Submission.pupil_id == pupil_id),
        )
        .where(
            HomeworkTaskPupil.pupil_id == pupil_id,
            JournalLesson.day.between(first - REACHES, last),
            *in_organization(actor, HomeworkTask),
        )
        .order_by(HomeworkTask.id)
    ).all()


def _files(db: Session, rows: Sequence[Any]) -> dict[UUID, list[Attached]]:
    by_school: dict[UUID, list[UUID]] = {}
    for row in rows:
        if row.given_id:
            by_school.setdefault(row.organization_id, []).append(row.given_id)
    found: dict[UUID, list[Attached]] = {}
    for organization_id, lessons in by_school.items():
        found |= files_about(db, HOMEWORK_FILES, organization_id, lessons)
    return found


def _is_due(task: Any, row: Any) -> bool:
    return task.due_id == row.id if task.due_id else task.lesson_id == row.given_id
