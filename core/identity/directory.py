"""Reading people: who may see whose card, and what is on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.sessions import school_today
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
)
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import gettext as _

PEOPLE = "core.people.view"
CONTACTS = "core.people.contacts"


class RoleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A position of a person."""

    title: str
    organization_id: UUID
    organization: str
    school_class: str
    status: str
    starts_on: date
    ends_on: date | None


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian of the person or a child of theirs."""

    person_id: UUID
    name: str
    relation: str
    rights: str


class PersonCard(msgspec.Struct, frozen=True, kw_only=True):
    """What one may know of a person; `contacts` says whether birth date, phone and e-mail are among it."""

    person: Person
    roles: Sequence[RoleLine]
    classes: Sequence[tuple[UUID, str, str, date, date | None]]
    groups: Sequence[tuple[UUID, str, str, date, date | None]]
    guardians: Sequence[Tie]
    children: Sequence[Tie]
    contacts: bool


def person_in_reach(db: Session, actor: Actor, person_id: UUID, permission: str = PEOPLE) -> Person:
    """A person whose card the actor may open.

    It is oneself, one's child, or somebody with a place in an organization where the actor has
    `permission`. Raises `NotFound` for anybody else.
    """
    person = db.get(Person, person_id)
    if person is not None and (
        actor.is_system
        or person_id == actor.person_id
        or guards_child(db, actor, person_id)
        or holds_place(db, actor, person_id, permission)
    ):
        return person
    raise NotFound(
        _("Такого человека нет в вашей организации."), advice=_("Проверьте адрес или найдите его поиском.")
    )


def holds_place(db: Session, actor: Actor, person_id: UUID, permission: str) -> bool:
    """Whether a person has a role or a class where `actor` has `permission`."""
    if not actor.can(permission):
        return False
    role = exists().where(
        StructuralRole.person_id == person_id,
        StructuralRole.status != "terminated",
        within(actor, permission, StructuralRole.organization_id),
    )
    enrolled = exists().where(
        Enrollment.person_id == person_id,
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= school_today(actor)),
        within(actor, permission, Enrollment.organization_id),
    )
    return bool(db.scalar(select(or_(role, enrolled))))


def is_own(db: Session, actor: Actor, person_id: UUID) -> bool:
    """Whether somebody is the actor or the actor's child."""
    return person_id == actor.person_id or guards_child(db, actor, person_id)


def guards_child(db: Session, actor: Actor, child_id: UUID) -> bool:
    """Whether the actor has a guardian's rights for a child today."""
    if actor.person_id is None:
        return False
    return bool(
        db.scalar(
            select(
                exists().where(
                    Guardianship.guardian_id == actor.person_id,
                    Guardianship.child_id == child_id,
                    tied(school_today(actor)),
                )
            )
        )
    )


def card(db: Session, actor: Actor, person_id: UUID) -> PersonCard:
    """A person's card, cut down to what the actor may know."""
    person = person_in_reach(db, actor, person_id)
    own = is_own(db, actor, person_id)
    contacts = own or holds_place(db, actor, person_id, CONTACTS)
    kinds = db.portal.grants.kinds
    guardians, children = ties_of(db, person_id, school_today(actor)) if contacts else ((), ())

    def seen(organization_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        return true() if own else within(actor, PEOPLE, organization_id)

    roles = db.execute(
        select(StructuralRole, Organization.short_name, SchoolClass.name)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .outerjoin(SchoolClass, SchoolClass.id == StructuralRole.school_class_id)
        .where(
            StructuralRole.person_id == person_id,
            seen(StructuralRole.organization_id),
        )
        .order_by(StructuralRole.created_at)
    ).all()
    enrolled = db.execute(
        select(
            SchoolClass.id,
            SchoolClass.name,
            Organization.short_name,
            Enrollment.starts_on,
            Enrollment.ends_on,
        )
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .where(
            Enrollment.person_id == person_id,
            seen(Enrollment.organization_id),
        )
        .order_by(Enrollment.starts_on.desc())
    ).all()
    grouped = db.execute(
        select(
            PupilGroup.id,
            PupilGroup.name,
            Organization.short_name,
            PupilGroupMembership.starts_on,
            PupilGroupMembership.ends_on,
        )
        .join(PupilGroupMembership, PupilGroupMembership.pupil_group_id == PupilGroup.id)
        .join(Organization, Organization.id == PupilGroup.organization_id)
        .where(PupilGroupMembership.person_id == person_id, seen(PupilGroup.organization_id))
        .order_by(PupilGroupMembership.starts_on.desc(), PupilGroup.name_key)
    ).all()
    return PersonCard(
        person=person,
        roles=[
            RoleLine(
                title=str(kinds[role.kind].title) if role.kind in kinds else role.kind,
                organization_id=role.organization_id,
                organization=organization,
                school_class=class_name or "",
                status=role.status,
                starts_on=role.starts_on,
                ends_on=role.ends_on,
            )
            for role, organization, class_name in roles
        ],
        classes=[(a, b, c, d, e) for a, b, c, d, e in enrolled],
        groups=[(a, b, c, d, e) for a, b, c, d, e in grouped],
        guardians=guardians,
        children=children,
        contacts=contacts,
    )


def ties_of_child(db: Session, child_id: UUID, today: date) -> list[Tie]:
    """Who is tied to a child on a day, by name."""
    return _ties(db, Guardianship.guardian_id, Guardianship.child_id, child_id, today)


def ties_of(db: Session, person_id: UUID, today: date) -> tuple[Sequence[Tie], Sequence[Tie]]:
    """Guardians and children of a person. The caller has checked who may know."""
    return (
        _ties(db, Guardianship.guardian_id, Guardianship.child_id, person_id, today),
        _ties(db, Guardianship.child_id, Guardianship.guardian_id, person_id, today),
    )


def _ties(
    db: Session,
    other: InstrumentedAttribute[UUID],
    mine: InstrumentedAttribute[UUID],
    person_id: UUID,
    today: date,
) -> list[Tie]:
    rows = db.execute(
        select(Person, Guardianship.relation, Guardianship.rights)
        .join(Guardianship, and_(Person.id == other, mine == person_id, in_force(Guardianship, today)))
        .order_by(Person.name_key)
    )
    return [
        Tie(person_id=person.id, name=person.full_name, relation=relation, rights=rights)
        for person, relation, rights in rows
    ]
