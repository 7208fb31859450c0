"""Logins: issued by the school, checked at the sign-in, changed by their owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Invalid, NotFound, Wrong
from core.identity import ended_sessions
from core.identity.ended_sessions import Reason
from core.identity.models import Account, Person, SignInSession
from core.notifications import notify
from core.roles.access import require_person
from core.roles.actor import Actor, system_actor
from core.web.i18n import sentence
from plugins.auth_local import access, login_names, passwords, second_factor, waits
from plugins.auth_local.models import Invitation, LocalLogin, Passkey, Step

CHANGED = "auth_local.changed"
ONE_TIME_LENGTH = 12


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """What the school hands over, shown this once: a login with a one-time password."""

    person: Person
    login: str
    password: str
    expires_at: datetime


def of_person(db: Session, person_id: UUID, *, locked: bool = False) -> LocalLogin | None:
    """The person's login; `locked` keeps others from changing it meanwhile."""
    return db.get(LocalLogin, person_id, with_for_update=True if locked else None)


def of_login(db: Session, text: str) -> LocalLogin | None:
    """The login as somebody has typed it."""
    return db.scalar(select(LocalLogin).where(LocalLogin.login == login_names.normalized(text)))


def proposed(db: Session, person: Person) -> str:
    """The first login for a person that is still free."""
    for login in login_names.proposals(person):
        if db.scalar(select(LocalLogin.person_id).where(LocalLogin.login == login)) is None:
            return login
    raise AssertionError("proposals have no end")


def issue_password(db: Session, actor: Actor, person_id: UUID) -> Issued:
    """A one-time password, and a login if there is none yet. An earlier password and all sessions end.

    Raises what `access.card_to_issue` does.
    """
    card = access.card_to_issue(db, actor, person_id)
    person = card.person
    known = of_person(db, person_id)
    password = passwords.in_groups(passwords.spoken(ONE_TIME_LENGTH))
    expires_at = now() + _validity(db, actor)
    if known is None:
        known = LocalLogin(person_id=person_id, login=proposed(db, person))
        db.add(known)
    known.password_hash = passwords.hashed(password)
    known.one_time, known.expires_at, known.is_demo, known.changed_at = True, expires_at, False, now()
    give_account(db, person_id)
    db.execute(delete(Invitation).where(Invitation.person_id == person_id))
    end_sessions(db, person_id, Reason.PASSWORD_RESET)
    waits.forget_login(db, known.login)
    note(
        db,
        actor,
        person_id,
        "auth_local.password.issue",
        {"login": known.login, "expires": expires_at.date()},
    )
    notify(
        db,
        [person_id],
        CHANGED,
        sentence("Школа выдала вам новый пароль для входа с логином"),
        sentence("Если вы об этом не просили, обратитесь в школу."),
        "/account",
    )
    return Issued(person=person, login=known.login, password=password, expires_at=expires_at)


def remove(db: Session, actor: Actor, person_id: UUID) -> None:
    """Take the login away with everything that belongs to it; the sign-in through Gosuslugi stays.

    Raises what `access.card_to_issue` does, and `NotFound` if there is neither login nor invitation.
    """
    access.card_to_issue(db, actor, person_id)
    known = of_person(db, person_id)
    invited = db.execute(
        delete(Invitation).where(Invitation.person_id == person_id).returning(Invitation.id)
    ).first()
    if known is None and invited is None:
        raise NotFound("Логина школы у этого человека нет.", advice="Обновите карточку.")
    if known is not None:
        db.delete(known)
        end_sessions(db, person_id, Reason.SCHOOL, provider="local")
    note(db, actor, person_id, "auth_local.login.remove", before={"login": known.login if known else None})


def change_password(db: Session, actor: Actor, old: str, new: str, repeated: str) -> None:
    """Another password instead of the actor's present one, whose check the caller slows down.

    Raises `Invalid` saying by field what is wrong.
    """
    person_id = require_person(actor)
    known = of_person(db, person_id)
    if known is None:
        raise no_login()
    fields: dict[str, str] = {}
    if not agrees(known, old):
        fields["old"] = wrong_password()
    fields |= problems(db, db.get_one(Person, person_id), known.login, new, repeated)
    if not fields and old == new:
        fields["password"] = sentence("Это тот же пароль. Придумайте другой.")
    if fields:
        raise Invalid("Пароль не изменён.", advice="Исправьте отмеченное.", fields=fields)
    set_password(known, new)
    note(db, actor, person_id, "auth_local.password.change")


def remove_second_factor(db: Session, actor: Actor, person_id: UUID) -> None:
    """Take the code from the application away, as after a lost phone.

    Raises what `access.card_to_issue` does, and `NotFound` if there is none.
    """
    access.card_to_issue(db, actor, person_id)
    known = of_person(db, person_id, locked=True)
    if known is None or not second_factor.is_on(known):
        raise NotFound("Кода из приложения у этого человека нет.", advice="Обновите карточку.")
    second_factor.remove(db, known)
    end_sessions(db, person_id, Reason.SCHOOL, provider="local")
    note(db, actor, person_id, "auth_local.second_factor.remove")
    notify(
        db,
        [person_id],
        CHANGED,
        sentence("Школа сняла код из приложения для входа с логином"),
        sentence("Если вы об этом не просили, обратитесь в школу."),
        "/account",
    )


def remove_passkeys(db: Session, actor: Actor, person_id: UUID) -> None:
    """Take all passkeys away, as after a stolen phone.

    Raises what `access.card_to_issue` does, and `NotFound` if there are none.
    """
    access.card_to_issue(db, actor, person_id)
    gone = db.execute(delete(Passkey).where(Passkey.person_id == person_id).returning(Passkey.id)).all()
    if not gone:
        raise NotFound("Ключей входа у этого человека нет.", advice="Обновите карточку.")
    end_sessions(db, person_id, Reason.SCHOOL, provider="local")
    note(db, actor, person_id, "auth_local.passkey.remove", before={"count": len(gone)})
    notify(
        db,
        [person_id],
        CHANGED,
        sentence("Школа удалила ваши ключи входа"),
        sentence("Если вы об этом не просили, обратитесь в школу."),
        "/account",
    )


def agrees(known: LocalLogin | None, typed: str) -> bool:
    """Whether it is this login's password. Without a login it takes as long and is false."""
    return passwords.agrees(known.password_hash if known else None, as_kept(known, typed))


def as_kept(known: LocalLogin | None, typed: str) -> str:
    """A password as it is hashed: one from the school's slip however its capitals and dashes are typed."""
    one_time = known is not None and known.one_time
    return passwords.in_groups(passwords.from_paper(typed)) if one_time else typed


def wrong_password() -> str:
    """What is said to somebody who does not know their own password."""
    return sentence("Это не нынешний пароль.")


def own(db: Session, actor: Actor, password: str) -> LocalLogin:
    """The actor's login, if they know its password, whose check the caller slows down.

    Raises `NotFound` without a login, `Invalid` for a wrong password.
    """
    known = of_person(db, require_person(actor), locked=True)
    if known is None:
        raise no_login()
    if not agrees(known, password):
        raise Invalid("Ничего не изменено.", fields={"password": wrong_password()})
    return known


def no_login() -> NotFound:
    """What somebody without a login is told."""
    return NotFound("Логина школы у вас нет.", advice="Его выдаёт школа, в которой вы учитесь или работаете.")


def problems(db: Session, person: Person, login: str, password: str, repeated: str) -> dict[str, str]:
    """What is wrong with a password that somebody has chosen, by field."""
    try:
        passwords.check(password, shortest(db, person.id), known_of(person, login))
    except Wrong as wrong:
        return {"password": wrong.message}
    if password != repeated:
        return {"repeated": sentence("Пароли не совпали. Покажите оба и сравните.")}
    return {}


def shortest(db: Session, person_id: UUID) -> int:
    """The least length of a person's password: pupils who are nothing else type shorter ones."""
    kinds = {role.kind for role in access.roles_of(db, person_id)}
    return passwords.SHORTEST_FOR_PUPILS if kinds == {"pupil"} else passwords.SHORTEST


def known_of(person: Person, login: str) -> Iterable[str]:
    """Words about a person that others know."""
    names = (person.last_name, person.first_name, person.middle_name or "")
    yield from (word for name in names for word in (name, login_names.latin(name)))
    yield login
    yield from login.replace("-", ".").replace("_", ".").split(".")
    if person.birth_date is not None:
        yield from (person.birth_date.strftime(written) for written in ("%d%m%Y", "%d.%m.%Y", "%Y", "%d%m%y"))
    if person.phone:
        yield from (person.phone, person.phone[-10:])


def set_password(known: LocalLogin, password: str) -> None:
    """Keep a password that the person has chosen."""
    known.password_hash = passwords.hashed(password)
    known.one_time, known.expires_at, known.changed_at = False, None, now()


def give_account(db: Session, person_id: UUID) -> Account:
    """The person's account, made if there is none."""
    account = db.scalar(select(Account).where(Account.person_id == person_id))
    if account is None:
        account = Account(id=new_id(), person_id=person_id, status="active", preferences={})
        db.add(account)
        db.flush()
    return account


def end_sessions(
    db: Session, person_id: UUID, reason: Reason, *, provider: str = "", keep: UUID | None = None
) -> None:
    """Sign a person out everywhere, and end what they have begun; `provider` narrows to one way in."""
    mine = select(Account.id).where(Account.person_id == person_id).scalar_subquery()
    which = SignInSession.account_id == mine
    if provider:
        which &= SignInSession.provider == provider
    if keep is not None:
        which &= SignInSession.id != keep
    ended_sessions.end(db, which, reason)
    db.execute(delete(Step).where(Step.person_id == person_id))


def _validity(db: Session, actor: Actor) -> timedelta:
    return timedelta(days=access.settings_of(db, actor.acting_role.organization_path).valid_days)


def note(
    db: Session,
    actor: Actor,
    person_id: UUID,
    action: str,
    after: dict[str, object] | None = None,
    before: dict[str, object] | None = None,
) -> None:
    """Put a change of a person's login into the history; never a secret."""
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(person_id),
            before=_plain(before),
            after=_plain(after),
        ),
    )


def note_by_owner(db: Session, person: Person, action: str, after: dict[str, object] | None = None) -> None:
    """Put what a person did before being signed in into the history of their organization."""
    roles = access.roles_of(db, person.id)
    record(
        db,
        system_actor(origin="вход"),
        roles[0].organization_id if roles else None,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(person.id),
            after=_plain(after),
            person_id=person.id,
            person_name=person.short_name,
        ),
    )


def _plain(values: dict[str, object] | None) -> dict[str, object] | None:
    return values and {name: str(value) if value is not None else None for name, value in values.items()}


def for_trial(db: Session) -> Sequence[tuple[str, str]]:
    """Invented logins and who they are, for the sign-in page of a trial installation; none in production."""
    if db.portal.config.production:
        return []
    found = db.execute(
        select(LocalLogin.login, Person)
        .join(Person, Person.id == LocalLogin.person_id)
        .where(LocalLogin.is_demo)
        .order_by(LocalLogin.created_at, LocalLogin.login)
    )
    kinds = db.portal.grants.kinds
    return [
        (
            login,
            ", ".join(
                [
                    person.full_name,
                    *(
                        str(kinds[role.kind].title).lower()
                        for role in access.roles_of(db, person.id)
                        if role.kind in kinds
                    ),
                ]
            ),
        )
        for login, person in found
    ]
