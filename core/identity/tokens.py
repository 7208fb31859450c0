"""Personal access tokens for `/api/v1`: made once, shown once, kept as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import AccessToken
from core.identity.sessions import TOKEN_PREFIX, digest
from core.roles.actor import Actor
from core.web.i18n import sentence


def create(
    db: Session, actor: Actor, name: str, scopes: Sequence[str], days: int | None = None
) -> tuple[AccessToken, str]:
    """A new token of the actor's account and acting role; returns its record and its only plain text.

    Raises `Invalid` for an empty name, for no scopes, or for scopes this portal does not know.
    """
    unknown = sorted(set(scopes) - set(db.portal.grants.scopes))
    fields: dict[str, str] = {}
    if not name.strip():
        fields["name"] = sentence("Назовите ключ, чтобы узнать его позже.")
    if not scopes:
        fields["scopes"] = sentence("Отметьте хотя бы одну область доступа.")
    if unknown:
        fields["scopes"] = sentence("Нет такой области доступа: %(names)s.", names=", ".join(unknown))
    if days is not None and days < 1:
        fields["days"] = sentence("Срок – не меньше одного дня.")
    if fields:
        raise Invalid("Ключ доступа не создан.", advice="Исправьте отмеченное.", fields=fields)
    if actor.account_id is None:
        raise NotFound("Такой учётной записи нет.")
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        id=new_id(),
        token_hash=digest(text),
        account_id=actor.account_id,
        role_id=actor.role.id if actor.role else None,
        name=name.strip()[:200],
        scopes=sorted(set(scopes)),
        expires_at=now() + timedelta(days=days) if days else None,
    )
    db.add(token)
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action="core.token.create",
            subject_type="access_token",
            subject_id=str(token.id),
            after={"name": token.name, "scopes": token.scopes},
        ),
    )
    return token, text


def tokens_of(db: Session, actor: Actor) -> Sequence[AccessToken]:
    """The actor's own tokens, the newest first."""
    return db.scalars(
        select(AccessToken).where(AccessToken.account_id == actor.account_id).order_by(AccessToken.id.desc())
    ).all()


def revoke(db: Session, actor: Actor, token_id: UUID) -> None:
    """End one of the actor's own tokens at once. Raises `NotFound` for any other."""
    token = db.scalar(
        select(AccessToken).where(AccessToken.id == token_id, AccessToken.account_id == actor.account_id)
    )
    if token is None:
        raise NotFound("Такого ключа нет.", advice="Возможно, он уже отозван. Обновите страницу.")
    db.execute(delete(AccessToken).where(AccessToken.id == token_id))
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action="core.token.revoke",
            subject_type="access_token",
            subject_id=str(token_id),
            before={"name": token.name, "scopes": token.scopes},
        ),
    )
