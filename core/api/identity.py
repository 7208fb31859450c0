"""Who is signed in, for programs."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency

from core.identity.sessions import Visit
from core.roles.actor import Actor


class RoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A structural role in force."""

    id: UUID
    kind: str
    organization_id: UUID
    organization_name: str
    acting: bool


class MeOut(msgspec.Struct, frozen=True, kw_only=True):
    """The one behind the request, and what the acting role may do."""

    account_id: UUID | None
    person_id: UUID | None
    name: str
    roles: list[RoleOut]
    permissions: dict[str, str]


@get("/api/v1/me", sync_to_thread=False, tags=["identity"])
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
                acting=actor.role is not None and role.id == actor.role.id,
            )
            for role in visit.roles
        ],
        permissions={name: reach.name.lower() for name, reach in actor.permissions.items()},
    )
