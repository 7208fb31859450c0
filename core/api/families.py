"""Families for programs: one's own children, the guardians and children of others, asking to be tied to a child."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.request_cards import RequestCardOut, RequestOut, card_out, page_of_requests
from core.api.requests import SEND, Box, Status
from core.audit import views
from core.database.engine import Database
from core.errors import NotFound
from core.identity.child_sign_up import sign_up
from core.identity.children import own_children
from core.identity.directory import CONTACTS, Tie, card, is_own
from core.requests import sending
from core.requests.guardian_links import GUARDIAN_LINK, GuardianLink
from core.roles.actor import Actor
from core.web.guards import needs

OWN = "core.children.own"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>\u0000]+$")]
Relation = Annotated[
    str,
    Meta(
        description="`mother` – мать, `father` – отец, `parent` – родитель, `guardian` – опекун или попечитель, "
        "`grandmother` – бабушка, `grandfather` – дедушка, `relative` – родственник по доверенности."
    ),
]
Rights = Annotated[
    str,
    Meta(
        description="`full` – действует за ребёнка, `view` – только видит, `none` – права ограничены судом."
    ),
]


class PlaceOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a child studies today."""

    organization_id: UUID
    organization: Annotated[str, Meta(description="Короткое название школы.")]
    school_class: str


class ChildOut(msgspec.Struct, frozen=True, kw_only=True):
    """A child of one's own."""

    id: Annotated[UUID, Meta(description="Ключ ребёнка (человека).")]
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    birth_date: Annotated[date | None, Meta(description="Дата рождения, ГГГГ-ММ-ДД; null, если не указана.")]
    relation: Relation
    rights: Rights
    ends_on: Annotated[date | None, Meta(description="Последний день связи, ГГГГ-ММ-ДД; null – без срока.")]
    places: Annotated[list[PlaceOut], Meta(description="Где учится сейчас.")]
    has_account: Annotated[bool, Meta(description="Есть ли у ребёнка учётная запись.")]


class TieOut(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian of somebody, or a child."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    relation: Relation
    rights: Rights


class FamilyOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who is tied to a person today."""

    guardians: Annotated[list[TieOut], Meta(description="Представители; у взрослого пусто.")]
    children: Annotated[list[TieOut], Meta(description="Дети, чей он представитель.")]


class ChildAccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a child's account."""

    request_id: Annotated[
        UUID | None, Meta(description="Ключ запроса, который ждёт школу; null – учётная запись уже есть.")
    ]


class LinkIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A child whom the school has not tied to the author."""

    organization_id: Annotated[UUID, Meta(description="Ключ школы, где учится ребёнок.")]
    last_name: Annotated[Name, Meta(description="Фамилия ребёнка.", examples=["Ковалёва"])]
    first_name: Annotated[Name, Meta(description="Имя ребёнка.", examples=["Дарья"])]
    middle_name: Annotated[Name | None, Meta(description="Отчество ребёнка; null, если его нет.")] = None
    birth_date: Annotated[date, Meta(description="Дата рождения ребёнка, ГГГГ-ММ-ДД.")]
    relation: Annotated[
        Literal["parent", "guardian"],
        Meta(description="Кем вы приходитесь: `parent` – родитель, `guardian` – опекун или попечитель."),
    ]
    document: Annotated[
        str,
        Meta(
            max_length=300,
            pattern="^[^\\u0000]*$",
            description="Свидетельство о рождении или решение об опеке: номер и дата.",
            examples=["Свидетельство III-ДН 710107"],
        ),
    ] = ""


@get(
    "/api/v1/children",
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["people"],
    summary="Свои дети",
    description="Дети, с которыми вы связаны сегодня, старшие первыми.",
    responses=problems(),
)
def list_children(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[ChildOut]:
    """The children the actor is tied to."""
    with database.reading() as db:
        return [
            ChildOut(
                id=each.person.id,
                name=each.person.full_name,
                birth_date=each.person.birth_date,
                relation=each.tie.relation,
                rights=each.tie.rights,
                ends_on=each.tie.ends_on,
                places=[
                    PlaceOut(
                        organization_id=place.organization_id,
                        organization=place.organization,
                        school_class=place.school_class,
                    )
                    for place in each.places
                ],
                has_account=each.has_account,
            )
            for each in own_children(db, actor)
        ]


@post(
    "/api/v1/children/{child_id:uuid}/account",
    guards=[needs(SEND), needs(OWN)],
    sync_to_thread=True,
    tags=["people"],
    summary="Завести учётную запись своему ребёнку",
    description=(
        "Ребёнку до 14 лет: сразу или, если так решила школа, через запрос – тогда приходит его ключ. Нужны области "
        "`families.read` и `requests`. 409 – она уже есть, запрос отправлен или возраст другой."
    ),
    responses=problems(404, 409, 422),
)
def make_child_account(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    child_id: Annotated[UUID, PathParameter(description="Ключ ребёнка из списка своих детей.")],
) -> ChildAccountOut:
    """Make the account of one's own child, or ask the school to."""
    with database.transaction() as db:
        waiting = sign_up(db, actor, child_id)
        return ChildAccountOut(request_id=waiting.id if waiting is not None else None)


@get(
    "/api/v1/people/{person_id:uuid}/family",
    guards=[needs(CONTACTS)],
    sync_to_thread=True,
    tags=["people"],
    summary="Представители и дети человека",
    description="Кто связан с человеком сегодня. Обращение записывается: человек видит, кто смотрел его данные.",
    responses=problems(404),
)
def family(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> FamilyOut:
    """Guardians and children of somebody whose contacts the actor may see."""
    with database.transaction() as db:
        found = card(db, actor, person_id)
        if not found.contacts:
            raise NotFound("Такого человека в вашей организации нет.", advice="Найдите его в списке людей.")
        if not is_own(db, actor, person_id):
            views.note_views(db, actor, person_id, [views.CARD])
        return FamilyOut(guardians=_ties(found.guardians), children=_ties(found.children))


@get(
    "/api/v1/guardian-links",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["people"],
    summary="Запросы о связи с ребёнком",
    description=(
        "Отправленные вами или те, что решает роль. Решают их, как все: `/api/v1/requests/{request_id}/decision`."
    ),
    responses=problems(422),
)
def list_links(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    box: Box = "own",
    status: Status = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RequestOut]:
    """Requests to be tied to a child."""
    with database.reading() as db:
        return page_of_requests(db, actor, box, status, GUARDIAN_LINK, after, limit)


@post(
    "/api/v1/guardian-links",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["people"],
    summary="Попросить о связи с ребёнком",
    description=(
        "Школа сверит имя и дату рождения со своими учениками, когда одобрит; до этого никто не узнаёт, учится ли у "
        "неё такой ребёнок. 404 – такой школы нет."
    ),
    responses=problems(404, 409, 422),
)
def ask_for_link(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[LinkIn]
) -> RequestCardOut:
    """Ask a school to tie the actor to a child."""
    told = msgspec.structs.asdict(data)
    school_id = told.pop("organization_id")
    with database.transaction() as db:
        made = sending.send(db, actor, GUARDIAN_LINK, GuardianLink(**told), school_id)
        return card_out(db, actor, made.id)


def _ties(ties: Sequence[Tie]) -> list[TieOut]:
    return [
        TieOut(person_id=each.person_id, name=each.name, relation=each.relation, rights=each.rights)
        for each in ties
    ]


family_api: list[Any] = [list_children, make_child_account, family, list_links, ask_for_link]
