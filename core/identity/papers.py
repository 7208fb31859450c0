"""A pupil's birth certificate, written down by the school: by it a child without a known СНИЛС is recognized."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, select

from core.audit.record import Change, record
from core.audit.views import note_views
from core.database.session import Session
from core.errors import Forbidden, Invalid
from core.identity.directory import holds_place
from core.identity.fields import DOCUMENTS
from core.identity.guardians import pupil_of_own
from core.identity.identifiers import WrongIdentifier, birth_certificate
from core.identity.models import Person
from core.roles.actor import Actor
from core.web.i18n import sentence

FIELD = "birth_certificate"


def pupil_with_paper(db: Session, actor: Actor, person_id: UUID) -> Person:
    """A pupil whose certificate the actor may read and write.

    Raises `Forbidden` without the right to families or to documents, `NotFound` for a pupil of others.
    """
    pupil = pupil_of_own(db, actor, person_id)
    if not holds_place(db, actor, person_id, DOCUMENTS):
        raise Forbidden("В этой роли документы не видны.", advice="Попросите директора или секретаря.")
    return pupil


def note_view(db: Session, actor: Actor, pupil: Person) -> None:
    """Record that the certificate was shown, if there is one."""
    if pupil.birth_certificate:
        note_views(db, actor, pupil.id, [FIELD])


def write_certificate(db: Session, actor: Actor, person_id: UUID, text: str) -> None:
    """Write down series and number, or take them off with an empty text.

    Raises `Invalid` for what is no certificate and for one that another person has, and as `pupil_with_paper` does.
    """
    pupil = pupil_with_paper(db, actor, person_id)
    try:
        written = birth_certificate(text) if text.strip() else None
    except WrongIdentifier as wrong:
        raise Invalid("Свидетельство не сохранено.", fields={FIELD: wrong.message}) from wrong
    if written == pupil.birth_certificate:
        return
    others = exists().where(Person.birth_certificate == written, Person.id != pupil.id)
    if written is not None and db.scalar(select(others)):
        raise Invalid(
            "Свидетельство не сохранено.",
            fields={
                FIELD: sentence("Это свидетельство записано у другого человека. Сверьте номер с документом.")
            },
        )
    before, pupil.birth_certificate = pupil.birth_certificate, written
    db.flush()
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action="core.person.update",
            subject_type="person",
            subject_id=str(pupil.id),
            before={FIELD: before},
            after={FIELD: written},
        ),
    )
