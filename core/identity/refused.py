"""Somebody whom linking has refused asks the organization of the person whose СНИЛС (or certificate) they have.

The request goes the one way of `core.requests`, as a `relinking`. Who signed in is only as sure as their provider is:
what an unconfirmed account claims is sent on, but the account is told nothing of the person it names.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select

from core.database.session import Session
from core.identity.linking import ORIGIN, Level, Outcome, Profile, person_behind
from core.identity.models import Account, ExternalIdentity, Person
from core.identity.names import full_name
from core.identity.relinking import RELINKING, Relinking, newest_of
from core.organizations.models import Enrollment, Organization
from core.requests.models import Request
from core.requests.reading import OPEN, requests_of, words_of
from core.requests.sending import send_for
from core.roles.models import StructuralRole

TO_ASK_ABOUT = (Outcome.ALREADY_LINKED, Outcome.MISMATCH, Outcome.NOT_A_PUPIL, Outcome.UNCONFIRMED)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with the request of somebody refused.

    `place` is who decides, «» where nobody may be named, with its `phone` and `email` if they are written down; `waits`
    says that a request is open, `refusal` why the last one was rejected.
    """

    place: str = ""
    phone: str = ""
    email: str = ""
    waits: bool = False
    refusal: str = ""


def may_ask(profile: Profile, outcome: Outcome) -> bool:
    """Whether a request can help whoever was refused so."""
    known_by = profile.snils is not None or (
        profile.level is Level.CHILD and profile.birth_certificate is not None
    )
    return outcome in TO_ASK_ABOUT and known_by


def ask(db: Session, profile: Profile, outcome: Outcome, contact: str) -> None:
    """Send the request to the person's organization; one that is open stays as it is.

    Nothing is sent where no such person is known: an unconfirmed account learns nothing by asking.
    """
    person = person_behind(db, profile) if may_ask(profile, outcome) else None
    if person is None:
        return
    # Of two at once the second waits, and then finds the request of the first.
    db.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    if _waiting(db, person, profile) is not None:
        return
    place = _organization_of(db, person)
    if place is None:
        return
    values = msgspec.convert(
        {
            "reason": outcome.value,
            "name": full_name(profile.last_name, profile.first_name, profile.middle_name),
            "birth_date": profile.birth_date,
            "contact": contact,
            "issuer": profile.issuer,
            "subject": profile.subject,
        },
        Relinking,
    )
    send_for(db, person, place, RELINKING, values, ORIGIN)


def standing(db: Session, profile: Profile) -> Standing:
    """What may be told of the request of this account, and who decides about the account tied to it."""
    own = _tied(db, profile)
    person = own or person_behind(db, profile)
    if person is None:
        return Standing()
    rejected = newest_of(
        requests_of(db, person.id, RELINKING, (*OPEN, "rejected")), profile.issuer, profile.subject
    )
    refusal = words_of(db, rejected) if rejected is not None and rejected.status == "rejected" else ""
    if profile.level is Level.UNCONFIRMED and own is None:
        return Standing(refusal=refusal)
    waiting = _waiting(db, person, profile)
    place = db.get(Organization, waiting.organization_id) if waiting else _organization_of(db, person)
    if place is None:
        return Standing(refusal=refusal)
    return Standing(
        place=place.short_name,
        phone=place.phone,
        email=place.email,
        waits=waiting is not None,
        refusal=refusal,
    )


def _tied(db: Session, profile: Profile) -> Person | None:
    """Whose account this identity belongs to."""
    return db.scalar(
        select(Person)
        .join(Account, Account.person_id == Person.id)
        .join(ExternalIdentity, ExternalIdentity.account_id == Account.id)
        .where(ExternalIdentity.issuer == profile.issuer, ExternalIdentity.subject == profile.subject)
    )


def _waiting(db: Session, person: Person, profile: Profile) -> Request | None:
    return newest_of(requests_of(db, person.id, RELINKING, OPEN), profile.issuer, profile.subject)


def _organization_of(db: Session, person: Person) -> Organization | None:
    """Where the person works or studies; the topmost organization for whoever does neither."""
    role = (
        select(Organization)
        .join(StructuralRole, StructuralRole.organization_id == Organization.id)
        .where(StructuralRole.person_id == person.id, StructuralRole.status == "active")
        .order_by(StructuralRole.kind.in_(("pupil", "guardian")), StructuralRole.created_at)
    )
    enrolled = (
        select(Organization)
        .join(Enrollment, Enrollment.organization_id == Organization.id)
        .where(Enrollment.person_id == person.id)
        .order_by(Enrollment.starts_on.desc())
    )
    topmost = select(Organization).order_by(func.length(Organization.path), Organization.path)
    for each in (role, enrolled, topmost):
        if (found := db.scalar(each.limit(1))) is not None:
            return found
    return None
