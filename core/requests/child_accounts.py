"""«Учётная запись ребёнка»: a guardian asks the school to confirm the account of a child under 14."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Conflict
from core.identity.accounts import is_verified
from core.identity.children import Child, make_account, own_child_to_sign_up, own_children
from core.notifications import FAMILY_NEWS, notify
from core.requests.models import Request
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.i18n import lazy, sentence

CHILD_ACCOUNT = "core.child_account"
WAITING = ("sent", "in_review")
PAGE = "/account/children"


class ChildAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account is asked for."""

    child_id: Annotated[UUID, Meta(title="Ребёнок", extra_json_schema={"only": "asked"})]
    child: Annotated[str, Meta(title="Ребёнок", extra_json_schema={"only": "told"})] = ""
    school_class: Annotated[str, Meta(title="Класс", extra_json_schema={"only": "told"})] = ""
    words: Annotated[
        str,
        Meta(
            title="Что сказать школе",
            description="Можно не заполнять. Документ, что вы представитель ребёнка, приложите ниже.",
            max_length=1000,
            extra_json_schema={"rows": 3},
        ),
    ] = ""


def needs_school(db: Session, actor: Actor) -> bool:
    """Whether the school has to confirm an account that the actor makes."""
    rule = db.portal.config.child_account_confirmation
    return rule != "never" and not (rule == "unverified" and is_verified(db, require_person(actor)))


def waiting_for(
    db: Session, actor: Actor, child_id: UUID, statuses: Sequence[str] = (*WAITING, "returned")
) -> Request | None:
    """The guardian's request for this child's account that is not decided yet: sent, or returned for correction."""
    sent = select(Request).where(
        Request.author_id == require_person(actor),
        Request.kind == CHILD_ACCOUNT,
        Request.status.in_(statuses),
    )
    found = db.scalars(sent.order_by(Request.id.desc()))
    return next((each for each in found if each.values.get("child_id") == str(child_id)), None)


def _to_sign_up(db: Session, actor: Actor) -> Sequence[Child]:
    return [each for each in own_children(db, actor) if not each.objection]


def _objection(db: Session, actor: Actor) -> str:
    if not _to_sign_up(db, actor):
        return sentence("Среди ваших детей нет таких, кому нужна учётная запись: откройте «Мои дети».")
    if not needs_school(db, actor):
        return sentence("Школу просить не нужно: заведите учётную запись сами на странице «Мои дети».")
    return ""


def _choices(db: Session, actor: Actor) -> Mapping[str, Sequence[tuple[str, str]]]:
    return {"child_id": [(str(each.person.id), each.person.full_name) for each in _to_sign_up(db, actor)]}


def _checked(db: Session, actor: Actor, values: ChildAccount) -> ChildAccount:
    """With the child's name and class. Raises `NotFound` for anybody else's child, `Conflict` if not now."""
    child = own_child_to_sign_up(db, actor, values.child_id)
    if waiting_for(db, actor, values.child_id, WAITING):
        raise Conflict("Запрос в школу уже отправлен.", advice="Ответ придёт в уведомления.")
    place = child.places[0]
    return msgspec.structs.replace(
        values, child=child.person.full_name, school_class=f"{place.school_class}, {place.organization}"
    )


def _school(db: Session, actor: Actor, values: ChildAccount) -> UUID:
    return own_child_to_sign_up(db, actor, values.child_id).places[0].organization_id


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
    objection=_objection,
    choices=_choices,
    checked=_checked,
    addressee=_school,
    explanation=lazy(
        "Проверьте, что автор – представитель ребёнка. После одобрения ребёнок сможет входить в портал."
    ),
)
