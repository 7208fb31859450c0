"""Asking another school for a pupil who comes to one's own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import Invalid, NotFound
from core.organizations.models import Organization
from core.organizations.transfer import class_for
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


def old_school(db: Session, actor: Actor, chosen: UUID | None) -> Organization | None:
    """The school a pupil leaves: any but the actor's own. Raises `NotFound` for what is no school."""
    if chosen is None or chosen == actor.organization_id:
        return None
    return sending.addressee_of(db, actor, PUPIL_TRANSFER_KIND, chosen)


def ask(db: Session, actor: Actor, old_id: UUID, wanted: WantedPupil) -> Request:
    """Ask a school for a pupil; it decides.

    Raises `Forbidden` without the right to admit, `NotFound` for what is no other school, `Invalid` for a class that
    one's own school does not have on that day.
    """
    actor.require(ADMIT)
    old = old_school(db, actor, old_id)
    if old is None:
        raise NotFound("Такой школы нет.", advice="Выберите школу из списка.")
    try:
        class_for(db, actor.organization_id, wanted.school_class, wanted.first_day)
    except NotFound as wrong:
        raise Invalid(
            "Запрос не отправлен: в форме есть ошибки.",
            fields={"first_day": f"{wrong.message} {wrong.advice}"},
        ) from wrong
    values = PupilTransfer(
        **msgspec.structs.asdict(wanted),
        to_id=actor.organization_id,
        to=actor.acting_role.organization_name,
    )
    return sending.send_prepared(db, actor, PUPIL_TRANSFER_KIND, values, old.id)
