"""A guardian's own children: where they study, what the guardian may, and the account of a child under 14."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.directory import Tie, ties_of_child
from core.identity.families import OWN_ACCOUNT_YEARS, Rights, birthday, tied
from core.identity.models import Account, Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.i18n import sentence


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a child studies today."""

    organization_id: UUID
    organization: str
    path: str
    school_class: str


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A child of a guardian's. `guardians` are shown to whom may act for the child.

    `objection` says why the guardian cannot make the child's account, «» if they can.
    """

    person: Person
    tie: Guardianship
    places: Sequence[Place]
    guardians: Sequence[Tie]
    has_account: bool
    own_account_from: date | None
    objection: str

    @property
    def acts(self) -> bool:
        """Whether the guardian may act for the child."""
        return self.tie.rights == Rights.FULL


def own_children(db: Session, actor: Actor) -> list[Child]:
    """The children the actor is tied to today, the eldest first."""
    guardian_id = require_person(actor)
    today = today_in(db.portal.config.timezone)
    found = db.execute(
        select(Person, Guardianship)
        .join(Guardianship, Guardianship.child_id == Person.id)
        .where(Guardianship.guardian_id == guardian_id, tied(today))
        .order_by(Person.birth_date, Person.name_key, Person.id)
    ).all()
    ids = [person.id for person, _tie in found]
    places = _places(db, ids, today)
    known = set(db.scalars(select(Account.person_id).where(Account.person_id.in_(ids))))
    return [
        Child(
            person=person,
            tie=tie,
            places=places.get(person.id, ()),
            guardians=ties_of_child(db, person.id, today) if tie.rights == Rights.FULL else (),
            has_account=person.id in known,
            own_account_from=birthday(person.birth_date, OWN_ACCOUNT_YEARS) if person.birth_date else None,
            objection=_objection(person, tie, person.id in known, places.get(person.id, ()), today),
        )
        for person, tie in found
    ]


def own_child(db: Session, actor: Actor, child_id: UUID) -> Child:
    """One of the actor's children. Raises `NotFound` for anybody else's."""
    for child in own_children(db, actor):
        if child.person.id == child_id:
            return child
    raise NotFound("Такого ребёнка среди ваших нет.", advice="Обновите страницу «Мои дети».")


def own_child_to_sign_up(db: Session, actor: Actor, child_id: UUID) -> Child:
    """A child whose account the actor may make. Raises `NotFound` for anybody else's, `Conflict` if not now."""
    child = own_child(db, actor, child_id)
    if child.objection:
        raise Conflict(
            sentence("Учётная запись не создана: %(reason)s.", reason=child.objection),
            advice="Вернитесь на страницу «Мои дети».",
        )
    return child


def make_account(db: Session, actor: Actor, child_id: UUID, school_id: UUID) -> None:
    """Make a child's account, unless there is one; who may, the caller has made sure of."""
    db.execute(select(Person.id).where(Person.id == child_id).with_for_update())
    if db.scalar(select(Account.id).where(Account.person_id == child_id)) is not None:
        return
    db.add(Account(id=new_id(), person_id=child_id, status="active", preferences={}))
    db.flush()
    record(
        db,
        actor,
        school_id,
        Change(action="core.account.create", subject_type="person", subject_id=str(child_id)),
    )


def _objection(
    child: Person, tie: Guardianship, has_account: bool, places: Sequence[Place], today: date
) -> str:
    if has_account:
        return sentence("она уже есть")
    if tie.rights != Rights.FULL:
        return sentence("ваши права ограничены")
    if child.birth_date is None:
        return sentence("школа не указала дату рождения ребёнка")
    if birthday(child.birth_date, OWN_ACCOUNT_YEARS) <= today:
        return sentence("с 14 лет её заводит сам ученик")
    if not places:
        return sentence("ребёнок сейчас не учится ни в одной школе портала")
    return ""


def _places(db: Session, children: Sequence[UUID], today: date) -> dict[UUID, list[Place]]:
    found: dict[UUID, list[Place]] = {}
    for row in db.execute(
        select(
            Enrollment.person_id,
            Organization.id,
            Organization.short_name,
            Organization.path,
            SchoolClass.name,
        )
        .join(Organization, Organization.id == Enrollment.organization_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(Enrollment.person_id.in_(children), in_force(Enrollment, today))
        .order_by(Enrollment.starts_on)
    ):
        found.setdefault(row.person_id, []).append(
            Place(
                organization_id=row.id,
                organization=row.short_name,
                path=row.path,
                school_class=row.name,
            )
        )
    return found
