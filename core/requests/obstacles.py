"""What keeps a request from being granted as it stands, known before somebody tries."""

from __future__ import annotations

from uuid import UUID

import msgspec

from core.database.session import Session
from core.requests.models import Request
from core.requests.reading import kind_of, told, values_of
from core.roles.actor import Actor
from core.web.i18n import sentence


def obstacle_to(db: Session, actor: Actor, request_id: UUID) -> str:
    """Why a request cannot be approved as it stands, «» if it can as far as is known."""
    request = db.get_one(Request, request_id)
    kind = kind_of(db, request)
    if kind is None:
        return sentence("раздел портала, к которому он относится, удалён")
    ask = kind.obstacle
    if ask is None:
        return ""
    try:
        values = values_of(request, kind)
    except msgspec.ValidationError:
        return sentence("то, что в нём написано, не разобрать")
    return next(iter(told(db, kind, lambda: [ask(db, actor, request.id, values)])), "")
