"""A work that a pupil has handed in, as it stands: for the pupil, the guardians and the teacher alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.roles.actor import Actor
from plugins.journal.homework.documents import WorkDocument, documents_of
from plugins.journal.homework.materials import Attached, files_about
from plugins.journal.homework.models import SUBMISSION, Submission
from plugins.journal.homework.states import state_title, tone_of
from plugins.journal.models import JournalMark

SUBMISSION_FILES = SUBMISSION
WorkState = Annotated[
    str,
    Meta(
        description="handed_in – ждёт проверки, returned – вернули на исправление, accepted – проверено; пусто – "
        "ещё не сдано."
    ),
]
WorkVersion = Annotated[int, Meta(description="Который раз сдано: растёт с каждой сдачей; 0 – ещё не сдано.")]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A work as it stands; `state` is empty until it is handed in."""

    id: Annotated[UUID | None, Meta(description="Ключ работы; null, если она не сдана.")] = None
    text: Annotated[str, Meta(description="Что написал ученик.")] = ""
    files: Annotated[Sequence[Attached], Meta(description="Что он приложил.")] = ()
    documents: Annotated[Sequence[WorkDocument], Meta(description="Документы портала, которые он сдал.")] = ()
    state: WorkState = ""
    version: WorkVersion = 0
    handed_in_at: Annotated[datetime | None, Meta(description="Когда сдано в последний раз.")] = None
    answer: Annotated[str, Meta(description="Что ответил учитель.")] = ""
    mark: Annotated[str, Meta(description="Отметка за работу; пусто, если её нет.")] = ""
    mark_id: Annotated[UUID | None, Meta(description="Ключ отметки в журнале.")] = None

    @property
    def handed_documents(self) -> Sequence[WorkDocument]:
        """The documents that belong to the work as it is now."""
        return [each for each in self.documents if not each.earlier]

    @property
    def earlier_documents(self) -> Sequence[WorkDocument]:
        """Versions that the teacher has answered to before the work was handed in anew."""
        return [each for each in self.documents if each.earlier]

    @property
    def state_title(self) -> str:
        """The state in words."""
        return state_title(self.state)

    @property
    def tone(self) -> str:
        """How the state is coloured."""
        return tone_of(self.state)


def works_of(
    db: Session, actor: Actor, organization_id: UUID, lesson_id: UUID, pupil_id: UUID | None = None
) -> dict[UUID, Work]:
    """The works handed in for a lesson, by pupil; of one pupil if named. The caller has asked for the right."""
    statement = (
        select(*Submission.__table__.c, JournalMark.value)
        .outerjoin(JournalMark, JournalMark.id == Submission.mark_id)
        .where(Submission.lesson_id == lesson_id)
    )
    if pupil_id is not None:
        statement = statement.where(Submission.pupil_id == pupil_id)
    rows: Sequence[Any] = db.execute(statement).all()
    files = files_about(db, SUBMISSION_FILES, organization_id, [row.id for row in rows])
    documents = documents_of(db, actor, organization_id, [row.id for row in rows])
    return {
        row.pupil_id: Work(
            id=row.id,
            text=row.text,
            files=files.get(row.id, []),
            documents=documents.get(row.id, []),
            state=row.state,
            version=row.version,
            handed_in_at=row.handed_in_at,
            answer=row.answer,
            mark=row.value or "",
            mark_id=row.mark_id,
        )
        for row in rows
    }
