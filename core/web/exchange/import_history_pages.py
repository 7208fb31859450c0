"""The history of imports: who loaded what, and undoing it after a look at what would go and what would stay."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Forbidden
from core.exchange import history, undoing
from core.exchange.history import PERMISSION
from core.exchange.models import ImportRun
from core.exchange.undo_words import in_words
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.tasks.models import QUEUED, RUNNING
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render

ROWS: Mapping[str, str] = {
    "created": lazy("новые строки"),
    "updated": lazy("изменённые строки"),
    "unchanged": lazy("строки без изменений"),
    "skipped": lazy("пропущенные строки"),
}


@get("/import/history", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False)
def history_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Every import in reach, the latest first."""
    before = None
    with suppress(ValueError):
        before = UUID(request.query_params.get("before", ""))
    with database.reading(fresh=True) as db:
        found = history.runs(db, actor, before, history.PAGE_SIZE + 1)
        shown = found[: history.PAGE_SIZE]
        return render(
            request,
            "import/history.html",
            lines=[(run, school, _counts(run)) for run, school in shown],
            wide=actor.reach(PERMISSION) is Reach.BELOW,
            older=f"?before={shown[-1][0].id}" if len(found) > len(shown) else "",
            newest="/import/history" if before else "",
        )


@get(
    "/import/history/{run_id:uuid}", guards=[needs(PERMISSION)], sync_to_thread=True, include_in_schema=False
)
def run_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    run_id: FromPath[UUID],
) -> Page:
    """One import: what it loaded, what undoing it would do, or what that has done."""
    with database.reading(fresh=True) as db:
        return _run(db, request, actor, run_id)


def _run(
    db: Session, request: Request[Any, Any, Any], actor: Actor, run_id: UUID, wrong: Conflict | None = None
) -> Page:
    run = history.find_run(db, actor, run_id)
    task = undoing.under_way(db, run)
    working = task is not None and task.status in (QUEUED, RUNNING)
    plan, objection = None, ""
    if not working and run.undone_at is None:
        try:
            plan = undoing.preview(db, actor, run_id)[1]
        except (Conflict, Forbidden) as refused:
            objection = f"{_(refused.message)} {_(refused.advice)}"
    return render(
        request,
        "import/run.html",
        status=wrong.status if wrong else 200,
        run=run,
        counts=_counts(run),
        plan=plan,
        removed=in_words(plan.removed) if plan else in_words(run.result.get("removed", {})),
        until=history.undo_until(db, run),
        working=working,
        failed=task if task is not None and not working else None,
        objection=objection,
        wrong=wrong,
    )


def _counts(run: ImportRun) -> list[tuple[str, int]]:
    rows: Mapping[str, int] = run.counts.get("rows", {})
    made: Mapping[str, int] = run.counts.get("made", {})
    return [
        *((_(str(title)), rows[name]) for name, title in ROWS.items() if rows.get(name)),
        *made.items(),
    ]


@post(
    "/import/history/{run_id:uuid}/undo",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    include_in_schema=False,
)
def undo(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    run_id: FromPath[UUID],
) -> Page:
    """Begin to undo an import; the page shows how it goes."""
    try:
        with database.transaction() as db:
            undoing.begin(db, actor, run_id)
    except Conflict as wrong:
        with database.reading(fresh=True) as db:
            return _run(db, request, actor, run_id, wrong)
    return redirect(f"/import/history/{run_id}")


import_history_routes: list[Any] = [history_page, run_page, undo]
