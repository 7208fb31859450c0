"""Permissions and role kinds: what may be granted, how far a grant reaches, and to whom by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

import msgspec


class Reach(IntEnum):
    """How far a granted permission goes.

    `OWN`: only what the person has a tie to (own classes, own children, oneself), which the service
    that owns the data decides. `ORGANIZATION`: everything of the role's organization.
    `BELOW`: that organization and all below it in the tree.
    """

    OWN = 1
    ORGANIZATION = 2
    BELOW = 3


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """Something a role may be allowed to do.

    `name` is `<plugin>.<thing>.<verb>`; `title` says it in plain words («Ставить отметки»);
    `grants` maps role kinds to the reach they have by default. Writing permissions set `changes`. What is done
    in the role's own organization for all below it at once is `central`: a role for a group of organizations only
    does not have it.
    """

    name: str
    title: str
    grants: Mapping[str, Reach] = {}
    changes: bool = False
    central: bool = False


class RoleKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of structural role.

    `organization_kinds` are the kinds of organization where it may be held; `grants` lets a plugin's
    own role kind have permissions of the core or of other plugins. `follows` says in words what a role that
    nobody gives by hand follows from. A role `from_above` is given only by an organization above the one
    where it is held; a `delegable` one may be handed to a colleague for a time: its rights do not hang on the
    person's own lessons or children. One held above the schools may be given `for_groups` of organizations.
    """

    name: str
    title: str
    organization_kinds: Sequence[str]
    grants: Mapping[str, Reach] = {}
    order: int = 100
    follows: str = ""
    from_above: bool = False
    delegable: bool = False

    @property
    def for_groups(self) -> bool:
        """Whether such a role may be narrowed to a group of organizations: it is held above the schools."""
        return not set(self.organization_kinds) - {"federal", "region", "municipality"}
