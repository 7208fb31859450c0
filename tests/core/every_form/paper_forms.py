"""Papers of the journal made in the background."""

from typing import Any

from sqlalchemy import update

from core.database.base import now
from core.tasks.models import CANCELLED, Task
from core.testing.portal import Visitor
from plugins.journal.papers.orders import PAPER_TASK

from .world import Sent, World, sends

HERE = "/journal/papers"


def wanted(world: World, kind: str) -> dict[str, Any]:
    return {"kind": kind, "class_id": str(world.found.school_class_id)}


def ordered(world: World, visitor: Visitor, kind: str, *, over: bool = False) -> str:
    """The key of an order just made; `over` ends it."""
    body = {"kind": kind, "school_class": str(world.found.school_class_id)}
    answer = visitor.post(f"/api/v1{HERE}", json=body)
    assert answer.status_code == 201, answer.text
    if over:
        with world.portal.portal.database.transaction() as db:
            db.execute(
                update(Task)
                .where(Task.kind == PAPER_TASK, Task.person_id == visitor.person_id)
                .values(status=CANCELLED, finished_at=now())
            )
    return str(answer.json()["id"])


@sends("POST /journal/papers")
def paper_ordered(world: World) -> Sent:
    visitor = world.portal.sign_in("deputy_head")
    return Sent(visitor, HERE, HERE, wanted(world, "journal"))


@sends("POST /journal/papers/{order_id:uuid}/cancel")
def paper_called_off(world: World) -> Sent:
    visitor = world.portal.sign_in("deputy_head")
    return Sent(visitor, f"{HERE}/{ordered(world, visitor, 'tables')}/cancel", HERE, {})


@sends("POST /journal/papers/{order_id:uuid}/repeat")
def paper_repeated(world: World) -> Sent:
    visitor = world.portal.sign_in("head")
    return Sent(visitor, f"{HERE}/{ordered(world, visitor, 'tables', over=True)}/repeat", HERE, {})


@sends("POST /journal/papers/{order_id:uuid}/delete")
def paper_deleted(world: World) -> Sent:
    visitor = world.portal.sign_in("head")
    return Sent(visitor, f"{HERE}/{ordered(world, visitor, 'journal', over=True)}/delete", HERE, {})
