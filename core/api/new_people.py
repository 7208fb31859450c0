"""Somebody whom the portal does not know yet, added by programs with an account and a first role."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.api.people import Name, Number
from core.database.engine import Database
from core.errors import Conflict
from core.identity.accounts import VIEW
from core.identity.corrections import as_stored
from core.identity.newcomers import Namesakes, NewPerson, add_person
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.giving import give_role
from core.roles.lifecycle import GRANT, NewRole
from core.web.guards import needs

REFUSAL = "Человек не добавлен."


class NewAccountIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person the portal does not know yet, with a first role."""

    last_name: Annotated[Name, Meta(examples=["Ковалёва"])]
    first_name: Annotated[Name, Meta(examples=["Дарья"])]
    middle_name: Name | None = None
    birth_date: date | None = None
    snils: Annotated[
        Number | None,
        Meta(
            description="СНИЛС, 11 цифр: по нему человек войдёт через Госуслуги, и портал его узнает.",
            examples=["112-233-445 95"],
        ),
    ] = None
    phone: Annotated[Number | None, Meta(description="Телефон.")] = None
    email: Annotated[Number | None, Meta(description="Электронная почта.")] = None
    organization_id: Annotated[UUID, Meta(description="Ключ организации, где роль действует.")]
    kind: Annotated[
        str, Meta(pattern="^[a-z_]{1,40}$", description="Вид первой роли.", examples=["librarian"])
    ]
    starts_on: Annotated[date, Meta(description="Первый день роли, ГГГГ-ММ-ДД.")]
    ends_on: Annotated[date | None, Meta(description="Последний день роли; null – без срока.")] = None
    school_class_id: Annotated[
        UUID | None, Meta(description="Ключ класса; только для классного руководителя.")
    ] = None
    basis: Annotated[
        str,
        Meta(
            max_length=200,
            pattern="^[^\\u0000]*$",
            description="Основание роли: приказ и его дата.",
            examples=["Приказ № 12 от 01.09.2026"],
        ),
    ] = ""
    namesake: Annotated[
        bool,
        Meta(description="Человек с таким именем в организации – другой: завести нового. Без этого – 409."),
    ] = False


class NewAccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """A person with an account and a first role."""

    person_id: UUID
    role_id: UUID
    request_id: Annotated[
        UUID | None,
        Meta(description="Ключ запроса, в котором роль ждёт подтверждения; null – уже действует."),
    ]


@post(
    "/api/v1/accounts",
    guards=[needs(VIEW), needs(GRANT)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Завести человека с учётной записью",
    description=(
        "Человек и его первая роль появляются вместе или никак. Кого портал знает по СНИЛС, тот не заводится второй "
        "раз: роль получает он. Нужны области `roles.write` и `accounts.read`: без второй не найти тёзку. 409 – в "
        "организации есть человек с таким именем."
    ),
    responses=problems(404, 409, 422),
)
def add_account(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[NewAccountIn]
) -> NewAccountOut:
    """Add a person and give the first role, both or neither."""
    told = {name: getattr(data, name) for name in NewPerson.__struct_fields__}
    person = NewPerson(**as_stored(told, REFUSAL))
    wanted = {name: getattr(data, name) for name in NewRole.__struct_fields__ if hasattr(data, name)}
    with database.transaction() as db:
        authorize(db, actor, GRANT, data.organization_id)
        try:
            added = add_person(db, actor, data.organization_id, person, namesake=data.namesake)
        except Namesakes as found:
            raise Conflict(
                found.message,
                advice="Найдите его среди учётных записей и дайте ему роль. Если это полный тёзка, пришлите namesake.",
            ) from found
        role, waiting = give_role(db, actor, NewRole(person_id=added.id, **wanted))
        return NewAccountOut(
            person_id=added.id, role_id=role.id, request_id=waiting.id if waiting is not None else None
        )


new_people_api: list[Any] = [add_account]
