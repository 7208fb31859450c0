"""Single pupils for programs: admitted to a class, withdrawn from the school."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.api.people import Name, Number
from core.database.engine import Database
from core.exchange import admission
from core.exchange.admission import NewPupil, Place
from core.identity.corrections import as_stored
from core.organizations import withdrawal
from core.organizations.withdrawal import Withdrawal
from core.requests.pupil_transfers import ADMIT
from core.roles.actor import Actor
from core.web.guards import needs

Order = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=200,
        pattern="^[^\\u0000]+$",
        description="Приказ: номер и дата.",
        examples=["Приказ № 7 от 01.11.2026"],
    ),
]


class PupilIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pupil whom one's school takes."""

    last_name: Annotated[Name, Meta(examples=["Ковалёва"])]
    first_name: Annotated[Name, Meta(examples=["Дарья"])]
    middle_name: Name | None = None
    birth_date: date
    gender: Annotated[Literal["F", "M"] | None, Meta(description="Пол: `F` – женский, `M` – мужской.")] = None
    snils: Annotated[
        Number | None,
        Meta(description="СНИЛС, 11 цифр с разделителями или без них.", examples=["112-233-445 95"]),
    ] = None
    school_class: Annotated[
        str,
        Meta(min_length=1, max_length=30, pattern="^[^\\u0000]+$", description="Ваш класс.", examples=["9А"]),
    ]
    first_day: Annotated[date, Meta(description="Первый день в вашей школе, ГГГГ-ММ-ДД.")]
    basis: Order
    same_as: Annotated[
        UUID | None, Meta(description="Человек портала, который и есть этот ученик, если он не узнан сам.")
    ] = None
    namesake: Annotated[
        bool, Meta(description="Похожие люди в школе – другие: завести нового. Без этого – 409.")
    ] = False


class AdmittedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a class."""

    person_id: UUID
    school_class_id: UUID
    starts_on: Annotated[date, Meta(description="Первый день в классе.")]


class WithdrawalIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a pupil leaves, why, by which order."""

    last_day: Annotated[date, Meta(description="Последний день в школе, ГГГГ-ММ-ДД.")]
    reason: Annotated[
        Literal["family", "moved", "parents", "school", "death", "other"],
        Meta(
            description=(
                "Причина: `family` – семейное образование, `moved` – переезд, `parents` – заявление родителей, "
                "`school` – решение школы, `death` – смерть, `other` – другая."
            )
        ),
    ]
    basis: Order


class WithdrawnOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who has left."""

    person_id: UUID
    left_on: Annotated[date, Meta(description="Последний день в школе.")]


@post(
    "/api/v1/pupils",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Принять ученика",
    description=(
        "В класс вашей школы. Ученик узнаётся, как при загрузке: по СНИЛС или по имени и дате рождения. 409 – он уже "
        "учится, здесь или в другой школе, либо в школе есть похожий человек: назовите `same_as` или `namesake`."
    ),
    responses=problems(404, 409, 422),
)
def admit_pupil(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[PupilIn]
) -> AdmittedOut:
    """Enroll a pupil."""
    told = {name: getattr(data, name) for name in NewPupil.__struct_fields__}
    place = {name: getattr(data, name) for name in Place.__struct_fields__}
    with database.transaction() as db:
        person, made = admission.admit(
            db,
            actor,
            NewPupil(**as_stored(told, admission.REFUSAL)),
            Place(**place),
            same_as=data.same_as,
            namesake=data.namesake,
        )
        return AdmittedOut(person_id=person.id, school_class_id=made.grouping_id, starts_on=made.day)


@post(
    "/api/v1/people/{person_id:uuid}/withdraw",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Отчислить ученика",
    description=(
        "После последнего дня кончаются класс, группы и роль ученика, у представителей – роль родителя, если других "
        "детей в школе у них нет. Отметки остаются. 404 – такого ученика в вашей школе нет."
    ),
    responses=problems(404, 409, 422),
)
def withdraw_pupil(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[WithdrawalIn],
) -> WithdrawnOut:
    """End a pupil's time in the school."""
    with database.transaction() as db:
        withdrawal.withdraw(db, actor, person_id, Withdrawal(**msgspec.structs.asdict(data)))
    return WithdrawnOut(person_id=person_id, left_on=data.last_day)


pupil_api: list[Any] = [admit_pupil, withdraw_pupil]
