"""Rights: whose login somebody may issue, and where a login lets in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.errors import Conflict
from core.identity import accounts
from core.identity.accounts import AccountCard
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence
from plugins.auth_local.settings import PLUGIN, LocalSettings

ISSUE = "auth_local.logins.issue"
ISSUE_STAFF = "auth_local.logins.issue_staff"
OWN = "auth_local.own.change"
INVITE_CHILD = "auth_local.children.invite"
FAMILY = ("pupil", "guardian")


class HeldRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a person in force today, and whether the sign-in with a login is on there."""

    kind: str
    organization_id: UUID
    organization: str
    path: str
    is_on: bool

    @property
    def is_staff(self) -> bool:
        """Whether it is that of somebody who works there."""
        return self.kind not in FAMILY


def roles_of(db: Session, person_id: UUID) -> Sequence[HeldRole]:
    """The roles in force of a person, the oldest first."""
    db.portal.switches.refresh(db)
    switches, default_zone = db.portal.switches, db.portal.config.timezone
    found = db.execute(
        select(StructuralRole, Organization)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .where(StructuralRole.person_id == person_id, StructuralRole.status == "active")
        .order_by(StructuralRole.created_at, StructuralRole.id)
    )
    return [
        HeldRole(
            kind=role.kind,
            organization_id=organization.id,
            organization=organization.short_name,
            path=organization.path,
            is_on=switches.is_on(PLUGIN, organization.path),
        )
        for role, organization in found
        if _holds(role, today_in(organization.timezone or default_zone))
    ]


def _holds(role: StructuralRole, today: date) -> bool:
    return role.starts_on <= today and (role.ends_on is None or role.ends_on >= today)


def refusal(roles: Sequence[HeldRole]) -> str:
    """Why a login does not let somebody with these roles in; «» if it does.

    Families get in if a school of theirs has it on. Who works somewhere gets in only if every employer has:
    the rights in an organization that does without passwords are not to be had with one.
    """
    if not roles:
        return sentence("У вас нет действующей роли ни в одной школе.")
    off = closed_at(roles)
    if off is None:
        return ""
    return sentence("Вход с логином школы не подключён: %(organization)s.", organization=off.organization)


def closed_at(roles: Sequence[HeldRole]) -> HeldRole | None:
    """The role whose organization keeps the login from letting somebody in, None if nothing does."""
    off = next((role for role in roles if role.is_staff and not role.is_on), None)
    if off is None and not any(role.is_on for role in roles):
        return roles[0]
    return off


def shut_out(db: Session, person_id: UUID, roles: Sequence[HeldRole]) -> str:
    """Why a login does not let somebody else in, in the words for whoever would issue it; «» if it does."""
    if roles:
        off = closed_at(roles)
        if off is None:
            return ""
        return sentence("вход с логином школы не подключён: %(organization)s", organization=off.organization)
    waiting = select(StructuralRole.id).where(
        StructuralRole.person_id == person_id, StructuralRole.status == "requested"
    )
    if db.scalar(waiting.limit(1)) is not None:
        return sentence("роль человека ещё ждёт подтверждения")
    return sentence("у человека нет действующей роли ни в одной школе")


def settings_of(db: Session, path: str) -> LocalSettings:
    """The settings that hold for an organization."""
    return db.portal.switches.settings(PLUGIN, path, LocalSettings)


def objection(db: Session, actor: Actor, person_id: UUID) -> str:
    """Why the actor may not issue a login to somebody whose account they see; «» if they may."""
    if person_id == actor.person_id:
        return sentence("это вы: свой пароль меняют в настройках")
    roles = roles_of(db, person_id)
    if reason := shut_out(db, person_id, roles):
        return reason
    ids = {role.organization_id for role in roles if role.is_staff}
    inside = set(
        db.scalars(
            select(Organization.id).where(Organization.id.in_(ids), within(actor, ISSUE, Organization.id))
        )
    )
    elsewhere = next((role for role in roles if role.is_staff and role.organization_id not in inside), None)
    if elsewhere is not None:
        return sentence("работает и в другой организации: %(name)s", name=elsewhere.organization)
    powerful = any(ISSUE in db.portal.grants.of(role.kind, role.path) for role in roles)
    if powerful and not actor.can(ISSUE_STAFF):
        return sentence("этот сотрудник сам выдаёт логины: обратитесь к директору или координатору")
    return ""


def card_to_issue(db: Session, actor: Actor, person_id: UUID) -> AccountCard:
    """The account of somebody to whom the actor may issue a login.

    Raises `Forbidden` without the right, `NotFound` for somebody out of reach, `Conflict` where the account is not
    theirs to deal with.
    """
    actor.require(ISSUE)
    card = accounts.account_card(db, actor, person_id)
    if reason := objection(db, actor, person_id):
        raise Conflict(
            sentence("Выдать вход нельзя: %(reason)s.", reason=reason),
            advice="Вернитесь к карточке учётной записи.",
        )
    return card


def birth_dates(db: Session, person: Person) -> Sequence[date]:
    """Birth dates that prove to whom an invitation belongs: the person's own or, without one, their children's."""
    if person.birth_date is not None:
        return [person.birth_date]
    today = today_in(db.portal.config.timezone)
    return [
        born
        for born in db.scalars(
            select(Person.birth_date)
            .join(Guardianship, Guardianship.child_id == Person.id)
            .where(
                Guardianship.guardian_id == person.id,
                tied(today),
            )
        )
        if born is not None
    ]
