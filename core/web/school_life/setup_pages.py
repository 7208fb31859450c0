"""The wizard of setting an organization up: its steps, the way to each and back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound
from core.portal import Portal
from core.readiness import confirming
from core.readiness.checklist import CONFIRM, KINDS, VIEW, checklist
from core.roles.actor import Actor
from core.web import cookies
from core.web.guards import needs
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.school_life.setup_list import setup_list_routes
from core.web.visit import portal_of

KEPT = 3600
"""For so many seconds after a step was opened pages show the way back."""

DONE = {
    "confirmed": lazy("Шаг отмечен как сделанный."),
    "reopened": lazy("Отметка снята."),
}


class Confirmation(msgspec.Struct, kw_only=True):
    """A step and what is said of it: `fine` or, with nothing, no more."""

    step: str = ""
    fine: str = ""


@get("/setup", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def own_setup(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The checklist of the acting role's organization; who acts for several others has the list of theirs."""
    if actor.acting_role.organization_kind not in KINDS or actor.acting_role.group_id is not None:
        return redirect("/setup/schools")
    with database.reading() as db:
        return _page(db, request, actor, actor.organization_id)


@get(
    "/organizations/{organization_id:uuid}/setup",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def setup(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> Page:
    """The checklist of an organization in reach."""
    with database.reading() as db:
        return _page(db, request, actor, organization_id)


def _page(db: Session, request: Request[Any, Any, Any], actor: Actor, organization_id: UUID) -> Page:
    found = checklist(db, actor, organization_id)
    return render(
        request,
        "setup/checklist.html",
        cookies=[cookies.drop(portal_of(request).config, cookies.SETUP)],
        found=found,
        organization=found.organization,
        current=next((each.name for each in found.steps if not each.done), ""),
        done=DONE.get(request.query_params.get("done", ""), ""),
        is_own=organization_id == actor.organization_id,
    )


@post(
    "/organizations/{organization_id:uuid}/setup",
    guards=[needs(CONFIRM)],
    sync_to_thread=True,
    include_in_schema=False,
)
def confirm_step(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: Annotated[Confirmation, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Say that a step is fine as it is, or take that back."""
    with database.transaction() as db:
        confirming.confirm(db, actor, organization_id, data.step, fine=bool(data.fine))
    return redirect(f"/organizations/{organization_id}/setup?done={'confirmed' if data.fine else 'reopened'}")


@get("/setup/step", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def go_to_step(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
) -> Page:
    """To the page where a step is done; pages show the way back for a while."""
    try:
        organization_id = UUID(request.query_params.get("organization", ""))
    except ValueError:
        raise NotFound("Такого шага нет.", advice="Откройте список шагов.") from None
    with database.reading() as db:
        found = checklist(db, actor, organization_id)
    name = request.query_params.get("step", "")
    url = next((each.url for each in found.steps if each.name == name), "")
    if not url:
        raise NotFound("Такого шага нет.", advice="Откройте список шагов.")
    value = f"{actor.acting_role.id}:{organization_id}"
    return redirect(url, cookies=[cookies.keep(portal.config, cookies.SETUP, value, seconds=KEPT)])


setup_routes: list[Any] = [own_setup, setup, confirm_step, go_to_step, *setup_list_routes]
