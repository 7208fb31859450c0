"""Requests for programs: sending, what was said, deciding."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.request_cards import RequestCardOut, RequestOut, card_out, page_of_requests, told
from core.api.typed import as_typed
from core.audit.views import note_views_of_many
from core.database.engine import Database
from core.requests import reading, sending, workflow
from core.requests.reading import DECIDE
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.struct_form import form_fields, parse_form

SEND = "core.requests.send"
MOST_ADDRESSEES = 20
STEPS_WITHOUT_WORDS = {
    "take": workflow.take,
    "take_over": workflow.take_over,
    "put_back": workflow.put_back,
}
Said = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=workflow.LONGEST_COMMENT,
        pattern="^[^\\u0000]+$",
        description="Что сказать; увидят автор и те, кто решает.",
        examples=["Приложите свидетельство о рождении."],
    ),
]


Box = Annotated[
    Literal["own", "to_decide"],
    QueryParameter(
        description="`own` – отправленные вами, `to_decide` – ждущие вашего решения; с `status` – и решённые."
    ),
]
Status = Annotated[
    Literal["open", "draft", "sent", "in_review", "returned", "approved", "rejected", "withdrawn"] | None,
    QueryParameter(description="Только в этом состоянии; `open` – ждут решения."),
]


class RequestFieldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a kind of requests."""

    name: Annotated[str, Meta(description="Имя поля в `values`.")]
    title: Annotated[str, Meta(description="Как поле называется в форме.")]
    kind: Annotated[
        str,
        Meta(
            description="Вид поля: `text`, `textarea`, `number`, `date`, `select`, `checkbox`, `choices`, `list`."
        ),
    ]
    required: Annotated[bool, Meta(description="Без него запрос не отправить.")]
    options: Annotated[dict[str, str], Meta(description="Из чего выбрать: значение → слова.")]


class RequestKindOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of requests the acting role may send."""

    name: Annotated[str, Meta(description="Имя вида: `core.person_correction`.")]
    title: Annotated[str, Meta(description="Вид словами.")]
    addressed: Annotated[bool, Meta(description="Организацию выбирают: её ключ нужен в `organization_id`.")]
    needs_file: Annotated[
        str,
        Meta(
            description="Какой документ обязательно приложить, словами: такой запрос начинают черновиком; пусто, если "
            "не нужен."
        ),
    ]
    fields: Annotated[list[RequestFieldOut], Meta(description="Поля, которые заполняют.")]


class AddresseeOut(msgspec.Struct, frozen=True, kw_only=True):
    """An organization that takes a kind of requests."""

    id: UUID
    name: Annotated[str, Meta(description="Полное название.")]
    short_name: Annotated[str, Meta(description="Короткое название.")]
    address: Annotated[str, Meta(description="Адрес, чтобы не спутать; может быть пусто.")]


class RequestIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to be sent."""

    kind: Annotated[
        str,
        Meta(
            pattern="^[a-z_.]{1,80}$",
            description="Имя вида из `/api/v1/request-kinds`.",
            examples=["core.person_correction"],
        ),
    ]
    values: Annotated[
        dict[str, Any],
        Meta(
            description="Поля вида: имя → значение.",
            examples=[{"last_name": "Семёнова", "first_name": "Вера", "reason": "Ошибка в паспорте"}],
        ),
    ]
    organization_id: Annotated[
        UUID | None,
        Meta(description="Кому: ключ организации, если вид её спрашивает; null – организации роли."),
    ] = None


class CommentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something said about a request."""

    text: Said


class DecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a request."""

    decision: Annotated[
        Literal["take", "take_over", "put_back", "approve", "return", "reject"],
        Meta(
            description="`take` – взять в работу, `take_over` – передать себе то, что рассматривает другой, "
            "`put_back` – вернуть своё в общий список, `approve` – одобрить, `return` – вернуть на исправление, "
            "`reject` – отклонить."
        ),
    ]
    text: Annotated[
        str,
        Meta(
            max_length=workflow.LONGEST_COMMENT,
            pattern="^[^\\u0000]*$",
            description="Что сказать автору; при отказе и возврате обязательно.",
        ),
    ] = ""
    chosen: Annotated[
        str,
        Meta(
            max_length=100,
            pattern="^[^\\u0000]*$",
            description="Что выбрано из `options` запроса; нужно, если ни один вариант не совпадает.",
        ),
    ] = ""


@get(
    "/api/v1/request-kinds",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Виды запросов",
    description="Запросы, которые может отправить роль, с их полями.",
    responses=problems(),
)
def list_kinds(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[RequestKindOut]:
    """The kinds of requests the acting role may send."""
    with database.reading() as db:
        return [
            RequestKindOut(
                name=kind.name,
                title=str(kind.title),
                addressed=bool(kind.addressed_to),
                needs_file=str(kind.needs_file or ""),
                fields=[
                    RequestFieldOut(
                        name=each.name,
                        title=each.label,
                        kind=each.kind,
                        required=each.required,
                        options={value: str(words) for value, words in each.options},
                    )
                    for each in form_fields(kind.form)
                ],
            )
            for kind in sending.kinds_for(db, actor)
            if not kind.begun_at
        ]


@get(
    "/api/v1/request-kinds/{name:str}/addressees",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Кому отправить запрос",
    description=(
        "Организации, которые принимают запросы этого вида, по словам названия; первые 20. Ключ нужен в "
        "`organization_id`. Пусто, если у вида адресата не выбирают."
    ),
    responses=problems(404, 422),
)
def list_addressees(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Annotated[str, PathParameter(description="Имя вида из `/api/v1/request-kinds`.")],
    q: Annotated[
        str,
        QueryParameter(
            min_length=1, max_length=200, pattern="^[^\\u0000]*$", description="Слова названия организации."
        ),
    ],
) -> list[AddresseeOut]:
    """Organizations to which a kind may be sent."""
    with database.reading() as db:
        kind = sending.kind_for(db, actor, name)
        found = sending.addressees(db, actor, kind, q, MOST_ADDRESSEES) if kind.addressed_to else ()
        return [
            AddresseeOut(id=each.id, name=each.name, short_name=each.short_name, address=each.address or "")
            for each in found
        ]


@get(
    "/api/v1/requests",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Запросы",
    description="Свои запросы или те, что решает роль.",
    responses=problems(422),
)
def list_requests(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    box: Box = "own",
    status: Status = None,
    kind: Annotated[
        str | None, QueryParameter(pattern="^[a-z_.]{1,80}$", description="Только этого вида.")
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RequestOut]:
    """Requests of one's own, or for the acting role to decide."""
    with database.reading() as db:
        return page_of_requests(db, actor, box, status, kind, after, limit)


@get(
    "/api/v1/requests/{request_id:uuid}",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Один запрос",
    description="Запрос с тем, о чём просят, и всем, что сказано. Виден автору и тем, кто решает.",
    responses=problems(404),
)
def one_request(
    actor: NamedDependency[Actor], database: NamedDependency[Database], request_id: FromPath[UUID]
) -> RequestCardOut:
    """A request of one's own, or for the acting role to decide."""
    with database.reading() as db:
        found = reading.card(db, actor, request_id)
        shown = told(db, actor, found)
    if seen := reading.shown_of_others(actor, found):
        with database.transaction() as db:
            note_views_of_many(db, actor, seen)
    return shown


@post(
    "/api/v1/requests",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Отправить запрос",
    description="Те, кто решает, узнают из уведомления. 422 – поля не подходят виду запроса.",
    responses=problems(404, 409, 422),
)
def send(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[RequestIn]
) -> RequestCardOut:
    """Send a request."""
    with database.transaction() as db:
        kind = sending.kind_for(db, actor, data.kind)
        values = parse_form(kind.form, as_typed(data.values))
        request = sending.send(db, actor, kind.name, values, data.organization_id)
        return card_out(db, actor, request.id)


@post(
    "/api/v1/requests/{request_id:uuid}/comments",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Сказать о запросе",
    description="Вторая сторона узнает из уведомления.",
    responses=problems(404, 409, 422),
)
def comment(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[CommentIn],
) -> RequestCardOut:
    """Say something about a request."""
    with database.transaction() as db:
        workflow.comment(db, actor, request_id, data.text)
        return card_out(db, actor, request_id)


@post(
    "/api/v1/requests/{request_id:uuid}/withdraw",
    guards=[needs(SEND)],
    sync_to_thread=True,
    status_code=200,
    tags=["requests"],
    summary="Отозвать свой запрос",
    description="Пока его не решили.",
    responses=problems(404, 409, 422),
)
def withdraw(
    actor: NamedDependency[Actor], database: NamedDependency[Database], request_id: FromPath[UUID]
) -> RequestCardOut:
    """Take one's own request back."""
    with database.transaction() as db:
        workflow.withdraw(db, actor, request_id)
        return card_out(db, actor, request_id)


@post(
    "/api/v1/requests/{request_id:uuid}/decision",
    guards=[needs(DECIDE)],
    sync_to_thread=True,
    status_code=200,
    tags=["requests"],
    summary="Решить запрос",
    description="О чём просили, делается сразу. 409 – решение уже принято или сделать это нельзя.",
    responses=problems(404, 409, 422),
)
def decide(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[DecisionIn],
) -> RequestCardOut:
    """Take a request up or leave it to others, grant or refuse it."""
    with database.transaction() as db:
        if data.decision in STEPS_WITHOUT_WORDS:
            STEPS_WITHOUT_WORDS[data.decision](db, actor, request_id)
        elif data.decision == "approve":
            workflow.approve(db, actor, request_id, data.text, chosen=data.chosen)
        elif data.decision == "return":
            workflow.give_back(db, actor, request_id, data.text)
        else:
            workflow.reject(db, actor, request_id, data.text)
        db.flush()
        found = reading.card(db, actor, request_id)
        note_views_of_many(db, actor, reading.shown_of_others(actor, found))
        return told(db, actor, found)


request_api: list[Any] = [
    list_kinds,
    list_addressees,
    list_requests,
    one_request,
    send,
    comment,
    withdraw,
    decide,
]
