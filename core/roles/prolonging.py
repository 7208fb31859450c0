"""A new last day for a role that is in force, as long as it is: one that has ended is given anew."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.database.session import Session
from core.errors import Invalid
from core.roles.actor import Actor
from core.roles.lifecycle import HeldRole, State, heed, objection, step, tell, to_change
from core.web.i18n import sentence


def objection_to_prolong(db: Session, actor: Actor, role: HeldRole) -> str:
    """Why the actor may not prolong this role, «» if they may."""
    states = (State.ACTIVE, State.CONFIRMED)
    reason = objection(db, actor, role, states, sentence("роль не действует: дайте её снова"))
    if reason:
        return reason
    if role.delegated_from is not None:
        return sentence("права передали на время: продлевает тот, кто их передал, новой передачей")
    if role.ends_on is None:
        return sentence("у роли нет последнего дня")
    return ""


def prolong(db: Session, actor: Actor, role_id: UUID, basis: str, last_day: date) -> None:
    """Let a role go on until `last_day`, which belongs to it.

    Raises `NotFound` out of reach, `Conflict` where it is not to be done, `Invalid` for a day that is not later.
    """
    role = to_change(db, actor, role_id)
    heed(objection_to_prolong(db, actor, role))
    before = role.ends_on
    if before is None or last_day <= before:
        raise Invalid(
            "Роль не продлена: новый последний день не позже прежнего.",
            fields={
                "last_day": sentence(
                    "Позже, чем %(day)s. Чтобы закончить роль раньше, прекратите её.", day=before or last_day
                )
            },
        )
    role.ends_on = last_day
    step(
        db,
        actor,
        role,
        "prolonged",
        last_day,
        basis,
        "core.role.prolong",
        (
            {"role": role.kind, "ends_on": before.isoformat()},
            {"role": role.kind, "ends_on": last_day.isoformat()},
        ),
    )
    tell(db, role, sentence("Роль продлена"))
