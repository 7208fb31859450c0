"""Who is signed in, for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta

from core.api.lists import problems
from core.identity.sessions import Visit
from core.roles.actor import Actor


class RoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A structural role in force."""

    id: UUID
    kind: Annotated[str, Meta(description="Вид роли: `teacher`, `head`, `guardian` и другие.")]
    organization_id: UUID
    organization_name: Annotated[str, Meta(description="Название организации.")]
    school_class_id: UUID | None
    school_class_name: Annotated[str, Meta(description="Класс классного руководителя; пусто у прочих.")]
    group_id: Annotated[
        UUID | None, Meta(description="Ключ группы организаций, которой роль ограничена; null у прочих.")
    ]
    acting: Annotated[bool, Meta(description="В этой роли выполняется запрос.")]


class MeOut(msgspec.Struct, frozen=True, kw_only=True):
    """The one behind the request, and what the acting role may do."""

    account_id: UUID | None
    person_id: UUID | None
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    roles: Annotated[list[RoleOut], Meta(description="Действующие роли.")]
    permissions: Annotated[
        dict[str, str],
        Meta(
            description="Права текущей роли, урезанные ключом доступа: право → докуда оно достаёт (`own` – своё, "
            "`organization` – вся организация, `below` – и подчинённые)."
        ),
    ]


@get(
    "/api/v1/me",
    sync_to_thread=False,
    tags=["identity"],
    summary="Кто я и что мне можно",
    description="Человек, от имени которого действует ключ, его роли и права. С этого удобно начать.",
    responses=problems(),
)
def me(actor: NamedDependency[Actor], visit: NamedDependency[Visit]) -> MeOut:
    """The signed-in person, the roles in force, and the acting role's permissions with their reach."""
    return MeOut(
        account_id=actor.account_id,
        person_id=actor.person_id,
        name=actor.name,
        roles=[
            RoleOut(
                id=role.id,
                kind=role.kind,
                organization_id=role.organization_id,
                organization_name=role.organization_name,
                school_class_id=role.school_class_id,
                school_class_name=role.school_class_name,
                group_id=role.group_id,
                acting=actor.role is not None and role.id == actor.role.id,
            )
            for role in visit.roles
        ],
        permissions={name: reach.name.lower() for name, reach in actor.permissions.items()},
    )
