"""People of a school with the consents asked of them, for a work list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, false, select, union

from core.consents.kinds import PUPILS, STAFF
from core.consents.models import Consent
from core.consents.reading import NOT_STAFF, VIEW
from core.consents.standing import stands
from core.consents.texts import Asked, asked_in
from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole


class ConsentLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with titles of the consents that stand, are missing, and were withdrawn."""

    id: UUID
    name: str
    place: str
    given: Sequence[str]
    missing: Sequence[str]
    withdrawn: Sequence[str]


def pupils(actor: Actor) -> ColumnElement[bool]:
    """Condition on `Person`: a pupil of the acting role's organization."""
    return Person.id.in_(_held(actor, Enrollment, True))


def staff(actor: Actor) -> ColumnElement[bool]:
    """Condition on `Person`: somebody who works in the acting role's organization."""
    return Person.id.in_(_held(actor, StructuralRole, _works()))


def _everybody(actor: Actor) -> ColumnElement[bool]:
    # One set, not two conditions: with «or» the database goes through everybody there is.
    return Person.id.in_(union(_held(actor, Enrollment, True), _held(actor, StructuralRole, _works())))


def _works() -> ColumnElement[bool]:
    return and_(StructuralRole.kind.not_in(NOT_STAFF), StructuralRole.status == "active")


def _held(actor: Actor, table: Any, more: Any) -> Select[UUID]:
    found = select(table.person_id)
    if actor.role is None:
        return found.where(false())
    return found.where(
        table.organization_id == actor.role.organization_id,
        within(actor, VIEW, table.organization_id),
        in_force(table, school_today(actor)),
        more,
    )


def in_class(actor: Actor, class_id: UUID) -> ColumnElement[bool]:
    """Condition on `Person`: a pupil of a class of the acting role's organization."""
    return Person.id.in_(_held(actor, Enrollment, Enrollment.school_class_id == class_id))


def has(actor: Actor, kind: str) -> ColumnElement[bool]:
    """Condition on `Person`: the consent of a kind stands."""
    if actor.role is None:
        return false()
    return exists().where(
        Consent.person_id == Person.id,
        Consent.organization_id == actor.role.organization_id,
        Consent.kind == kind,
        stands(actor.role.organization_path),
    )


def has_withdrawn(actor: Actor, kind: str) -> ColumnElement[bool]:
    """Condition on `Person`: a consent of the kind was withdrawn, and none stands now."""
    if actor.role is None:
        return false()
    withdrawn = exists().where(
        Consent.person_id == Person.id,
        Consent.organization_id == actor.role.organization_id,
        Consent.kind == kind,
        Consent.withdrawn_way.in_(("portal", "paper")),
    )
    return and_(withdrawn, ~has(actor, kind))


def asked_here(db: Session, actor: Actor) -> dict[str, Asked]:
    """What the acting role's organization asks, by kind."""
    return asked_in(db, db.get_one(Organization, actor.organization_id))


def consent_rows(_db: Session, actor: Actor) -> Any:
    """Pupils and staff of the acting role's organization, one row each."""
    return select(Person.id.label("id"), Person.last_name, Person.first_name, Person.middle_name).where(
        _everybody(actor)
    )


def consent_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[ConsentLine]:
    """Rows of one page as lines; a fixed number of statements, however many rows."""
    ids = [row.id for row in rows]
    today = school_today(actor)
    organization_id = actor.organization_id
    groups: dict[UUID, set[str]] = {}
    places: dict[UUID, list[str]] = {}
    for person_id, name in db.execute(
        select(Enrollment.person_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            Enrollment.person_id.in_(ids),
            Enrollment.organization_id == organization_id,
            in_force(Enrollment, today),
        )
    ):
        groups.setdefault(person_id, set()).add(PUPILS)
        places.setdefault(person_id, []).append(name)
    kinds = db.portal.grants.kinds
    for person_id, kind in db.execute(
        select(StructuralRole.person_id, StructuralRole.kind)
        .where(
            StructuralRole.person_id.in_(ids),
            StructuralRole.organization_id == organization_id,
            StructuralRole.kind.not_in(NOT_STAFF),
            StructuralRole.status == "active",
            in_force(StructuralRole, today),
        )
        .order_by(StructuralRole.created_at, StructuralRole.id)
    ):
        groups.setdefault(person_id, set()).add(STAFF)
        title = str(kinds[kind].title) if kind in kinds else kind
        if title not in places.setdefault(person_id, []):
            places[person_id].append(title)
    standing: dict[UUID, set[str]] = {}
    ended: dict[UUID, set[str]] = {}
    for person_id, kind, way, holds in db.execute(
        select(
            Consent.person_id,
            Consent.kind,
            Consent.withdrawn_way,
            stands(actor.acting_role.organization_path),
        ).where(Consent.person_id.in_(ids), Consent.organization_id == organization_id)
    ):
        if holds:
            standing.setdefault(person_id, set()).add(kind)
        elif way in ("portal", "paper"):
            ended.setdefault(person_id, set()).add(kind)
    asked = asked_here(db, actor)
    lines: list[ConsentLine] = []
    for row in rows:
        wanted = {
            name: str(each.kind.title)
            for name, each in asked.items()
            if groups.get(row.id, set()) & {*each.kind.asked_of}
        }
        given = standing.get(row.id, set())
        withdrawn = ended.get(row.id, set()) - given
        lines.append(
            ConsentLine(
                id=row.id,
                name=full_name(row.last_name, row.first_name, row.middle_name),
                place=", ".join(places.get(row.id, ())),
                given=[title for name, title in wanted.items() if name in given],
                missing=[title for name, title in wanted.items() if name not in given],
                withdrawn=[title for name, title in wanted.items() if name in withdrawn],
            )
        )
    return lines


def blanks_for(db: Session, actor: Actor, kind: str, class_id: UUID) -> Sequence[Person]:
    """The pupils of a class whose consent of a kind is missing, in the order of their names."""
    actor.require(VIEW)
    return db.scalars(
        select(Person)
        .where(in_class(actor, class_id), ~has(actor, kind))
        .order_by(Person.name_key, Person.id)
    ).all()


def classes_here(db: Session, actor: Actor) -> Sequence[tuple[UUID, str]]:
    """Classes of the acting role's organization that have pupils today."""
    rows = db.execute(
        select(SchoolClass.id, SchoolClass.name, SchoolClass.name_key)
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .where(
            Enrollment.organization_id == actor.organization_id,
            in_force(Enrollment, school_today(actor)),
        )
        .distinct()
        .order_by(SchoolClass.name_key)
    )
    return [(class_id, name) for class_id, name, _key in rows]
