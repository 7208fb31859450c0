"""Giving a role as a school does it: at once, or after the word of the coordinator above.

Whether a confirmation is needed is said by the setting `staff_confirmation`; where nobody above confirms
anything, the school's word is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.accounts import is_verified
from core.identity.models import Person
from core.organizations.models import Organization
from core.requests.attachments import delete_draft
from core.requests.models import Request
from core.requests.reading import OPEN, RETURNED, deciders, may_see
from core.requests.sending import draft_of, keep_prepared, send_for, send_prepared
from core.requests.staff_roles import CONFIRM, STAFF_ROLE, StaffRole
from core.roles import lifecycle
from core.roles.access import authorize
from core.roles.actor import Actor, system_actor
from core.roles.correcting import correct
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole
from core.roles.permissions import Reach


def give_role(
    db: Session, actor: Actor, wanted: NewRole, draft_id: UUID | None = None
) -> tuple[StructuralRole, Request | None]:
    """Give a role; where a coordinator has to confirm it, the role waits in the request that is returned too.

    `draft_id` is the actor's draft or returned request with what is `wanted` now: it is sent, or done with if the role
    waits for nobody. Raises what `lifecycle.give` raises, and `NotFound` for what is no draft of the actor's.
    """
    draft = draft_of_role(db, actor, draft_id, to_change=True) if draft_id else None
    if draft is not None and draft.status == RETURNED:
        role = correct(db, actor, UUID(str(draft.values["role_id"])), wanted)
        return role, send_prepared(db, actor, STAFF_ROLE, _what_waits(db, role), draft=draft)
    if not waits(db, actor, wanted):
        if draft is not None:
            delete_draft(db, actor, draft.id)
        return lifecycle.give(db, actor, wanted), None
    role = lifecycle.give(db, actor, wanted, waits=True)
    if draft is not None:
        draft.organization_id = role.organization_id
    return role, send_prepared(db, actor, STAFF_ROLE, _what_waits(db, role), draft=draft)


def keep_role_draft(
    db: Session, actor: Actor, organization_id: UUID, typed: Mapping[str, Any], draft_id: UUID | None = None
) -> Request:
    """Keep the form of a role as far as it is filled in. Raises `NotFound` for what is no draft of the actor's."""
    authorize(db, actor, lifecycle.GRANT, organization_id)
    if draft_id is not None:
        draft_of_role(db, actor, draft_id)
    return keep_prepared(db, actor, STAFF_ROLE, {"form": dict(typed)}, organization_id, draft_id)


def draft_of_role(db: Session, actor: Actor, draft_id: UUID, *, to_change: bool = False) -> Request:
    """The actor's draft of a role, or the request about one returned to them. Raises `NotFound` for anything else."""
    draft = draft_of(db, actor, draft_id, to_change=to_change)
    if draft.kind != STAFF_ROLE.name:
        raise NotFound("Этот черновик не о роли.", advice="Откройте его в разделе «Запросы».")
    return draft


def form_of(db: Session, draft: Request) -> Mapping[str, Any]:
    """What a draft says in the fields of the form; for a returned request, what the role says."""
    if (typed := draft.values.get("form")) is not None:
        return typed
    role = db.get(StructuralRole, UUID(str(draft.values["role_id"])))
    if role is None:
        raise NotFound(
            "Роли, о которой этот запрос, больше нет.", advice="Отзовите запрос и дайте роль заново."
        )
    fields = ("kind", "school_class_id", "group_id", "starts_on", "ends_on", "basis")
    told = {name: getattr(role, name) for name in fields}
    place = {"organization": role.organization_id, "person": role.person_id}
    return {name: str(value) for name, value in {**place, **told}.items() if value is not None}


def ask_for_role(db: Session, wanted: NewRole, origin: str) -> Request:
    """Send, in a person's own name, the request for a role that an outside source says is theirs.

    The role waits like one that a school gives; the coordinator above decides. The caller has made sure of the
    person and of the source, which `wanted.basis` names. Raises what `lifecycle.give` raises, and `Conflict` where
    nobody above could confirm it.
    """
    if not confirmable(db, wanted.organization_id, wanted.person_id):
        raise Conflict(
            "Запрос не отправлен: подтвердить роль некому.",
            advice="Обратитесь в орган управления образованием: роль даст его координатор.",
        )
    role = lifecycle.give(db, system_actor(origin=origin), wanted, waits=True)
    person = db.get_one(Person, role.person_id)
    organization = db.get_one(Organization, role.organization_id)
    return send_for(db, person, organization, STAFF_ROLE.name, _what_waits(db, role), origin)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """In which request a role waits (None for who may not see it), and the names of those who can confirm it.

    `returned` if it waits for its author to correct it first.
    """

    request_id: UUID | None
    names: Sequence[str]
    returned: bool


def waiting(db: Session, actor: Actor, role_id: UUID) -> Waiting | None:
    """Where and for whom a requested role waits; None for one that waits in no request."""
    role = db.get_one(StructuralRole, role_id)
    for request in db.scalars(
        select(Request).where(
            Request.organization_id == role.organization_id,
            Request.kind == STAFF_ROLE.name,
            Request.status.in_((*OPEN, RETURNED)),
        )
    ):
        if str(request.values.get("role_id", "")) == str(role.id):
            who = deciders(db, role.organization_id, CONFIRM, request.author_id)
            people = db.scalars(select(Person).where(Person.id.in_(who)).order_by(Person.name_key))
            return Waiting(
                request_id=request.id if may_see(db, actor, request) else None,
                names=[each.short_name for each in people],
                returned=request.status == RETURNED,
            )
    return None


def confirmable(db: Session, organization_id: UUID, person_id: UUID) -> bool:
    """Whether anybody but the person confirms roles in an organization."""
    return bool(deciders(db, organization_id, CONFIRM, person_id))


def _what_waits(db: Session, role: StructuralRole) -> StaffRole:
    return StaffRole(
        role_id=role.id,
        person=db.get_one(Person, role.person_id).full_name,
        role=str(db.portal.grants.kinds[role.kind].title),
        starts_on=role.starts_on,
        basis=role.basis,
    )


def waits(db: Session, actor: Actor, wanted: NewRole) -> bool:
    """Whether the role would wait for a coordinator's word."""
    rule = db.portal.config.staff_confirmation
    if rule == "never" or actor.is_system:
        return False
    if actor.reach(CONFIRM) is Reach.BELOW:
        authorize(db, actor, CONFIRM, wanted.organization_id)
        return False
    if rule == "unverified" and is_verified(db, wanted.person_id):
        return False
    return bool(deciders(db, wanted.organization_id, CONFIRM, actor.person_id))
