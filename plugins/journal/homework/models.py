"""Tables of homework: items of the content library, tasks for some pupils of a lesson, works that pupils hand in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.content_library import LONGEST_ITEM_ID
from core.database.base import Base, Keyed, now
from core.portal_documents import LONGEST_DOCUMENT_ID

SUBMISSION = "journal.submission"
"""What a work is called in the history of changes, for its files, and for the documents handed in with it."""


class GivenItem(Base):
    """An item of the content library that came with the homework of a lesson.

    `item_id` is the library's own, `title` the item's when it was given.
    """

    __tablename__ = "journal_homework_item"

    lesson_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(LONGEST_ITEM_ID), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    title: Mapped[str]
    position: Mapped[int]


class HomeworkTask(Keyed, Base):
    """A task that some pupils get at a lesson besides the homework of the class.

    It is due at `due_lesson_id`; without it, at the page's next lesson, as the homework of the class.
    """

    __tablename__ = "journal_homework_task"
    __table_args__ = (Index(None, "lesson_id"), Index(None, "due_lesson_id"))

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id", ondelete="CASCADE"))
    due_lesson_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_lesson.id", ondelete="SET NULL"))
    text: Mapped[str]
    minutes: Mapped[int | None]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class HomeworkTaskPupil(Base):
    """A pupil who has got a task."""

    __tablename__ = "journal_homework_task_pupil"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_homework_task.id", ondelete="CASCADE"), primary_key=True
    )
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), primary_key=True, index=True)


class TaskItem(Base):
    """An item of the content library that came with a task, as `GivenItem` came with a lesson."""

    __tablename__ = "journal_homework_task_item"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("journal_homework_task.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(LONGEST_ITEM_ID), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    title: Mapped[str]
    position: Mapped[int]


class Submission(Keyed, Base):
    """What a pupil has handed in for everything given at a lesson.

    `state`: handed_in → returned for correction, or accepted; handing in anew leads back to handed_in and raises
    `version`. `answer` is the teacher's. Its files are stored files of the purpose `journal.submission`; `mark_id`
    is the mark given for it, which stands in the journal as any other.
    """

    __tablename__ = "journal_submission"
    __table_args__ = (
        UniqueConstraint("lesson_id", "pupil_id"),
        Index(None, "organization_id", "state"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("journal_lesson.id", ondelete="CASCADE"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    text: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(16), default="handed_in")
    version: Mapped[int] = mapped_column(default=1)
    handed_in_at: Mapped[datetime] = mapped_column(default=now)
    answer: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"), index=True)
    mark_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("journal_mark.id", ondelete="SET NULL"), index=True
    )


class SubmissionDocument(Keyed, Base):
    """A version of a portal document that was frozen when it was handed in with a work.

    The key is the version's grant: the provider of `documents` opens the version to whoever may read the work it stands
    with. Title and kind are the document's when it was handed in, `version` the work's. `earlier` says that the teacher
    has returned the work with it and the pupil has handed in anew.
    """

    __tablename__ = "journal_submission_document"
    __table_args__ = (Index(None, "submission_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("journal_submission.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(String(LONGEST_DOCUMENT_ID))
    title: Mapped[str]
    kind: Mapped[str]
    position: Mapped[int]
    version: Mapped[int]
    earlier: Mapped[bool] = mapped_column(default=False)
    handed_in_at: Mapped[datetime] = mapped_column(default=now)
