"""«Учётная запись ребёнка»: a guardian asks the school to confirm the account of a child under 14."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.contributions import RequestKind
from core.database.session import Session
from core.identity.children import make_account
from core.notifications import FAMILY_NEWS, notify
from core.requests.models import Request
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy, sentence

CHILD_ACCOUNT = "core.child_account"
PAGE = "/account/children"


class ChildAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account is asked for."""

    child_id: Annotated[UUID, Meta(extra_json_schema={"hidden": True})]
    child: Annotated[str, Meta(title="Ребёнок")]
    school_class: Annotated[str, Meta(title="Класс")]


def _make(db: Session, actor: Actor, request_id: UUID, values: ChildAccount) -> None:
    request = db.get_one(Request, request_id)
    make_account(db, actor, values.child_id, request.organization_id)
    notify(
        db,
        [request.author_id],
        FAMILY_NEWS,
        sentence("Учётная запись ребёнка создана: %(name)s", name=values.child),
        sentence("Откройте «Мои дети»: там написано, как ребёнку войти."),
        PAGE,
    )


CHILD_ACCOUNT_KIND = RequestKind(
    name=CHILD_ACCOUNT,
    title=lazy("Учётная запись ребёнка"),
    form=ChildAccount,
    permission="core.children.own",
    decide_permission="core.requests.decide",
    on_approved=_make,
    days=3,
    begun_at=PAGE,
    addressed_to=SCHOOL,
    explanation=lazy(
        "Проверьте, что автор – представитель ребёнка. После одобрения ребёнок сможет входить в портал."
    ),
)
