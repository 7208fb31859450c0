"""Making the account of a child under 14: at once, or after the school's word.

Whether the school has to confirm is said by the setting `child_account_confirmation`.
"""

from __future__ import annotations

from uuid import UUID

from core.database.session import Session
from core.errors import Conflict
from core.identity.accounts import is_verified
from core.identity.children import Child, make_account, own_child_to_sign_up
from core.requests.child_accounts import CHILD_ACCOUNT, CHILD_ACCOUNT_KIND, ChildAccount
from core.requests.models import Request
from core.requests.reading import OPEN, requests_of
from core.requests.sending import send_prepared
from core.roles.access import require_person
from core.roles.actor import Actor


def sign_up(db: Session, actor: Actor, child_id: UUID) -> Request | None:
    """Make the account of the actor's child, or ask the school to; the request that waits is returned.

    Raises `NotFound` for anybody else's child, `Conflict` where there is nothing to make or it has been asked for.
    """
    child = own_child_to_sign_up(db, actor, child_id)
    place = child.places[0]
    rule = db.portal.config.child_account_confirmation
    if rule == "never" or (rule == "unverified" and is_verified(db, require_person(actor))):
        make_account(db, actor, child_id, place.organization_id)
        return None
    if waiting_for(db, actor, child):
        raise Conflict("Запрос в школу уже отправлен.", advice="Ответ придёт в уведомления.")
    values = ChildAccount(
        child_id=child_id,
        child=child.person.full_name,
        school_class=f"{place.school_class}, {place.organization}",
    )
    return send_prepared(db, actor, CHILD_ACCOUNT_KIND, values, place.organization_id)


def waiting_for(db: Session, actor: Actor, child: Child) -> Request | None:
    """The guardian's request for this child's account that the school has not decided yet."""
    for request in requests_of(db, require_person(actor), CHILD_ACCOUNT, OPEN):
        if request.values.get("child_id") == str(child.person.id):
            return request
    return None
