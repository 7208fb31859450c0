"""Licences and accreditations of organizations, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.api.typed import as_typed
from core.database.engine import Database
from core.organizations import changes, directory, licences
from core.organizations.licences import LicenceForm
from core.organizations.models import Licence
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.struct_form import parse_form

LICENCES = "/api/v1/organizations/{organization_id:uuid}/licences"


class LicenceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A licence or an accreditation."""

    id: UUID
    organization_id: UUID
    kind: Annotated[str, Meta(description="`licence` – лицензия, `accreditation` – аккредитация.")]
    number: Annotated[str, Meta(description="Номер.")]
    issued_on: Annotated[date, Meta(description="Дата выдачи, ГГГГ-ММ-ДД.")]
    valid_until: Annotated[date | None, Meta(description="Действует по этот день; null – бессрочная.")]
    issuer: Annotated[str, Meta(description="Кем выдана.")]


class LicenceIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A licence or an accreditation to be written down."""

    kind: Annotated[
        Literal["licence", "accreditation"],
        Meta(description="`licence` – лицензия, `accreditation` – аккредитация."),
    ] = "licence"
    number: Annotated[
        str,
        Meta(min_length=1, max_length=80, pattern="^[^\\u0000]+$", description="Номер.", examples=["3512"]),
    ]
    issued_on: Annotated[date, Meta(description="Дата выдачи, ГГГГ-ММ-ДД.", examples=["2020-05-18"])]
    valid_until: Annotated[date | None, Meta(description="Последний день; null – бессрочная.")] = None
    issuer: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=200,
            pattern="^[^\\u0000]+$",
            description="Кем выдана.",
            examples=["Министерство образования Ставропольского края"],
        ),
    ]


@get(
    LICENCES,
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Лицензии и аккредитации организации",
    description="Сначала лицензии, потом аккредитации, последняя выданная – первой.",
    responses=problems(404),
)
def list_licences(
    actor: NamedDependency[Actor], database: NamedDependency[Database], organization_id: FromPath[UUID]
) -> list[LicenceOut]:
    """The licences of an organization in reach."""
    with database.reading() as db:
        directory.organization(db, actor, organization_id)
        return [_out(each) for each in licences.licences_of(db, organization_id)]


@post(
    LICENCES,
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Записать лицензию или аккредитацию",
    description="Записывает вышестоящая организация: о своей – 403.",
    responses=problems(404, 409, 422),
)
def add_licence(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[LicenceIn],
) -> LicenceOut:
    """Write down a licence."""
    wanted = parse_form(LicenceForm, as_typed(msgspec.structs.asdict(data)))
    with database.transaction() as db:
        return _out(licences.add(db, actor, organization_id, wanted))


@delete(
    f"{LICENCES}/{{licence_id:uuid}}",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Удалить лицензию, записанную по ошибке",
    description="Что она была записана, остаётся в истории организации.",
    responses=problems(404, 409, 422),
)
def remove_licence(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    licence_id: FromPath[UUID],
) -> None:
    """Take away a licence written down by mistake."""
    with database.transaction() as db:
        licences.remove(db, actor, organization_id, licence_id)


def _out(licence: Licence) -> LicenceOut:
    return LicenceOut(**{name: getattr(licence, name) for name in LicenceOut.__struct_fields__})


licence_api: list[Any] = [list_licences, add_licence, remove_licence]
