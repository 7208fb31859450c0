"""Questions to the support as those see them who answer, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.files import files_in, gives_out, stored_given_out
from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.support import (
    About,
    EntryOut,
    MessageId,
    MessageIn,
    Number,
    Status,
    SupportFileOut,
    entries_out,
    files_out,
)
from core.api.worklists import WantedWords, lines_by_key
from core.database.engine import Database
from core.database.session import Session
from core.portal import Portal
from core.roles.actor import Actor
from core.support import answering, attached
from core.support.answering import MessageLine
from core.support.attached import ANSWER
from core.web.guards import needs
from core.web.support.support_list import MESSAGES

ADDRESS = "/api/v1/support/messages"
MESSAGE = f"{ADDRESS}/{{message_id:uuid}}"


class MessageOut(msgspec.Struct, frozen=True, kw_only=True):
    """A question as the list of those who answer shows it."""

    id: UUID
    number: Number
    subject: About
    author: Annotated[str, Meta(description="Кто спросил; пусто, если человек не вошёл.")]
    contact: Annotated[str, Meta(description="Куда ответить тому, кто не вошёл; у прочих пусто.")]
    role: Annotated[str, Meta(description="В какой роли спросил, словами; может быть пусто.")]
    organization: Annotated[str, Meta(description="Короткое название организации, где отвечают.")]
    status: Status
    error_id: Annotated[str, Meta(description="Номер ошибки, которую человек увидел; может быть пусто.")]
    created_at: datetime


class MessageCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its circumstances and everything said after it."""

    message: Annotated[MessageOut, Meta(description="То же, что в списке.")]
    text: Annotated[str, Meta(description="Сам вопрос.")]
    page: Annotated[str, Meta(description="С какой страницы портала спросили; может быть пусто.")]
    program: Annotated[str, Meta(description="Как назвал себя браузер или программа; может быть пусто.")]
    files: Annotated[list[SupportFileOut], Meta(description="Файлы, которые пришли с вопросом.")]
    entries: Annotated[list[EntryOut], Meta(description="Что сказано потом, по порядку.")]


class AnswerIn(MessageIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer; with `close` the question is solved, then words are not needed."""

    close: Annotated[bool, Meta(description="Закрыть вопрос как решённый.")] = False


@get(
    ADDRESS,
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    tags=["support"],
    summary="Вопросы, на которые отвечаете вы",
    description="Вопросы людей доступных организаций. `q` ищет по номеру вопроса и по имени того, кто спросил.",
    responses=problems(422),
)
def list_messages(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: WantedWords = "",
    in_state: Annotated[
        Literal["open", "answered", "closed"] | None,
        QueryParameter(name="status", description="Только в этом состоянии."),
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[MessageOut]:
    """Questions in reach."""
    with database.reading() as db:
        lines, following = lines_by_key(db, actor, MESSAGES, q, {"state": in_state}, after, limit)
        return Page(items=[_message(line) for line in lines], next=following)


@get(
    MESSAGE,
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    tags=["support"],
    summary="Вопрос и переписка",
    description="Что спросили, откуда, и всё сказанное потом.",
    responses=problems(404),
)
def one_message(
    actor: NamedDependency[Actor], database: NamedDependency[Database], message_id: MessageId
) -> MessageCardOut:
    """A question in reach with its conversation."""
    with database.reading() as db:
        return _card(db, actor, message_id)


@post(
    f"{MESSAGE}/answer",
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    status_code=200,
    tags=["support"],
    summary="Ответить на вопрос или закрыть его",
    description=(
        "Человек узнает из уведомления; тому, кто не вошёл, звоните или пишите, а сюда запишите, что ответили. "
        "409 – вопрос уже закрыт."
    ),
    responses=problems(404, 409, 422),
)
def answer(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    message_id: MessageId,
    data: JSONBody[AnswerIn],
) -> MessageCardOut:
    """Answer a question, or close it."""
    with database.reading() as db:
        answering.message_card(db, actor, message_id)
    files = files_in(portal.files, data.files)
    with database.transaction() as db:
        answering.answer(db, actor, message_id, data.text, files, close=data.close)
        return _card(db, actor, message_id)


@get(
    f"{MESSAGE}/files/{{file_id:uuid}}",
    guards=[needs(ANSWER)],
    sync_to_thread=True,
    tags=["support"],
    summary="Скачать файл вопроса",
    description="Для тех, кто отвечает. Ключ файла – в самом вопросе.",
    responses={**gives_out(description="Файл.", media_type="application/octet-stream"), **problems(404)},
)
def download_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    message_id: MessageId,
    file_id: FromPath[UUID],
) -> Response[bytes]:
    """A file of a question in reach."""
    with database.reading() as db:
        answering.message_card(db, actor, message_id)
        return stored_given_out(db, attached.file_of(db, actor, message_id, file_id))


def _card(db: Session, actor: Actor, message_id: UUID) -> MessageCardOut:
    db.flush()
    card = answering.message_card(db, actor, message_id)
    asked, address = card.conversation.message, f"{ADDRESS}/{message_id}"
    return MessageCardOut(
        message=_message(card.line),
        text=asked.text,
        page=asked.page,
        program=asked.program,
        files=files_out(card.conversation.files, address),
        entries=entries_out(card.conversation, address),
    )


def _message(line: MessageLine) -> MessageOut:
    return MessageOut(**msgspec.structs.asdict(line))


support_answer_api: list[Any] = [list_messages, one_message, answer, download_file]
