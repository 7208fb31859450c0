"""Accounts for programs: who signs in and how, closing and opening the door."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.worklists import Wanted, lines_by_key
from core.database.engine import Database
from core.database.session import Session
from core.identity import accounts
from core.identity.accounts import AccountLine
from core.roles.actor import Actor
from core.web.accounts.account_list import ACCOUNTS
from core.web.guards import needs

Status = Annotated[
    str, Meta(description="`active` – вход открыт, `blocked` – закрыт, пусто – учётной записи ещё нет.")
]
Level = Annotated[
    str,
    Meta(description="Доверие внешнего входа: `confirmed`, `child`, `unconfirmed`; пусто, если его нет."),
]


class AccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """A person with their account."""

    id: Annotated[UUID, Meta(description="Ключ человека.")]
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    status: Status
    places: Annotated[list[str], Meta(description="Роли и классы в доступных организациях, словами.")]
    organization: Annotated[str, Meta(description="Короткое название организации.")]
    last_sign_in_at: Annotated[
        datetime | None, Meta(description="Последний вход: момент с часовым поясом; null, если не входил.")
    ]
    level: Level
    source: Annotated[
        str,
        Meta(description="Откуда данные: `portal`, `table`, `oneroster` или адрес внешнего входа."),
    ]


class AccountRoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A role of the person in an organization in reach."""

    id: UUID
    title: Annotated[str, Meta(description="Роль словами: «Учитель».")]
    organization: Annotated[str, Meta(description="Короткое название организации.")]
    school_class: Annotated[str, Meta(description="Класс, которым роль ограничена; пусто у прочих.")]
    status: Annotated[
        str,
        Meta(
            description="`requested` – ждёт подтверждения, `refused`, `active` – действует, `suspended`, `terminated`."
        ),
    ]
    starts_on: date
    ends_on: date | None
    basis: Annotated[str, Meta(description="Основание: приказ и его дата; может быть пусто.")]


class AccountIdentityOut(msgspec.Struct, frozen=True, kw_only=True):
    """An account at an outside provider that signs in to this one."""

    issuer: Annotated[str, Meta(description="Адрес внешнего входа.")]
    level: Level
    created_at: datetime
    seen_at: Annotated[datetime, Meta(description="Последний вход через неё: момент с часовым поясом.")]


class AccountSessionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    user_agent: Annotated[str, Meta(description="Как назвал себя браузер.")]
    created_at: datetime
    seen_at: Annotated[datetime, Meta(description="Когда им пользовались: момент с часовым поясом.")]


class AccountCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """An account with everything behind it."""

    account: Annotated[AccountOut, Meta(description="То же, что в списке.")]
    roles: Annotated[list[AccountRoleOut], Meta(description="Роли в доступных организациях.")]
    identities: Annotated[list[AccountIdentityOut], Meta(description="Внешние учётные записи.")]
    sessions: Annotated[list[AccountSessionOut], Meta(description="Открытые сеансы.")]
    may_block: Annotated[bool, Meta(description="Вам можно закрыть или открыть этот вход.")]
    objection: Annotated[str, Meta(description="Почему нельзя, словами; пусто, если можно.")]


class BlockIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the door is closed or opened."""

    reason: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=500,
            pattern="^[^\\u0000]+$",
            description="Основание; его увидят в истории изменений.",
            examples=["Уволен, приказ № 12 от 01.09.2026"],
        ),
    ]


class SignedOutOut(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody is signed out."""

    ended: Annotated[int, Meta(description="Сколько сеансов завершено; 0, если открытых не было.")]


@get(
    "/api/v1/accounts",
    guards=[needs(accounts.VIEW)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Учётные записи",
    description="Люди доступных организаций и то, как они входят, с фильтрами раздела «Учётные записи».",
    responses=problems(422),
)
def list_accounts(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: Wanted = "",
    status: Annotated[
        Literal["active", "blocked", "none"] | None,
        QueryParameter(description="Вход: `active` – открыт, `blocked` – закрыт, `none` – ещё не входил."),
    ] = None,
    role: Annotated[
        str | None, QueryParameter(pattern="^[a-z_]{1,40}$", description="Только с этой ролью: `teacher`.")
    ] = None,
    unseen: Annotated[
        Literal["7", "30", "180"] | None,
        QueryParameter(description="Кто не заходил дольше стольких дней."),
    ] = None,
    school_class_id: Annotated[
        UUID | None, QueryParameter(description="Только те, кто сейчас учится в этом классе.")
    ] = None,
    grade_level: Annotated[
        int | None, QueryParameter(ge=1, le=12, description="Только ученики этой параллели.")
    ] = None,
    organization_id: Annotated[
        UUID | None, QueryParameter(description="Только люди этой организации и тех, что под ней.")
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AccountOut]:
    """People in reach with their accounts."""
    with database.reading() as db:
        filters = {
            "status": status,
            "role": role,
            "unseen": unseen,
            "class": str(school_class_id or ""),
            "grade": str(grade_level or ""),
            "place": str(organization_id or ""),
        }
        lines, following = lines_by_key(db, actor, ACCOUNTS, q, filters, after, limit)
        return Page(items=[_out(line) for line in lines], next=following)


@get(
    "/api/v1/accounts/{person_id:uuid}",
    guards=[needs(accounts.VIEW)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Одна учётная запись",
    description="Роли, внешние учётные записи и сеансы человека из доступной организации.",
    responses=problems(404),
)
def one_account(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> AccountCardOut:
    """The account of a person in reach."""
    with database.reading() as db:
        return _card(db, actor, person_id)


@post(
    "/api/v1/accounts/{person_id:uuid}/block",
    guards=[needs(accounts.BLOCK)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Закрыть вход",
    description="Сеансы завершаются сразу, ключи доступа перестают действовать. 409 – этот вход закрыть нельзя.",
    responses=problems(404, 409, 422),
)
def block(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[BlockIn],
) -> AccountOut:
    """Close the door."""
    with database.transaction() as db:
        accounts.block(db, actor, person_id, data.reason)
        return _line(db, actor, person_id)


@post(
    "/api/v1/accounts/{person_id:uuid}/unblock",
    guards=[needs(accounts.BLOCK)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Открыть вход",
    description="Человек снова сможет войти. 409 – этот вход открыть нельзя.",
    responses=problems(404, 409, 422),
)
def unblock(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[BlockIn],
) -> AccountOut:
    """Open the door again."""
    with database.transaction() as db:
        accounts.unblock(db, actor, person_id, data.reason)
        return _line(db, actor, person_id)


@post(
    "/api/v1/accounts/{person_id:uuid}/sign-out",
    guards=[needs(accounts.BLOCK)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Завершить все сеансы",
    description=(
        "Человек выходит из портала на всех устройствах сразу, войти снова он может. 409 – он работает и там, куда "
        "ваша роль не достаёт."
    ),
    responses=problems(404, 409, 422),
)
def sign_out_everywhere(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> SignedOutOut:
    """End all sessions of somebody."""
    with database.transaction() as db:
        return SignedOutOut(ended=accounts.end_sessions(db, actor, person_id))


def _line(db: Session, actor: Actor, person_id: UUID) -> AccountOut:
    db.flush()
    return _out(accounts.account_line(db, actor, person_id))


def _out(line: AccountLine) -> AccountOut:
    return AccountOut(
        id=line.id,
        name=line.name,
        status=line.status,
        places=[str(each) for each in line.places],
        organization=line.organization,
        last_sign_in_at=line.last_sign_in_at,
        level=line.level,
        source=line.source,
    )


def _card(db: Session, actor: Actor, person_id: UUID) -> AccountCardOut:
    card = accounts.account_card(db, actor, person_id)
    return AccountCardOut(
        account=_out(card.line),
        roles=[
            AccountRoleOut(
                id=each.id,
                title=str(each.title),
                organization=each.organization,
                school_class=each.school_class,
                status=each.status,
                starts_on=each.starts_on,
                ends_on=each.ends_on,
                basis=each.basis,
            )
            for each in card.roles
        ],
        identities=[
            AccountIdentityOut(
                issuer=each.issuer, level=each.level, created_at=each.created_at, seen_at=each.seen_at
            )
            for each in card.identities
        ],
        sessions=[
            AccountSessionOut(user_agent=each.user_agent, created_at=each.created_at, seen_at=each.seen_at)
            for each in card.sessions
        ],
        may_block=card.may_block and not card.objection,
        objection=str(card.objection),
    )


account_api: list[Any] = [list_accounts, one_account, block, unblock, sign_out_everywhere]
