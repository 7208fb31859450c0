"""The one who acts: a person in one structural role, with what that role may do and how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec

from core.errors import Forbidden
from core.roles.permissions import Reach


class ActingRole(msgspec.Struct, frozen=True, kw_only=True):
    """A structural role with the organization it is held in.

    With `group_id` it reaches only the members of that group of organizations, `group_name`. One whose rights a
    colleague has lent is held as their substitute, until a day.
    """

    id: UUID
    kind: str
    organization_id: UUID
    organization_kind: str
    organization_name: str
    organization_path: str
    timezone: str
    theme: str | None = None
    school_class_id: UUID | None = None
    school_class_name: str = ""
    group_id: UUID | None = None
    group_name: str = ""
    substitute_until: date | None = None

    @property
    def place(self) -> str:
        """Where one acts, in words: the group, if the role is for one, and the organization."""
        return ", ".join(each for each in (self.group_name, self.organization_name) if each)


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks a service for something.

    `permissions` holds what the acting role may do and how far; with an access token it is already cut
    down to the token's scopes. `origin` says by what way the request came (session, token, command line).
    """

    account_id: UUID | None
    person_id: UUID | None
    name: str
    role: ActingRole | None = None
    permissions: Mapping[str, Reach] = {}
    origin: str = ""
    is_system: bool = False

    def can(self, permission: str) -> bool:
        """Whether the acting role has `permission` anywhere at all."""
        return self.is_system or permission in self.permissions

    def reach(self, permission: str) -> Reach | None:
        """How far `permission` goes for the acting role; None if it does not have it."""
        return Reach.BELOW if self.is_system else self.permissions.get(permission)

    def require(self, permission: str) -> Reach:
        """The reach of `permission`. Raises `Forbidden` if the acting role does not have it."""
        reach = self.reach(permission)
        if reach is None:
            raise Forbidden(
                "В этой роли нет прав на это действие.",
                advice="Попросите право у администратора школы. Если ролей у вас несколько, выберите другую в шапке.",
                permission=permission,
            )
        return reach

    @property
    def organization_id(self) -> UUID:
        """The acting role's organization. Raises `Forbidden` for somebody without a role."""
        return self.acting_role.organization_id

    @property
    def acting_role(self) -> ActingRole:
        """The acting role. Raises `Forbidden` for somebody without one."""
        if self.role is None:
            raise Forbidden(
                "У вас пока нет роли в школе.",
                advice="Обратитесь в школу: администратор добавит вас.",
            )
        return self.role


def system_actor(name: str = "Система", origin: str = "command line") -> Actor:
    """The installation itself: for commands, migrations and background tasks nobody in particular began."""
    return Actor(account_id=None, person_id=None, name=name, origin=origin, is_system=True)
