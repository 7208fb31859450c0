"""«Роль сотрудника»: the request in which a role given by a school waits for the coordinator above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import exists, select

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import NotFound
from core.identity.accounts import VIEW as ACCOUNTS
from core.identity.accounts import is_verified
from core.identity.directory import PEOPLE, holds_place
from core.identity.fields import TITLES
from core.identity.masks import mask
from core.identity.models import Account, ExternalIdentity, Person
from core.requests.models import Request
from core.requests.objections import refusal_of
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.listing import is_in_reach
from core.roles.models import StructuralRole
from core.web.i18n import gettext, lazy

CONFIRM = "core.roles.confirm"


class StaffRole(msgspec.Struct, frozen=True, kw_only=True):
    """Which role waits; what a coordinator has to know of it."""

    role_id: Annotated[UUID, Meta(extra_json_schema={"hidden": True})]
    person: Annotated[str, Meta(title="Сотрудник")]
    role: Annotated[str, Meta(title="Роль")]
    starts_on: Annotated[date, Meta(title="С какого дня")]
    basis: Annotated[str, Meta(title="Основание")] = ""
    form: Annotated[dict[str, Any] | None, Meta(extra_json_schema={"hidden": True})] = None
    """What was typed into the form of the role, while it is a draft or is being corrected."""


def _role_of(db: Session, request_id: UUID, values: StaffRole) -> UUID:
    request = db.get_one(Request, request_id)
    role = db.get(StructuralRole, values.role_id)
    if role is None or role.organization_id != request.organization_id:
        raise NotFound("Роли, о которой этот запрос, больше нет.", advice="Отклоните запрос с объяснением.")
    return role.id


def _obstacle(db: Session, _actor: Actor, request_id: UUID, values: StaffRole) -> str:
    return refusal_of(lambda: _waiting_role(db, request_id, values))


def _waiting_role(db: Session, request_id: UUID, values: StaffRole) -> None:
    lifecycle.refuse_decided(db.get_one(StructuralRole, _role_of(db, request_id, values)))


def _correctable(db: Session, request_id: UUID, values: StaffRole) -> bool:
    """Who asks for a role of their own by an outside source has nothing to correct in it."""
    role = db.get(StructuralRole, values.role_id)
    return role is not None and role.person_id != db.get_one(Request, request_id).author_id


def _confirm(db: Session, actor: Actor, request_id: UUID, values: StaffRole) -> None:
    lifecycle.confirm(db, actor, _role_of(db, request_id, values), values.basis)


def _refuse(db: Session, actor: Actor, request_id: UUID, values: StaffRole) -> None:
    lifecycle.refuse(db, actor, _role_of(db, request_id, values), values.basis)


def _facts(db: Session, values: StaffRole) -> Sequence[tuple[str, str]]:
    role = db.get(StructuralRole, values.role_id)
    person = db.get(Person, role.person_id) if role is not None else None
    if person is None:
        return ()
    born = mask("birth_date", f"{person.birth_date:%d.%m.%Y}") if person.birth_date else gettext("не указано")
    return [
        (gettext(TITLES["birth_date"]), born),
        (gettext("Госуслуги"), _sign_in(db, person.id)),
    ]


def _sign_in(db: Session, person_id: UUID) -> str:
    if is_verified(db, person_id):
        return gettext("личность подтверждена")
    if db.scalar(
        select(exists().where(Account.person_id == person_id, ExternalIdentity.account_id == Account.id))
    ):
        return gettext("вход есть, но личность не подтверждена")
    return gettext("через Госуслуги ещё не входил(а)")


def _links(db: Session, actor: Actor, values: StaffRole) -> Sequence[tuple[str, str]]:
    role = db.get(StructuralRole, values.role_id)
    if role is None:
        return ()
    found: list[tuple[str, str]] = []
    if holds_place(db, actor, role.person_id, PEOPLE):
        found.append((gettext("Карточка человека"), f"/people/{role.person_id}"))
    elif holds_place(db, actor, role.person_id, ACCOUNTS):
        found.append((gettext("Карточка человека"), f"/accounts/{role.person_id}"))
    if is_in_reach(db, actor, role.id):
        found.append((gettext("Роль и кто её дал"), f"/roles/{role.id}"))
    return found


STAFF_ROLE = RequestKind(
    name="core.staff_role",
    title=lazy("Роль сотрудника"),
    form=StaffRole,
    permission=lifecycle.GRANT,
    decide_permission=CONFIRM,
    on_approved=_confirm,
    obstacle=_obstacle,
    on_refused=_refuse,
    days=5,
    begun_at="/roles/new",
    edited_at="/roles/new?draft={request}",
    correctable=_correctable,
    facts=_facts,
    links=_links,
    explanation=lazy(
        "Убедитесь, что человек работает в школе: сверьте дату рождения и основание, позвоните директору. После "
        "одобрения роль начнёт действовать."
    ),
)
