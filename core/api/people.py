"""People with a place in an organization, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import and_, select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.api.organizations import InOrganization
from core.audit.views import note_views_of_many
from core.database.base import in_force
from core.database.engine import Database
from core.identity import corrections
from core.identity.directory import CONTACTS, PEOPLE
from core.identity.models import Person
from core.organizations.directory import today_of
from core.organizations.models import Enrollment
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.guards import needs

SENSITIVE = ("birth_date", "phone", "email")
"""What of `PersonOut` is on record once it was given out."""


class PersonRoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A position in force."""

    kind: Annotated[str, Meta(description="Вид роли: `pupil`, `guardian`, `teacher`, `head` и другие.")]
    organization_id: UUID
    school_class_id: Annotated[
        UUID | None,
        Meta(description="Класс, которым роль ограничена (у классного руководителя); null у прочих."),
    ]


class PersonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A person; birth date, phone and e-mail only with the right to see contacts there."""

    id: UUID
    last_name: str
    first_name: str
    middle_name: str | None
    external_id: str | None
    roles: Annotated[list[PersonRoleOut], Meta(description="Действующие роли в доступных организациях.")]
    school_class_ids: Annotated[list[UUID], Meta(description="Классы, где человек сейчас учится.")]
    birth_date: Annotated[
        date | None,
        Meta(description="Дата рождения, ГГГГ-ММ-ДД; null, если не указана или нет права её видеть."),
    ] = None
    phone: Annotated[
        str | None, Meta(description="Телефон; null, если не указан или нет права его видеть.")
    ] = None
    email: Annotated[
        str | None, Meta(description="Электронная почта; null, если не указана или нет права её видеть.")
    ] = None


@get(
    "/api/v1/people",
    guards=[needs(PEOPLE)],
    sync_to_thread=True,
    tags=["people"],
    summary="Люди",
    description=(
        "Люди с действующей ролью в доступных организациях. Дата рождения, телефон и почта приходят, только "
        "если роль и ключ дают право их видеть; что их отдали, остаётся в записи о том, кто смотрел данные."
    ),
    responses=problems(422),
)
def list_people(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: InOrganization = None,
    role: Annotated[
        str | None,
        QueryParameter(pattern="^[a-z_]{1,40}$", description="Только с этой ролью, например `pupil`."),
    ] = None,
    school_class_id: Annotated[
        UUID | None, QueryParameter(description="Только ученики этого класса.")
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PersonOut]:
    """People with a role in force in an organization in reach."""
    today = today_of(actor)
    held = and_(
        within(actor, PEOPLE, StructuralRole.organization_id),
        StructuralRole.status == "active",
        in_force(StructuralRole, today),
    )
    studies = and_(within(actor, PEOPLE, Enrollment.organization_id), in_force(Enrollment, today))
    if organization_id is not None:
        held = and_(held, StructuralRole.organization_id == organization_id)
    chosen = held if role is None else and_(held, StructuralRole.kind == role)
    statement = select(Person).where(Person.id.in_(select(StructuralRole.person_id).where(chosen)))
    if school_class_id is not None:
        statement = statement.where(
            Person.id.in_(
                select(Enrollment.person_id).where(studies, Enrollment.school_class_id == school_class_id)
            )
        )
    with database.reading() as db:
        people = db.scalars(by_key(statement, Person.id, after, limit)).all()
        shown = people[:limit]
        ids = [person.id for person in shown]
        roles: dict[UUID, list[PersonRoleOut]] = {}
        for each in db.scalars(select(StructuralRole).where(StructuralRole.person_id.in_(ids), held)):
            roles.setdefault(each.person_id, []).append(
                PersonRoleOut(
                    kind=each.kind, organization_id=each.organization_id, school_class_id=each.school_class_id
                )
            )
        classes: dict[UUID, list[UUID]] = {}
        for person_id, class_id in db.execute(
            select(Enrollment.person_id, Enrollment.school_class_id).where(
                Enrollment.person_id.in_(ids), studies
            )
        ):
            classes.setdefault(person_id, []).append(class_id)
        open_to = set(
            db.scalars(
                select(StructuralRole.person_id).where(
                    StructuralRole.person_id.in_(ids),
                    held,
                    within(actor, CONTACTS, StructuralRole.organization_id),
                )
            )
        )
        items = [
            PersonOut(
                id=person.id,
                last_name=person.last_name,
                first_name=person.first_name,
                middle_name=person.middle_name,
                external_id=person.external_id,
                roles=roles.get(person.id, []),
                school_class_ids=classes.get(person.id, []),
                birth_date=person.birth_date if person.id in open_to else None,
                phone=person.phone if person.id in open_to else None,
                email=person.email if person.id in open_to else None,
            )
            for person in shown
        ]
    seen = {each.id: [name for name in SENSITIVE if getattr(each, name) is not None] for each in items}
    if any(seen.values()):
        with database.transaction() as db:
            note_views_of_many(db, actor, seen)
    return Page(items=items, next=people[limit - 1].id if len(people) > limit else None)


Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>\u0000]+$")]
Number = Annotated[str, Meta(min_length=1, max_length=254, pattern="^[^\\u0000]+$")]


class PersonCorrectionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be corrected; what is left out stays as it is, null empties a field."""

    last_name: Annotated[Name | msgspec.UnsetType, Meta(examples=["Ковалёва"])] = msgspec.UNSET
    first_name: Annotated[Name | msgspec.UnsetType, Meta(examples=["Дарья"])] = msgspec.UNSET
    middle_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    birth_date: date | msgspec.UnsetType | None = msgspec.UNSET
    gender: Annotated[
        Literal["F", "M"] | msgspec.UnsetType | None, Meta(description="Пол: `F` – женский, `M` – мужской.")
    ] = msgspec.UNSET
    snils: Annotated[
        Number | msgspec.UnsetType | None,
        Meta(description="СНИЛС, 11 цифр с разделителями или без них.", examples=["112-233-445 95"]),
    ] = msgspec.UNSET
    phone: Annotated[
        Number | msgspec.UnsetType | None, Meta(description="Телефон.", examples=["+79181234567"])
    ] = msgspec.UNSET
    email: Annotated[Number | msgspec.UnsetType | None, Meta(description="Электронная почта.")] = (
        msgspec.UNSET
    )
    reason: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=200,
            pattern="^[^\\u0000]+$",
            description="Основание: документ. Его увидят сам человек и те, кто читает историю изменений.",
            examples=["Паспорт от 12.11.2026"],
        ),
    ]
    against_confirmed: Annotated[
        bool,
        Meta(
            description="Исправить и то, что подтвердил внешний вход (Госуслуги): документ новый. Без этого – 409."
        ),
    ] = False


class PersonCorrectedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a correction."""

    id: UUID
    changed: Annotated[list[str], Meta(description="Поля, которые изменились; пусто, если всё так и стояло.")]


@patch(
    "/api/v1/people/{person_id:uuid}",
    guards=[needs(corrections.CORRECT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Исправить данные человека",
    description=(
        "Меняются только названные поля; прежние значения остаются в истории изменений, человек получает "
        "уведомление. 409 – человек относится и к другой организации, или данные подтвердили Госуслуги."
    ),
    responses=problems(404, 409, 422),
)
def correct_person(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[PersonCorrectionIn],
) -> PersonCorrectedOut:
    """Correct single fields of a person."""
    told = {name: getattr(data, name) for name in corrections.FIELDS}
    values = corrections.as_stored(
        {name: value for name, value in told.items() if value is not msgspec.UNSET}, corrections.REFUSAL
    )
    with database.transaction() as db:
        changed = corrections.correct(
            db, actor, person_id, values, data.reason, against_confirmed=data.against_confirmed
        )
    return PersonCorrectedOut(id=person_id, changed=changed)


people_api: list[Any] = [list_people, correct_person]
