"""The files of a request, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.files import StoredFile

PURPOSE = "core.request"


def attached(db: Session, request_id: UUID) -> Sequence[StoredFile]:
    """The files of a request, the oldest first. The caller has checked who may see it."""
    return db.scalars(
        select(StoredFile)
        .where(StoredFile.purpose == PURPOSE, StoredFile.subject == str(request_id))
        .order_by(StoredFile.id)
    ).all()
