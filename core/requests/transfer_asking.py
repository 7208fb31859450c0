"""Asking another school for a pupil who comes to one's own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from core.database.session import Session
from core.requests import sending
from core.requests.models import Request
from core.requests.pupil_transfers import ADMIT, PUPIL_TRANSFER_KIND, PupilTransfer
from core.roles.actor import Actor


class WantedPupil(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes, into which class, from which day, on what ground."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    birth_date: date
    school_class: str
    first_day: date
    basis: str


def ask(db: Session, actor: Actor, old_id: UUID, wanted: WantedPupil) -> Request:
    """Ask a school for a pupil; it decides.

    Raises `Forbidden` without the right to admit, `NotFound` for what is no other school, `Invalid` for a class that
    one's own school does not have on that day.
    """
    actor.require(ADMIT)
    values = PupilTransfer(**msgspec.structs.asdict(wanted))
    return sending.send_prepared(db, actor, PUPIL_TRANSFER_KIND, values, old_id)
