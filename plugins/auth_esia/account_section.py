"""«Данные из Госуслуг» among one's own settings: what the portal gets, why, and where to take the consent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.database.session import Session
from core.hooks import SlotFill
from core.identity.models import Account, ExternalIdentity, Person
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.installation import STAND_PREFIX, installation
from plugins.auth_esia.places import proposals

_FINDING = sentence("чтобы школа нашла вас среди учеников, родителей и сотрудников")
_GROUPS = (
    (sentence("ФИО, дата рождения, пол, СНИЛС"), _FINDING),
    (sentence("Почта и телефон"), sentence("чтобы школа могла с вами связаться; необязательны")),
    (
        sentence("ФИО, даты рождения, СНИЛС и свидетельства о рождении детей"),
        sentence("чтобы показать родителю дневник его ребёнка; хранится только сама связь"),
    ),
    (
        sentence("Организации, где вы работаете"),
        sentence("чтобы руководитель мог попросить роль; хранятся, пока длится сеанс"),
    ),
)


def render(db: Session, actor: Actor, person: Person) -> Mapping[str, Any] | None:
    """The section for whoever signs in through Gosuslugi; nothing for others."""
    try:
        here = installation(db.portal)
    except EsiaError:
        return None
    seen = db.scalar(
        select(ExternalIdentity.seen_at)
        .join(Account, Account.id == ExternalIdentity.account_id)
        .where(Account.person_id == person.id, ExternalIdentity.issuer == here.driver.issuer)
        .limit(1)
    )
    if seen is None:
        return None
    groups = _GROUPS if here.driver.name == "esia" else _GROUPS[:2]
    roles = proposals(db, actor.account_id) if actor.account_id else ()
    return {
        "seen_at": seen,
        "groups": groups,
        "consents": f"{STAND_PREFIX}/consents" if here.stand else "",
        "roles": roles,
    }


account_section = SlotFill(
    slot="account.page", template="auth_esia/account_section.html", permission="", render=render
)
