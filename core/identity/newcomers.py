"""Adding a person by hand: an employee whom nobody has brought in from a file."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.accounts import people_in_reach
from core.identity.models import Account, Person
from core.identity.names import full_name, sort_key
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import sentence

PORTAL = "portal"


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """What a school writes down of somebody. `snils` is eleven digits."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    birth_date: date | None = None
    snils: str | None = None
    phone: str | None = None
    email: str | None = None


class Namesakes(Conflict):
    """People of this name are in the actor's reach already; `people` are their ids and names."""

    def __init__(
        self,
        people: list[tuple[UUID, str]],
        message: str = sentence("Человек с таким именем в вашей организации уже есть."),
        *,
        advice: str = sentence("Откройте его карточку. Если это полный тёзка, отметьте это под списком."),
    ) -> None:
        super().__init__(message, advice=advice)
        self.people = people


def add_person(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    told: NewPerson,
    *,
    namesake: bool = False,
    account: bool = True,
) -> Person:
    """The person behind the data: a new one, or the one who has this СНИЛС where surname and birth date agree.

    The caller has checked that the actor may add people to the organization. Raises `Invalid` for a СНИЛС of
    somebody else and for a birth date to come, `Namesakes` if people of this name are in reach and
    `namesake` does not say that it is another one. Without `account` a new person cannot sign in yet.
    """
    if told.birth_date is not None and told.birth_date > school_today(actor):
        raise Invalid(
            "Человек не добавлен.", fields={"birth_date": sentence("Дата рождения ещё не наступила.")}
        )
    if told.snils:
        known = db.scalar(select(Person).where(Person.snils == told.snils))
        if known is not None:
            return _same(known, told)
    if not namesake:
        _refuse_namesake(db, actor, told)
    person = Person(id=new_id(), source=PORTAL, **msgspec.structs.asdict(told))
    db.add(person)
    db.flush()
    if account:
        db.add(Account(id=new_id(), person_id=person.id, status="active", preferences={}))
        db.flush()
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.person.create",
            subject_type="person",
            subject_id=str(person.id),
            after={"name": person.full_name},
        ),
    )
    return person


def person_among(db: Session, actor: Actor, told: NewPerson, chosen: UUID) -> Person:
    """The namesake whom somebody chose instead of adding another person. Raises `NotFound` for anybody else."""
    key = sort_key(full_name(told.last_name, told.first_name, told.middle_name))
    person = db.scalar(
        select(Person).where(Person.id == chosen, Person.name_key == key, people_in_reach(actor))
    )
    if person is None:
        raise NotFound("Такого человека в вашей организации нет.", advice="Проверьте имя и выберите снова.")
    return person


def _same(known: Person, told: NewPerson) -> Person:
    other_name = sort_key(known.last_name) != sort_key(told.last_name)
    other_birth = bool(known.birth_date and told.birth_date and known.birth_date != told.birth_date)
    if other_name or other_birth:
        raise Invalid(
            "Человек не добавлен.",
            fields={
                "snils": sentence(
                    "Этот СНИЛС записан за человеком с другой фамилией или датой рождения. Сверьте номер с документом."
                )
            },
        )
    return known


def _refuse_namesake(db: Session, actor: Actor, told: NewPerson) -> None:
    key = sort_key(full_name(told.last_name, told.first_name, told.middle_name))
    found = db.execute(
        select(Person).where(Person.name_key == key, people_in_reach(actor)).order_by(Person.id).limit(5)
    ).scalars()
    people = [(each.id, each.full_name) for each in found]
    if people:
        raise Namesakes(people)
