"""The tree of organizations as far as one opens it: a line from the actor's own down, each with those below it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.database.session import Session
from core.organizations.directory import today_of
from core.organizations.models import Organization
from core.roles.access import authorize
from core.roles.actor import Actor

TREE = "core.organization.tree"
SHOWN = 300
"""Organizations shown below one; the list has the rest."""


class TreeNode(msgspec.Struct, frozen=True, kw_only=True):
    """An organization in the tree. `count` are those directly below it, `below` those of them shown."""

    organization: Organization
    is_open: bool
    is_closed: bool
    count: int
    below: Sequence[TreeNode] = ()


def tree(db: Session, actor: Actor, at: UUID | None) -> TreeNode:
    """The tree from the actor's organization, opened down to `at`, which is left out if it is out of reach."""
    actor.require(TREE)
    root = db.get_one(Organization, actor.organization_id)
    line = [root.id]
    target = db.get(Organization, at) if at is not None else None
    if target is not None and target.path.startswith(root.path):
        authorize(db, actor, TREE, target.id)
        line = [UUID(each) for each in target.path.removeprefix(root.path).rstrip("/").split("/") if each]
        line.insert(0, root.id)
    below: dict[UUID, Sequence[Organization]] = {
        each: db.scalars(
            select(Organization)
            .where(Organization.parent_id == each)
            .order_by(Organization.name_key, Organization.id)
            .limit(SHOWN)
        ).all()
        for each in line
    }
    shown = [root.id, *(each.id for found in below.values() for each in found)]
    counted = db.execute(
        select(Organization.parent_id, func.count().label("below"))
        .where(Organization.parent_id.in_(shown))
        .group_by(Organization.parent_id)
    )
    counts: dict[UUID, int] = {row.parent_id: row.below for row in counted}
    today = today_of(actor)

    def node(organization: Organization) -> TreeNode:
        return TreeNode(
            organization=organization,
            is_open=organization.id in below,
            is_closed=organization.closed_on is not None and organization.closed_on <= today,
            count=counts.get(organization.id, 0),
            below=[node(each) for each in below.get(organization.id, ())],
        )

    return node(root)
