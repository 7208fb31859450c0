"""The invitation of a region's coordinator. The portal sends no mail: the letter is for whoever sends it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Account, Person
from core.organizations.models import Organization
from core.requests.reading import seen
from core.requests.region_opening import REGION_CONNECTION, RegionConnection
from core.roles.actor import Actor
from core.web.i18n import gettext


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A region that was let in, its coordinator, and where to write to them."""

    region: Organization
    person: Person
    email: str
    has_signed_in: bool

    def letter(self, address: str, support: str) -> str:
        """The words of the invitation."""
        text = gettext(
            "Здравствуйте, %(name)s!\n\nВам дали роль «Региональный координатор» в портале «Моя школа»: %(region)s.\n\n"
            "1. Откройте %(address)s/sign-in и нажмите «Войти через Госуслуги». Портал узнает вас по СНИЛС.\n"
            "2. Откройте раздел «Готовность»: там по шагам, что сделать, чтобы портал заработал."
        ) % {
            "name": " ".join(filter(None, (self.person.first_name, self.person.middle_name))),
            "region": self.region.short_name,
            "address": address,
        }
        if support:
            text += "\n\n" + gettext("Если войти не получается: %(support)s") % {"support": support}
        return text


def invitation(db: Session, actor: Actor, request_id: UUID) -> Invitation:
    """What the author of an approved request and those who decide do next. Raises `NotFound` for anybody else."""
    request = seen(db, actor, request_id)
    if request.kind != REGION_CONNECTION or request.status != "approved":
        raise NotFound("По этому запросу регион не подключали.", advice="Откройте карточку запроса.")
    values = msgspec.convert(request.values, RegionConnection, strict=False)
    person = db.get(Person, values.coordinator_id) if values.coordinator_id else None
    region = db.get(Organization, values.region_id) if values.region_id else None
    if person is None or region is None:
        raise NotFound(
            "Координатора, которого назначили по этому запросу, больше нет.",
            advice="Роли региона – в разделе «Роли».",
        )
    signed_in = select(Account.last_sign_in_at).where(Account.person_id == person.id)
    return Invitation(
        region=region, person=person, email=values.email, has_signed_in=db.scalar(signed_in) is not None
    )
