"""Requests as programs read them: a line of a list, and a card with what was asked, attached and said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import Page, by_key
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations.models import Organization
from core.requests import reading
from core.requests.attached import attached_by
from core.requests.kinds import all_kinds
from core.requests.models import Request
from core.requests.reading import decidable
from core.roles.access import require_person
from core.roles.actor import Actor


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
        str,
        Meta(
            description="Новое состояние: `sent`, `in_review` …; `attached` – приложены файлы, они названы в `text`; "
            "пусто – только комментарий."
        ),
    ]
    text: Annotated[str, Meta(description="Что сказано; может быть пусто.")]
    author: Annotated[str, Meta(description="Кто: фамилия и инициалы.")]
    created_at: datetime


class RequestOptionOut(msgspec.Struct, frozen=True, kw_only=True):
    """One of what may be chosen when a request is approved."""

    value: Annotated[str, Meta(description="Что передать в `chosen`, одобряя запрос.")]
    title: Annotated[str, Meta(description="Словами: имя и класс ребёнка.")]
    note: Annotated[
        str, Meta(description="Чем отличается от того, что написано в запросе; может быть пусто.")
    ]
    suits: Annotated[bool, Meta(description="Совпадает: без `chosen` берут его.")]


class RequestFileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to a request."""

    file_id: UUID
    name: Annotated[str, Meta(description="Имя файла.")]
    size: Annotated[int, Meta(description="Размер, байт.")]
    media_type: Annotated[str, Meta(description="Тип содержимого, как его определил портал.")]
    author: Annotated[str, Meta(description="Кто приложил: фамилия и инициалы; пусто, если уже неизвестно.")]
    created_at: datetime
    url: Annotated[str, Meta(description="Откуда скачать тем же ключом: путь на портале.")]


class RequestCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A request with what was asked and what was said."""

    request: Annotated[RequestOut, Meta(description="То же, что в списке.")]
    values: Annotated[dict[str, Any], Meta(description="О чём просят: имя поля вида запроса → значение.")]
    steps: Annotated[list[RequestStepOut], Meta(description="Шаги и комментарии по порядку.")]
    files: Annotated[list[RequestFileOut], Meta(description="Приложенные файлы, прежние – первыми.")]
    may_edit: Annotated[
        bool, Meta(description="Вам можно изменить и отправить его: это ваш черновик или вам его вернули.")
    ]
    may_decide: Annotated[bool, Meta(description="Вам можно решить этот запрос.")]
    may_withdraw: Annotated[bool, Meta(description="Вам можно отозвать этот запрос.")]
    next: Annotated[
        list[str],
        Meta(description="Кто решает: у кого он или, пока ни у кого, первые несколько; пусто, если решён."),
    ]
    handler_id: Annotated[
        UUID | None, Meta(description="У кого запрос; null, если его никто не взял или он решён.")
    ]
    before: Annotated[
        dict[str, Any] | None,
        Meta(
            description="Что запрос заменит (решённый – заменил): имя поля → прежнее значение; null, если он ничего не "
            "меняет."
        ),
    ]
    options: Annotated[
        list[RequestOptionOut],
        Meta(description="Из чего выбрать, одобряя: например, похожие ученики; пусто, если выбирать нечего."),
    ]


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
    if status is None and box == "to_decide":
        status = "open"
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
    return told(db, actor, reading.card(db, actor, request_id))


def told(db: Session, actor: Actor, found: reading.RequestCard) -> RequestCardOut:
    """A card as programs read it."""
    return RequestCardOut(
        request=_out(db, found.request, found.author, found.organization.short_name),
        values=found.request.values,
        steps=[
            RequestStepOut(step=each.step, text=each.text, author=author, created_at=each.created_at)
            for each, author in found.comments
        ],
        files=[
            RequestFileOut(
                file_id=file.id,
                name=file.name,
                size=file.size,
                media_type=file.media_type,
                author=author,
                created_at=file.created_at,
                url=f"/api/v1/requests/{found.request.id}/files/{file.id}",
            )
            for file, author in attached_by(db, found.request.id)
        ],
        may_edit=found.request.status in reading.WRITTEN and found.author.id == actor.person_id,
        may_decide=found.may_decide,
        may_withdraw=found.may_withdraw,
        next=list(found.next),
        handler_id=found.handler.id if found.handler is not None else None,
        before=dict(found.before) if found.before is not None else None,
        options=[
            RequestOptionOut(value=each.value, title=each.title, note=each.note, suits=each.suits)
            for each in found.options
        ],
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
