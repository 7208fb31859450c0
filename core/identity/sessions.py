"""Server-side sign-in sessions and access tokens: who is behind a request.

The cookie holds a random token, the table its SHA-256. A request costs one SELECT that brings account,
roles, unread notifications and the version of the plugin switches together; `seen_at` is written only
every few minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import (
    Date,
    LargeBinary,
    Row,
    Update,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from core.database.base import Timestamp, new_id, now
from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.identity import ended_sessions
from core.identity.ended_sessions import Ended, Reason
from core.identity.models import AccessToken, Account, Notification, Person, SignInSession
from core.identity.names import initials, short_name
from core.organizations.models import Organization, OrganizationGroup, SchoolClass, VersionStamp
from core.organizations.switches import STAMP
from core.roles.actor import ActingRole, Actor
from core.roles.models import StructuralRole

SEEN_EVERY = timedelta(minutes=5)
TOKEN_PREFIX = "msk_"  # noqa: S105 -- marks our tokens for secret scanners, is none itself


class Visit(msgspec.Struct, kw_only=True):
    """What is known of the one behind a request.

    Without `actor` nobody is signed in; `ended` is then the session that the browser's cookie belonged to, if
    the portal remembers it. `roles` are all roles the person may switch to; while several
    are there and none was ever chosen, `role_chosen` is false.
    """

    actor: Actor | None = None
    session_id: UUID | None = None
    token_hash: bytes = b""
    roles: Sequence[ActingRole] = ()
    role_chosen: bool = True
    initials: str = ""
    locale: str | None = None
    preferences: Mapping[str, Any] = {}
    unread: int = 0
    by_token: bool = False
    ended: Ended | None = None


def digest(token: str) -> bytes:
    """What is kept of a secret token."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(secret: bytes, token_hash: bytes) -> str:
    """The form token that belongs to a session (or to an anonymous visitor's cookie)."""
    return hmac.new(secret, b"csrf:" + token_hash, hashlib.sha256).hexdigest()


def begin(
    db: Session,
    account_id: UUID,
    *,
    provider: str,
    provider_state: Mapping[str, Any] | None = None,
    user_agent: str = "",
    address: str = "",
    replaces: bytes | None = None,
) -> str:
    """Sign an account in; returns the new cookie's token.

    A session that the browser had before (`replaces`) ends: the token is always a fresh one.
    Raises `Forbidden` for a blocked account.
    """
    account = db.get(Account, account_id)
    if account is None or account.status != "active":
        raise Forbidden("Учётная запись заблокирована.", advice="Обратитесь к администратору вашей школы.")
    if replaces:
        db.execute(delete(SignInSession).where(SignInSession.token_hash == replaces))
    token = secrets.token_urlsafe(32)
    moment = now()
    db.add(
        SignInSession(
            id=new_id(),
            token_hash=digest(token),
            account_id=account_id,
            role_id=account.last_role_id,
            provider=provider,
            provider_state=dict(provider_state or {}),
            user_agent=user_agent[:300],
            address=address[:64],
            created_at=moment,
            seen_at=moment,
            expires_at=moment + timedelta(hours=db.portal.config.session_absolute_hours),
        )
    )
    account.last_sign_in_at = moment
    return token


ACCOUNT, PERSON, ROLE = Account.__table__.c, Person.__table__.c, StructuralRole.__table__.c
ORGANIZATION, NOTIFICATION = Organization.__table__.c, Notification.__table__.c
SCHOOL_CLASS = SchoolClass.__table__.c
STAMPS, SESSION, TOKEN = VersionStamp.__table__.c, SignInSession.__table__.c, AccessToken.__table__.c


def _visitor(*columns: Any) -> Any:
    """One statement for account, person, usable roles, unread count and switch version."""
    unread = (
        select(func.count())
        .select_from(Notification.__table__)
        .where(NOTIFICATION.person_id == ACCOUNT.person_id, NOTIFICATION.read_at.is_(None))
        .scalar_subquery()
    )
    class_name = select(SCHOOL_CLASS.name).where(SCHOOL_CLASS.id == ROLE.school_class_id).scalar_subquery()
    version = select(STAMPS.version).where(STAMPS.name == STAMP).scalar_subquery()
    return (
        select(
            *columns,
            ACCOUNT.id.label("account_id"),
            ACCOUNT.person_id,
            ACCOUNT.locale,
            ACCOUNT.preferences,
            ACCOUNT.last_role_id,
            PERSON.last_name,
            PERSON.first_name,
            PERSON.middle_name,
            unread.label("unread"),
            version.label("version"),
            ROLE.id.label("held_role_id"),
            ROLE.kind,
            ROLE.organization_id,
            ROLE.school_class_id,
            class_name.label("school_class_name"),
            ROLE.group_id,
            ROLE.starts_on,
            ROLE.ends_on,
            ROLE.delegated_from,
            ORGANIZATION.kind.label("organization_kind"),
            ORGANIZATION.short_name.label("organization_name"),
            ORGANIZATION.path,
            ORGANIZATION.timezone,
            ORGANIZATION.closed_on,
        )
        .select_from(Account.__table__)
        .join(Person.__table__, PERSON.id == ACCOUNT.person_id)
        .outerjoin(
            StructuralRole.__table__,
            and_(
                ROLE.person_id == PERSON.id,
                ROLE.status == "active",
                ROLE.starts_on <= bindparam("tomorrow", type_=Date()),
                or_(ROLE.ends_on.is_(None), ROLE.ends_on >= bindparam("yesterday", type_=Date())),
            ),
        )
        .outerjoin(Organization.__table__, ORGANIZATION.id == ROLE.organization_id)
        .where(ACCOUNT.status == "active")
        .order_by(ROLE.created_at, ROLE.id)
    )


_BY_COOKIE = (
    _visitor(SESSION.id.label("session_id"), SESSION.seen_at, SESSION.role_id)
    .join(SignInSession.__table__, SESSION.account_id == ACCOUNT.id)
    .where(
        SESSION.token_hash == bindparam("token_hash", type_=LargeBinary()),
        SESSION.expires_at > bindparam("moment", type_=Timestamp()),
        SESSION.seen_at > bindparam("idle", type_=Timestamp()),
    )
)
_BY_TOKEN = (
    _visitor(TOKEN.id.label("token_id"), TOKEN.scopes, TOKEN.used_at, TOKEN.role_id)
    .join(AccessToken.__table__, TOKEN.account_id == ACCOUNT.id)
    .where(
        TOKEN.token_hash == bindparam("token_hash", type_=LargeBinary()),
        or_(
            TOKEN.expires_at.is_(None),
            TOKEN.expires_at > bindparam("moment", type_=Timestamp()),
        ),
    )
)
_BY_ACCOUNT = _visitor(ACCOUNT.last_role_id.label("role_id")).where(
    ACCOUNT.id == bindparam("account_id", type_=Uuid())
)


def visit_by_cookie(db: Session, token: str) -> Visit:
    """Who is signed in with this cookie; for an ended session a `Visit` with only the reason."""
    moment = now()
    hashed = digest(token)
    rows = _rows_of_session(db, hashed, moment)
    if not rows:
        return Visit(ended=ended_sessions.find(db, hashed))
    visit = _visit(db, rows, origin="сеанс")
    visit.session_id, visit.token_hash = rows[0].session_id, hashed
    if moment - rows[0].seen_at > SEEN_EVERY:
        _touch(db, update(SignInSession).where(SignInSession.id == visit.session_id).values(seen_at=moment))
    return visit


def actor_of_session(db: Session, token_hash: bytes) -> Actor | None:
    """Who is signed in with a session now, with the rights of now; None if it has ended.

    Unlike a request, asking does not keep the session from ending for idleness.
    """
    rows = _rows_of_session(db, token_hash, now())
    return _visit(db, rows, origin="сеанс").actor if rows else None


def _rows_of_session(db: Session, token_hash: bytes, moment: datetime) -> Sequence[Row[Any]]:
    return db.rows(
        _BY_COOKIE,
        {
            **_days_around(moment),
            "token_hash": token_hash,
            "moment": moment,
            "idle": moment - timedelta(minutes=db.portal.config.session_idle_minutes),
        },
    ).all()


def visit_by_token(db: Session, token: str) -> Visit:
    """Who calls the API with this personal access token; an empty `Visit` for an unknown or ended one."""
    moment = now()
    rows = db.rows(_BY_TOKEN, {**_days_around(moment), "token_hash": digest(token), "moment": moment}).all()
    if not rows:
        return Visit()
    first = rows[0]
    visit = _visit(db, rows, origin="токен")
    visit.by_token, visit.token_hash = True, digest(token)
    if visit.actor is not None and (visit.actor.role is None or visit.actor.role.id != first.role_id):
        # Made for a role that has ended: another one of the person's may reach further.
        visit.actor = msgspec.structs.replace(visit.actor, role=None, permissions={})
    if visit.actor is not None:
        visit.actor = msgspec.structs.replace(
            visit.actor, permissions=db.portal.grants.cut_to_scopes(visit.actor.permissions, first.scopes)
        )
    if first.used_at is None or moment - first.used_at > SEEN_EVERY:
        _touch(db, update(AccessToken).where(AccessToken.id == first.token_id).values(used_at=moment))
    return visit


def _days_around(moment: datetime) -> dict[str, date]:
    """The days that may be today somewhere; which of them it is where a role is held, `_visit` decides."""
    return {"yesterday": moment.date() - timedelta(days=1), "tomorrow": moment.date() + timedelta(days=1)}


def actor_of(db: Session, account_id: UUID, role_id: UUID | None = None, origin: str = "команда") -> Actor:
    """The actor an account would be: for commands and background tasks begun by a person.

    `role_id` chooses among the person's roles in force; without it, the last one used. Raises `NotFound`
    for an unknown or blocked account, and for a role that is not the person's or has ended.
    """
    rows = db.rows(_BY_ACCOUNT, {**_days_around(now()), "account_id": account_id}).all()
    if not rows:
        raise NotFound("Такой учётной записи нет или она заблокирована.")
    visit = _visit(db, rows, origin)
    assert visit.actor is not None  # noqa: S101 -- a row always gives an actor
    if role_id is None:
        return visit.actor
    role = next((role for role in visit.roles if role.id == role_id), None)
    if role is None:
        raise NotFound("Такой роли у этого человека нет или она закончилась.", advice="Проверьте номер роли.")
    return msgspec.structs.replace(visit.actor, role=role, permissions=db.portal.grants.of_role(role))


def _visit(db: Session, rows: Sequence[Row[Any]], origin: str) -> Visit:
    first = rows[0]
    db.portal.switches.refresh(db, first.version or 0)
    default_zone = db.portal.config.timezone
    groups = _group_names(db, rows)
    roles = [
        ActingRole(
            id=row.held_role_id,
            kind=row.kind,
            organization_id=row.organization_id,
            organization_kind=row.organization_kind,
            organization_name=row.organization_name,
            organization_path=row.path,
            timezone=row.timezone or default_zone,
            school_class_id=row.school_class_id,
            school_class_name=row.school_class_name or "",
            group_id=row.group_id,
            group_name=groups.get(row.group_id, ""),
            substitute_until=row.ends_on if row.delegated_from is not None else None,
        )
        for row in rows
        if row.held_role_id is not None and _holds(row, today_in(row.timezone or default_zone))
    ]
    acting = next((role for role in roles if role.id == first.role_id), roles[0] if roles else None)
    actor = Actor(
        account_id=first.account_id,
        person_id=first.person_id,
        name=short_name(first.last_name, first.first_name, first.middle_name),
        role=acting,
        permissions=db.portal.grants.of_role(acting) if acting else {},
        origin=origin,
    )
    return Visit(
        actor=actor,
        roles=roles,
        role_chosen=len(roles) < 2 or any(role.id == first.role_id for role in roles),
        initials=initials(first.first_name, first.last_name),
        locale=first.locale,
        preferences=first.preferences,
        unread=first.unread,
    )


def _group_names(db: Session, rows: Sequence[Row[Any]]) -> Mapping[UUID, str]:
    ids = {row.group_id for row in rows if row.group_id is not None}
    if not ids:
        return {}
    group = OrganizationGroup
    return {row.id: row.name for row in db.execute(select(group.id, group.name).where(group.id.in_(ids)))}


def _holds(role: Row[Any], today: date) -> bool:
    if role.closed_on is not None and role.closed_on <= today:
        return False
    return role.starts_on <= today and (role.ends_on is None or role.ends_on >= today)


def _touch(db: Session, statement: Update) -> None:
    """Note that a session or token is in use, in a short transaction of its own."""
    with db.portal.database.transaction() as writing:
        writing.execute(statement)


def choose_role(db: Session, visit: Visit, role_id: UUID) -> str:
    """Act in another of one's roles; remembered for the next sign-in. Returns the rotated cookie token.

    Raises `NotFound` for a role that is not the person's own or not in force.
    """
    if visit.actor is None or visit.session_id is None or role_id not in {role.id for role in visit.roles}:
        raise NotFound("Такой роли у вас нет.", advice="Обновите страницу и выберите роль из списка.")
    token = secrets.token_urlsafe(32)
    db.execute(
        update(SignInSession)
        .where(SignInSession.id == visit.session_id)
        .values(role_id=role_id, token_hash=digest(token))
    )
    db.execute(update(Account).where(Account.id == visit.actor.account_id).values(last_role_id=role_id))
    return token


def rotate(db: Session, visit: Visit) -> str:
    """Let the visitor's session go on under another token, as after a change of password. Returns the token."""
    token = secrets.token_urlsafe(32)
    db.execute(
        update(SignInSession).where(SignInSession.id == visit.session_id).values(token_hash=digest(token))
    )
    return token


def end(db: Session, token_hash: bytes) -> SignInSession | None:
    """Sign out: the session is over at once. Returns what it was, for the provider's own sign-out."""
    found = db.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash))
    if found is not None:
        db.expunge(found)
        ended_sessions.end(db, SignInSession.token_hash == token_hash, Reason.SIGNED_OUT)
    return found


def sessions_of(db: Session, actor: Actor) -> Sequence[SignInSession]:
    """The actor's own sessions that go on, the latest used first."""
    moment = now()
    idle_since = moment - timedelta(minutes=db.portal.config.session_idle_minutes)
    return db.scalars(
        select(SignInSession)
        .where(
            SignInSession.account_id == actor.account_id,
            SignInSession.expires_at > moment,
            SignInSession.seen_at > idle_since,
        )
        .order_by(SignInSession.seen_at.desc())
    ).all()


def end_other(db: Session, actor: Actor, session_id: UUID | None, keep: UUID | None) -> int:
    """End one of the actor's sessions, or all but `keep` if `session_id` is None. Returns how many ended."""
    one = SignInSession.id == session_id if session_id is not None else SignInSession.id != keep
    return ended_sessions.end(db, (SignInSession.account_id == actor.account_id) & one, Reason.ELSEWHERE)


def school_today(actor: Actor) -> date:
    """Today's date where the acting role is."""
    return today_in(actor.role.timezone if actor.role else "UTC")


def today_in(timezone: str) -> date:
    """Today's date in a time zone such as `Asia/Kamchatka`."""
    return datetime.now(ZoneInfo(timezone)).date()
