"""What stands written where a request asks for something else: before it is decided, and kept once it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from core.contributions import RequestKind
from core.database.session import Session
from core.requests.models import Request

WAS = "was"
"""The hidden field of a kind with `present` in which a request keeps what stood there."""

CLOSED = ("approved", "rejected", "withdrawn")


def present_values(db: Session, kind: RequestKind, author_id: UUID | None) -> Mapping[str, Any]:
    """What a form begins with; nothing for a kind that changes nothing."""
    if kind.present is None or author_id is None:
        return {}
    return kind.present(db, [author_id]).get(author_id, {})


def keep_present(db: Session, request: Request, kind: RequestKind | None) -> None:
    """Keep in a request what stands there now. What its author may have put there is thrown away."""
    if kind is None or kind.present is None:
        return
    now = present_values(db, kind, request.author_id)
    request.values = {**request.values, WAS: msgspec.to_builtins(dict(now))}


def before_of(
    db: Session, requests: Sequence[Request], kind: RequestKind
) -> Mapping[UUID, Mapping[str, Any]]:
    """What requests of one kind would change or have changed, by the request's id.

    It is what stands there now while they wait, what stood there once they are decided. Nothing is told of those
    sent before the portal kept it.
    """
    if kind.present is None:
        return {}
    waiting = {each.author_id for each in requests if each.status not in CLOSED}
    now: Mapping[UUID, Mapping[str, Any]] = kind.present(db, sorted(waiting)) if waiting else {}
    found: dict[UUID, Mapping[str, Any]] = {}
    for each in requests:
        before: Mapping[str, Any] | None = (
            now.get(each.author_id) if each.status not in CLOSED else each.values.get(WAS)
        )
        if before is not None:
            found[each.id] = before
    return found
