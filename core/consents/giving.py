"""Giving and withdrawing consents: in the portal by those concerned, on paper through the school."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, record
from core.consents.models import Consent
from core.consents.reading import own_standing, subject_in_school
from core.consents.standing import ConsentChanged
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.roles.access import require_person
from core.roles.actor import Actor

RECORD = "core.consents.record"
PORTAL, PAPER, REPLACED = "portal", "paper", "replaced"


class PaperForm(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that was signed on paper."""

    kind: Annotated[str, Meta(title="Какое согласие")]
    given_on: Annotated[date, Meta(title="Дата на бумаге")]
    signed_by: Annotated[
        str, Meta(title="Кто подписал", description="Если не сам человек: фамилия и имя.", max_length=200)
    ] = ""
    document: Annotated[
        str, Meta(title="Где хранится", description="Например: личное дело, папка 7А.", max_length=300)
    ] = ""


class WithdrawalForm(msgspec.Struct, frozen=True, kw_only=True):
    """A written withdrawal that came to the school."""

    kind: Annotated[str, Meta(title="Какое согласие")]
    withdrawn_on: Annotated[date, Meta(title="Дата заявления")]
    reason: Annotated[
        str, Meta(title="Заявление", description="Номер или где хранится.", min_length=3, max_length=300)
    ]


def give(
    db: Session, actor: Actor, person_id: UUID, organization_id: UUID, kind: str, text_id: UUID
) -> Consent:
    """Give a consent about oneself or one's child to the text that was read.

    Raises as `own_standing` does, `Conflict` where it is given already or the text has changed meanwhile.
    """
    _lock(db, person_id)
    subject, place, standing = own_standing(db, actor, person_id, organization_id, kind)
    if standing.state == "given":
        raise Conflict("Это согласие уже дано.", advice="Обновите страницу.")
    if standing.asked.text.id != text_id:
        raise Conflict("Текст согласия изменился.", advice="Прочитайте новый текст и решите снова.")
    giver = db.get_one(Person, require_person(actor))
    made = Consent(
        id=new_id(),
        organization_id=organization_id,
        person_id=subject.person.id,
        kind=kind,
        text_id=text_id,
        given_on=today_in(place.organization.timezone or db.portal.config.timezone),
        way=PORTAL,
        given_by=giver.id,
        signed_by=giver.full_name,
    )
    _keep(db, actor, made)
    return made


def withdraw(
    db: Session, actor: Actor, person_id: UUID, organization_id: UUID, kind: str, reason: str = ""
) -> None:
    """Withdraw a consent about oneself or one's child; from this day it is as if it had not been given.

    Raises as `own_standing` does, `Conflict` where there is nothing to withdraw.
    """
    _lock(db, person_id)
    _subject, place, standing = own_standing(db, actor, person_id, organization_id, kind)
    consent = standing.consent
    if consent is None or consent.withdrawn_on is not None:
        raise Conflict("Этого согласия нет: отзывать нечего.", advice="Обновите страницу.")
    today = today_in(place.organization.timezone or db.portal.config.timezone)
    _end(db, actor, consent, max(today, consent.given_on), PORTAL, reason.strip()[:300])


def record_paper(db: Session, actor: Actor, person_id: UUID, wanted: PaperForm) -> bool:
    """Write down a consent that was signed on paper; whether it is new: one that stands already stays.

    Raises `NotFound` for somebody of another organization, `Invalid` for a day to come.
    """
    _lock(db, person_id)
    person, place = subject_in_school(db, actor, person_id, RECORD)
    standing = next((each for each in place.standings if each.asked.kind.name == wanted.kind), None)
    if standing is None:
        return False
    _not_to_come(db, place.organization, wanted.given_on, "given_on")
    if standing.state == "given":
        return False
    made = Consent(
        id=new_id(),
        organization_id=place.organization.id,
        person_id=person.id,
        kind=wanted.kind,
        text_id=standing.asked.text.id,
        given_on=wanted.given_on,
        way=PAPER,
        signed_by=wanted.signed_by.strip(),
        document=wanted.document.strip(),
        recorded_by=actor.person_id,
    )
    _keep(db, actor, made)
    return True


def record_withdrawal(db: Session, actor: Actor, person_id: UUID, wanted: WithdrawalForm) -> bool:
    """Write down a withdrawal that came on paper; whether there was anything to withdraw.

    Raises `NotFound` for somebody of another organization, `Invalid` for a wrong day.
    """
    _lock(db, person_id)
    person, place = subject_in_school(db, actor, person_id, RECORD)
    _not_to_come(db, place.organization, wanted.withdrawn_on, "withdrawn_on")
    consent = _open(db, person.id, place.organization.id, wanted.kind)
    if consent is None:
        return False
    if wanted.withdrawn_on < consent.given_on:
        raise Invalid(
            "Отзыв не внесён.", fields={"withdrawn_on": "Отозвать можно не раньше, чем согласие дано."}
        )
    _end(db, actor, consent, wanted.withdrawn_on, PAPER, wanted.reason)
    return True


def _not_to_come(db: Session, organization: Organization, day: date, field: str) -> None:
    if day > today_in(organization.timezone or db.portal.config.timezone):
        raise Invalid("Запись не внесена.", fields={field: "Этот день ещё не наступил."})


def _lock(db: Session, person_id: UUID) -> None:
    """Of two who decide about the same person at once the second waits, and then finds what the first did."""
    db.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def _open(db: Session, person_id: UUID, organization_id: UUID, kind: str) -> Consent | None:
    return db.scalar(
        select(Consent)
        .where(
            Consent.person_id == person_id,
            Consent.organization_id == organization_id,
            Consent.kind == kind,
            Consent.withdrawn_on.is_(None),
        )
        .order_by(Consent.id.desc())
        .limit(1)
    )


def _keep(db: Session, actor: Actor, made: Consent) -> None:
    """Add a consent; one to an earlier text ends with it."""
    before = _open(db, made.person_id, made.organization_id, made.kind)
    if before is not None:
        before.withdrawn_on = max(before.given_on, made.given_on)
        before.withdrawn_way = REPLACED
        before.withdrawn_by = actor.person_id
    db.add(made)
    db.flush()
    facts = {"consent": made.kind, "day": made.given_on.isoformat(), "way": made.way}
    if made.document:
        facts["document"] = made.document
    _note(db, actor, made, "core.consent.give", None, facts, "")
    db.portal.events.publish(db, _changed(made, standing=True))


def _end(db: Session, actor: Actor, consent: Consent, day: date, way: str, reason: str) -> None:
    consent.withdrawn_on = day
    consent.withdrawn_way = way
    consent.withdrawn_by = actor.person_id
    consent.withdrawal_reason = reason
    db.flush()
    before = {"consent": consent.kind, "day": consent.given_on.isoformat(), "way": consent.way}
    _note(db, actor, consent, "core.consent.withdraw", before, {"day": day.isoformat(), "way": way}, reason)
    db.portal.events.publish(db, _changed(consent, standing=False))


def _changed(consent: Consent, *, standing: bool) -> ConsentChanged:
    return ConsentChanged(
        person_id=consent.person_id,
        organization_id=consent.organization_id,
        kind=consent.kind,
        standing=standing,
    )


def _note(
    db: Session,
    actor: Actor,
    consent: Consent,
    action: str,
    before: dict[str, str] | None,
    after: dict[str, str],
    reason: str,
) -> None:
    record(
        db,
        actor,
        consent.organization_id,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(consent.person_id),
            before=before,
            after=after,
            reason=reason,
        ),
    )
