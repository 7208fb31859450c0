"""Roles that Gosuslugi suggest: whoever heads an organization there may ask for the role in the school of that ОГРН.

Nothing is ever given by this: the request waits for the coordinator above, like a role that a school gives. A role of
ESIA names no ИНН, so ОГРН is all that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Account, SignInSession
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.requests.models import Request
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.giving import ask_for_role, confirmable
from core.roles.kinds import SCHOOL
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole
from core.web.i18n import sentence
from plugins.auth_esia.installation import settings_of
from plugins.auth_esia.profile import Profile

ORIGIN = "вход"
PROVIDER = "esia"
_HELD = ("requested", "active", "suspended")
_MOST_PLACES = 20


class Place(msgspec.Struct, frozen=True):
    """Of an employee's place, what the session keeps; only leading ones."""

    ogrn: str
    chief: bool


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A role that the person may ask for; `answered` says that it was asked for before."""

    kind: str
    role: str
    organization_id: UUID
    organization: str
    basis: str
    chief: bool
    answered: bool


def places_of(profile: Profile) -> list[dict[str, Any]]:
    """What the session keeps of the places in a profile; nothing for an account that is not confirmed."""
    if not profile.confirmed:
        return []
    leading = [each for each in profile.employments if each.chief or each.admin]
    return [{"ogrn": each.ogrn, "chief": each.chief} for each in leading[:_MOST_PLACES]]


def proposals(db: Session, account_id: UUID) -> Sequence[Proposal]:
    """What the account's last sign-in through Gosuslugi suggests, apart from what the person has or waits for."""
    if not _switched_on(db):
        return ()
    person_id = db.scalar(select(Account.person_id).where(Account.id == account_id))
    if person_id is None:
        return ()
    found = (_proposal(db, person_id, each) for each in _places(db, account_id))
    return [each for each in found if each is not None]


def ask(db: Session, actor: Actor, organization_id: UUID, document: str) -> Request:
    """Send the request for the role proposed in an organization.

    Raises `NotFound` where nothing is proposed, and what `core.roles.giving.ask_for_role` raises.
    """
    person_id = require_person(actor)
    offered = (
        {each.organization_id: each for each in proposals(db, actor.account_id)} if actor.account_id else {}
    )
    chosen = offered.get(organization_id)
    if chosen is None:
        raise NotFound(
            "Госуслуги не называют вас руководителем этой организации, или роль вы уже попросили.",
            advice="Посмотрите в разделе «Запросы»; если запроса нет, войдите через Госуслуги снова.",
        )
    organization = db.get_one(Organization, organization_id)
    basis = f"{chosen.basis}. {document}" if document else str(chosen.basis)
    wanted = NewRole(
        person_id=person_id,
        kind=chosen.kind,
        organization_id=organization.id,
        starts_on=today_in(organization.timezone or db.portal.config.timezone),
        basis=basis,
    )
    return ask_for_role(db, wanted, ORIGIN)


def _switched_on(db: Session) -> bool:
    return settings_of(db.portal).propose_roles


def _places(db: Session, account_id: UUID) -> Sequence[Place]:
    state: Mapping[str, Any] | None = db.scalar(
        select(SignInSession.provider_state)
        .where(SignInSession.account_id == account_id, SignInSession.provider == PROVIDER)
        .order_by(SignInSession.created_at.desc())
        .limit(1)
    )
    return msgspec.convert((state or {}).get("places", []), list[Place])


def _proposal(db: Session, person_id: UUID, place: Place) -> Proposal | None:
    kind = "head" if place.chief else "school_administrator"
    # Branches have the ОГРН of their school: the topmost of them is meant.
    organization = db.scalar(
        select(Organization)
        .where(
            Organization.ogrn == place.ogrn,
            Organization.kind.in_(SCHOOL),
            Organization.closed_on.is_(None),
        )
        .order_by(func.length(Organization.path), Organization.path)
        .limit(1)
    )
    if organization is None or not confirmable(db, organization.id, person_id):
        return None
    had = set(
        db.scalars(
            select(StructuralRole.status).where(
                StructuralRole.person_id == person_id,
                StructuralRole.organization_id == organization.id,
                StructuralRole.kind.in_((kind, "head")),
            )
        )
    )
    if had & set(_HELD):
        return None
    said = sentence("руководитель") if place.chief else sentence("администратор организации")
    return Proposal(
        kind=kind,
        role=str(db.portal.grants.kinds[kind].title),
        organization_id=organization.id,
        organization=organization.short_name,
        basis=sentence("По данным Госуслуг: %(said)s, ОГРН %(ogrn)s", said=said, ogrn=place.ogrn),
        chief=place.chief,
        answered=bool(had),
    )
