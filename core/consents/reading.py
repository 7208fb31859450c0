"""Reading consents: one's own and one's children's, and those about somebody of a school."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.consents.kinds import PUPILS, STAFF
from core.consents.models import Consent, ConsentText
from core.consents.standing import children_of, may_give, stands
from core.consents.texts import Asked, asked_in, asked_in_each
from core.database.base import in_force
from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization
from core.roles.access import authorize, require_person
from core.roles.actor import Actor
from core.roles.models import StructuralRole

VIEW = "core.consents.view"
OWN = "core.consents.own"
NOT_STAFF = ("pupil", "guardian")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one consent about somebody stands: `state` is `given`, `outdated`, `withdrawn` or `none`.

    `consent` is the latest one. `mine` says whether the reader gives and withdraws it.
    """

    asked: Asked
    state: str
    consent: Consent | None
    version: int
    mine: bool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What one organization asks about somebody."""

    organization: Organization
    standings: Sequence[Standing]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose consents are shown, by organization. `own` is the reader themself."""

    person: Person
    own: bool
    places: Sequence[Place]


def own_consents(db: Session, actor: Actor) -> Sequence[Subject]:
    """The actor's own consents and those about the actor's children, wherever something is asked."""
    person_id = require_person(actor)
    today = _today(db, actor)
    people = [db.get_one(Person, person_id), *children_of(db, person_id, today)]
    return [
        Subject(person=person, own=person.id == person_id, places=_places(db, person, person_id, today))
        for person in people
    ]


def _today(db: Session, actor: Actor) -> date:
    return today_in(actor.role.timezone if actor.role else db.portal.config.timezone)


def _places(db: Session, person: Person, reader_id: UUID | None, today: date) -> Sequence[Place]:
    belongs = _belongs(db, person.id, today)
    organizations = db.scalars(
        select(Organization).where(Organization.id.in_(belongs)).order_by(Organization.name_key)
    ).all()
    asked = asked_in_each(db, organizations)
    is_guardian = reader_id is not None and reader_id != person.id
    mine = reader_id is not None and may_give(person, reader_id, today, is_guardian=is_guardian)
    places: list[Place] = []
    for organization in organizations:
        wanted = [
            each
            for each in asked[organization.id].values()
            if belongs[organization.id] & {*each.kind.asked_of}
        ]
        if wanted:
            standings = _standings(db, person.id, organization, wanted, mine=mine)
            places.append(Place(organization=organization, standings=standings))
    return places


def _belongs(db: Session, person_id: UUID, today: date) -> dict[UUID, set[str]]:
    """Where somebody is a pupil or works, and as what."""
    found: dict[UUID, set[str]] = {}
    for organization_id in db.scalars(
        select(Enrollment.organization_id).where(
            Enrollment.person_id == person_id, in_force(Enrollment, today)
        )
    ):
        found.setdefault(organization_id, set()).add(PUPILS)
    for organization_id in db.scalars(
        select(StructuralRole.organization_id).where(
            StructuralRole.person_id == person_id,
            StructuralRole.kind.not_in(NOT_STAFF),
            StructuralRole.status == "active",
            in_force(StructuralRole, today),
        )
    ):
        found.setdefault(organization_id, set()).add(STAFF)
    return found


def _standings(
    db: Session, person_id: UUID, organization: Organization, asked: Sequence[Asked], *, mine: bool
) -> Sequence[Standing]:
    rows = db.execute(
        select(Consent, ConsentText.version, stands(organization.path))
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.person_id == person_id, Consent.organization_id == organization.id)
        .order_by(Consent.created_at, Consent.id)
    ).all()
    latest = {consent.kind: (consent, version, bool(holds)) for consent, version, holds in rows}
    found: list[Standing] = []
    for each in asked:
        consent, version, holds = latest.get(each.kind.name, (None, 0, False))
        state = "none"
        if consent is not None:
            state = "withdrawn" if consent.withdrawn_on else "given" if holds else "outdated"
        found.append(Standing(asked=each, state=state, consent=consent, version=version, mine=mine))
    return found


def own_standing(
    db: Session, actor: Actor, person_id: UUID, organization_id: UUID, kind: str
) -> tuple[Subject, Place, Standing]:
    """One of `own_consents`, which the actor gives and withdraws.

    Raises `NotFound` for anything else, `Forbidden` where somebody else decides.
    """
    for subject in own_consents(db, actor):
        for place in subject.places:
            for standing in place.standings:
                if (subject.person.id, place.organization.id, standing.asked.kind.name) == (
                    person_id,
                    organization_id,
                    kind,
                ):
                    if not standing.mine:
                        raise Forbidden(
                            "Это согласие даёт и отзывает другой человек.",
                            advice="До 14 лет это делает родитель, с 14 лет – сам ученик.",
                        )
                    return subject, place, standing
    raise NotFound("О таком согласии вас не спрашивают.", advice="Откройте «Согласия» в настройках аккаунта.")


def subject_in_school(
    db: Session, actor: Actor, person_id: UUID, permission: str = VIEW
) -> tuple[Person, Place]:
    """Somebody of the acting role's organization with what is asked there. Raises `NotFound` for anybody else."""
    organization = db.get_one(Organization, actor.organization_id)
    authorize(db, actor, permission, organization.id)
    today = today_in(organization.timezone or db.portal.config.timezone)
    person = db.get(Person, person_id)
    past = person is not None and db.scalar(
        select(Consent.id)
        .where(Consent.person_id == person_id, Consent.organization_id == organization.id)
        .limit(1)
    )
    belongs = _belongs(db, person_id, today).get(organization.id, set())
    if person is None or not (belongs or past):
        raise NotFound("Такого человека нет в вашей организации.", advice="Найдите его в списке «Согласия».")
    wanted = [each for each in asked_in(db, organization).values() if belongs & {*each.kind.asked_of}]
    return person, Place(
        organization=organization,
        standings=_standings(db, person_id, organization, wanted, mine=False),
    )


def school_of(db: Session, actor: Actor) -> Organization:
    """The acting role's organization, whose consents the actor sees."""
    authorize(db, actor, VIEW, actor.organization_id)
    return db.get_one(Organization, actor.organization_id)


def history(db: Session, person_id: UUID, organization_id: UUID) -> Sequence[tuple[Consent, int]]:
    """Every consent about somebody to an organization with its text's version, the latest first."""
    rows = db.execute(
        select(Consent, ConsentText.version)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.person_id == person_id, Consent.organization_id == organization_id)
        .order_by(Consent.id.desc())
    )
    return [(consent, version) for consent, version in rows]
