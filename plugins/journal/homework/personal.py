"""What homework knows about one person: works handed in and reviewed, tasks got and given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from core.audit.record import Change, record
from core.database.session import Session
from core.files import StoredFile
from core.organizations.models import Subject
from core.roles.actor import Actor
from plugins.journal.homework.documents import erase_documents
from plugins.journal.homework.models import (
    SUBMISSION,
    HomeworkTask,
    HomeworkTaskPupil,
    Submission,
    SubmissionDocument,
)
from plugins.journal.homework.states import state_title
from plugins.journal.homework.works import SUBMISSION_FILES
from plugins.journal.models import JournalLesson, JournalPage


def homework_of(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """A pupil's works and own tasks, and how much a teacher has given and reviewed."""
    works = db.execute(
        select(
            Submission.id,
            JournalLesson.day,
            Subject.name,
            Submission.text,
            Submission.state,
            Submission.answer,
            Submission.handed_in_at,
        )
        .join(JournalLesson, JournalLesson.id == Submission.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(Submission.pupil_id == person_id)
        .order_by(Submission.id)
    ).all()
    documents: dict[UUID, list[str]] = {}
    for row in db.execute(
        select(SubmissionDocument.submission_id, SubmissionDocument.title, SubmissionDocument.kind)
        .where(SubmissionDocument.submission_id.in_([each.id for each in works]))
        .order_by(SubmissionDocument.version, SubmissionDocument.position)
    ):
        named = f"{row.title} ({row.kind})" if row.kind else row.title
        documents.setdefault(row.submission_id, []).append(named)
    tasks = db.execute(
        select(JournalLesson.day, Subject.name, HomeworkTask.text)
        .join(HomeworkTaskPupil, HomeworkTaskPupil.task_id == HomeworkTask.id)
        .join(JournalLesson, JournalLesson.id == HomeworkTask.lesson_id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(HomeworkTaskPupil.pupil_id == person_id)
        .order_by(HomeworkTask.id)
    )
    return {
        "сданные работы": [
            {
                "день": str(row.day),
                "предмет": row.name,
                "ответ": row.text,
                "документы портала": documents.get(row.id, []),
                "состояние": state_title(row.state),
                "замечания учителя": row.answer,
                "сдано": row.handed_in_at.isoformat(),
            }
            for row in works
        ],
        "задания отдельным ученикам": [
            {"день": str(row.day), "предмет": row.name, "задание": row.text} for row in tasks
        ],
        "дано заданий отдельным ученикам": _count(db, HomeworkTask.author_id, person_id),
        "проверено работ": _count(db, Submission.reviewed_by, person_id),
    }


def _count(db: Session, column: Any, person_id: UUID) -> int:
    return db.scalar(select(func.count()).where(column == person_id)) or 0


def erase_homework(db: Session, actor: Actor, person_id: UUID) -> int:
    """Take out a pupil's works, their files, documents and own tasks; returns how many works there were.

    Marks for the works stay in the journal with the others.
    """
    works = db.execute(
        select(Submission.id, Submission.organization_id).where(Submission.pupil_id == person_id)
    ).all()
    for organization_id in {row.organization_id for row in works}:
        here = [str(row.id) for row in works if row.organization_id == organization_id]
        files = select(StoredFile).where(
            StoredFile.organization_id == organization_id,
            StoredFile.purpose == SUBMISSION_FILES,
            StoredFile.subject.in_(here),
        )
        for file in db.scalars(files).all():
            db.portal.files.delete(db, file)
        record(
            db,
            actor,
            organization_id,
            *(
                Change(action="journal.submission.erase", subject_type=SUBMISSION, subject_id=each)
                for each in here
            ),
        )
    erase_documents(db, actor, works)
    db.execute(update(Submission).where(Submission.pupil_id == person_id).values(text="", answer=""))
    alone = (
        select(HomeworkTaskPupil.task_id)
        .group_by(HomeworkTaskPupil.task_id)
        .having(func.count() == 1)
        .where(
            HomeworkTaskPupil.task_id.in_(
                select(HomeworkTaskPupil.task_id).where(HomeworkTaskPupil.pupil_id == person_id)
            )
        )
    )
    db.execute(delete(HomeworkTask).where(HomeworkTask.id.in_(list(db.scalars(alone)))))
    db.execute(delete(HomeworkTaskPupil).where(HomeworkTaskPupil.pupil_id == person_id))
    return len(works)
