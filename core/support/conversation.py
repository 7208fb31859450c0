"""What is said after a question: whoever asked writes again, the support answers and closes, each hears the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.files import Received, StoredFile
from core.identity.models import Person
from core.notifications import notify
from core.organizations.models import Organization
from core.roles.access import require_person
from core.roles.actor import Actor
from core.support.asking import NEWS, helpers_of, told_first
from core.support.attached import attach, files_of
from core.support.models import SupportMessage, SupportReply
from core.web.i18n import counted, sentence

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"
LONGEST = 4000
FREE = 20
WINDOW = timedelta(hours=1)
"""So many messages an hour of one person in conversations that are begun."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things said, with its files. `step` «closed»: with it the question was closed."""

    author: str
    from_support: bool
    text: str
    step: str
    created_at: datetime
    files: Sequence[StoredFile]


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A question with the files that came with it, and everything said after it, the oldest first."""

    message: SupportMessage
    files: Sequence[StoredFile]
    entries: Sequence[Entry]


def conversation_of(db: Session, message: SupportMessage) -> Conversation:
    """The whole conversation. The caller has checked who may see it."""
    files = files_of(db, message)
    replies = db.scalars(
        select(SupportReply)
        .where(SupportReply.message_id == message.id)
        .order_by(SupportReply.created_at, SupportReply.id)
    ).all()
    authors = {each.author_id for each in replies if each.author_id is not None}
    names = {each.id: each.short_name for each in db.scalars(select(Person).where(Person.id.in_(authors)))}
    return Conversation(
        message=message,
        files=files.get(None, ()),
        entries=[
            Entry(
                author=names.get(each.author_id, "") if each.author_id is not None else "",
                from_support=each.from_support,
                text=each.text,
                step=each.step,
                created_at=each.created_at,
                files=files.get(each.id, ()),
            )
            for each in replies
        ],
    )


def own_conversation(db: Session, actor: Actor, message_id: UUID) -> Conversation:
    """A question of the actor's own. Raises `NotFound` for anybody else's."""
    return conversation_of(db, _own(db, actor, message_id))


def write_again(
    db: Session, actor: Actor, message_id: UUID, text: str, files: Sequence[Received] = ()
) -> None:
    """Write to a question of one's own: it waits for the support again, also if it was closed.

    Raises `NotFound` for anybody else's, `Invalid` where nothing is said, `TooMany` after too much within an hour.
    """
    message = _own(db, actor, message_id, to_change=True)
    said = checked(text, files)
    _slow_down(db, actor)
    was_closed = message.status == CLOSED
    message.status = OPEN
    add(db, actor, message, said, files, from_support=False)
    notify(
        db,
        _who_answers(db, message),
        NEWS,
        sentence("Вопрос открыт снова: %(subject)s", subject=message.subject)
        if was_closed
        else sentence("Дополнение к вопросу: %(subject)s", subject=message.subject),
        said[:300],
        f"/support/messages/{message.id}",
    )


def reply(
    db: Session,
    actor: Actor,
    message: SupportMessage,
    text: str,
    files: Sequence[Received] = (),
    *,
    close: bool = False,
) -> None:
    """What the support says; with `close` the question is solved, then words are not needed.

    The caller has checked that the actor may answer, and has locked the row. Raises `Invalid` where nothing is
    said, `Conflict` for closing what is closed.
    """
    if close and message.status == CLOSED:
        raise Conflict("Вопрос уже закрыт.", advice="Обновите страницу.")
    said = checked(text, files, needed=not close)
    message.status = CLOSED if close else ANSWERED
    add(db, actor, message, said, files, from_support=True, step=CLOSED if close else "")
    if message.author_id is None:
        return
    title = (
        sentence("Вопрос решён: %(subject)s", subject=message.subject)
        if close
        else sentence("Поддержка ответила: %(subject)s", subject=message.subject)
    )
    words = said or (
        sentence("Если это не так, напишите ещё раз.") if close else sentence("К ответу приложен файл.")
    )
    notify(db, [message.author_id], NEWS, title, words, f"/support/questions/{message.id}")


def add(
    db: Session,
    actor: Actor,
    message: SupportMessage,
    text: str,
    files: Sequence[Received],
    *,
    from_support: bool,
    step: str = "",
) -> None:
    """A line of the conversation with its files."""
    made = SupportReply(
        id=new_id(),
        message_id=message.id,
        author_id=require_person(actor),
        from_support=from_support,
        text=text,
        step=step,
    )
    db.add(made)
    db.flush()
    attach(db, actor, message, files, made)


def checked(text: str, files: Sequence[Received], *, needed: bool = True) -> str:
    """What is said, without spaces around; a file says enough by itself. Raises `Invalid`."""
    said = text.strip()
    if "\x00" in said:
        raise Invalid(
            "Сообщение не отправлено.", fields={"text": sentence("В тексте есть недопустимый знак.")}
        )
    if needed and not said and not files:
        raise Invalid("Сообщение не отправлено.", fields={"text": sentence("Заполните поле.")})
    if len(said) > LONGEST:
        raise Invalid(
            "Сообщение не отправлено.",
            fields={"text": counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST)},
        )
    return said


def _own(db: Session, actor: Actor, message_id: UUID, *, to_change: bool = False) -> SupportMessage:
    wanted = select(SupportMessage).where(SupportMessage.id == message_id)
    message = db.scalar(wanted.with_for_update() if to_change else wanted)
    if message is None or actor.person_id is None or message.author_id != actor.person_id:
        raise NotFound("Такого вопроса у вас нет.", advice="Ваши вопросы – на странице «Поддержка».")
    return message


def _who_answers(db: Session, message: SupportMessage) -> Sequence[UUID]:
    """Whoever answered last, while they still may; else all who hear of new questions there."""
    helpers = helpers_of(db, db.get_one(Organization, message.organization_id))
    last = db.scalar(
        select(SupportReply.author_id)
        .where(SupportReply.message_id == message.id, SupportReply.from_support)
        .order_by(SupportReply.created_at.desc(), SupportReply.id.desc())
        .limit(1)
    )
    return [last] if last is not None and last in helpers else told_first(helpers)


def _slow_down(db: Session, actor: Actor) -> None:
    mine = (
        (SupportReply.author_id == actor.person_id)
        & SupportReply.from_support.is_(False)
        & (SupportReply.created_at > now() - WINDOW)
    )
    if (db.scalar(select(func.count()).select_from(SupportReply).where(mine)) or 0) >= FREE:
        raise TooMany(
            "Слишком много сообщений подряд: новое не отправлено.",
            advice="Подождите ответа или позвоните.",
        )
