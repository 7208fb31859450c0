"""What a role kind may do, in plain words, and what a region changes in it.

A change holds in the organization that makes it and below; the nearest one wins. A kind gets nothing that no
kind of the same level has by default, so that nobody lifts a school's role above schools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.organizations.switches import raise_version
from core.roles.actor import Actor
from core.roles.models import RoleGrant
from core.roles.permissions import Permission, RoleKind

CONFIGURE = "core.roles.configure"
NOTHING = 0
"""Stands for no reach at all where a permission was taken away."""


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A permission as a role kind has it: its reach now, without the own change, and what it may be set to.

    Reaches are values of `Reach`, 0 for none; `changed` is the own change or None.
    """

    permission: Permission
    plugin: str
    reach: int
    inherited: int
    changed: int | None
    choices: Sequence[int]


class KindRights(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a role kind may do in the acting role's organization, and whether the actor may change it."""

    kind: RoleKind
    rights: Sequence[Right]
    may_change: bool


def kinds_to_read(db: Session) -> Sequence[RoleKind]:
    """Every kind of role, in its order."""
    return sorted(db.portal.grants.kinds.values(), key=lambda kind: kind.order)


def rights_of(db: Session, actor: Actor, name: str) -> KindRights:
    """What a role kind may do where the acting role is. Raises `NotFound` for an unknown kind."""
    grants, switches = db.portal.grants, db.portal.switches
    kind = grants.kinds.get(name)
    if kind is None:
        raise NotFound("Такой роли нет.", advice="Выберите роль из списка.")
    path = actor.role.organization_path if actor.role else ""
    defaults = grants.defaults(name)
    now: Mapping[str, int] = grants.of(name, path)
    own = switches.own_role_grants(name, path)
    above = switches.role_grants(name, path.rstrip("/").rpartition("/")[0])
    rights = [
        Right(
            permission=permission,
            plugin=grants.owners.get(each, ""),
            reach=int(now.get(each, NOTHING)),
            inherited=above.get(each, int(defaults.get(each, NOTHING))),
            changed=own.get(each),
            choices=_choices(db, kind, each),
        )
        for each, permission in grants.permissions.items()
        if each not in grants.owners or switches.is_on(grants.owners[each], path)
    ]
    return KindRights(kind=kind, rights=rights, may_change=_may_change(actor, kind))


def configure(db: Session, actor: Actor, name: str, wanted: Mapping[str, int | None]) -> int:
    """Set a kind's rights in the acting role's organization and below; returns how many have changed.

    `wanted` maps permissions to a reach, 0 for none, or None for what is inherited. Raises `Forbidden`
    without the right to, `NotFound` for a kind that is not below the actor, `Invalid` for a reach not offered.
    """
    actor.require(CONFIGURE)
    found = rights_of(db, actor, name)
    if not found.may_change:
        raise NotFound("Права этой роли меняет организация выше.", advice="Выберите роль уровнем ниже.")
    by_name = {each.permission.name: each for each in found.rights}
    changed: list[tuple[Right, int | None]] = []
    for permission, reach in wanted.items():
        right = by_name.get(permission)
        if right is None:
            continue
        if reach is not None and reach not in right.choices:
            raise Invalid("Такой охват у этого права невозможен.", advice="Выберите значение из списка.")
        if reach != right.changed and not (right.changed is None and reach == right.inherited):
            changed.append((right, None if reach == right.inherited else reach))
    for right, reach in changed:
        _set(db, actor, name, right, reach)
    if changed:
        raise_version(db)
    return len(changed)


def _set(db: Session, actor: Actor, kind: str, right: Right, reach: int | None) -> None:
    organization_id: UUID = actor.organization_id
    db.execute(
        delete(RoleGrant).where(
            RoleGrant.organization_id == organization_id,
            RoleGrant.role_kind == kind,
            RoleGrant.permission == right.permission.name,
        )
    )
    if reach is not None:
        db.add(
            RoleGrant(
                id=new_id(),
                organization_id=organization_id,
                role_kind=kind,
                permission=right.permission.name,
                reach=reach,
            )
        )
    db.flush()
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.role.configure",
            subject_type="role_kind",
            subject_id=kind,
            before={"role": kind, "permission": right.permission.name, "reach": right.reach},
            after={
                "role": kind,
                "permission": right.permission.name,
                "reach": right.inherited if reach is None else reach,
            },
        ),
    )


def _may_change(actor: Actor, kind: RoleKind) -> bool:
    """Only kinds that are held below the acting role's organization, never one's own or one above."""
    if not actor.can(CONFIGURE) or actor.role is None:
        return False
    order = ("federal", "region", "municipality")
    own = actor.role.organization_kind
    at_or_above = order[: order.index(own) + 1] if own in order else order
    return not set(kind.organization_kinds) & set(at_or_above)


def _choices(db: Session, kind: RoleKind, permission: str) -> Sequence[int]:
    grants = db.portal.grants
    level = set(kind.organization_kinds)
    reaches = {
        int(grants.defaults(name)[permission])
        for name, other in grants.kinds.items()
        if level & set(other.organization_kinds) and permission in grants.defaults(name)
    }
    return [NOTHING, *sorted(reaches)]
