"""The operator of a new installation, who has nobody to be let in by: made on the command line, with an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import exists, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.models import Account, ExternalIdentity, Person
from core.identity.names import full_name, sort_key
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.organizations.top import plant
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole
from plugins.auth_local import invitations, logins
from plugins.auth_local.invitations import Slip
from plugins.auth_local.models import LocalLogin
from plugins.auth_local.settings import PLUGIN

ROLES = {
    "federal": "federal_operator",
    "region": "regional_coordinator",
    "municipality": "municipal_coordinator",
    **dict.fromkeys(SCHOOL, "head"),
}
"""The role with the widest rights in a kind of organization."""


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be the operator. The birth date proves to whom the invitation belongs."""

    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand before: where, who can sign in there already, whether logins are on there."""

    organization: Organization | None
    operators: Sequence[str]
    logins_on: bool


def present(db: Session, organization_id: UUID | None) -> Present:
    """How things stand in the organization, or in the only one at the top.

    Raises `NotFound` for an unknown one, `Conflict` where several are at the top.
    """
    place = _place(db, organization_id)
    if place is None:
        return Present(organization=None, operators=(), logins_on=False)
    db.portal.switches.refresh(db)
    return Present(
        organization=place,
        operators=_operators(db, place),
        logins_on=db.portal.switches.is_on(PLUGIN, place.path),
    )


def make(db: Session, actor: Actor, told: Newcomer, organization_id: UUID | None, name: str) -> Slip:
    """Make the operator, and the invitation; whoever has none of it used gets another invitation.

    `name` is that of the organization, where there is none yet. Raises `Conflict` for somebody who has a login.
    """
    place = _place(db, organization_id) or plant(db, actor, name)
    db.portal.switches.refresh(db)
    if not db.portal.switches.is_on(PLUGIN, place.path):
        switch_plugin(db, PLUGIN, enabled=True, organization=place)
    person = _known(db, told) or _add(db, actor, told, place)
    known = logins.of_person(db, person.id)
    if known is not None:
        raise Conflict(
            f"У этого человека уже есть логин: {known.login}.",
            advice="Пусть войдёт с ним. Забытый пароль меняет другой оператор на странице «Учётные записи».",
        )
    today = today_in(place.timezone or db.portal.config.timezone)
    kind = ROLES[place.kind]
    held = exists().where(
        StructuralRole.person_id == person.id,
        StructuralRole.kind == kind,
        StructuralRole.organization_id == place.id,
        StructuralRole.status == "active",
        in_force(StructuralRole, today),
    )
    if not db.scalar(select(held)):
        wanted = NewRole(
            person_id=person.id,
            kind=kind,
            organization_id=place.id,
            starts_on=today,
            basis="Создан командой accounts create-operator",
        )
        lifecycle.give(db, actor, wanted)
    return invitations.invite_operator(db, actor, person, place)


def _place(db: Session, organization_id: UUID | None) -> Organization | None:
    if organization_id is not None:
        return db.get_one(Organization, organization_id)
    tops = db.scalars(select(Organization).where(Organization.parent_id.is_(None)).limit(2)).all()
    if len(tops) > 1:
        raise Conflict(
            "Организаций верхнего уровня несколько.",
            advice="Укажите одну: --organization НОМЕР, ОГРН или название.",
        )
    return tops[0] if tops else None


def _operators(db: Session, place: Organization) -> Sequence[str]:
    """Who holds the role there and has a way to sign in."""
    if place.kind not in ROLES:
        raise NotFound(f"В организации «{place.short_name}» оператора не бывает.")
    today = today_in(place.timezone or db.portal.config.timezone)
    signs_in = exists().where(
        LocalLogin.person_id == Person.id, LocalLogin.is_demo.is_(False)
    ) | exists().where(Account.person_id == Person.id, ExternalIdentity.account_id == Account.id)
    found = db.scalars(
        select(Person)
        .join(StructuralRole, StructuralRole.person_id == Person.id)
        .join(Account, Account.person_id == Person.id)
        .where(
            StructuralRole.organization_id == place.id,
            StructuralRole.kind == ROLES[place.kind],
            StructuralRole.status == "active",
            in_force(StructuralRole, today),
            Account.status == "active",
            signs_in,
        )
        .order_by(Person.name_key)
    )
    return [each.full_name for each in found]


def _known(db: Session, told: Newcomer) -> Person | None:
    key = sort_key(full_name(told.last_name, told.first_name, told.middle_name))
    found = db.scalars(
        select(Person).where(Person.name_key == key, Person.birth_date == told.birth_date).limit(2)
    ).all()
    if len(found) > 1:
        raise Conflict(
            "Людей с таким именем и датой рождения несколько.",
            advice="Объедините их карточки или назовите другого.",
        )
    return found[0] if found else None


def _add(db: Session, actor: Actor, told: Newcomer, place: Organization) -> Person:
    person = Person(id=new_id(), source="portal", **msgspec.structs.asdict(told))
    db.add(person)
    db.flush()
    db.add(Account(id=new_id(), person_id=person.id, status="active", preferences={}))
    db.flush()
    change = Change(
        action="core.person.create",
        subject_type="person",
        subject_id=str(person.id),
        after={"name": person.full_name},
    )
    record(db, actor, place.id, change)
    return person
