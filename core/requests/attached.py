"""The files of a request, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.files import StoredFile
from core.identity.models import Person

PURPOSE = "core.request"


def attached(db: Session, request_id: UUID) -> Sequence[StoredFile]:
    """The files of a request, the oldest first. The caller has checked who may see it."""
    return db.scalars(
        select(StoredFile)
        .where(StoredFile.purpose == PURPOSE, StoredFile.subject == str(request_id))
        .order_by(StoredFile.id)
    ).all()


def attached_by(db: Session, request_id: UUID) -> Sequence[tuple[StoredFile, str]]:
    """The files of a request with the names of those who gave them; «» for whoever is no longer known."""
    files = attached(db, request_id)
    owners = {file.owner_id for file in files if file.owner_id is not None}
    known = {each.id: each.short_name for each in db.scalars(select(Person).where(Person.id.in_(owners)))}
    return [(file, known.get(file.owner_id, "") if file.owner_id else "") for file in files]
