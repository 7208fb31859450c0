"""«Подключение региона»: a region asks the portal's operator to let it in, with a signed letter.

Sent by anybody whose identity Gosuslugi has confirmed, or by an operator on the region's behalf. Identifiers
are checked when it is sent (`core.identity.identifiers`); what approval does is in `region_opening`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity import identifiers
from core.identity.accounts import is_verified
from core.identity.identifiers import WrongIdentifier
from core.organizations.requisites import FORMS
from core.requests.models import Request
from core.requests.objections import for_a_child
from core.requests.region_opening import REGION_CONNECTION, RegionConnection, facts, open_region
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy, sentence

CONNECT = "core.regions.connect"
OPEN = ("sent", "in_review")


def _objection(db: Session, actor: Actor) -> str:
    if actor.role is not None and actor.role.organization_kind in SCHOOL:
        return sentence(
            "О подключении региона просит орган управления образованием, а не школа. Если вы в нём работаете, "
            "напишите в поддержку портала."
        )
    if words := for_a_child(db, actor, sentence("О подключении региона просит взрослый.")):
        return words
    if actor.can(CONNECT) or (actor.person_id is not None and is_verified(db, actor.person_id)):
        return ""
    return sentence("Войдите через Госуслуги с подтверждённой учётной записью и отправьте запрос снова.")


def _checked(db: Session, actor: Actor, values: RegionConnection) -> RegionConnection:
    """Numbers as they are kept. Raises `Invalid` for all wrong ones at once, `Conflict` for the same request again."""
    readers: Mapping[str, Callable[[str], str]] = {
        "region_code": FORMS["region_code"],
        "oktmo": identifiers.oktmo,
        "inn": identifiers.organization_inn,
        "ogrn": identifiers.organization_ogrn,
        "contact_phone": identifiers.phone,
        "snils": lambda text: identifiers.show_snils(identifiers.snils(text)),
        "email": identifiers.email,
    }
    kept: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, read in readers.items():
        try:
            kept[name] = read(getattr(values, name))
        except WrongIdentifier as error:
            wrong[name] = error.message
    if wrong:
        raise Invalid(
            "Запрос не отправлен: в форме есть ошибки.",
            advice="Исправьте отмеченное и отправьте снова.",
            fields=wrong,
        )
    _refuse_second(db, actor, kept["region_code"])
    return msgspec.structs.replace(values, **kept)


def _refuse_second(db: Session, actor: Actor, region_code: str) -> None:
    waiting = db.scalars(
        select(Request).where(
            Request.kind == REGION_CONNECTION,
            Request.author_id == require_person(actor),
            Request.status.in_(OPEN),
        )
    )
    if any(each.values.get("region_code") == region_code for each in waiting):
        raise Conflict(
            "Запрос о подключении этого региона вы уже отправили.",
            advice="Он в разделе «Запросы»: дождитесь решения или отзовите его.",
        )


REGION_CONNECTION_KIND = RequestKind(
    name=REGION_CONNECTION,
    title=lazy("Подключение региона"),
    form=RegionConnection,
    permission=CONNECT,
    decide_permission=CONNECT,
    on_approved=open_region,
    days=10,
    addressed_to=("federal",),
    for_everybody=True,
    objection=_objection,
    checked=_checked,
    facts=facts,
    needs_file=lazy("Подписанное письмо органа управления образованием"),
    guidance=lazy(
        "Запрос рассмотрит оператор портала. После одобрения появится регион, а его координатор сможет войти через "
        "Госуслуги и настроить портал по шагам."
    ),
    explanation=lazy(
        "Сверьте письмо, ИНН и ОГРН с реестром, позвоните контактному лицу. После одобрения в портале появится регион, "
        "названный человек станет его координатором и войдёт через Госуслуги по СНИЛС."
    ),
    outcome_at="/requests/{request}/region",
)
