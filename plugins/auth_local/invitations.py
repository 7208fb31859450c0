"""Invitations: a code on paper with which a person makes a login. It serves once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound, Wrong
from core.identity.children import Child, own_child
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.auth_local import access, login_names, logins, passwords
from plugins.auth_local.models import Invitation, LocalLogin

CODE_LENGTH = 12
MOST_WRONG = 5
"""Wrong birth dates after which a code is void: the paper is in other hands."""


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as it is handed over, shown this once.

    `child_asked`: a child's birth date is asked for. `child` names the pupil through whom a guardian gets it.
    """

    person: Person
    code: str
    expires_at: datetime
    child_asked: bool
    organization: str
    child: str = ""


def objection(db: Session, actor: Actor, person: Person) -> str:
    """Why the actor may not invite somebody; «» if they may."""
    if reason := access.objection(db, actor, person.id):
        return reason
    if logins.of_person(db, person.id) is not None:
        return sentence("логин уже есть")
    if not access.birth_dates(db, person):
        return sentence("не указана дата рождения, а без неё приглашение не открыть")
    return ""


def invite(db: Session, actor: Actor, person_id: UUID) -> Slip:
    """Issue a code; an earlier one of the same person stops working.

    Raises what `access.card_to_issue` does, and `Conflict` for somebody who has a login or no birth date.
    """
    person = access.card_to_issue(db, actor, person_id).person
    if reason := objection(db, actor, person):
        raise Conflict(
            sentence("Приглашение не выдано: %(reason)s.", reason=reason),
            advice="Выдайте логин с одноразовым паролем или внесите дату рождения.",
        )
    role = actor.acting_role
    return _issue(db, actor, person, (role.organization_id, role.organization_name, role.organization_path))


def invite_operator(db: Session, actor: Actor, person: Person, place: Organization) -> Slip:
    """Issue a code on the command line; an earlier one stops working. The caller is the installation itself."""
    return _issue(db, actor, person, (place.id, place.short_name, place.path))


def objection_for_child(db: Session, actor: Actor, child: Child) -> str:
    """Why a guardian may not invite a child of theirs; «» if they may."""
    if not child.acts:
        return sentence("ваши права ограничены")
    if not child.has_account:
        return sentence("у ребёнка ещё нет учётной записи")
    if child.own_account_from is None or child.own_account_from <= school_today(actor):
        return sentence("с 14 лет приглашение выдаёт школа")
    if logins.of_person(db, child.person.id) is not None:
        return sentence("логин уже есть")
    return access.shut_out(db, child.person.id, access.roles_of(db, child.person.id))


def invite_child(db: Session, actor: Actor, child_id: UUID) -> Slip:
    """Issue a code for the actor's own child; an earlier one stops working.

    Raises `NotFound` for anybody else's child, `Conflict` where it is not the guardian's to invite.
    """
    actor.require(access.INVITE_CHILD)
    child = own_child(db, actor, child_id)
    if reason := objection_for_child(db, actor, child):
        raise Conflict(
            sentence("Приглашение не выдано: %(reason)s.", reason=reason),
            advice="Вернитесь на страницу «Мои дети».",
        )
    place = child.places[0]
    return _issue(db, actor, child.person, (place.organization_id, place.organization, place.path))


def _issue(db: Session, actor: Actor, person: Person, place: tuple[UUID, str, str]) -> Slip:
    organization_id, organization, path = place
    code = passwords.spoken(CODE_LENGTH)
    expires_at = now() + timedelta(days=access.settings_of(db, path).valid_days)
    db.execute(delete(Invitation).where(Invitation.person_id == person.id))
    db.add(
        Invitation(
            id=new_id(),
            person_id=person.id,
            organization_id=organization_id,
            code_hash=_digest(db.portal, code),
            expires_at=expires_at,
        )
    )
    logins.note(db, actor, person.id, "auth_local.invitation.issue", {"expires": expires_at.date()})
    return Slip(
        person=person,
        code=passwords.in_groups(code),
        expires_at=expires_at,
        child_asked=person.birth_date is None,
        organization=organization,
    )


def of_person(db: Session, person_id: UUID) -> Invitation | None:
    """The person's invitation, if it still opens."""
    return db.scalar(
        select(Invitation).where(Invitation.person_id == person_id, Invitation.expires_at > now())
    )


def opened(db: Session, code: str, birth_date: date | None) -> UUID | None:
    """Whose invitation this is, if the birth date agrees; a wrong one is counted, so commit it all the same."""
    found = db.scalar(
        select(Invitation)
        .where(Invitation.code_hash == _digest(db.portal, code), Invitation.expires_at > now())
        .with_for_update()
    )
    if found is None:
        return None
    if birth_date in access.birth_dates(db, db.get_one(Person, found.person_id)):
        return found.person_id
    found.wrong += 1
    if found.wrong >= MOST_WRONG:
        db.delete(found)
    return None


def accept(db: Session, person_id: UUID, login: str, password: str, repeated: str) -> None:
    """Make the login of an invitation that was opened, and spend it.

    Raises `Invalid` saying by field what is wrong, `NotFound` if the invitation has been spent or taken back.
    """
    invitation = db.scalar(
        select(Invitation)
        .where(Invitation.person_id == person_id, Invitation.expires_at > now())
        .with_for_update()
    )
    if invitation is None:
        raise NotFound("Это приглашение больше не действует.", advice="Попросите школу выдать новое.")
    person = db.get_one(Person, person_id)
    fields: dict[str, str] = {}
    chosen = login
    try:
        chosen = login_names.checked(login)
        if logins.of_login(db, chosen) is not None:
            fields["login"] = sentence(
                "Этот логин занят. Свободен, например, %(login)s.", login=logins.proposed(db, person)
            )
    except Wrong as wrong:
        fields["login"] = wrong.message
    fields |= logins.problems(db, person, chosen, password, repeated)
    if fields:
        raise Invalid("Логин не создан.", advice="Исправьте отмеченное.", fields=fields)
    known = LocalLogin(person_id=person_id, login=chosen, created_at=now())
    logins.set_password(known, password)
    db.add(known)
    logins.give_account(db, person_id)
    db.delete(invitation)
    logins.note_by_owner(db, person, "auth_local.invitation.accept", {"login": chosen})


def _digest(portal: Portal, code: str) -> bytes:
    """What is kept of a code."""
    return hmac.new(
        portal.secret, f"invitation:{passwords.from_paper(code)}".encode(), hashlib.sha256
    ).digest()


def described(db: Session, person_id: UUID) -> Sequence[str]:
    """What a person is and where, so that they see whose account it is."""
    kinds = db.portal.grants.kinds
    return [
        f"{kinds[role.kind].title}, {role.organization}"
        for role in access.roles_of(db, person_id)
        if role.kind in kinds
    ]
