"""Letting a region in: its organization, its coordinator and that person's role, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.base import in_force
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity import identifiers
from core.identity.masks import mask
from core.identity.models import Person
from core.identity.newcomers import NewPerson, add_person
from core.identity.sessions import today_in
from core.notifications import notify
from core.organizations import changes
from core.organizations.models import Organization
from core.requests.models import Request
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.lifecycle import NewRole
from core.roles.models import StructuralRole
from core.web.i18n import gettext, sentence

REGION_CONNECTION = "core.region_connection"
COORDINATOR = "regional_coordinator"
FIRST_PAGE = "/setup"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class RegionConnection(msgspec.Struct, frozen=True, kw_only=True):
    """The region, who acts for it, and who will look after it. Approval adds the last two."""

    region: Annotated[
        str, Meta(title="Регион", description="Например, Ставропольский край.", min_length=3, max_length=120)
    ]
    region_code: Annotated[
        str,
        Meta(title="Код региона", description="Две или три цифры, например 26.", min_length=2, max_length=3),
    ]
    oktmo: Annotated[
        str,
        Meta(title="ОКТМО региона", description="8 цифр, например 07000000.", min_length=8, max_length=20),
    ]
    organization: Annotated[
        str,
        Meta(
            title="Организация, которая представляет регион",
            description="Полное название, как в ЕГРЮЛ.",
            min_length=3,
            max_length=200,
        ),
    ]
    inn: Annotated[str, Meta(title="ИНН организации", description="10 цифр.", min_length=10, max_length=20)]
    ogrn: Annotated[str, Meta(title="ОГРН организации", description="13 цифр.", min_length=13, max_length=20)]
    contact: Annotated[
        str,
        Meta(
            title="Контактное лицо",
            description="Имя и должность: кому позвонить.",
            min_length=3,
            max_length=200,
        ),
    ]
    contact_phone: Annotated[
        str,
        Meta(
            title="Телефон контактного лица", description="+7 (865) 531-23-45", min_length=10, max_length=40
        ),
    ]
    last_name: Annotated[Name, Meta(title="Фамилия будущего координатора")]
    first_name: Annotated[Name, Meta(title="Имя координатора")]
    middle_name: Annotated[Name | None, Meta(title="Отчество координатора", description="Если есть.")] = None
    snils: Annotated[
        str,
        Meta(
            title="СНИЛС координатора",
            description="По нему портал узнает человека, когда тот войдёт через Госуслуги.",
            min_length=11,
            max_length=20,
        ),
    ]
    email: Annotated[
        str,
        Meta(
            title="Электронная почта координатора",
            description="На этот адрес оператор портала напишет, как войти.",
            min_length=3,
            max_length=200,
        ),
    ]
    region_id: Annotated[UUID | None, Meta(extra_json_schema={"hidden": True})] = None
    coordinator_id: Annotated[UUID | None, Meta(extra_json_schema={"hidden": True})] = None


def open_region(db: Session, actor: Actor, request_id: UUID, values: RegionConnection) -> None:
    """Make the region, or complete the one that is there; find or add its coordinator and give them the role.

    Raises `Conflict` for what the request would have to say otherwise; nothing is changed then.
    """
    request = db.get_one(Request, request_id)
    try:
        region = _region(db, actor, request.organization_id, values)
        person = _coordinator(db, actor, region, values)
    except Invalid as refused:
        said = "; ".join(gettext(each) for each in refused.fields.values()) or gettext(refused.message)
        raise Conflict(
            sentence("Регион не подключён: %(reason)s", reason=said),
            advice="Верните запрос на исправление и напишите, что не сходится.",
        ) from refused
    _give_role(db, actor, region, person, request)
    request.values = {
        **request.values,
        "snils": mask("snils", values.snils),
        "region_id": str(region.id),
        "coordinator_id": str(person.id),
    }
    notify(
        db,
        [person.id],
        lifecycle.NEWS,
        sentence("Регион подключён: %(region)s", region=region.short_name),
        sentence("Настройте его по шагам: карточка, муниципалитеты, школы, вход, разделы портала."),
        FIRST_PAGE,
    )


def known_region(db: Session, federal_id: UUID, region_code: str) -> Organization | None:
    """The region with this code directly below the operator."""
    return db.scalar(
        select(Organization)
        .where(
            Organization.parent_id == federal_id,
            Organization.kind == "region",
            Organization.region_code == region_code,
        )
        .order_by(Organization.closed_on.is_not(None), Organization.id)
        .limit(1)
    )


def _region(db: Session, actor: Actor, federal_id: UUID, values: RegionConnection) -> Organization:
    # Two requests about one region may be approved at the same moment: the second waits and finds what the first made.
    db.get_one(Organization, federal_id, with_for_update=True, populate_existing=True)
    told = {
        "name": values.organization,
        "short_name": values.region,
        "region_code": values.region_code,
        "oktmo": values.oktmo,
        "inn": values.inn,
        "ogrn": values.ogrn,
    }
    found = known_region(db, federal_id, values.region_code)
    if found is None:
        return changes.create(db, actor, federal_id, "region", told)
    if found.closed_on is not None:
        raise Conflict(
            sentence("Регион закрыт: %(name)s.", name=found.short_name),
            advice="Сначала откройте его снова на его карточке.",
        )
    missing = {name: value for name, value in told.items() if not getattr(found, name)}
    return changes.update_fields(db, actor, found.id, missing) if missing else found


def _coordinator(db: Session, actor: Actor, region: Organization, values: RegionConnection) -> Person:
    told = NewPerson(
        last_name=values.last_name,
        first_name=values.first_name,
        middle_name=values.middle_name,
        snils=identifiers.snils(values.snils),
        email=values.email,
    )
    return add_person(db, actor, region.id, told, namesake=True)


def _give_role(db: Session, actor: Actor, region: Organization, person: Person, request: Request) -> None:
    today = today_in(region.timezone or db.portal.config.timezone)
    if not _is_coordinator(db, region.id, person.id):
        basis = gettext("Запрос на подключение региона от %(day)s") % {
            "day": f"{request.created_at:%d.%m.%Y}"
        }
        lifecycle.give(
            db,
            actor,
            NewRole(
                person_id=person.id,
                kind=COORDINATOR,
                organization_id=region.id,
                starts_on=today,
                basis=basis,
            ),
        )


def _is_coordinator(db: Session, region_id: UUID, person_id: UUID) -> bool:
    region = db.get_one(Organization, region_id)
    today = today_in(region.timezone or db.portal.config.timezone)
    held = select(StructuralRole.id).where(
        StructuralRole.organization_id == region_id,
        StructuralRole.person_id == person_id,
        StructuralRole.kind == COORDINATOR,
        StructuralRole.group_id.is_(None),
        StructuralRole.status == "active",
        in_force(StructuralRole, today),
    )
    return db.scalar(held.limit(1)) is not None


def facts(db: Session, values: RegionConnection) -> Sequence[tuple[str, str]]:
    """What the portal knows of the region and the person, for whoever decides."""
    federal = db.scalar(select(Organization.id).where(Organization.parent_id.is_(None)))
    region = known_region(db, federal, values.region_code) if federal is not None else None
    person = db.scalar(select(Person).where(Person.snils == identifiers.snils(values.snils)))
    others = [
        each
        for each in db.scalars(
            select(Request).where(
                Request.kind == REGION_CONNECTION, Request.status.in_(("sent", "in_review"))
            )
        )
        if each.values.get("region_code") == values.region_code
    ]
    found = [
        (
            gettext("Регион в портале"),
            gettext(sentence("уже есть: %(name)s", name=region.short_name))
            if region is not None
            else gettext("появится после одобрения"),
        ),
        (
            gettext("Координатор в портале"),
            gettext(sentence("уже есть: %(name)s", name=person.full_name))
            if person is not None
            else gettext("будет добавлен"),
        ),
    ]
    if len(others) > 1:
        found.append((gettext("Других запросов об этом регионе"), str(len(others) - 1)))
    return found
