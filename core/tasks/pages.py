"""A task's progress for the page that began it, and calling it off."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.tasks.queue import TaskStatus, cancel, status_of
from core.web.guards import signed_in


@get(
    "/api/v1/tasks/{task_id:uuid}",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["tasks"],
    summary="Как идёт фоновая работа",
    description="Только своя: начатая этим же человеком.",
    responses=problems(404),
)
def task_status(
    actor: NamedDependency[Actor], database: NamedDependency[Database], task_id: FromPath[UUID]
) -> TaskStatus:
    """How background work begun by oneself stands; live topic: `task:<id>`."""
    with database.reading(fresh=True) as db:
        return status_of(db, actor, task_id)


@post(
    "/api/v1/tasks/{task_id:uuid}/cancel",
    guards=[signed_in],
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    tags=["tasks"],
    summary="Отменить фоновую работу",
    description="Ждущая не начнётся, идущая остановится, как сможет. 409 – работа уже закончена.",
    responses=problems(404, 409, 422),
)
def cancel_task(
    actor: NamedDependency[Actor], database: NamedDependency[Database], task_id: FromPath[UUID]
) -> TaskStatus:
    """Call off background work begun by oneself."""
    with database.transaction() as db:
        cancel(db, actor, task_id)
        db.expire_all()
        return status_of(db, actor, task_id)


task_routes = [task_status, cancel_task]
