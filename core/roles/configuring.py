"""What a role kind may do, in plain words, and what a region changes in it.

A change holds in the organization that makes it and below; the nearest one wins. A kind gets nothing that no
kind of the same level has by default, so that nobody lifts a school's role above schools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.organizations.switches import raise_version
from core.roles.actor import Actor
from core.roles.models import RoleGrant
from core.roles.permissions import Permission, RoleKind
from core.roles.right_changes import CHANGED, SUBJECT, RightChange, change, changes_on
from core.web.i18n import sentence

CONFIGURE = "core.roles.configure"
READ_CHANGES = "core.audit.view"
NOTHING = 0
"""Stands for no reach at all where a permission was taken away."""

UNDO_WITHIN = timedelta(minutes=10)
"""How long a change can be taken back in one step. The page offers it for a few seconds, or until it is left."""


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A permission as a role kind has it: its reach now, without the own change, and what it may be set to.

    Reaches are values of `Reach`, 0 for none; `changed` is the own change or None. `source` is the change that
    makes it what it is; `is_changed` holds without it too where the record of it is no more.
    """

    permission: Permission
    plugin: str
    reach: int
    inherited: int
    changed: int | None
    choices: Sequence[int]
    is_changed: bool = False
    source: RightChange | None = None


class KindRights(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a role kind may do in the acting role's organization, and whether the actor may change it.

    `changes` are what was changed on the way down to that organization, the latest first: empty for those who may
    not read who changed what.
    """

    kind: RoleKind
    rights: Sequence[Right]
    may_change: bool
    may_read_changes: bool
    changes: Sequence[RightChange]


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of role, and how many of its rights are changed in the acting role's organization."""

    kind: RoleKind
    changed: int


def kinds_to_read(db: Session, actor: Actor) -> Sequence[KindLine]:
    """Every kind of role, in its order."""
    path = _path(actor)
    return [
        KindLine(kind=kind, changed=len(_changed_now(db, kind.name, path)))
        for kind in sorted(db.portal.grants.kinds.values(), key=lambda kind: kind.order)
    ]


def rights_of(db: Session, actor: Actor, name: str) -> KindRights:
    """What a role kind may do where the acting role is. Raises `NotFound` for an unknown kind."""
    grants, switches = db.portal.grants, db.portal.switches
    kind = grants.kinds.get(name)
    if kind is None:
        raise NotFound("Такой роли нет.", advice="Выберите роль из списка.")
    path = _path(actor)
    defaults = grants.defaults(name)
    held: Mapping[str, int] = grants.of(name, path)
    own = switches.own_role_grants(name, path)
    above = switches.role_grants(name, path.rstrip("/").rpartition("/")[0])
    changed = _changed_now(db, name, path)
    changes = changes_on(db, name, path)
    rights = [
        Right(
            permission=permission,
            plugin=grants.owners.get(each, ""),
            reach=int(held.get(each, NOTHING)),
            inherited=above.get(each, int(defaults.get(each, NOTHING))),
            changed=own.get(each),
            choices=_choices(db, kind, each),
            is_changed=each in changed,
            source=_source(changes, each, changed.get(each)),
        )
        for each, permission in grants.permissions.items()
        if _is_here(db, each, path)
    ]
    may_change = _may_change(actor, kind)
    may_read = may_change or actor.can(READ_CHANGES)
    return KindRights(
        kind=kind,
        rights=rights,
        may_change=may_change,
        may_read_changes=may_read,
        changes=[each for each in changes if each.permission in grants.permissions] if may_read else [],
    )


def right_to_change(db: Session, actor: Actor, name: str, permission: str) -> Right:
    """A right of a role kind that the actor may change.

    Raises `Forbidden` without the right to, `NotFound` for a kind that is not below the actor or an unknown right.
    """
    actor.require(CONFIGURE)
    found = rights_of(db, actor, name)
    if not found.may_change:
        raise NotFound("Права этой роли меняет организация выше.", advice="Выберите роль уровнем ниже.")
    right = next((each for each in found.rights if each.permission.name == permission), None)
    if right is None:
        raise NotFound("Такого права нет.", advice="Вернитесь к правам роли и выберите право из списка.")
    return right


def configure(
    db: Session, actor: Actor, name: str, permission: str, reach: int | None, basis: str
) -> UUID | None:
    """Set a right of a kind in the acting role's organization and below.

    `reach` is 0 for none, or None for what is inherited. Returns the number of the change, None if all stays
    as it was. Raises what `right_to_change` does, and `Invalid` for a reach not offered.
    """
    right = right_to_change(db, actor, name, permission)
    if reach is not None and reach not in (*right.choices, right.inherited):
        raise Invalid("Такой охват у этого права невозможен.", advice="Выберите значение из списка.")
    wanted = None if reach == right.inherited else reach
    if wanted == right.changed:
        return None
    _set(db, actor, name, right, wanted, basis)
    raise_version(db)
    made = changes_on(db, name, f"{actor.organization_id}/")
    return next(each.id for each in made if each.permission == permission)


def take_back(db: Session, actor: Actor, change_id: UUID) -> str:
    """Undo one's own change just made; returns the role kind.

    Raises `NotFound` for a change of another organization, `Conflict` if it is another person's, too old, or the
    right was changed again since.
    """
    actor.require(CONFIGURE)
    found = change(db, change_id)
    if found is None or found[1].organization_id != actor.organization_id:
        raise NotFound("Такого изменения нет.", advice="Вернитесь к правам роли.")
    name, made = found
    right = right_to_change(db, actor, name, made.permission)
    if made.person_id != actor.person_id or made.at < now() - UNDO_WITHIN or not is_latest(db, name, made):
        raise Conflict(
            "Отменить это изменение в один шаг уже нельзя.",
            advice="Откройте права роли и измените право ещё раз: нужно основание.",
        )
    wanted = None if made.before == right.inherited else made.before
    _set(db, actor, name, right, wanted, str(sentence("Отменено сразу: %(basis)s", basis=made.basis)))
    raise_version(db)
    return name


def is_latest(db: Session, name: str, made: RightChange) -> bool:
    """Whether the organization has not changed the right again since."""
    later = changes_on(db, name, f"{made.organization_id}/")
    return next((each.id for each in later if each.permission == made.permission), None) == made.id


def _path(actor: Actor) -> str:
    return actor.role.organization_path if actor.role else ""


def _is_here(db: Session, permission: str, path: str) -> bool:
    """Whether a permission means anything there: its plugin is on."""
    grants = db.portal.grants
    if permission not in grants.permissions:
        return False
    return permission not in grants.owners or db.portal.switches.is_on(grants.owners[permission], path)


def _changed_now(db: Session, name: str, path: str) -> Mapping[str, UUID]:
    """The permissions decided about there or above, not as by default, with the organization that decided so."""
    switches, defaults = db.portal.switches, db.portal.grants.defaults(name)
    own, sources = switches.own_role_grants(name, path), switches.role_grant_sources(name, path)
    return {
        permission: UUID(sources[permission])
        for permission, reach in switches.role_grants(name, path).items()
        if _is_here(db, permission, path)
        and (permission in own or reach != int(defaults.get(permission, NOTHING)))
    }


def _source(
    changes: Sequence[RightChange], permission: str, organization_id: UUID | None
) -> RightChange | None:
    if organization_id is None:
        return None
    mine = (each for each in changes if each.organization_id == organization_id)
    return next((each for each in mine if each.permission == permission), None)


def _set(db: Session, actor: Actor, kind: str, right: Right, reach: int | None, basis: str) -> None:
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
    told = {"role": kind, "permission": right.permission.name}
    record(
        db,
        actor,
        organization_id,
        Change(
            action=CHANGED,
            subject_type=SUBJECT,
            subject_id=kind,
            before={**told, "reach": right.reach},
            after={**told, "reach": right.inherited if reach is None else reach},
            reason=basis,
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
