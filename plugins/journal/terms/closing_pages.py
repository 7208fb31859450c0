"""The sheet of a class, and the terms of the school: readiness, closing, opening again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Invalid, PortalError
from core.organizations.term_closing import CLOSE
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from plugins.journal.access import VIEW
from plugins.journal.terms import readiness
from plugins.journal.terms.class_sheets import read_class_sheet

FORM = RequestEncodingType.URL_ENCODED
DONE = {
    "closed": lazy("Период закрыт. Учителя, у которых не хватает отметок, получили уведомления."),
    "reopened": lazy("Период снова открыт."),
    "reminded": lazy("Напоминания отправлены."),
}


@dataclass
class ReopenForm:
    """Why a term is opened again, and until when."""

    reason: str = ""
    until: str = ""


@get(
    "/journal/classes/{class_id:uuid}/term-marks",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def class_sheet(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: FromQuery[str] = "",
) -> Page:
    """The summary sheet of a class."""
    with database.reading(fresh=True) as db:
        sheet = read_class_sheet(db, actor, class_id, column)
    return render(request, "journal/class_sheet.html", sheet=sheet)


@get("/journal/terms", guards=[needs(CLOSE)], sync_to_thread=True, include_in_schema=False)
def terms(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The terms of the present year with their readiness."""
    with database.reading(fresh=True) as db:
        lines = readiness.terms_with_readiness(db, actor)
    return render(request, "journal/terms.html", lines=lines)


@get("/journal/terms/{term_id:uuid}", guards=[needs(CLOSE)], sync_to_thread=True, include_in_schema=False)
def term(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    term_id: FromPath[UUID],
) -> Page:
    """One term: what is missing, by class and by teacher; closing it and opening it again."""
    return _show_term(request, actor, database, term_id)


def _show_term(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    term_id: UUID,
    typed: ReopenForm | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        line = readiness.term_readiness(db, actor, term_id)
    return render(
        request,
        "journal/term.html",
        status=error.status if error else 200,
        line=line,
        typed=typed or ReopenForm(),
        message=_(error.message) if error else "",
        errors=error.fields if error else {},
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


@post(
    "/journal/terms/{term_id:uuid}/close", guards=[needs(CLOSE)], sync_to_thread=True, include_in_schema=False
)
def term_close(
    actor: NamedDependency[Actor], database: NamedDependency[Database], term_id: FromPath[UUID]
) -> Page:
    """Close a term for all classes that follow its kind."""
    with database.transaction() as db:
        readiness.close(db, actor, term_id)
    return redirect(f"/journal/terms/{term_id}?done=closed")


@post(
    "/journal/terms/{term_id:uuid}/reopen",
    guards=[needs(CLOSE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def term_reopen(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    term_id: FromPath[UUID],
    data: Annotated[ReopenForm, Body(media_type=FORM)],
) -> Page:
    """Open a term again for some days; the form comes back with its errors."""
    try:
        until = date.fromisoformat(data.until.strip()[:10])
    except ValueError:
        until = date.min
    try:
        with database.transaction() as db:
            readiness.reopen(db, actor, term_id, data.reason, until)
    except Invalid as error:
        return _show_term(request, actor, database, term_id, data, error)
    return redirect(f"/journal/terms/{term_id}?done=reopened")


@post(
    "/journal/terms/{term_id:uuid}/remind",
    guards=[needs(CLOSE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def term_remind(
    actor: NamedDependency[Actor], database: NamedDependency[Database], term_id: FromPath[UUID]
) -> Page:
    """Remind the teachers whose marks are missing."""
    with database.transaction() as db:
        readiness.remind(db, actor, term_id)
    return redirect(f"/journal/terms/{term_id}?done=reminded")


closing_page_routes: list[Any] = [
    class_sheet,
    terms,
    term,
    term_close,
    term_reopen,
    term_remind,
]
