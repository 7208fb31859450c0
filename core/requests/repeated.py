"""The same thing asked for twice: while the first request is open, the second leads to it.

Two sendings at the same moment, as a double click makes them, wait for each other: the second finds the first.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Conflict
from core.identity.models import Person
from core.requests.models import Request
from core.requests.reading import OPEN, RETURNED, values_of
from core.web.i18n import sentence


class AlreadyAsked(Conflict):
    """The author has asked for it already, and that request is still open."""

    def __init__(self, first: UUID) -> None:
        super().__init__(
            sentence("Вы уже отправили такой запрос, и он ещё открыт."),
            advice=sentence("Дополните его: %(address)s", address=f"/requests/{first}"),
        )
        self.first = first


def refuse_repeated(db: Session, request: Request, kind: RequestKind, values: msgspec.Struct) -> None:
    """Raise `AlreadyAsked` if the author of `request` waits for the same from the same organization."""
    if kind.repeats is None:
        return
    # Whoever sends it a second time at this moment waits here until the first sending is done.
    db.execute(select(Person.id).where(Person.id == request.author_id).with_for_update(key_share=True))
    waiting = db.scalars(
        select(Request)
        .where(
            Request.author_id == request.author_id,
            Request.kind == kind.name,
            Request.organization_id == request.organization_id,
            Request.status.in_((*OPEN, RETURNED)),
            Request.id != request.id,
        )
        .order_by(Request.id)
    ).all()
    for each in waiting:
        try:
            asked = values_of(each, kind)
        except msgspec.ValidationError:
            continue  # Returned and corrected by half: what it asks cannot be told yet.
        if kind.repeats(asked, values):
            raise AlreadyAsked(each.id)
