"""Who may see homework and works: the pupil and guardians those that concern the pupil, staff what they see of the
page."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound
from core.files import StoredFile
from core.identity.families import tied
from core.identity.models import Guardianship
from core.identity.sessions import school_today
from core.organizations.models import Organization, Subject
from core.roles.actor import Actor
from plugins.journal.access import VIEW, VIEW_OWN
from plugins.journal.attendance.reach import seen_pages
from plugins.journal.homework.due import REACHES
from plugins.journal.homework.models import Submission, SubmissionDocument
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.pupil_access import is_guardian, pages_of_pupil

HAND_IN = "journal.homework.hand_in"


def lesson_of_family(db: Session, actor: Actor, lesson_id: UUID, pupil_id: UUID) -> Any:
    """A lesson whose homework a pupil has, for the pupil and guardians: a row with the lesson and its subject.

    Pupils who join the class before the homework is due have it too. Raises `NotFound` for anybody else's child
    and for a lesson that is not the pupil's.
    """
    actor.require(VIEW_OWN)
    row = None
    if actor.person_id == pupil_id or is_guardian(db, actor, pupil_id):
        row = _lesson(db, lesson_id, pupil_id)
    if row is None or not db.portal.switches.is_on("journal", row.path):
        raise NotFound(
            "Такого задания нет или оно вам не доступно.",
            advice="Откройте дневник и выберите задание в нём.",
        )
    return row


def _lesson(db: Session, lesson_id: UUID, pupil_id: UUID) -> Any:
    day = db.scalar(
        select(JournalLesson.day).where(JournalLesson.id == lesson_id, JournalLesson.status.not_in(NOT_GIVEN))
    )
    if day is None:
        return None
    return db.execute(
        select(
            JournalLesson.id,
            JournalLesson.organization_id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.homework,
            JournalLesson.homework_minutes,
            JournalLesson.homework_links,
            Subject.name.label("subject"),
            Organization.path,
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .join(Organization, Organization.id == JournalLesson.organization_id)
        .where(JournalLesson.id == lesson_id, pages_of_pupil(pupil_id, day, day + REACHES))
    ).one_or_none()


def may_read_material(db: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether a file that came with homework is the actor's to read: of a page in reach, or a pupil's own."""
    lesson_id = _id(file.subject)
    if lesson_id is None:
        return False
    if _sees_lesson(db, actor, lesson_id):
        return True
    if not actor.can(VIEW_OWN) or actor.person_id is None:
        return False
    pupils = [actor.person_id, *_children(db, actor, school_today(actor))]
    return any(_lesson(db, lesson_id, each) is not None for each in pupils)


def may_read_work(db: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether a file of a work handed in is the actor's to read: the pupil, guardians, staff of the page."""
    submission = db.get(Submission, work_id) if (work_id := _id(file.subject)) else None
    return submission is not None and _sees_work(db, actor, submission)


def may_read_document(db: Session, actor: Actor, grant: UUID) -> bool:
    """Whether a document handed in with a work is the actor's to read, as the work's files are."""
    handed = db.get(SubmissionDocument, grant)
    submission = db.get(Submission, handed.submission_id) if handed else None
    return submission is not None and _sees_work(db, actor, submission)


def _sees_work(db: Session, actor: Actor, submission: Submission) -> bool:
    if _sees_lesson(db, actor, submission.lesson_id):
        return True
    return actor.can(VIEW_OWN) and (
        actor.person_id == submission.pupil_id or is_guardian(db, actor, submission.pupil_id)
    )


def _sees_lesson(db: Session, actor: Actor, lesson_id: UUID) -> bool:
    if not actor.can(VIEW):
        return False
    seen = (
        select(JournalLesson.id)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(JournalLesson.id == lesson_id, seen_pages(actor))
    )
    return db.scalar(seen) is not None


def _children(db: Session, actor: Actor, today: date) -> list[UUID]:
    return list(
        db.scalars(
            select(Guardianship.child_id).where(Guardianship.guardian_id == actor.person_id, tied(today))
        )
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
