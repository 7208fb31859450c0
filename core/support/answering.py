"""Messages as those see them who help people: a work list, a card, an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.models import Person
from core.identity.names import full_name
from core.notifications import notify
from core.organizations.models import Organization
from core.roles.access import require_person, within
from core.roles.actor import Actor
from core.support.asking import ANSWER, NEWS
from core.support.models import SupportMessage
from core.web.i18n import sentence

OPEN, ANSWERED = "open", "answered"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell whoever asked."""

    answer: Annotated[
        str,
        Meta(title="Ответ", min_length=2, max_length=4000, extra_json_schema={"rows": 5}),
    ]


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the list shows it; `author` is «» for somebody who was not signed in."""

    id: UUID
    subject: str
    author: str
    contact: str
    role: str
    organization: str
    status: str
    error_id: str
    created_at: datetime


class MessageCard(msgspec.Struct, frozen=True, kw_only=True):
    """A message with whoever answered it."""

    line: MessageLine
    message: SupportMessage
    answered_by: str


def message_rows(_db: Session, actor: Actor) -> Any:
    """Messages in reach, one row each."""
    return (
        select(
            SupportMessage.id.label("id"),
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
    helper = db.get(Person, message.answered_by) if message.answered_by else None
    return MessageCard(
        line=message_lines(db, actor, [row])[0],
        message=message,
        answered_by=helper.short_name if helper else "",
    )


def answer(db: Session, actor: Actor, message_id: UUID, wanted: Answer) -> None:
    """Answer a message: its author is notified; a stranger is called or written to outside of the portal.

    Raises `NotFound` for one out of reach, `Conflict` for one that is answered.
    """
    db.execute(select(SupportMessage.id).where(SupportMessage.id == message_id).with_for_update())
    message = message_card(db, actor, message_id).message
    if message.status != OPEN:
        raise Conflict("На этот вопрос уже ответили.", advice="Обновите страницу.")
    message.status = ANSWERED
    message.answer = wanted.answer.strip()
    message.answered_by = require_person(actor)
    message.answered_at = now()
    db.flush()
    if message.author_id is not None:
        notify(
            db,
            [message.author_id],
            NEWS,
            sentence("Поддержка ответила: %(subject)s", subject=message.subject),
            message.answer,
            "/support#mine-title",
        )
