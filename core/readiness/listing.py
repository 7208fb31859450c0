"""Schools with their readiness as a work list shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.identity.sessions import school_today
from core.organizations.cards import heads_of
from core.organizations.models import Organization
from core.readiness.checklist import VIEW
from core.readiness.schools import READINESS, readiness
from core.readiness.steps import all_steps
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import gettext


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school: how many steps are done, and the title of the one it stands on («» if it is ready)."""

    id: UUID
    name: str
    parent: str
    heads: Sequence[str]
    done: int
    steps: int
    stands_at: str

    @property
    def is_ready(self) -> bool:
        """Whether all steps are done."""
        return self.done == self.steps


def school_rows(db: Session, actor: Actor) -> Any:
    """Open schools in reach with their readiness, for a work list."""
    reach = within(actor, VIEW, Organization.id)
    above = aliased(Organization)
    return (
        select(
            Organization.id.label("id"),
            Organization.short_name,
            above.short_name.label("parent"),
            READINESS.c.done,
            READINESS.c.steps,
            READINESS.c.stands_at,
        )
        .join(READINESS, READINESS.c.organization_id == Organization.id)
        .outerjoin(above, above.id == Organization.parent_id)
        .add_cte(readiness(db, reach, school_today(actor)))
    )


def school_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[SchoolLine]:
    """Rows of one page as lines; one more statement, however many rows."""
    heads = heads_of(db, actor, [row.id for row in rows])
    titles = {step.name: step.title for _plugin, step in all_steps(db.portal)}
    return [
        SchoolLine(
            id=row.id,
            name=row.short_name,
            parent=row.parent or "",
            heads=[each.name for each in heads.get(row.id, [])],
            done=row.done,
            steps=row.steps,
            stands_at=titles.get(row.stands_at) or row.stands_at,
        )
        for row in rows
    ]


def in_state(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Schools that are ready, or that are not, or where nothing has been done yet."""
    ready = READINESS.c.done == READINESS.c.steps
    return {"ready": ready, "unfinished": ~ready, "untouched": READINESS.c.done == 0}.get(value)


def on_step(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Schools that stand on a step."""
    return READINESS.c.stands_at == value


def school_steps(db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    """The steps that schools take, in their order."""
    return [
        (step.name, gettext(step.title))
        for _plugin, step in all_steps(db.portal)
        if set(step.kinds) & set(SCHOOL)
    ]
