"""Correcting a role that still waits for a coordinator's word."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.errors import Conflict, NotFound
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole

CORRECTED = ("kind", "school_class_id", "group_id", "starts_on", "ends_on", "basis")


def correct(db: Session, actor: Actor, role_id: UUID, wanted: NewRole) -> StructuralRole:
    """Let a requested role say what is `wanted` of it now, for the same person in the same place.

    Raises as `lifecycle.give` does, and `Conflict` for a role that waits no more or is somebody else's.
    """
    role = db.scalar(select(StructuralRole).where(StructuralRole.id == role_id).with_for_update())
    if role is None:
        raise NotFound(
            "Роли, о которой этот запрос, больше нет.", advice="Отзовите запрос и дайте роль заново."
        )
    lifecycle.refuse_decided(role)
    if (role.person_id, role.organization_id) != (wanted.person_id, wanted.organization_id):
        raise Conflict(
            "Исправить в запросе человека или организацию нельзя.",
            advice="Отзовите запрос и отправьте новый.",
        )
    lifecycle.whom(db, actor, wanted)
    lifecycle.refuse_double(db, wanted, apart_from=role.id)
    before = {name: getattr(role, name) for name in CORRECTED}
    for name in CORRECTED:
        setattr(role, name, getattr(wanted, name))
    changed = [name for name in CORRECTED if before[name] != getattr(role, name)]
    told = (
        msgspec.to_builtins({name: before[name] for name in changed}),
        msgspec.to_builtins({name: getattr(role, name) for name in changed}),
    )
    lifecycle.step(db, actor, role, role.status, role.starts_on, role.basis, "core.role.correct", told)
    return role
