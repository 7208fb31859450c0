"""Tying an outside identity to an account: the one place every identity provider goes through.

The key is the pair (issuer, subject). A first sign-in finds the person the school has entered by СНИЛС,
if the provider vouches for it and surname or birth date agrees; a child whose СНИЛС is not known is found by the
birth certificate, with birth date and name. Never by e-mail, phone or name alone, which change hands.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.identity.models import Account, ExternalIdentity, Person
from core.identity.names import sort_key
from core.organizations.models import Enrollment
from core.roles.actor import system_actor
from core.roles.models import StructuralRole

ORIGIN = "вход"
_LEFT = ("terminated", "refused")


class Level(StrEnum):
    """How far the provider trusts the person's data. `CHILD` is an account a guardian has made."""

    CONFIRMED = "confirmed"
    CHILD = "child"
    UNCONFIRMED = "unconfirmed"


class Outcome(StrEnum):
    """How linking ended; every outcome but the first three has a page of its own and signs nobody in."""

    KNOWN = "known"
    LINKED = "linked"
    CREATED = "created"
    UNCONFIRMED = "unconfirmed"
    MISMATCH = "mismatch"
    NOT_A_PUPIL = "not_a_pupil"
    ALREADY_LINKED = "already_linked"
    BLOCKED = "blocked"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of the one who signs in. Everything but the key and the names may be missing."""

    issuer: str
    subject: str
    level: Level
    last_name: str
    first_name: str
    middle_name: str | None = None
    birth_date: date | None = None
    gender: str | None = None
    snils: str | None = None
    birth_certificate: str | None = None
    """Of a child's account, as `core.identity.identifiers.birth_certificate` writes it."""
    phone: str | None = None
    email: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The result of linking: an account to sign in, or why not."""

    outcome: Outcome
    account_id: UUID | None = None


def link(db: Session, profile: Profile) -> Link:
    """Find or make the account behind an outside identity.

    Somebody the school does not know gets an account without any role, if the provider has confirmed
    the person. A child's account is tied to a pupil only. A СНИЛС that another identity already holds is not
    moved: whoever is refused may ask the person's organization (`core.identity.refused`). Of several first sign-ins
    at the same instant the later ones find what the first has made.
    """
    try:
        with db.begin_nested():
            return _link(db, profile)
    except IntegrityError:
        return _link(db, profile)


def _link(db: Session, profile: Profile) -> Link:
    identity = db.scalar(
        select(ExternalIdentity).where(
            ExternalIdentity.issuer == profile.issuer, ExternalIdentity.subject == profile.subject
        )
    )
    if identity is not None:
        identity.level, identity.seen_at = profile.level.value, now()
        account = db.get_one(Account, identity.account_id)
        if account.status != "active":
            return Link(outcome=Outcome.BLOCKED)
        return Link(outcome=Outcome.KNOWN, account_id=account.id)
    if profile.level is Level.UNCONFIRMED:
        return Link(outcome=Outcome.UNCONFIRMED)
    person = person_behind(db, profile)
    if person is None:
        return _create(db, profile)
    if not _agrees(person, profile):
        return Link(outcome=Outcome.MISMATCH)
    if profile.level is Level.CHILD and not _is_pupil(db, person):
        return Link(outcome=Outcome.NOT_A_PUPIL)
    account = db.scalar(select(Account).where(Account.person_id == person.id))
    if account is not None:
        if account.status != "active":
            return Link(outcome=Outcome.BLOCKED)
        other = db.scalar(
            select(ExternalIdentity.subject).where(
                ExternalIdentity.account_id == account.id, ExternalIdentity.issuer == profile.issuer
            )
        )
        if other == profile.subject:
            # Another first sign-in has made it since this one looked for the identity.
            return Link(outcome=Outcome.KNOWN, account_id=account.id)
        if other is not None:
            return Link(outcome=Outcome.ALREADY_LINKED)
    return _tie(db, person, account, profile, Outcome.LINKED)


def person_behind(db: Session, profile: Profile) -> Person | None:
    """The person the school has entered with this СНИЛС or, for a child's account, with this birth certificate."""
    if profile.snils:
        found = db.scalar(select(Person).where(Person.snils == profile.snils))
        if found is not None:
            return found
    if profile.level is not Level.CHILD or profile.birth_certificate is None:
        return None
    return db.scalar(select(Person).where(Person.birth_certificate == profile.birth_certificate))


def has_paper_of(person: Person, last_name: str, first_name: str, birth_date: date | None) -> bool:
    """Whether somebody found by a birth certificate is who it names: birth date, surname and first name agree."""
    told = (sort_key(last_name), sort_key(first_name), birth_date)
    return birth_date is not None and told == (
        sort_key(person.last_name),
        sort_key(person.first_name),
        person.birth_date,
    )


def _agrees(person: Person, profile: Profile) -> bool:
    if profile.snils is None or person.snils != profile.snils:
        # Found by the certificate: a card with another СНИЛС is another child's.
        other = profile.snils is not None and person.snils is not None
        return not other and has_paper_of(person, profile.last_name, profile.first_name, profile.birth_date)
    same_name = sort_key(person.last_name) == sort_key(profile.last_name)
    same_birth = person.birth_date is not None and person.birth_date == profile.birth_date
    return same_name or same_birth


def _is_pupil(db: Session, person: Person) -> bool:
    """Whether a school has the person among its pupils, by role or by class."""
    role = select(StructuralRole.id).where(
        StructuralRole.person_id == person.id,
        StructuralRole.kind == "pupil",
        StructuralRole.status.not_in(_LEFT),
    )
    enrolled = select(Enrollment.id).where(Enrollment.person_id == person.id)
    return any(db.scalar(each.limit(1)) is not None for each in (role, enrolled))


def _create(db: Session, profile: Profile) -> Link:
    person = Person(
        id=new_id(),
        last_name=profile.last_name,
        first_name=profile.first_name,
        middle_name=profile.middle_name,
        birth_date=profile.birth_date,
        gender=profile.gender,
        snils=profile.snils,
        phone=profile.phone,
        email=profile.email,
        source=profile.issuer,
    )
    db.add(person)
    db.flush()
    return _tie(db, person, None, profile, Outcome.CREATED)


def _tie(db: Session, person: Person, account: Account | None, profile: Profile, outcome: Outcome) -> Link:
    if account is None:
        account = Account(id=new_id(), person_id=person.id, status="active", preferences={})
        db.add(account)
        db.flush()
    db.add(
        ExternalIdentity(
            id=new_id(),
            issuer=profile.issuer,
            subject=profile.subject,
            account_id=account.id,
            level=profile.level.value,
        )
    )
    record(
        db,
        system_actor(origin=ORIGIN),
        None,
        Change(
            action="core.identity.link",
            subject_type="account",
            subject_id=str(account.id),
            after={"issuer": profile.issuer, "subject": profile.subject, "outcome": outcome.value},
            person_id=person.id,
            person_name=person.short_name,
        ),
    )
    return Link(outcome=outcome, account_id=account.id)
