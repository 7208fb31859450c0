"""«Перевод ученика»: the school that takes a pupil asks the one the pupil leaves.

Nobody learns by asking who studies where: what the new school writes is compared with the pupils of the old one
only when the old one approves.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.contributions import RequestKind
from core.database.session import Session
from core.identity.sessions import today_in
from core.notifications import FAMILY_NEWS, notify
from core.organizations.models import Organization
from core.organizations.transfer import class_for, guardians_of, pupil_of, transfer
from core.requests.models import Request
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy, sentence

ADMIT = "core.pupils.admit"
PAGE = "/transfers/new"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class PupilTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes where and when."""

    last_name: Annotated[Name, Meta(title="Фамилия ученика")]
    first_name: Annotated[Name, Meta(title="Имя ученика")]
    middle_name: Annotated[Name | None, Meta(title="Отчество ученика")] = None
    birth_date: Annotated[date, Meta(title="Дата рождения ученика")]
    to_id: Annotated[UUID, Meta(extra_json_schema={"hidden": True})]
    to: Annotated[str, Meta(title="Принимающая школа")]
    school_class: Annotated[str, Meta(title="Класс")]
    first_day: Annotated[date, Meta(title="Первый день в новой школе")]
    basis: Annotated[str, Meta(title="Основание")]


def _transfer(db: Session, actor: Actor, request_id: UUID, values: PupilTransfer) -> None:
    request = db.get_one(Request, request_id)
    old = db.get_one(Organization, request.organization_id)
    today = today_in(old.timezone or db.portal.config.timezone)
    name = (values.last_name, values.first_name, values.middle_name)
    pupil = pupil_of(db, old.id, name, values.birth_date, today)
    school_class = class_for(db, values.to_id, values.school_class, values.first_day)
    transfer(db, actor, pupil, old, school_class, values.first_day, values.basis)
    notify(
        db,
        [pupil.id, *guardians_of(db, pupil.id, today)],
        FAMILY_NEWS,
        sentence(
            "Перевод: %(name)s, %(school)s, %(school_class)s",
            name=pupil.short_name,
            school=values.to,
            school_class=values.school_class,
        ),
        sentence("Отметки и записи прежней школы остаются в дневнике."),
        "/",
    )


PUPIL_TRANSFER_KIND = RequestKind(
    name="core.pupil_transfer",
    title=lazy("Перевод ученика"),
    form=PupilTransfer,
    permission=ADMIT,
    decide_permission="core.requests.decide",
    on_approved=_transfer,
    days=3,
    begun_at=PAGE,
    addressed_to=SCHOOL,
    explanation=lazy(
        "Новая школа принимает вашего ученика. Проверьте заявление родителей и приказ. После одобрения время ученика в "
        "вашей школе кончится накануне первого дня в новой; отметки и история останутся."
    ),
)
