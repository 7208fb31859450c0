"""Lending the rights of the acting role to a colleague for a time, for programs, and taking them back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.api.roles import Basis
from core.database.engine import Database
from core.database.session import Session
from core.roles import delegation
from core.roles.actor import Actor
from core.roles.own import own_roles
from core.web.guards import needs

LEND = "core.roles.lend"
ADDRESS = "/api/v1/me/delegations"


class ColleagueOut(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague to whom rights may go."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]


class DelegationOut(msgspec.Struct, frozen=True, kw_only=True):
    """Rights lent to a colleague."""

    id: Annotated[UUID, Meta(description="Ключ роли, которую на это время получил коллега.")]
    role_id: Annotated[UUID, Meta(description="Ключ вашей роли, права которой переданы.")]
    name: Annotated[str, Meta(description="Кому: фамилия и инициалы.")]
    starts_on: date
    ends_on: date


class DelegationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom the rights go, and until when."""

    person_id: Annotated[UUID, Meta(description="Коллега из `…/candidates`.")]
    starts_on: Annotated[date, Meta(description="Первый день, ГГГГ-ММ-ДД, сегодня или позже.")]
    ends_on: Annotated[date, Meta(description="Последний день, ГГГГ-ММ-ДД, не дольше чем на год.")]
    basis: Basis


@get(
    ADDRESS,
    guards=[needs(LEND)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Кому переданы ваши права",
    description="Передачи ваших ролей, которые действуют или ещё начнутся.",
    responses=problems(),
)
def list_delegations(
    actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> list[DelegationOut]:
    """What is lent of one's own roles."""
    with database.reading() as db:
        return _lent(db, actor)


@get(
    f"{ADDRESS}/candidates",
    guards=[needs(LEND)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Кому можно передать права",
    description="Сотрудники организации вашей роли. 404 – права этой роли не передают.",
    responses=problems(404),
)
def list_candidates(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[ColleagueOut]:
    """To whom the rights of the acting role may go."""
    with database.reading() as db:
        found = delegation.delegates(db, actor, actor.acting_role.id)
        return [ColleagueOut(person_id=each.id, name=each.full_name) for each in found]


@post(
    ADDRESS,
    guards=[needs(LEND)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Передать права на время",
    description=(
        "Права роли, в которой выполняется запрос; у вас они остаются. Коллега узнает из уведомления. 404 – права этой "
        "роли не передают; 409 – такая роль у него уже есть."
    ),
    responses=problems(404, 409, 422),
)
def lend(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[DelegationIn]
) -> DelegationOut:
    """Hand the rights of the acting role over until a day."""
    with database.transaction() as db:
        own = actor.acting_role.id
        made = delegation.delegate(db, actor, own, data.person_id, data.starts_on, data.ends_on, data.basis)
        return next(each for each in _lent(db, actor) if each.id == made.id)


@delete(
    f"{ADDRESS}/{{role_id:uuid}}",
    guards=[needs(LEND)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Вернуть переданные права",
    description="Раньше срока; коллега узнает из уведомления. `role_id` – это `id` передачи.",
    responses=problems(404, 409, 422),
)
def take_back(
    actor: NamedDependency[Actor], database: NamedDependency[Database], role_id: FromPath[UUID]
) -> None:
    """Take one's rights back before the day."""
    with database.transaction() as db:
        delegation.take_back(db, actor, role_id)


def _lent(db: Session, actor: Actor) -> list[DelegationOut]:
    return [
        DelegationOut(
            id=lent.id,
            role_id=UUID(role.id),
            name=lent.name,
            starts_on=lent.starts_on,
            ends_on=lent.ends_on,
        )
        for role in own_roles(db, actor)
        for lent in role.lent
    ]


delegation_api: list[Any] = [list_delegations, list_candidates, lend, take_back]
