"""One's own roles: those one acts in, with what is lent of them, and those that give no rights now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.identity.models import Person
from core.identity.sessions import school_today, today_in
from core.organizations.models import Organization, SchoolClass
from core.roles.actor import Actor
from core.roles.lifecycle import State, state_of
from core.roles.models import RoleStep, StructuralRole
from core.web.i18n import sentence

HELD = (State.ACTIVE, State.CONFIRMED, State.SUSPENDED)
"""A role in one of these ends in fact with its organization."""

SHOWN_ENDED = 5
"""Roles that are over are shown so many, the latest first."""


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """Rights handed to a colleague: the role they got, and until when."""

    id: UUID
    name: str
    starts_on: date
    ends_on: date


class OwnRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role of one's own: whether it may be lent, to whom it is lent, or whose it is."""

    id: str
    may_lend: bool
    lent: Sequence[Lent]
    lender: str
    until: date | None


class RestingRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role of one's own that gives no rights today: its state, since when or from when, why, and who said so.

    One that is `closed` would be in force, but its organization is closed since that day.
    """

    title: str
    organization: str
    state: State
    day: date
    basis: str
    author: str
    closed: bool = False


def own_roles(db: Session, actor: Actor) -> Sequence[OwnRole]:
    """The actor's own active roles, with what was lent of them."""
    kinds = db.portal.grants.kinds
    today = school_today(actor)
    source, lender = aliased(StructuralRole), aliased(Person)
    held = db.execute(
        select(StructuralRole, lender)
        .outerjoin(source, source.id == StructuralRole.delegated_from)
        .outerjoin(lender, lender.id == source.person_id)
        .where(StructuralRole.person_id == actor.person_id)
    ).all()
    lent: dict[UUID, list[Lent]] = {}
    for role, person in db.execute(
        select(StructuralRole, Person)
        .join(Person, Person.id == StructuralRole.person_id)
        .where(StructuralRole.delegated_from.in_([role.id for role, _lender in held]))
        .order_by(StructuralRole.starts_on, StructuralRole.id)
    ):
        goes_on = state_of(role, today) in (State.ACTIVE, State.CONFIRMED)
        if role.delegated_from is not None and role.ends_on is not None and goes_on:
            lent.setdefault(role.delegated_from, []).append(
                Lent(id=role.id, name=person.short_name, starts_on=role.starts_on, ends_on=role.ends_on)
            )
    return [
        OwnRole(
            id=str(role.id),
            may_lend=role.delegated_from is None and role.kind in kinds and kinds[role.kind].delegable,
            lent=lent.get(role.id, ()),
            lender=person.short_name if person else "",
            until=role.ends_on,
        )
        for role, person in held
        if state_of(role, today) is State.ACTIVE
    ]


def resting_roles(db: Session, actor: Actor) -> Sequence[RestingRole]:
    """The actor's own roles that are not in force, those that may still be first."""
    found: list[tuple[StructuralRole, RestingRole]] = []
    latest = (
        select(RoleStep.id)
        .where(RoleStep.role_id == StructuralRole.id, RoleStep.status != "prolonged")
        .order_by(RoleStep.id.desc())
        .limit(1)
        .correlate(StructuralRole)
        .scalar_subquery()
    )
    author = aliased(Person)
    for role, organization, class_name, step, said_by in db.execute(
        select(StructuralRole, Organization, SchoolClass.name, RoleStep, author)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .outerjoin(SchoolClass, SchoolClass.id == StructuralRole.school_class_id)
        .outerjoin(RoleStep, RoleStep.id == latest)
        .outerjoin(author, author.id == RoleStep.author_id)
        .where(StructuralRole.person_id == actor.person_id)
        .order_by(StructuralRole.id.desc())
    ):
        today = today_in(organization.timezone or db.portal.config.timezone)
        state = state_of(role, today)
        if organization.closed_on is not None and organization.closed_on <= today and state in HELD:
            found.append((role, _closed(db, role, organization, class_name, state)))
        elif state is not State.ACTIVE:
            found.append(
                (role, _resting(db, role, organization.short_name, class_name, state, step, said_by))
            )
    waiting = [line for _role, line in found if line.state is not State.TERMINATED]
    return [*waiting, *[line for _role, line in found if line.state is State.TERMINATED][:SHOWN_ENDED]]


def _resting(
    db: Session,
    role: StructuralRole,
    organization: str,
    class_name: str | None,
    state: State,
    step: RoleStep | None,
    said_by: Person | None,
) -> RestingRole:
    day = {State.CONFIRMED: role.starts_on, State.TERMINATED: role.ends_on or role.starts_on}.get(state)
    return RestingRole(
        title=_title(db, role, class_name),
        organization=organization,
        state=state,
        day=day or (step.day if step else role.starts_on),
        basis=(step.basis if step else "") or role.basis,
        author=said_by.short_name if said_by else "",
    )


def _closed(
    db: Session, role: StructuralRole, organization: Organization, class_name: str | None, state: State
) -> RestingRole:
    return RestingRole(
        title=_title(db, role, class_name),
        organization=organization.short_name,
        state=state,
        day=organization.closed_on or role.starts_on,
        basis="",
        author="",
        closed=True,
    )


def _title(db: Session, role: StructuralRole, class_name: str | None) -> str:
    kinds = db.portal.grants.kinds
    title = str(kinds[role.kind].title) if role.kind in kinds else role.kind
    return sentence("%(role)s %(name)s", role=title, name=class_name) if class_name else title
