"""The one access decision: may this actor use this permission on something of that organization?

Every service asks here. `authorize` decides about one thing, `within` narrows a list in SQL. A permission
that reaches only `OWN` passes both for the role's own organization; the service that owns the data then
checks the person's tie (own class, own child) itself.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.organizations.models import Organization, OrganizationGroupMember
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach

AFTER_PATH = "0"
"""The character after «/» in code order: `path < prefix + …` bounds everything below a prefix."""


def below(column: Any, path: str) -> ColumnElement[bool]:
    """Rows whose organization path is `path` or below it; a range, so that the index serves."""
    return and_(column >= path, column < path[:-1] + AFTER_PATH)


def within(actor: Actor, permission: str, column: Any) -> ColumnElement[bool]:
    """SQL condition that keeps rows of organizations where `actor` has `permission`.

    `column` is the table's `organization_id`. Raises nothing: without the permission no row is kept.
    """
    if actor.is_system:
        return true()
    reach = actor.reach(permission)
    if reach is None or actor.role is None:
        return false()
    if actor.role.group_id is not None:
        return column.in_(members(actor.role.group_id))
    if reach is Reach.BELOW:
        return column.in_(
            select(Organization.id).where(below(Organization.path, actor.role.organization_path))
        )
    return column == actor.role.organization_id


def members(group_id: UUID) -> Select[UUID]:
    """The ids of the organizations of a group."""
    member = OrganizationGroupMember
    return select(member.organization_id).where(member.group_id == group_id)


def authorize(db: Session, actor: Actor, permission: str, organization_id: UUID) -> Reach:
    """The reach with which `actor` may use `permission` on something of `organization_id`.

    Raises `Forbidden` if the role lacks the permission, `NotFound` if the organization is out of its
    reach: a stranger does not learn what exists elsewhere.
    """
    reach = actor.require(permission)
    if actor.is_system:
        return reach
    role = actor.acting_role
    if role.group_id is not None:
        if _is_member(db, role.group_id, organization_id):
            return reach
    elif role.organization_id == organization_id:
        return reach
    elif reach is Reach.BELOW:
        path = db.scalar(select(Organization.path).where(Organization.id == organization_id))
        if path is not None and path.startswith(role.organization_path):
            return reach
    raise NotFound(
        "Такой страницы нет или она относится к другой организации.",
        advice="Проверьте адрес и роль, в которой вы работаете.",
    )


def reaches(db: Session, actor: Actor, permission: str, organization: Organization) -> bool:
    """Whether `actor` has `permission` on something of `organization`, which has been read already."""
    reach = actor.reach(permission)
    if actor.is_system or reach is None:
        return actor.is_system
    role = actor.acting_role
    if reach is Reach.BELOW or role.group_id is not None:
        return sees(db, actor, organization)
    return organization.id == role.organization_id


def sees(db: Session, actor: Actor, organization: Organization) -> bool:
    """Whether `organization` is the acting role's or below it, or of its group where it has one."""
    if actor.is_system:
        return True
    role = actor.acting_role
    if role.group_id is not None:
        return _is_member(db, role.group_id, organization.id)
    return organization.path.startswith(role.organization_path)


def covers(role: type[StructuralRole], organization_id: UUID) -> ColumnElement[bool]:
    """Condition on roles held at or above an organization: it is of their group, where they have one."""
    member = OrganizationGroupMember
    groups = select(member.group_id).where(member.organization_id == organization_id)
    return or_(role.group_id.is_(None), role.group_id.in_(groups))


def _is_member(db: Session, group_id: UUID, organization_id: UUID) -> bool:
    return db.get(OrganizationGroupMember, (group_id, organization_id)) is not None


def require_person(actor: Actor) -> UUID:
    """The acting person's id. Raises `Forbidden` for the system actor, which is nobody in particular."""
    if actor.person_id is None:
        raise Forbidden("Это действие выполняет только человек.", advice="Войдите в портал.")
    return actor.person_id


def require_account(actor: Actor) -> UUID:
    """The acting account's id. Raises `Forbidden` for the system actor, which never signs in."""
    if actor.account_id is None:
        raise Forbidden("Это действие выполняет только человек.", advice="Войдите в портал.")
    return actor.account_id
