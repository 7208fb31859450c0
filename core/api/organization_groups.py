"""Groups of organizations for programs: keeping them, by hand or by a rule, and who belongs to each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.database.engine import Database
from core.organizations import groups
from core.organizations.group_rules import GroupRule
from core.organizations.groups import GroupKind
from core.organizations.models import OrganizationGroup
from core.roles.access import within
from core.roles.actor import Actor
from core.web.guards import needs

Name = Annotated[str, Meta(min_length=1, max_length=200, description="Название.")]
Kind = Annotated[GroupKind, Meta(description="Вид: `district`, `project`, `network`, `other`.")]
Rule = Annotated[
    GroupRule | None,
    Meta(description="Правило состава; null – состав ведут вручную. Пустые поля правила не важны."),
]


class OrganizationGroupOut(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of organizations."""

    id: UUID
    organization_id: Annotated[UUID, Meta(description="Ключ организации, которая ведёт группу.")]
    name: Annotated[str, Meta(description="Название.")]
    kind: Kind
    description: Annotated[str, Meta(description="Описание; может быть пустым.")]
    rule: Rule
    created_at: datetime


class OrganizationGroupIn(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it is to be."""

    name: Name
    kind: Kind = "other"
    description: Annotated[str, Meta(max_length=2000, description="Описание; может быть пустым.")] = ""
    rule: Rule = None


@get(
    "/api/v1/organization-groups",
    guards=[needs(groups.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Группы организаций",
    description="Группы, которые ведут доступные организации. Состав – `/api/v1/organizations?group_id=…`.",
    responses=problems(422),
)
def list_groups(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrganizationGroupOut]:
    """Groups kept by organizations in reach."""
    statement = select(OrganizationGroup).where(within(actor, groups.VIEW, OrganizationGroup.organization_id))
    with database.reading() as db:
        rows = db.scalars(by_key(statement, OrganizationGroup.id, after, limit)).all()
        return Page(
            items=[_out(row) for row in rows[:limit]],
            next=rows[limit - 1].id if len(rows) > limit else None,
        )


@get(
    "/api/v1/organization-groups/{group_id:uuid}",
    guards=[needs(groups.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Одна группа организаций",
    description="Группа, которую ведёт доступная организация.",
    responses=problems(404),
)
def one_group(
    actor: NamedDependency[Actor], database: NamedDependency[Database], group_id: FromPath[UUID]
) -> OrganizationGroupOut:
    """A group in reach."""
    with database.reading() as db:
        return _out(groups.group_for(db, actor, groups.VIEW, group_id))


@post(
    "/api/v1/organization-groups",
    guards=[needs(groups.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Завести группу организаций",
    description="Группу ведёт организация текущей роли. По правилу состав считается сразу и дальше обновляется сам.",
    responses=problems(409, 422),
)
def create_group(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[OrganizationGroupIn]
) -> OrganizationGroupOut:
    """Make a group."""
    with database.transaction() as db:
        return _out(groups.save(db, actor, None, **msgspec.structs.asdict(data)))


@put(
    "/api/v1/organization-groups/{group_id:uuid}",
    guards=[needs(groups.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Изменить группу организаций",
    description="Название, вид, описание и правило становятся такими, как в запросе.",
    responses=problems(404, 409, 422),
)
def change_group(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    data: JSONBody[OrganizationGroupIn],
) -> OrganizationGroupOut:
    """Change a group."""
    with database.transaction() as db:
        return _out(groups.save(db, actor, group_id, **msgspec.structs.asdict(data)))


@delete(
    "/api/v1/organization-groups/{group_id:uuid}",
    guards=[needs(groups.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Удалить группу организаций",
    description="Организации остаются. Пока по группе решено о плагинах или для неё даны роли – 409.",
    responses=problems(404, 409, 422),
)
def delete_group(
    actor: NamedDependency[Actor], database: NamedDependency[Database], group_id: FromPath[UUID]
) -> None:
    """Delete a group."""
    with database.transaction() as db:
        groups.remove(db, actor, group_id)


@put(
    "/api/v1/organization-groups/{group_id:uuid}/members/{organization_id:uuid}",
    guards=[needs(groups.EDIT)],
    sync_to_thread=True,
    status_code=204,
    tags=["organizations"],
    summary="Добавить организацию в группу",
    description="В группу, состав которой ведут вручную; повтор ничего не меняет. У группы с правилом – 409.",
    responses=problems(404, 409, 422),
)
def add_member(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    organization_id: FromPath[UUID],
) -> None:
    """Take an organization in."""
    with database.transaction() as db:
        groups.add_member(db, actor, group_id, organization_id)


@delete(
    "/api/v1/organization-groups/{group_id:uuid}/members/{organization_id:uuid}",
    guards=[needs(groups.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Убрать организацию из группы",
    description="Из группы, состав которой ведут вручную; повтор ничего не меняет. У группы с правилом – 409.",
    responses=problems(404, 409, 422),
)
def remove_member(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    organization_id: FromPath[UUID],
) -> None:
    """Take an organization out."""
    with database.transaction() as db:
        groups.remove_member(db, actor, group_id, organization_id)


def _out(group: OrganizationGroup) -> OrganizationGroupOut:
    return OrganizationGroupOut(
        id=group.id,
        organization_id=group.organization_id,
        name=group.name,
        kind=msgspec.convert(group.kind, GroupKind),
        description=group.description,
        rule=groups.rule_of(group),
        created_at=group.created_at,
    )


organization_group_api: list[Any] = [
    list_groups,
    one_group,
    create_group,
    change_group,
    delete_group,
    add_member,
    remove_member,
]
