"""An outside account the portal does not tie by itself: the person's organization is asked, and ties it.

So it is with somebody who signed up anew at an identity provider, with data that do not agree with the card, with a
child whom no school has among its pupils, and with an account the provider has not confirmed. Whoever came back from
the provider sends the request, in the name of the person whose СНИЛС they have; the school makes sure who it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity import ended_sessions
from core.identity.ended_sessions import Reason
from core.identity.models import Account, ExternalIdentity, Person, SignInSession
from core.requests.models import Request
from core.roles.actor import Actor
from core.web.i18n import gettext as _

RELINKING = "core.identity_relinking"


class Relinking(msgspec.Struct, frozen=True, kw_only=True):
    """The account that asks to be tied, as its provider vouches for it; only `contact` is typed by its owner."""

    reason: Annotated[
        Literal["already_linked", "mismatch", "not_a_pupil", "unconfirmed"],
        Meta(
            title="Почему портал не связал сам",
            extra_json_schema={
                "titles": {
                    "already_linked": "с этим человеком связана другая учётная запись",
                    "mismatch": "фамилия и дата рождения не такие, как в карточке",
                    "not_a_pupil": "детская учётная запись, а среди учеников этого человека нет",
                    "unconfirmed": "учётная запись не подтверждена: СНИЛС назвал её владелец",
                }
            },
        ),
    ] = "already_linked"
    name: Annotated[str, Meta(title="Имя в учётной записи", max_length=300)] = ""
    birth_date: Annotated[date | None, Meta(title="Дата рождения в учётной записи")] = None
    contact: Annotated[str, Meta(title="Как связаться", max_length=300)] = ""
    issuer: Annotated[str, Meta(title="Где заведена учётная запись", max_length=200)]
    subject: Annotated[str, Meta(title="Номер учётной записи", max_length=100)]


def relink(db: Session, actor: Actor, request_id: UUID, values: Relinking) -> None:
    """Tie the author to the identity, instead of that issuer's old one if there is one; all sessions end.

    Raises `NotFound` when the person is gone, `Conflict` when their account is blocked or the identity has
    another by now.
    """
    request = db.get_one(Request, request_id)
    person = db.get(Person, request.author_id)
    if person is None:
        raise NotFound(_("Этого человека больше нет."), advice=_("Отклоните запрос."))
    account = db.scalar(select(Account).where(Account.person_id == person.id))
    if account is None:
        account = Account(id=new_id(), person_id=person.id, status="active", preferences={})
        db.add(account)
        db.flush()
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
    ended_sessions.end(db, SignInSession.account_id == account.id, Reason.PROFILE)
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
            subject_id=str(person.id),
            before={"identity": ", ".join(before)} if before else None,
            after={"identity": values.subject},
        ),
    )


def newest_of(requests: Iterable[Request], issuer: str, subject: str) -> Request | None:
    """The first of these that asks for one identity."""
    wanted = (issuer, subject)
    return next(
        (each for each in requests if (each.values.get("issuer"), each.values.get("subject")) == wanted), None
    )
