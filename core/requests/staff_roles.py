"""«Роль сотрудника»: the request in which a role given by a school waits for the coordinator above."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import NotFound
from core.requests.models import Request
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy

CONFIRM = "core.roles.confirm"


class StaffRole(msgspec.Struct, frozen=True, kw_only=True):
    """Which role waits; what a coordinator has to know of it."""

    role_id: Annotated[UUID, Meta(extra_json_schema={"hidden": True})]
    person: Annotated[str, Meta(title="Сотрудник")]
    role: Annotated[str, Meta(title="Роль")]
    starts_on: Annotated[date, Meta(title="С какого дня")]
    basis: Annotated[str, Meta(title="Основание")] = ""


def _role_of(db: Session, request_id: UUID, values: StaffRole) -> UUID:
    request = db.get_one(Request, request_id)
    role = db.get(StructuralRole, values.role_id)
    if role is None or role.organization_id != request.organization_id:
        raise NotFound("Роли, о которой этот запрос, больше нет.", advice="Отклоните запрос с объяснением.")
    return role.id


def _confirm(db: Session, actor: Actor, request_id: UUID, values: StaffRole) -> None:
    lifecycle.confirm(db, actor, _role_of(db, request_id, values), values.basis)


def _refuse(db: Session, actor: Actor, request_id: UUID, values: StaffRole) -> None:
    lifecycle.refuse(db, actor, _role_of(db, request_id, values), values.basis)


STAFF_ROLE = RequestKind(
    name="core.staff_role",
    title=lazy("Роль сотрудника"),
    form=StaffRole,
    permission=lifecycle.GRANT,
    decide_permission=CONFIRM,
    on_approved=_confirm,
    on_refused=_refuse,
    days=5,
    begun_at="/roles/new",
)
