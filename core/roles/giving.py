"""Giving a role as a school does it: at once, or after the word of the coordinator above.

Whether a confirmation is needed is said by the setting `staff_confirmation`; where nobody above confirms
anything, the school's word is enough.
"""

from __future__ import annotations

from core.database.session import Session
from core.identity.accounts import is_verified
from core.identity.models import Person
from core.requests.models import Request
from core.requests.reading import deciders
from core.requests.sending import send_prepared
from core.requests.staff_roles import CONFIRM, STAFF_ROLE, StaffRole
from core.roles import lifecycle
from core.roles.access import authorize
from core.roles.actor import Actor
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
    person = db.get_one(Person, role.person_id)
    values = StaffRole(
        role_id=role.id,
        person=person.full_name,
        role=str(db.portal.grants.kinds[role.kind].title),
        starts_on=role.starts_on,
        basis=role.basis,
    )
    return role, send_prepared(db, actor, STAFF_ROLE, values)


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
