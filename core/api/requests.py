"""Requests for programs: sending, what was said, deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations.models import Organization
from core.requests import reading, sending, workflow
from core.requests.kinds import all_kinds
from core.requests.listing import DECIDE
from core.requests.models import Request
from core.requests.reading import decidable
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.struct_form import form_fields, parse_form

SEND = "core.requests.send"
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
    QueryParameter(description="`own` – отправленные вами, `to_decide` – отправленные вам на решение."),
]
Status = Annotated[
    Literal["open", "draft", "sent", "in_review", "returned", "approved", "rejected", "withdrawn"] | None,
    QueryParameter(description="Только в этом состоянии; `open` – ждут решения."),
]


class RequestOut(msgspec.Struct, frozen=True, kw_only=True):
    """A request as lists show it."""

    id: UUID
    kind: Annotated[str, Meta(description="Вид запроса: `core.person_correction`.")]
    title: Annotated[str, Meta(description="Вид словами: «Исправление данных».")]
    author_id: Annotated[UUID, Meta(description="Ключ человека, который его отправил.")]
    author: Annotated[str, Meta(description="Кто отправил: фамилия, имя и отчество.")]
    organization_id: UUID
    organization: Annotated[str, Meta(description="Короткое название организации, которой он отправлен.")]
    status: Annotated[
        str,
        Meta(
            description="`draft` – черновик, `sent`, `in_review` – рассматривают, `returned` – возвращён, `approved`, "
            "`rejected`, `withdrawn`."
        ),
    ]
    deadline: Annotated[date | None, Meta(description="Срок ответа, ГГГГ-ММ-ДД; null, если его нет.")]
    created_at: datetime
    decided_at: Annotated[datetime | None, Meta(description="Когда решён; null, пока нет.")]


class RequestStepOut(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a request, or something said about it."""

    step: Annotated[
        str, Meta(description="Новое состояние: `sent`, `in_review` …; пусто – только комментарий.")
    ]
    text: Annotated[str, Meta(description="Что сказано; может быть пусто.")]
    author: Annotated[str, Meta(description="Кто: фамилия и инициалы.")]
    created_at: datetime


class RequestCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A request with what was asked and what was said."""

    request: Annotated[RequestOut, Meta(description="То же, что в списке.")]
    values: Annotated[dict[str, Any], Meta(description="О чём просят: имя поля вида запроса → значение.")]
    steps: Annotated[list[RequestStepOut], Meta(description="Шаги и комментарии по порядку.")]
    may_decide: Annotated[bool, Meta(description="Вам можно решить этот запрос.")]
    may_withdraw: Annotated[bool, Meta(description="Вам можно отозвать этот запрос.")]
    next: Annotated[list[str], Meta(description="Кто решает: первые несколько; пусто, если решён.")]


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
    fields: Annotated[list[RequestFieldOut], Meta(description="Поля, которые заполняют.")]


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
        Literal["take", "approve", "return", "reject"],
        Meta(
            description="`take` – взять в работу, `approve` – одобрить, `return` – вернуть на исправление, "
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
            if not kind.begun_at and not kind.needs_file
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
        return card_out(db, actor, request_id)


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
        values = parse_form(kind.form, _texts(data.values))
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
    """Take a request up, grant or refuse it."""
    with database.transaction() as db:
        if data.decision == "take":
            workflow.take(db, actor, request_id)
        elif data.decision == "approve":
            workflow.approve(db, actor, request_id, data.text)
        elif data.decision == "return":
            workflow.give_back(db, actor, request_id, data.text)
        else:
            workflow.reject(db, actor, request_id, data.text)
        return card_out(db, actor, request_id)


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a document as a form would send them: the same rules and sentences for both."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value is False:
            continue
        if isinstance(value, dict):
            raise Invalid(
                "Запрос не отправлен.", fields={name: "Здесь должно быть одно значение или список."}
            )
        several = isinstance(value, list)
        found[name] = [_text(each) for each in cast("list[Any]", value)] if several else _text(value)
    return found


def _text(value: Any) -> str:
    return "true" if value is True else str(value).replace("\x00", "")


def page_of_requests(
    db: Session,
    actor: Actor,
    box: str,
    status: str | None,
    kind: str | None,
    after: UUID | None,
    limit: int,
) -> Page[RequestOut]:
    """Requests of one's own, or for the acting role to decide, of one kind or of any."""
    condition = Request.author_id == require_person(actor) if box == "own" else decidable(db, actor)
    statement: Any = (
        select(Request, Person, Organization.short_name)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .where(condition)
    )
    if status is not None:
        statement = statement.where(Request.status.in_(reading.OPEN if status == "open" else (status,)))
    if kind is not None:
        statement = statement.where(Request.kind == kind)
    rows: Sequence[Any] = db.execute(by_key(statement, Request.id, after, limit)).all()
    items = [_out(db, *row) for row in rows[:limit]]
    return Page(items=items, next=items[-1].id if len(rows) > limit else None)


def card_out(db: Session, actor: Actor, request_id: UUID) -> RequestCardOut:
    """A request the actor may see, as it stands now."""
    db.flush()
    found = reading.card(db, actor, request_id)
    return RequestCardOut(
        request=_out(db, found.request, found.author, found.organization.short_name),
        values=found.request.values,
        steps=[
            RequestStepOut(step=each.step, text=each.text, author=author, created_at=each.created_at)
            for each, author in found.comments
        ],
        may_decide=found.may_decide,
        may_withdraw=found.may_withdraw,
        next=list(found.next),
    )


def _out(db: Session, request: Request, author: Person, organization: str) -> RequestOut:
    kinds = all_kinds(db.portal)
    return RequestOut(
        id=request.id,
        kind=request.kind,
        title=str(kinds[request.kind][1].title) if request.kind in kinds else request.kind,
        author_id=author.id,
        author=full_name(author.last_name, author.first_name, author.middle_name),
        organization_id=request.organization_id,
        organization=organization,
        status=request.status,
        deadline=request.deadline,
        created_at=request.created_at,
        decided_at=request.decided_at,
    )


request_api: list[Any] = [list_kinds, list_requests, one_request, send, comment, withdraw, decide]
