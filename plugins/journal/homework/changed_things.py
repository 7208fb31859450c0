"""What the history of changes calls tasks and works, for those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Subject
from core.roles.actor import Actor
from core.web.i18n import lazy, show_short_day
from plugins.journal.access import VIEW, VIEW_OWN
from plugins.journal.attendance.reach import seen_pages
from plugins.journal.homework.models import HomeworkTask, Submission
from plugins.journal.homework.states import STATES
from plugins.journal.models import JournalLesson, JournalPage

TASK_FIELDS = {"pupils": lazy("учеников"), "homework_items": lazy("материалы библиотеки")}
WORK_FIELDS = {
    "state": lazy("состояние"),
    "answer": lazy("ответ учителя"),
    "version": lazy("который раз сдано"),
    "files": lazy("файлы"),
    "documents": lazy("документы портала"),
}
WORK_VALUES: Mapping[str, Mapping[str, str]] = {"state": STATES}


def tasks_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Tasks that still stand: «Алгебра, 23.11.2026»."""
    if not actor.can(VIEW):
        return {}
    rows = db.execute(
        select(
            HomeworkTask.id, HomeworkTask.lesson_id, JournalLesson.day, JournalLesson.page_id, Subject.name
        )
        .join(JournalLesson, JournalLesson.id == HomeworkTask.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(HomeworkTask.id.in_([UUID(each) for each in ids]), seen_pages(actor))
    )
    return {
        str(row.id): (
            f"{row.name}, {show_short_day(row.day)}",
            f"/journal/{row.page_id}/lessons/{row.lesson_id}/homework",
        )
        for row in rows
    }


def works_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Works: «Семёнов А. П., Алгебра, 23.11.2026»."""
    works = (
        select(
            Submission.id,
            Submission.lesson_id,
            Submission.pupil_id,
            JournalLesson.day,
            JournalLesson.page_id,
            Subject.name,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(JournalLesson, JournalLesson.id == Submission.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .join(Person, Person.id == Submission.pupil_id)
        .where(Submission.id.in_([UUID(each) for each in ids]))
    )
    if actor.can(VIEW):
        works = works.where(seen_pages(actor))
    elif actor.can(VIEW_OWN):
        works = works.where(Submission.pupil_id == actor.person_id)
    else:
        return {}
    return {
        str(row.id): (
            f"{short_name(row.last_name, row.first_name, row.middle_name)}, {row.name}, {show_short_day(row.day)}",
            f"/journal/{row.page_id}/lessons/{row.lesson_id}/homework/{row.pupil_id}"
            if actor.can(VIEW)
            else f"/homework/{row.lesson_id}/{row.pupil_id}",
        )
        for row in db.execute(works)
    }
