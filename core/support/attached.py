"""The files of a conversation with the support: read by whoever asked and by those who may answer.

`StoredFile.subject` is the question's id, followed by that of the reply the file came with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from core.attached_files import TYPES, keep_attached
from core.database.session import Session
from core.errors import NotFound
from core.files import Purpose, Received, StoredFile, readable_file
from core.roles.access import within
from core.roles.actor import Actor
from core.support.models import SupportMessage, SupportReply

ANSWER = "core.support.answer"
SUPPORT_FILES = "core.support"
ID_LENGTH = 36


def of_questions(message_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Condition on `StoredFile`: the files of these conversations."""
    question = func.substr(StoredFile.subject, 1, ID_LENGTH)
    return (StoredFile.purpose == SUPPORT_FILES) & question.in_([str(each) for each in message_ids])


def files_of(db: Session, message: SupportMessage) -> Mapping[UUID | None, Sequence[StoredFile]]:
    """The files of a conversation by the replies they came with; those of the question itself under None."""
    found: dict[UUID | None, list[StoredFile]] = defaultdict(list)
    theirs = (
        StoredFile.organization_id == message.organization_id,
        StoredFile.purpose == SUPPORT_FILES,
        StoredFile.subject.startswith(str(message.id)),
    )
    for file in db.scalars(select(StoredFile).where(*theirs).order_by(StoredFile.id)):
        reply = file.subject[ID_LENGTH + 1 :]
        found[UUID(reply) if reply else None].append(file)
    return found


def file_of(db: Session, actor: Actor, message_id: UUID, file_id: UUID) -> StoredFile:
    """A file of one conversation. Raises `NotFound` for another's and for one the actor may not read."""
    file = readable_file(db, actor, file_id)
    if file.purpose != SUPPORT_FILES or file.subject[:ID_LENGTH] != str(message_id):
        raise NotFound("Такого файла у вопроса нет.", advice="Возьмите ключ файла из самого вопроса.")
    return file


def attach(
    db: Session,
    actor: Actor,
    message: SupportMessage,
    files: Sequence[Received],
    reply: SupportReply | None = None,
) -> None:
    """Keep files that came with a question or with a reply to it. Raises `Conflict` for too many."""
    if not files:
        return
    keep_attached(
        db,
        actor,
        files,
        purpose=SUPPORT_FILES,
        organization_id=message.organization_id,
        subject=f"{message.id}:{reply.id}" if reply is not None else str(message.id),
        had=sum(len(each) for each in files_of(db, message).values()),
    )


def _may_read(db: Session, actor: Actor, file: StoredFile) -> bool:
    wanted = select(SupportMessage.id).where(
        SupportMessage.id == UUID(file.subject[:ID_LENGTH]),
        (SupportMessage.author_id == actor.person_id) | within(actor, ANSWER, SupportMessage.organization_id),
    )
    return db.scalar(wanted) is not None


QUESTION_FILES = Purpose(may_read=_may_read, media_types=TYPES)
