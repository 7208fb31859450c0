"""Pupils who go to another school, for programs: asking for one, and the old school's word."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.request_cards import RequestCardOut, RequestOut, card_out, page_of_requests
from core.api.requests import Box, Said, Status
from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound
from core.requests import reading, workflow
from core.requests.pupil_transfers import ADMIT, PUPIL_TRANSFER_KIND
from core.requests.reading import DECIDE
from core.requests.transfer_asking import WantedPupil, ask
from core.roles.actor import Actor
from core.web.guards import needs

KIND = PUPIL_TRANSFER_KIND.name
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>\u0000]+$")]


class TransferIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pupil one's school takes."""

    organization_id: Annotated[UUID, Meta(description="Ключ школы, из которой уходит ученик.")]
    last_name: Annotated[Name, Meta(examples=["Ковалёва"])]
    first_name: Annotated[Name, Meta(examples=["Дарья"])]
    middle_name: Name | None = None
    birth_date: date
    school_class: Annotated[
        str,
        Meta(min_length=1, max_length=30, pattern="^[^\\u0000]+$", description="Ваш класс.", examples=["9А"]),
    ]
    first_day: Annotated[date, Meta(description="Первый день в вашей школе, ГГГГ-ММ-ДД.")]
    basis: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=300,
            pattern="^[^\\u0000]+$",
            description="Основание: заявление родителей, приказ – номер и дата.",
            examples=["Приказ № 7 от 01.11.2026"],
        ),
    ]


class AnswerIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said to the new school with a consent."""

    text: Annotated[
        str,
        Meta(
            max_length=workflow.LONGEST_COMMENT,
            pattern="^[^\\u0000]*$",
            description="Что сказать; можно пусто.",
        ),
    ] = ""


class RefusalIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a pupil is not let go."""

    text: Said


@get(
    "/api/v1/transfers",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Переводы учеников",
    description="Запросы о переводе: отправленные вами или те, что решает ваша школа.",
    responses=problems(422),
)
def list_transfers(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    box: Box = "own",
    status: Status = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RequestOut]:
    """Transfers asked for by the actor, or to be decided."""
    with database.reading() as db:
        return page_of_requests(db, actor, box, status, KIND, after, limit)


@post(
    "/api/v1/transfers",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Попросить о переводе ученика",
    description=(
        "Решает прежняя школа: до её ответа ничего не меняется, и никто не узнаёт, есть ли у неё такой ученик. "
        "404 – такой школы нет, 422 – такого класса в этот день у вас нет."
    ),
    responses=problems(404, 409, 422),
)
def ask_for_pupil(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[TransferIn]
) -> RequestCardOut:
    """Ask the old school."""
    told = msgspec.structs.asdict(data)
    with database.transaction() as db:
        made = ask(db, actor, told.pop("organization_id"), WantedPupil(**told))
        return card_out(db, actor, made.id)


@post(
    "/api/v1/transfers/{request_id:uuid}/approve",
    guards=[needs(DECIDE)],
    sync_to_thread=True,
    status_code=200,
    tags=["requests"],
    summary="Отпустить ученика",
    description=(
        "Время ученика в вашей школе кончается накануне первого дня в новой; отметки остаются. 404 – такого ученика у "
        "вас нет, 409 – решение уже принято или день не подходит."
    ),
    responses=problems(404, 409, 422),
)
def approve(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[AnswerIn],
) -> RequestCardOut:
    """Let a pupil go."""
    with database.transaction() as db:
        workflow.approve(db, actor, _transfer(db, actor, request_id), data.text)
        return card_out(db, actor, request_id)


@post(
    "/api/v1/transfers/{request_id:uuid}/refuse",
    guards=[needs(DECIDE)],
    sync_to_thread=True,
    status_code=200,
    tags=["requests"],
    summary="Не отпустить ученика",
    description="С объяснением: его увидит новая школа. 409 – решение уже принято.",
    responses=problems(404, 409, 422),
)
def refuse(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[RefusalIn],
) -> RequestCardOut:
    """Say no, and why."""
    with database.transaction() as db:
        workflow.reject(db, actor, _transfer(db, actor, request_id), data.text)
        return card_out(db, actor, request_id)


def _transfer(db: Session, actor: Actor, request_id: UUID) -> UUID:
    """The key of a request, if it is about a transfer and the actor may see it."""
    if reading.seen(db, actor, request_id).kind != KIND:
        raise NotFound("Это запрос не о переводе.", advice="Решите его в разделе «Запросы».")
    return request_id


transfer_api: list[Any] = [list_transfers, ask_for_pupil, approve, refuse]
