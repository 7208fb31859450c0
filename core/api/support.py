"""One's own questions to the support, for programs: asking, reading the answers, writing again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core import attached_files
from core.api.files import FileIn, files_in, gives_out, stored_given_out
from core.api.lists import DEFAULT_LIMIT, Limit, problems
from core.api.typed import as_typed
from core.database.engine import Database
from core.database.session import Session
from core.files import StoredFile
from core.portal import Portal
from core.roles.actor import Actor
from core.support import asking, attached, conversation
from core.support.asking import LONGEST_PAGE, Circumstances, Question
from core.support.conversation import LONGEST, Conversation
from core.support.models import SupportMessage
from core.web.guards import needs
from core.web.struct_form import parse_form

OWN = "core.support.own"
QUESTIONS = "/api/v1/support/questions"
QUESTION = f"{QUESTIONS}/{{message_id:uuid}}"
Status = Annotated[
    str, Meta(description="`open` – ждёт поддержку, `answered` – отвечено, `closed` – решено.")
]
Number = Annotated[str, Meta(description="Номер вопроса, который называют по телефону: 8 цифр.")]
About = Annotated[str, Meta(description="О чём вопрос.")]
MessageId = Annotated[UUID, PathParameter(description="Ключ вопроса в поддержку.")]
Files = Annotated[
    list[FileIn],
    Meta(
        max_length=attached_files.MOST,
        description="Файлы: PDF, картинки, текст, документы и таблицы. К вопросу – не больше 20.",
    ),
]


class SupportFileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a conversation."""

    file_id: UUID
    name: Annotated[str, Meta(description="Имя файла.")]
    size: Annotated[int, Meta(description="Размер, байт.")]
    media_type: Annotated[str, Meta(description="Тип содержимого, как его определил портал.")]
    url: Annotated[str, Meta(description="Откуда скачать тем же ключом: путь на портале.")]


class EntryOut(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things said after a question."""

    author: Annotated[str, Meta(description="Кто: фамилия и инициалы; пусто, если уже неизвестно.")]
    from_support: Annotated[bool, Meta(description="Это ответ поддержки, а не того, кто спросил.")]
    text: Annotated[str, Meta(description="Что сказано; пусто, если только файлы или только закрыто.")]
    step: Annotated[str, Meta(description="`closed` – с этим вопрос закрыли; иначе пусто.")]
    created_at: datetime
    files: Annotated[list[SupportFileOut], Meta(description="Файлы, которые пришли с этим.")]


class QuestionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A question of one's own."""

    id: UUID
    number: Number
    subject: About
    status: Status
    created_at: datetime


class QuestionsOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of questions, the latest first."""

    items: list[QuestionOut]
    next: Annotated[
        UUID | None, Meta(description="Значение `before` следующей страницы; null, если эта последняя.")
    ]


class QuestionCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A question with everything said about it."""

    question: Annotated[QuestionOut, Meta(description="То же, что в списке.")]
    text: Annotated[str, Meta(description="Сам вопрос.")]
    files: Annotated[list[SupportFileOut], Meta(description="Файлы, которые пришли с вопросом.")]
    entries: Annotated[list[EntryOut], Meta(description="Что сказано потом, по порядку.")]


class QuestionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to the support."""

    subject: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=120,
            pattern="^[^\\u0000]+$",
            description="О чём.",
            examples=["Не открывается журнал"],
        ),
    ]
    text: Annotated[
        str,
        Meta(
            min_length=5,
            max_length=LONGEST,
            pattern="^[^\\u0000]+$",
            description="Что вы делали и что увидели; без паролей и данных других людей.",
            examples=["Открываю журнал 7А, вижу ошибку."],
        ),
    ]
    error_id: Annotated[
        str, Meta(pattern="^([0-9a-f]{8})?$", description="Номер ошибки, если портал его показал.")
    ] = ""
    page: Annotated[
        str,
        Meta(
            max_length=LONGEST_PAGE,
            pattern="^(/[^\\u0000]*)?$",
            description="Путь страницы портала, о которой речь.",
        ),
    ] = ""
    files: Files = []


class MessageIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said in a conversation; a file says enough by itself."""

    text: Annotated[
        str,
        Meta(
            max_length=LONGEST,
            pattern="^[^\\u0000]*$",
            description="Что сказать; пусто, если есть файлы.",
            examples=["Теперь открывается, спасибо."],
        ),
    ] = ""
    files: Files = []


@get(
    QUESTIONS,
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["support"],
    summary="Свои вопросы в поддержку",
    description="Последний – первым.",
    responses=problems(422),
)
def list_questions(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    before: Annotated[UUID | None, QueryParameter(description="Значение `next` прошлой страницы.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> QuestionsOut:
    """One's own questions."""
    with database.reading() as db:
        found = asking.own_messages(db, actor, limit + 1, before)
        return QuestionsOut(
            items=[_question(each) for each in found[:limit]],
            next=found[limit - 1].id if len(found) > limit else None,
        )


@get(
    QUESTION,
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["support"],
    summary="Свой вопрос и ответы",
    description="Вопрос, что ответили и что дописали вы.",
    responses=problems(404),
)
def one_question(
    actor: NamedDependency[Actor], database: NamedDependency[Database], message_id: MessageId
) -> QuestionCardOut:
    """A question of one's own with everything said about it."""
    with database.reading() as db:
        return _card(db, actor, message_id)


@post(
    QUESTIONS,
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["support"],
    summary="Спросить поддержку",
    description="Вопрос получат те, кто помогает людям вашей организации. 429 – слишком много вопросов за час.",
    responses=problems(404, 409, 422, 429),
)
def ask(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: JSONBody[QuestionIn],
) -> QuestionCardOut:
    """Send a question."""
    wanted = parse_form(Question, as_typed({"subject": data.subject, "text": data.text}))
    known = Circumstances(
        error_id=data.error_id, page=data.page, program=request.headers.get("user-agent", "")
    )
    files = files_in(portal.files, data.files)
    with database.transaction() as db:
        made = asking.ask(db, actor, wanted, known, files)
        return _card(db, actor, made.id)


@post(
    f"{QUESTION}/messages",
    guards=[needs(OWN)],
    sync_to_thread=True,
    status_code=200,
    tags=["support"],
    summary="Дописать к своему вопросу",
    description="Вопрос снова ждёт поддержку, и закрытый тоже. 429 – слишком много сообщений за час.",
    responses=problems(404, 409, 422, 429),
)
def write_again(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    message_id: MessageId,
    data: JSONBody[MessageIn],
) -> QuestionCardOut:
    """Write to a question of one's own."""
    with database.reading() as db:
        conversation.own_conversation(db, actor, message_id)
    files = files_in(portal.files, data.files)
    with database.transaction() as db:
        conversation.write_again(db, actor, message_id, data.text, files)
        return _card(db, actor, message_id)


@get(
    f"{QUESTION}/files/{{file_id:uuid}}",
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["support"],
    summary="Скачать файл своего вопроса",
    description="Ключ файла – в самом вопросе.",
    responses={**gives_out(description="Файл.", media_type="application/octet-stream"), **problems(404)},
)
def download_own_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    message_id: MessageId,
    file_id: FromPath[UUID],
) -> Response[bytes]:
    """A file of a question of one's own."""
    with database.reading() as db:
        conversation.own_conversation(db, actor, message_id)
        return stored_given_out(db, attached.file_of(db, actor, message_id, file_id))


def files_out(files: Sequence[StoredFile], address: str) -> list[SupportFileOut]:
    """Files as programs read them; `address` is where the conversation stands."""

    return [
        SupportFileOut(
            file_id=each.id,
            name=each.name,
            size=each.size,
            media_type=each.media_type,
            url=f"{address}/files/{each.id}",
        )
        for each in files
    ]


def entries_out(found: Conversation, address: str) -> list[EntryOut]:
    """What was said after the question."""
    return [
        EntryOut(
            author=each.author,
            from_support=each.from_support,
            text=each.text,
            step=each.step,
            created_at=each.created_at,
            files=files_out(each.files, address),
        )
        for each in found.entries
    ]


def _card(db: Session, actor: Actor, message_id: UUID) -> QuestionCardOut:
    db.flush()
    found = conversation.own_conversation(db, actor, message_id)
    address = f"{QUESTIONS}/{message_id}"
    return QuestionCardOut(
        question=_question(found.message),
        text=found.message.text,
        files=files_out(found.files, address),
        entries=entries_out(found, address),
    )


def _question(message: SupportMessage) -> QuestionOut:
    return QuestionOut(**{name: getattr(message, name) for name in QuestionOut.__struct_fields__})


support_api: list[Any] = [list_questions, one_question, ask, write_again, download_own_file]
