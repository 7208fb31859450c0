"""Pages of versions: submitting and approving, comparing, and what a version does before it is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.plain_forms import WishForm, faults
from plugins.diary.curriculum.approval import approve, send_back, submit, take_back
from plugins.diary.curriculum.beginning import new_version
from plugins.diary.curriculum.comparison import Comparison, comparable, compare, usual_other
from plugins.diary.curriculum.consequences import consequences
from plugins.diary.curriculum.curricula import APPROVE, EDIT, VIEW, open_curriculum
from plugins.diary.curriculum.forms import ReturnForm, id_of
from plugins.diary.curriculum.view import findings_of, part_title, see

FORM = RequestEncodingType.URL_ENCODED
ADDRESS = "/curriculum/{curriculum_id:uuid}"


@get(f"{ADDRESS}/compare", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def comparison_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    other: FromQuery[str] = "",
) -> Page:
    """What a version has other than another one."""
    with database.reading(fresh=True) as db:
        line = open_curriculum(db, actor, curriculum_id)
        others = comparable(db, actor, line)
        chosen = id_of(other, "other") if other else usual_other(db, line)
        if chosen is None and others:
            chosen = others[0].id
        found: Comparison | None = compare(db, actor, curriculum_id, chosen) if chosen else None
    return render(
        request,
        "diary/curriculum_compare.html",
        line=line,
        others=others,
        chosen=chosen,
        comparison=found,
        part_title=part_title,
    )


@get(f"{ADDRESS}/consequences", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def consequences_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
) -> Page:
    """What a version does to timetable and journals; here it is submitted, approved, given back."""
    return _consequences(request, actor, database, curriculum_id)


def _consequences(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    *,
    typed: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        shown = see(db, actor, curriculum_id)
        found = consequences(db, actor, curriculum_id)
        findings = findings_of(db, shown.line, shown.table)
    return render(
        request,
        "diary/curriculum_consequences.html",
        line=shown.line,
        found=found,
        findings=findings,
        typed=typed,
        may_take_back=actor.can(EDIT) and shown.line.state == "submitted",
        **faults(error),
    )


def _step(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    step: Callable[[Session], object],
    done: str,
    typed: str = "",
) -> Page:
    """Take a step and show the plan; what keeps it from being taken is told where it was asked for."""
    try:
        with database.transaction() as db:
            step(db)
    except (Conflict, Invalid) as error:
        return _consequences(request, actor, database, curriculum_id, typed=typed, error=error)
    return redirect(f"/curriculum/{curriculum_id}?done={done}")


@post(f"{ADDRESS}/submit", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def submitted(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Hand a draft to the head."""
    return _step(
        request, actor, database, curriculum_id, lambda db: submit(db, actor, curriculum_id), "submitted"
    )


@post(f"{ADDRESS}/take-back", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def taken_back(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Make a submitted version a draft again."""
    return _step(
        request, actor, database, curriculum_id, lambda db: take_back(db, actor, curriculum_id), "taken"
    )


@post(f"{ADDRESS}/send-back", guards=[needs(APPROVE)], sync_to_thread=True, include_in_schema=False)
def sent_back(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[ReturnForm, Body(media_type=FORM)],
) -> Page:
    """Give a submitted version back with a remark."""
    return _step(
        request,
        actor,
        database,
        curriculum_id,
        lambda db: send_back(db, actor, curriculum_id, data.remark),
        "returned",
        data.remark,
    )


@post(f"{ADDRESS}/approve", guards=[needs(APPROVE)], sync_to_thread=True, include_in_schema=False)
def approved(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Put a submitted version in force."""
    return _step(
        request, actor, database, curriculum_id, lambda db: approve(db, actor, curriculum_id), "approved"
    )


@post(f"{ADDRESS}/version", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def version_made(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Copy a version into a draft and open it."""
    with database.transaction() as db:
        copy_id = new_version(db, actor, curriculum_id)
    return redirect(f"/curriculum/{copy_id}?done=version")


version_routes: list[Any] = [
    comparison_page,
    consequences_page,
    submitted,
    taken_back,
    sent_back,
    approved,
    version_made,
]
