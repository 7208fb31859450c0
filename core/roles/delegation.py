"""Handing the rights of a role of one's own to a colleague for a time; one keeps them oneself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.roles.lifecycle import NewRole, State, end, refuse_double, state_of, step, tell
from core.roles.models import StructuralRole
from core.web.i18n import sentence

LONGEST = timedelta(days=366)


def delegates(db: Session, actor: Actor, role_id: UUID) -> Sequence[Person]:
    """Colleagues to whom a role of the actor's own may be handed for a time, by name."""
    role = _own(db, actor, role_id)
    today = school_today(actor)
    held = select(StructuralRole.person_id).where(
        StructuralRole.organization_id == role.organization_id,
        StructuralRole.kind.not_in([each.name for each in db.portal.grants.kinds.values() if each.follows]),
        StructuralRole.status == "active",
        in_force(StructuralRole, today),
        StructuralRole.person_id != role.person_id,
    )
    return db.scalars(select(Person).where(Person.id.in_(held)).order_by(Person.name_key, Person.id)).all()


def delegate(
    db: Session, actor: Actor, role_id: UUID, person_id: UUID, starts_on: date, ends_on: date, basis: str
) -> StructuralRole:
    """Hand the rights of a role of one's own to a colleague until a day; one keeps them oneself.

    Raises `NotFound` for a role that is not the actor's, `Invalid` for wrong fields, `Conflict` for a
    colleague who has them already.
    """
    role = _own(db, actor, role_id)
    today = school_today(actor)
    wrong: dict[str, str] = {}
    if person_id not in {each.id for each in delegates(db, actor, role_id)}:
        wrong["person_id"] = sentence("Выберите сотрудника из списка.")
    if starts_on < today:
        wrong["starts_on"] = sentence("Сегодняшний день или позже.")
    if ends_on < max(starts_on, today):
        wrong["ends_on"] = sentence("Последний день раньше первого.")
    elif ends_on - starts_on > LONGEST:
        wrong["ends_on"] = sentence("Не дольше чем на год.")
    elif role.ends_on is not None and ends_on > role.ends_on:
        wrong["ends_on"] = sentence("Ваша роль закончится раньше.")
    if wrong:
        raise Invalid("Права не переданы: в форме есть ошибки.", fields=wrong)
    wanted = NewRole(
        person_id=person_id,
        kind=role.kind,
        organization_id=role.organization_id,
        school_class_id=role.school_class_id,
        group_id=role.group_id,
        starts_on=starts_on,
        ends_on=ends_on,
        basis=basis,
    )
    refuse_double(db, wanted)
    handed = StructuralRole(
        id=new_id(),
        **msgspec.structs.asdict(wanted),
        status="active",
        granted_by=actor.person_id,
        delegated_from=role.id,
    )
    db.add(handed)
    db.flush()
    step(db, actor, handed, "active", starts_on, basis, "core.role.delegate")
    tell(db, handed, sentence("Вам на время передали права"))
    return handed


def take_back(db: Session, actor: Actor, role_id: UUID) -> None:
    """End a delegation of one's own before its day. Raises `NotFound` for somebody else's."""
    handed = db.get(StructuralRole, role_id)
    source = db.get(StructuralRole, handed.delegated_from) if handed and handed.delegated_from else None
    if handed is None or source is None or source.person_id != actor.person_id:
        raise NotFound("Такой передачи прав нет.", advice="Обновите страницу.")
    if state_of(handed, school_today(actor)) is State.TERMINATED:
        raise Conflict("Права уже возвращены.", advice="Обновите страницу.")
    end(db, actor, handed, sentence("права возвращены"))
    tell(db, handed, sentence("Переданные вам права возвращены"))


def _own(db: Session, actor: Actor, role_id: UUID) -> StructuralRole:
    """A role of the actor's own that may be handed on."""
    role = db.get(StructuralRole, role_id)
    kind = db.portal.grants.kinds.get(role.kind) if role is not None else None
    if (
        role is None
        or kind is None
        or role.person_id != actor.person_id
        or not kind.delegable
        or role.delegated_from is not None
        or state_of(role, school_today(actor)) is not State.ACTIVE
    ):
        raise NotFound("Такой роли, которую можно передать, у вас нет.", advice="Обновите страницу.")
    return role
