"""The one access decision: may this actor use this permission on something of that organization?

Every service asks here. `authorize` decides about one thing, `within` narrows a list in SQL. A permission
that reaches only `OWN` passes both for the role's own organization; the service that owns the data then
checks the person's tie (own class, own child) itself.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select, true

from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.organizations.models import Organization
from core.roles.actor import Actor
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
    if reach is Reach.BELOW:
        return column.in_(
            select(Organization.id).where(below(Organization.path, actor.role.organization_path))
        )
    return column == actor.role.organization_id


def authorize(db: Session, actor: Actor, permission: str, organization_id: UUID) -> Reach:
    """The reach with which `actor` may use `permission` on something of `organization_id`.

    Raises `Forbidden` if the role lacks the permission, `NotFound` if the organization is out of its
    reach: a stranger does not learn what exists elsewhere.
    """
    reach = actor.require(permission)
    if actor.is_system or actor.acting_role.organization_id == organization_id:
        return reach
    if reach is Reach.BELOW:
        path = db.scalar(select(Organization.path).where(Organization.id == organization_id))
        if path is not None and path.startswith(actor.acting_role.organization_path):
            return reach
    raise NotFound(
        "Такой страницы нет или она относится к другой организации.",
        advice="Проверьте адрес и роль, в которой вы работаете.",
    )


def reaches(actor: Actor, permission: str, organization: Organization) -> bool:
    """Whether `actor` has `permission` on something of `organization`, which has been read already."""
    if actor.is_system:
        return True
    reach = actor.reach(permission)
    if reach is Reach.BELOW:
        return organization.path.startswith(actor.acting_role.organization_path)
    return reach is not None and organization.id == actor.acting_role.organization_id


def require_person(actor: Actor) -> UUID:
    """The acting person's id. Raises `Forbidden` for the system actor, which is nobody in particular."""
    if actor.person_id is None:
        raise Forbidden("Это действие выполняет только человек.", advice="Войдите в портал.")
    return actor.person_id
