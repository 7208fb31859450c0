"""«Перевод ученика»: the school that takes a pupil asks the one the pupil leaves.

Nobody learns by asking who studies where: what the new school writes is compared with the pupils of the old one
only when the old one approves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today, today_in
from core.notifications import FAMILY_NEWS, notify
from core.organizations.models import Organization, SchoolClass
from core.organizations.transfer import (
    class_for,
    classes_of,
    guardians_of,
    pupil_of,
    refuse_double,
    transfer,
)
from core.requests.models import Request
from core.requests.objections import refusal_of
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy, sentence

ADMIT = "core.pupils.admit"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class PupilTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes where and when."""

    last_name: Annotated[Name, Meta(title="Фамилия ученика")]
    first_name: Annotated[Name, Meta(title="Имя ученика")]
    middle_name: Annotated[Name | None, Meta(title="Отчество ученика")] = None
    birth_date: Annotated[date, Meta(title="Дата рождения ученика")]
    to_id: Annotated[UUID | None, Meta(extra_json_schema={"hidden": True})] = None
    to: Annotated[str, Meta(title="Принимающая школа", extra_json_schema={"only": "told"})] = ""
    school_class: Annotated[str, Meta(title="Класс в новой школе", min_length=1)]
    first_day: Annotated[date, Meta(title="Первый день в новой школе")]
    basis: Annotated[
        str,
        Meta(
            title="Основание",
            description="Заявление родителей, приказ: номер и дата. Скан можно приложить.",
            min_length=3,
            max_length=300,
        ),
    ]


def _choices(db: Session, actor: Actor) -> Mapping[str, Sequence[tuple[str, str]]]:
    names = classes_of(db, actor.organization_id, school_today(actor))
    return {"school_class": [(name, name) for name in names]}


def _checked(db: Session, actor: Actor, values: PupilTransfer) -> PupilTransfer:
    """With the acting role's school as the one that takes the pupil.

    Raises `Forbidden` without the right to admit, `Invalid` for a class that the school does not have on that day.
    """
    actor.require(ADMIT)
    try:
        class_for(db, actor.organization_id, values.school_class, values.first_day)
    except NotFound as wrong:
        raise Invalid(
            "Запрос не отправлен: в форме есть ошибки.",
            fields={"first_day": f"{wrong.message} {wrong.advice}"},
        ) from wrong
    return msgspec.structs.replace(
        values, to_id=actor.organization_id, to=actor.acting_role.organization_name
    )


def _who_and_where(db: Session, request_id: UUID, values: PupilTransfer) -> tuple[Person, SchoolClass]:
    """The pupil of the old school and the class of the new one. Raises `NotFound` and `Conflict` if there is none."""
    request = db.get_one(Request, request_id)
    old = db.get_one(Organization, request.organization_id)
    name = (values.last_name, values.first_name, values.middle_name)
    pupil = pupil_of(db, old.id, name, values.birth_date, today_in(old.timezone or db.portal.config.timezone))
    if values.to_id is None:
        raise NotFound(
            "Школа, которая принимает ученика, не названа.", advice="Верните запрос на исправление."
        )
    school_class = class_for(db, values.to_id, values.school_class, values.first_day)
    refuse_double(db, pupil, school_class, values.first_day)
    return pupil, school_class


def _obstacle(db: Session, _actor: Actor, request_id: UUID, values: PupilTransfer) -> str:
    return refusal_of(lambda: _who_and_where(db, request_id, values))


def _transfer(db: Session, actor: Actor, request_id: UUID, values: PupilTransfer) -> None:
    old = db.get_one(Organization, db.get_one(Request, request_id).organization_id)
    today = today_in(old.timezone or db.portal.config.timezone)
    pupil, school_class = _who_and_where(db, request_id, values)
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
    obstacle=_obstacle,
    days=3,
    addressed_to=SCHOOL,
    addressee_question=lazy("Из какой школы?"),
    to_others=True,
    choices=_choices,
    begins_with=lambda _db, actor: {"first_day": school_today(actor)},
    checked=_checked,
    guidance=lazy(
        "Прежняя школа проверит данные и отпустит ученика; его учётная запись, представители и отметки перейдут вместе "
        "с ним в вашу школу."
    ),
    explanation=lazy(
        "Новая школа принимает вашего ученика. Проверьте заявление родителей и приказ. После одобрения время ученика в "
        "вашей школе кончится накануне первого дня в новой; отметки и история останутся."
    ),
)
