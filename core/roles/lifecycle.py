"""The life of a structural role: requested → confirmed or refused → active ⇄ suspended → terminated.

Only an active role gives rights, and only between its first and last day. Only a terminated role can be
deleted, and a person's only role goes with the person's profile. Nobody changes a role of their own;
leading roles are given and taken by the organization above.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Row, exists, or_, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today, today_in
from core.notifications import notify
from core.organizations.models import Organization, OrganizationGroup, SchoolClass
from core.roles.access import authorize
from core.roles.actor import Actor, system_actor
from core.roles.models import RoleStep, StructuralRole
from core.roles.permissions import RoleKind
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.roles.listing import RoleLine

VIEW = "core.roles.view"
GRANT = "core.roles.grant"
NEWS = "core.role.step"
NEEDS_A_CLASS = "class_teacher"


class State(StrEnum):
    """How a role stands today. A confirmed role waits for its first day."""

    REQUESTED = "requested"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class NewRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role to be given. `ends_on` is its last day, `basis` the order it rests on.

    With `group_id` it reaches only that group of organizations.
    """

    person_id: UUID
    kind: str
    organization_id: UUID
    starts_on: date
    ends_on: date | None = None
    school_class_id: UUID | None = None
    group_id: UUID | None = None
    basis: str = ""


HeldRole: TypeAlias = "StructuralRole | RoleLine | Row[Any]"
"""What is judged of a role: the role itself, a line of a list, or a row with its columns."""


def state_of(role: HeldRole, today: date) -> State:
    """The state of a role on a day of its organization."""
    if role.status in ("active", "suspended") and role.ends_on is not None and role.ends_on < today:
        return State.TERMINATED
    if role.status == "active" and role.starts_on > today:
        return State.CONFIRMED
    return State(role.status)


def kinds_to_give(
    db: Session, actor: Actor, organization: Organization, *, for_group: bool = False
) -> list[RoleKind]:
    """The role kinds the actor may give in an organization, or for a group that it keeps, in their order.

    What one has for all below the organization one may give there for a group: it reaches less far.
    """
    here = not actor.is_system and actor.acting_role.organization_id == organization.id
    if for_group:
        held = actor.acting_role.kind if here else None
        return [
            each
            for each in kinds_to_give(db, system_actor(), organization)
            if each.for_groups and held in (None, each.name)
        ]
    return sorted(
        (
            kind
            for kind in db.portal.grants.kinds.values()
            if organization.kind in kind.organization_kinds
            and not kind.follows
            and not (kind.from_above and here)
        ),
        key=lambda kind: kind.order,
    )


def give(db: Session, actor: Actor, wanted: NewRole, *, waits: bool = False) -> StructuralRole:
    """Give a person a role; one that `waits` has to be confirmed first.

    Raises `Forbidden` and `NotFound` for what the actor may not give, `Invalid` for wrong fields, `Conflict`
    for a role the person has already.
    """
    person = whom(db, actor, wanted)
    refuse_double(db, wanted)
    role = StructuralRole(
        id=new_id(),
        person_id=person.id,
        kind=wanted.kind,
        organization_id=wanted.organization_id,
        school_class_id=wanted.school_class_id,
        group_id=wanted.group_id,
        status="requested" if waits else "active",
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        basis=wanted.basis,
        granted_by=actor.person_id,
    )
    db.add(role)
    db.flush()
    step(db, actor, role, role.status, wanted.starts_on, wanted.basis, "core.role.give")
    if not waits:
        tell(db, role, sentence("Вам дали роль"))
    return role


def whom(db: Session, actor: Actor, wanted: NewRole) -> Person:
    """Whom the actor may give such a role. Raises as `give` does, but for a role the person has already."""
    authorize(db, actor, GRANT, wanted.organization_id)
    organization = db.get_one(Organization, wanted.organization_id)
    for_group = wanted.group_id is not None
    if wanted.kind not in {each.name for each in kinds_to_give(db, actor, organization, for_group=for_group)}:
        if not for_group and wanted.kind in _for_groups(db, actor, organization):
            raise Invalid(
                "Роль не дана: в форме есть ошибки.",
                fields={"group_id": sentence("Выберите группу: для всех сразу роль даёт организация выше.")},
            )
        raise Forbidden(
            "Эту роль даёт организация выше или она следует из других данных.",
            advice="Выберите роль из списка.",
        )
    person = db.get(Person, wanted.person_id)
    if person is None:
        raise NotFound("Такого человека нет.", advice="Найдите человека в списке.")
    if person.id == actor.person_id:
        raise Conflict("Роль самому себе не дают.", advice="Попросите об этом того, кто выше.")
    _check(db, wanted)
    return person


def _for_groups(db: Session, actor: Actor, organization: Organization) -> set[str]:
    return {each.name for each in kinds_to_give(db, actor, organization, for_group=True)}


def _check(db: Session, wanted: NewRole) -> None:
    wrong: dict[str, str] = {}
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        wrong["ends_on"] = sentence("Последний день раньше первого.")
    if wanted.kind == NEEDS_A_CLASS:
        own = exists().where(
            SchoolClass.id == wanted.school_class_id,
            SchoolClass.organization_id == wanted.organization_id,
        )
        if wanted.school_class_id is None or not db.scalar(select(own)):
            wrong["school_class_id"] = sentence("Выберите класс.")
    elif wanted.school_class_id is not None:
        wrong["school_class_id"] = sentence("Класс указывают только классному руководителю.")
    if wanted.group_id is not None:
        kept = select(OrganizationGroup.id).where(
            OrganizationGroup.id == wanted.group_id,
            OrganizationGroup.organization_id == wanted.organization_id,
        )
        if db.scalar(kept) is None:
            wrong["group_id"] = sentence("Этой группы организация не ведёт. Выберите группу из списка.")
    if wrong:
        raise Invalid("Роль не дана: в форме есть ошибки.", fields=wrong)


def refuse_double(db: Session, wanted: NewRole, apart_from: UUID | None = None) -> None:
    """Raises `Conflict` for a role that the person has already for these days, other than `apart_from`."""
    same = select(StructuralRole.id).where(
        StructuralRole.id != apart_from,
        StructuralRole.person_id == wanted.person_id,
        StructuralRole.kind == wanted.kind,
        StructuralRole.organization_id == wanted.organization_id,
        StructuralRole.school_class_id.is_(None)
        if wanted.school_class_id is None
        else StructuralRole.school_class_id == wanted.school_class_id,
        StructuralRole.group_id.is_(None)
        if wanted.group_id is None
        else StructuralRole.group_id == wanted.group_id,
        StructuralRole.status.in_(("requested", "active", "suspended")),
        or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= wanted.starts_on),
    )
    if db.scalar(same.limit(1)) is not None:
        raise Conflict(
            "Такая роль у этого человека уже есть.",
            advice="Откройте её: приостановленную роль можно возобновить.",
        )


def confirm(db: Session, actor: Actor, role_id: UUID, basis: str = "") -> None:
    """Confirm a requested role. Who may, the request it waits in has decided."""
    role = _locked(db, role_id)
    refuse_decided(role)
    role.status = "active"
    step(db, actor, role, "active", role.starts_on, basis, "core.role.confirm")
    tell(db, role, sentence("Вам дали роль"))


def refuse(db: Session, actor: Actor, role_id: UUID, basis: str = "") -> None:
    """Refuse a requested role. Who may, the request it waits in has decided."""
    role = _locked(db, role_id)
    refuse_decided(role)
    role.status = "refused"
    step(db, actor, role, "refused", today_of(db, role), basis, "core.role.refuse")


def refuse_decided(role: StructuralRole) -> None:
    """Raises `Conflict` for a role that waits for nobody's word."""
    if role.status != "requested":
        raise Conflict("Эту роль уже рассмотрели.", advice="Обновите страницу.")


def objection_to_suspend(db: Session, actor: Actor, role: HeldRole) -> str:
    """Why the actor may not suspend this role, «» if they may."""
    return objection(db, actor, role, (State.ACTIVE, State.CONFIRMED), sentence("роль не действует"))


def objection_to_resume(db: Session, actor: Actor, role: HeldRole) -> str:
    """Why the actor may not resume this role, «» if they may."""
    return objection(db, actor, role, (State.SUSPENDED,), sentence("роль не приостановлена"))


def objection_to_terminate(db: Session, actor: Actor, role: HeldRole) -> str:
    """Why the actor may not end this role, «» if they may."""
    states = (State.ACTIVE, State.CONFIRMED, State.SUSPENDED)
    return objection(db, actor, role, states, sentence("роль уже не действует"))


def objection_to_delete(db: Session, actor: Actor, role: HeldRole) -> str:
    """Why the actor may not delete this role, «» if they may."""
    reason = objection(
        db, actor, role, (State.TERMINATED,), sentence("удалить можно только прекращённую роль")
    )
    if not reason and not _has_another(db, role):
        return sentence("это единственная роль человека: её удаляют вместе с профилем")
    return reason


def objection(db: Session, actor: Actor, role: HeldRole, states: Sequence[State], otherwise: str) -> str:
    """Why the actor may not change this role now: `otherwise` if it is in none of `states`; «» if they may."""
    kind = db.portal.grants.kinds.get(role.kind)
    if kind is not None and kind.follows:
        return sentence("рукой её не меняют: %(reason)s", reason=kind.follows)
    if role.person_id == actor.person_id:
        return sentence("это ваша собственная роль")
    if state_of(role, school_today(actor)) not in states:
        return otherwise
    here = not actor.is_system and actor.acting_role.organization_id == role.organization_id
    if kind is not None and kind.from_above and here and role.group_id is None:
        return sentence("её меняет организация выше")
    return ""


def _has_another(db: Session, role: HeldRole) -> bool:
    others = select(StructuralRole.id).where(
        StructuralRole.person_id == role.person_id,
        StructuralRole.id != role.id,
        StructuralRole.status.not_in(("requested", "refused")),
    )
    return db.scalar(others.limit(1)) is not None


def suspend(db: Session, actor: Actor, role_id: UUID, basis: str) -> None:
    """Take the rights away for a time. Raises `NotFound` out of reach, `Conflict` where it is not to be done."""
    role = to_change(db, actor, role_id)
    heed(objection_to_suspend(db, actor, role))
    role.status = "suspended"
    step(db, actor, role, "suspended", today_of(db, role), basis, "core.role.suspend")
    _end_delegated(db, actor, role)
    tell(db, role, sentence("Роль приостановлена"))


def resume(db: Session, actor: Actor, role_id: UUID, basis: str = "") -> None:
    """Give the rights of a suspended role back. Raises as `suspend` does."""
    role = to_change(db, actor, role_id)
    heed(objection_to_resume(db, actor, role))
    role.status = "active"
    step(db, actor, role, "active", today_of(db, role), basis, "core.role.resume")
    tell(db, role, sentence("Роль снова действует"))


def terminate(db: Session, actor: Actor, role_id: UUID, basis: str, last_day: date | None = None) -> None:
    """End a role: at once, or after a day to come. What it ended stays on record.

    Raises as `suspend` does, and `Invalid` for a last day before the first or in the past.
    """
    role = to_change(db, actor, role_id)
    heed(objection_to_terminate(db, actor, role))
    today = today_of(db, role)
    if last_day is not None and last_day < today:
        raise Invalid(
            "Роль не прекращена: последний день уже прошёл.",
            fields={"last_day": sentence("Сегодняшний день или позже.")},
        )
    end(db, actor, role, basis, last_day)
    tell(db, role, sentence("Роль прекращается") if last_day else sentence("Роль прекращена"))


def end(db: Session, actor: Actor, role: StructuralRole, basis: str, last_day: date | None = None) -> None:
    """End a role without asking who may: at once, or after `last_day`."""
    if last_day is None:
        role.status = "terminated"
    day = role.ends_on = last_day or max(role.starts_on, today_of(db, role))
    step(db, actor, role, "terminated", day, basis, "core.role.terminate")
    _end_delegated(db, actor, role)


def delete(db: Session, actor: Actor, role_id: UUID) -> None:
    """Delete a terminated role for good; the audit record keeps it. Raises as `suspend` does."""
    role = to_change(db, actor, role_id)
    heed(objection_to_delete(db, actor, role))
    _note(db, actor, role, "core.role.delete", {"role": role.kind, "basis": role.basis}, None)
    db.delete(role)
    db.flush()


def _end_delegated(db: Session, actor: Actor, role: StructuralRole) -> None:
    """Whoever acts with somebody's rights loses them together with the owner."""
    for handed in db.scalars(
        select(StructuralRole).where(
            StructuralRole.delegated_from == role.id, StructuralRole.status.in_(("active", "suspended"))
        )
    ):
        if role.status == "active" and role.ends_on and handed.ends_on and handed.ends_on <= role.ends_on:
            continue
        last_day = role.ends_on if role.status == "active" else None
        end(db, actor, handed, sentence("роль, права которой передали, не действует"), last_day)
        tell(db, handed, sentence("Переданные вам права возвращены"))


def to_change(db: Session, actor: Actor, role_id: UUID) -> StructuralRole:
    """A role in reach, its row locked. Raises `Forbidden` without the right, `NotFound` for any other."""
    actor.require(GRANT)
    role = _locked(db, role_id)
    authorize(db, actor, GRANT, role.organization_id)
    return role


def _locked(db: Session, role_id: UUID) -> StructuralRole:
    role = db.scalar(select(StructuralRole).where(StructuralRole.id == role_id).with_for_update())
    if role is None:
        raise NotFound("Такой роли нет.", advice="Обновите список.")
    return role


def heed(reason: str) -> None:
    """Raise `Conflict` with the reason, if there is one."""
    if reason:
        raise Conflict(sentence("Это сделать нельзя: %(reason)s.", reason=reason), advice="Обновите список.")


def today_of(db: Session, role: StructuralRole) -> date:
    """Today's date where the role is held."""
    zone = db.scalar(select(Organization.timezone).where(Organization.id == role.organization_id))
    return today_in(zone or db.portal.config.timezone)


def step(
    db: Session,
    actor: Actor,
    role: StructuralRole,
    status: str,
    day: date,
    basis: str,
    action: str,
    changed: tuple[dict[str, str], dict[str, str]] | None = None,
) -> None:
    """A step of a role, from `day` on: in its history and in the audit record as `action`.

    `changed` is what the record says of before and after; without it, the status.
    """
    db.add(
        RoleStep(id=new_id(), role_id=role.id, status=status, day=day, basis=basis, author_id=actor.person_id)
    )
    db.flush()
    before, after = changed or (None, {"role": role.kind, "status": status})
    _note(db, actor, role, action, before, after, basis)


def _note(
    db: Session,
    actor: Actor,
    role: StructuralRole,
    action: str,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
    reason: str = "",
) -> None:
    record(
        db,
        actor,
        role.organization_id,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(role.person_id),
            before=before,
            after=after,
            reason=reason,
        ),
    )


def tell(db: Session, role: StructuralRole, news: str) -> None:
    """Notify the holder of a role of news about it."""
    kind = db.portal.grants.kinds.get(role.kind)
    place = db.scalar(select(Organization.short_name).where(Organization.id == role.organization_id))
    notify(
        db,
        [role.person_id],
        NEWS,
        sentence(
            "%(news)s: %(role)s, %(place)s",
            news=news,
            role=kind.title if kind is not None else role.kind,
            place=place or "",
        ),
        role.basis,
        "/account#roles-title",
    )
