"""Messages as those see them who help people: a work list, a card, answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound
from core.files import Received
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations.models import Organization
from core.roles.access import within
from core.roles.actor import Actor
from core.support.attached import ANSWER
from core.support.conversation import Conversation, conversation_of, reply
from core.support.models import SupportMessage


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the list shows it; `author` is «» for somebody who was not signed in."""

    id: UUID
    number: str
    subject: str
    author: str
    contact: str
    role: str
    organization: str
    status: str
    error_id: str
    created_at: datetime


class MessageCard(msgspec.Struct, frozen=True, kw_only=True):
    """A message with everything said after it."""

    line: MessageLine
    conversation: Conversation


def message_rows(_db: Session, actor: Actor) -> Any:
    """Messages in reach, one row each."""
    return (
        select(
            SupportMessage.id.label("id"),
            SupportMessage.number,
            SupportMessage.subject,
            SupportMessage.contact,
            SupportMessage.role,
            SupportMessage.status,
            SupportMessage.error_id,
            SupportMessage.created_at,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Organization.short_name.label("organization"),
        )
        .select_from(SupportMessage)
        .join(Organization, Organization.id == SupportMessage.organization_id)
        .outerjoin(Person, Person.id == SupportMessage.author_id)
        .where(within(actor, ANSWER, SupportMessage.organization_id))
    )


def message_lines(db: Session, _actor: Actor, rows: Sequence[Any]) -> Sequence[MessageLine]:
    """Rows of one page as lines."""
    kinds = db.portal.grants.kinds
    return [
        MessageLine(
            id=row.id,
            number=row.number,
            subject=row.subject,
            author=full_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
            contact=row.contact,
            role=str(kinds[row.role].title) if row.role in kinds else row.role,
            organization=row.organization,
            status=row.status,
            error_id=row.error_id,
            created_at=row.created_at,
        )
        for row in rows
    ]


def message_card(db: Session, actor: Actor, message_id: UUID) -> MessageCard:
    """A message in reach. Raises `NotFound` for any other."""
    actor.require(ANSWER)
    row = db.execute(message_rows(db, actor).where(SupportMessage.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("Такого вопроса нет.", advice="Найдите его в списке «Поддержка».")
    message = db.get_one(SupportMessage, message_id)
    return MessageCard(line=message_lines(db, actor, [row])[0], conversation=conversation_of(db, message))


def answer(
    db: Session,
    actor: Actor,
    message_id: UUID,
    text: str,
    files: Sequence[Received] = (),
    *,
    close: bool = False,
) -> None:
    """Answer a message, or close it as solved: its author is notified.

    A stranger is called or written to outside of the portal. Raises `NotFound` for one out of reach, `Invalid` where
    nothing is said, `Conflict` for closing what is closed.
    """
    db.execute(select(SupportMessage.id).where(SupportMessage.id == message_id).with_for_update())
    message = message_card(db, actor, message_id).conversation.message
    reply(db, actor, message, text, files, close=close)
