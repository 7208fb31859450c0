"""Making the account of a child under 14: at once, or after the school's word.

Whether the school has to confirm is said by the setting `child_account_confirmation`.
"""

from __future__ import annotations

from uuid import UUID

from core.database.session import Session
from core.errors import Conflict
from core.identity.children import make_account, own_child_to_sign_up
from core.requests.child_accounts import CHILD_ACCOUNT_KIND, ChildAccount, needs_school, waiting_for
from core.requests.models import Request
from core.requests.sending import send_prepared
from core.roles.actor import Actor


def sign_up(db: Session, actor: Actor, child_id: UUID) -> Request | None:
    """Make the account of the actor's child, or ask the school to; the request that waits is returned.

    Raises `NotFound` for anybody else's child, `Conflict` where there is nothing to make or it has been asked for.
    """
    child = own_child_to_sign_up(db, actor, child_id)
    if not needs_school(db, actor):
        make_account(db, actor, child_id, child.places[0].organization_id)
        return None
    waiting = waiting_for(db, actor, child_id)
    if waiting is not None and waiting.status == "returned":
        raise Conflict("Школа вернула этот запрос на исправление.", advice="Исправьте его и отправьте снова.")
    return send_prepared(db, actor, CHILD_ACCOUNT_KIND, ChildAccount(child_id=child_id))
