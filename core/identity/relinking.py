"""A re-registered outside account: the tie moves to the new one when an operator confirms it.

Whoever signs up anew at an identity provider comes back under another number with the same СНИЛС. The
portal never moves the tie by itself: it asks the person's organization in the person's name.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.models import Account, ExternalIdentity, SignInSession
from core.requests.models import Request
from core.roles.actor import Actor
from core.web.i18n import gettext as _

RELINKING = "core.identity_relinking"


class Relinking(msgspec.Struct, frozen=True, kw_only=True):
    """The account that asks to be tied, as its provider vouches for it; nobody types it."""

    issuer: Annotated[str, Meta(title="Где заведена учётная запись", max_length=200)]
    subject: Annotated[str, Meta(title="Номер новой учётной записи", max_length=100)]


def relink(db: Session, actor: Actor, request_id: UUID, values: Relinking) -> None:
    """Tie the author's account to the new identity instead of that issuer's old one; all sessions end.

    Raises `NotFound` when the account is gone, `Conflict` when it is blocked or the new identity has an
    account by now.
    """
    request = db.get_one(Request, request_id)
    account = db.scalar(select(Account).where(Account.person_id == request.author_id))
    if account is None:
        raise NotFound(_("Учётной записи этого человека больше нет."), advice=_("Отклоните запрос."))
    if account.status != "active":
        raise Conflict(
            _("Вход этому человеку закрыт."), advice=_("Сначала откройте вход или отклоните запрос.")
        )
    taken = db.scalar(
        select(ExternalIdentity.account_id).where(
            ExternalIdentity.issuer == values.issuer, ExternalIdentity.subject == values.subject
        )
    )
    if taken is not None:
        raise Conflict(_("Эта учётная запись уже связана."), advice=_("Отклоните запрос с объяснением."))
    old = (ExternalIdentity.account_id == account.id) & (ExternalIdentity.issuer == values.issuer)
    before = db.scalars(select(ExternalIdentity.subject).where(old)).all()
    db.execute(delete(ExternalIdentity).where(old))
    db.execute(delete(SignInSession).where(SignInSession.account_id == account.id))
    db.add(
        ExternalIdentity(
            id=new_id(),
            issuer=values.issuer,
            subject=values.subject,
            account_id=account.id,
            # Until the next sign-in tells it.
            level="unconfirmed",
        )
    )
    record(
        db,
        actor,
        request.organization_id,
        Change(
            action="core.identity.relink",
            subject_type="person",
            subject_id=str(request.author_id),
            before={"identity": ", ".join(before)},
            after={"identity": values.subject},
        ),
    )
