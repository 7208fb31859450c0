"""People with a place in an organization, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta
from sqlalchemy import and_, select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.api.organizations import InOrganization
from core.audit.views import note_views_of_many
from core.database.base import in_force
from core.database.engine import Database
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


people_api: list[Any] = [list_people]
