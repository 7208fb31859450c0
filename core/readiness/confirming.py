"""Saying by hand that a step is fine as it is, and taking that back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.organizations.models import Organization
from core.readiness.checklist import CONFIRM
from core.readiness.models import SetupConfirmation
from core.readiness.steps import all_steps
from core.roles.access import authorize
from core.roles.actor import Actor


def confirm(db: Session, actor: Actor, organization_id: UUID, step: str, *, fine: bool) -> None:
    """Confirm a step by hand, or (`fine` is false) take that back; again without effect.

    Raises `Forbidden`, `NotFound` out of reach and for a step that there is not, `Conflict` for one that the data
    themselves tell.
    """
    authorize(db, actor, CONFIRM, organization_id)
    organization = db.get_one(Organization, organization_id, with_for_update=True)
    found = next((each for _plugin, each in all_steps(db.portal) if each.name == step), None)
    if found is None or organization.kind not in found.kinds:
        raise NotFound("Такого шага нет.", advice="Обновите страницу.")
    if not found.by_hand:
        raise Conflict("Этот шаг портал отмечает сам.", advice="Сделайте то, чего не хватает.")
    mine = (SetupConfirmation.organization_id == organization_id, SetupConfirmation.step == step)
    before = db.scalar(select(SetupConfirmation.id).where(*mine)) is not None
    if before == fine:
        return
    if fine:
        db.add(
            SetupConfirmation(
                id=new_id(), organization_id=organization_id, step=step, person_id=actor.person_id
            )
        )
        db.flush()
    else:
        db.execute(delete(SetupConfirmation).where(*mine))
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.setup.confirm" if fine else "core.setup.reopen",
            subject_type="organization",
            subject_id=str(organization_id),
            after={"step": str(found.title)},
        ),
    )
