"""The report card (табель) for families: guardians take out their child's, a pupil of 14 the own one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.consents.standing import OWN_CONSENT_AGE, birthday
from core.database.base import in_force
from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import VIEW_OWN
from plugins.journal.papers.reading import Given, pupil_given
from plugins.journal.pupil_access import is_guardian


class JournalReportCards:
    """Capability `report_cards`."""

    def address(self, db: Session, actor: Actor, pupil_id: UUID) -> str:
        """Where the actor takes the pupil's report card out; empty for whoever may not."""
        if not actor.can(VIEW_OWN):
            return ""
        place = _place(db, actor, pupil_id)
        return "" if place is None or _too_young(actor, place) else f"/journal/report-cards/{pupil_id}"


def report_card(db: Session, actor: Actor, pupil_id: UUID, term: str) -> Given:
    """The report card of the own child, or the own one, with the entries of a term named by its number.

    Raises `Forbidden` without the right and for a pupil under 14, `NotFound` for anybody else's child and where the
    pupil's school has no journal, `Invalid` for an unknown term.
    """
    actor.require(VIEW_OWN)
    place = _place(db, actor, pupil_id)
    if place is None:
        raise NotFound(
            "Такого ученика нет или его табель вам не доступен.",
            advice="Откройте дневник своего ребёнка и возьмите табель там.",
        )
    if _too_young(actor, place):
        raise Forbidden(
            sentence("До %(age)s лет табель берёт родитель.", age=OWN_CONSENT_AGE),
            advice="Попросите родителя открыть ваш дневник.",
        )
    role = msgspec.structs.replace(
        actor.acting_role,
        organization_id=place.organization_id,
        organization_name=place.short_name,
        organization_path=place.path,
    )
    # The tie is checked: the family reads all of the child's subjects, in whichever school the child is.
    return pupil_given(db, msgspec.structs.replace(actor, role=role, is_system=True), pupil_id, term)


def _place(db: Session, actor: Actor, pupil_id: UUID) -> Any:
    """The school of an own child, or the own one, if it has a journal; else None."""
    if actor.person_id != pupil_id and not is_guardian(db, actor, pupil_id):
        return None
    row = db.execute(
        select(
            Person.birth_date,
            Enrollment.person_id,
            Organization.id.label("organization_id"),
            Organization.short_name,
            Organization.path,
        )
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .where(Person.id == pupil_id, in_force(Enrollment, school_today(actor)))
        .order_by(Enrollment.starts_on.desc(), Enrollment.id)
        .limit(1)
    ).one_or_none()
    return row if row is not None and db.portal.switches.is_on("journal", row.path) else None


def _too_young(actor: Actor, place: Any) -> bool:
    return (
        actor.person_id == place.person_id
        and place.birth_date is not None
        and birthday(place.birth_date, OWN_CONSENT_AGE) > school_today(actor)
    )
