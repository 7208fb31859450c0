"""Structural roles as work lists and cards show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Organization, OrganizationGroup, SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.lifecycle import VIEW, State, state_of
from core.roles.models import RoleStep, StructuralRole


class RoleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A role with whose it is and where it is held."""

    id: UUID
    person_id: UUID
    name: str
    kind: str
    title: str
    organization_id: UUID
    organization: str
    school_class: str
    status: str
    state: State
    starts_on: date
    ends_on: date | None
    basis: str
    delegated_from: UUID | None
    group_id: UUID | None
    group: str


class ShownStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a role's life, with its author's name («» for the portal itself)."""

    step: RoleStep
    author: str


class RoleCard(msgspec.Struct, frozen=True, kw_only=True):
    """A role with its life; `lender` is whose rights it is, where they were handed over."""

    line: RoleLine
    granted_by: str
    lender: str
    steps: Sequence[ShownStep]


def role_rows(_db: Session, actor: Actor) -> Any:
    """Roles in reach, one row each, for a work list."""
    return (
        select(
            StructuralRole.id.label("id"),
            StructuralRole.person_id,
            StructuralRole.kind,
            StructuralRole.organization_id,
            StructuralRole.status,
            StructuralRole.starts_on,
            StructuralRole.ends_on,
            StructuralRole.basis,
            StructuralRole.delegated_from,
            StructuralRole.group_id,
            OrganizationGroup.name.label("group"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Organization.short_name.label("organization"),
            SchoolClass.name.label("school_class"),
        )
        .select_from(StructuralRole)
        .join(Person, Person.id == StructuralRole.person_id)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .outerjoin(SchoolClass, SchoolClass.id == StructuralRole.school_class_id)
        .outerjoin(OrganizationGroup, OrganizationGroup.id == StructuralRole.group_id)
        .where(within(actor, VIEW, StructuralRole.organization_id))
    )


def role_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[RoleLine]:
    """Rows of one page as lines."""
    kinds = db.portal.grants.kinds
    today = school_today(actor)
    return [
        RoleLine(
            id=row.id,
            person_id=row.person_id,
            name=full_name(row.last_name, row.first_name, row.middle_name),
            kind=row.kind,
            title=str(kinds[row.kind].title) if row.kind in kinds else row.kind,
            organization_id=row.organization_id,
            organization=row.organization,
            school_class=row.school_class or "",
            status=row.status,
            state=state_of(row, today),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            basis=row.basis,
            delegated_from=row.delegated_from,
            group_id=row.group_id,
            group=row.group or "",
        )
        for row in rows
    ]


def roles_for_group(db: Session, actor: Actor, group_id: UUID) -> Sequence[RoleLine]:
    """Roles given for a group of organizations, the actor may see them where its keeper is in reach; by name."""
    rows = db.execute(
        role_rows(db, actor)
        .where(StructuralRole.group_id == group_id)
        .order_by(Person.name_key, StructuralRole.id)
    ).all()
    return role_lines(db, actor, rows)


def is_in_reach(db: Session, actor: Actor, role_id: UUID) -> bool:
    """Whether the actor may open a role's card."""
    if not actor.can(VIEW):
        return False
    return db.execute(role_rows(db, actor).where(StructuralRole.id == role_id)).first() is not None


def role_card(db: Session, actor: Actor, role_id: UUID) -> RoleCard:
    """A role in reach with its life. Raises `NotFound` for any other."""
    actor.require(VIEW)
    row = db.execute(role_rows(db, actor).where(StructuralRole.id == role_id)).one_or_none()
    if row is None:
        raise NotFound("Такой роли нет в вашей организации.", advice="Найдите её в списке ролей.")
    line = role_lines(db, actor, [row])[0]
    author = aliased(Person)
    steps = db.execute(
        select(RoleStep, author)
        .outerjoin(author, author.id == RoleStep.author_id)
        .where(RoleStep.role_id == role_id)
        .order_by(RoleStep.id)
    )
    granted_by = db.scalar(
        select(Person)
        .join(StructuralRole, StructuralRole.granted_by == Person.id)
        .where(StructuralRole.id == role_id)
    )
    lender = db.scalar(
        select(Person)
        .join(StructuralRole, StructuralRole.person_id == Person.id)
        .where(StructuralRole.id == line.delegated_from)
    )
    return RoleCard(
        line=line,
        granted_by=granted_by.short_name if granted_by else "",
        lender=lender.short_name if lender else "",
        steps=[ShownStep(step=step, author=person.short_name if person else "") for step, person in steps],
    )
