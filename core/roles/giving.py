"""Giving a role as a school does it: at once, or after the word of the coordinator above.

Whether a confirmation is needed is said by the setting `staff_confirmation`; where nobody above confirms
anything, the school's word is enough.
"""

from __future__ import annotations

from uuid import UUID

from core.database.session import Session
from core.errors import Conflict
from core.identity.accounts import is_verified
from core.identity.models import Person
from core.organizations.models import Organization
from core.requests.models import Request
from core.requests.reading import deciders
from core.requests.sending import send_for, send_prepared
from core.requests.staff_roles import CONFIRM, STAFF_ROLE, StaffRole
from core.roles import lifecycle
from core.roles.access import authorize
from core.roles.actor import Actor, system_actor
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole
from core.roles.permissions import Reach


def give_role(db: Session, actor: Actor, wanted: NewRole) -> tuple[StructuralRole, Request | None]:
    """Give a role; where a coordinator has to confirm it, the role waits in the request that is returned too.

    Raises what `lifecycle.give` raises.
    """
    if not waits(db, actor, wanted):
        return lifecycle.give(db, actor, wanted), None
    role = lifecycle.give(db, actor, wanted, waits=True)
    return role, send_prepared(db, actor, STAFF_ROLE, _what_waits(db, role))


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
