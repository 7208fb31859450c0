"""Pages that load a plan from a table, give it out as one, and apply it to journal pages."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError, TooLarge
from core.exchange.report_table import as_xlsx
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.plain_forms import faults
from plugins.journal.access import EDIT, VIEW
from plugins.journal.settings import settings_of
from plugins.journal.topics.following import (
    Application,
    Forecast,
    apply_plan,
    fitting_pages,
    forecast,
    uses_of,
)
from plugins.journal.topics.forms import ApplyForm, LoadForm, UploadForm, day_or_none, id_of
from plugins.journal.topics.plan_topics import plan_topics
from plugins.journal.topics.plans import open_plan
from plugins.journal.topics.tables import ReadTable, load_table, plan_rows, read_plan_table

LARGEST_TABLE = 5 * 1024 * 1024
"""Bytes of a file with a plan."""


@get(
    "/journal/plans/{plan_id:uuid}/import", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def import_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
) -> Page:
    """Choose a table with topics."""
    return _import(request, actor, database, plan_id)


def _import(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    plan_id: UUID,
    *,
    table: ReadTable | None = None,
    name: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id, edit=True)
        kinds = settings_of(db, actor).kinds.values()
    return render(
        request,
        "journal/plan_import.html",
        plan=plan,
        table=table,
        rows=msgspec.json.encode(table.topics).decode() if table else "",
        name=name,
        kind_titles={kind.code: kind.shown_title for kind in kinds},
        **faults(error),
    )


@post(
    "/journal/plans/{plan_id:uuid}/import", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def table_looked_at(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Page:
    """Show what would be loaded; nothing is changed."""
    upload: Any = data.file
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            wrong = _("Выберите таблицу .xlsx или .csv.")
            raise Invalid(_("Файл не выбран."), advice=wrong, fields={"file": wrong})
        content = upload.file.read(LARGEST_TABLE + 1)
        if len(content) > LARGEST_TABLE:
            raise TooLarge(_("Файл больше 5 МБ."), advice=_("Оставьте в нём только план."))
        with database.reading(fresh=True) as db:
            open_plan(db, actor, plan_id, edit=True)
            settings = settings_of(db, actor)
        table = read_plan_table(upload.filename, content, settings)
    except (Invalid, TooLarge) as error:
        return _import(request, actor, database, plan_id, error=error)
    return _import(request, actor, database, plan_id, table=table, name=upload.filename[:100])


@post(
    "/journal/plans/{plan_id:uuid}/import/load",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def table_loaded(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: Annotated[LoadForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Load the table that was looked at, whole or not at all."""
    try:
        topics = data.topics()
        with database.transaction() as db:
            load_table(db, actor, plan_id, topics, replace=bool(data.replace))
    except (Invalid, Conflict) as error:
        return _import(request, actor, database, plan_id, error=error)
    return redirect(f"/journal/plans/{plan_id}?done=loaded")


@get(
    "/journal/plans/{plan_id:uuid}/export", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def plan_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], plan_id: FromPath[UUID]
) -> Response[bytes]:
    """The plan as an .xlsx file, which can be loaded again."""
    with database.reading() as db:
        plan = open_plan(db, actor, plan_id)
        rows = list(plan_rows(plan_topics(db, plan), settings_of(db, actor)))
    return download(as_xlsx([(plan.title, rows)]), "xlsx", plan.title)


@get(
    "/journal/plans/{plan_id:uuid}/apply", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def apply_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    page: FromQuery[list[str] | None] = None,
    from_day: FromQuery[str] = "",
    first_topic: FromQuery[str] = "",
) -> Page:
    """Choose pages; once they are chosen, see which lesson gets which topic."""
    typed = ApplyForm(page=page or [], from_day=from_day, first_topic=first_topic)
    made: list[Forecast] = []
    found: PortalError | None = None
    if typed.pages or from_day or first_topic:
        try:
            wanted = _application(typed)
            with database.reading(fresh=True) as db:
                made = forecast(db, actor, plan_id, wanted)
        except Invalid as error:
            found = error
    return _apply(request, actor, database, plan_id, typed, made, found)


def _application(typed: ApplyForm) -> Application:
    chosen = [id_of(each, "page") for each in typed.pages]
    return Application(
        page_ids=[each for each in chosen if each is not None],
        from_day=day_or_none(typed.from_day, "from_day"),
        first_topic_id=id_of(typed.first_topic, "first_topic"),
    )


def _apply(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    plan_id: UUID,
    typed: ApplyForm,
    made: list[Forecast],
    error: PortalError | None,
) -> Page:
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id)
        topics = plan_topics(db, plan)
        pages = fitting_pages(db, actor, plan)
        uses = {use.page_id: use for use in uses_of(db, [line.id for line in pages])}
    return render(
        request,
        "journal/plan_apply.html",
        plan=plan,
        topics=[(str(topic.id), f"{topic.number}. {topic.title}"[:90]) for topic in topics],
        pages=pages,
        uses=uses,
        typed=typed,
        forecasts=made,
        **faults(error),
    )


@post(
    "/journal/plans/{plan_id:uuid}/apply", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def plan_applied(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: Annotated[ApplyForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Apply the plan to the chosen pages."""
    try:
        with database.transaction() as db:
            made = apply_plan(db, actor, plan_id, _application(data))
    except Invalid as error:
        return _apply(request, actor, database, plan_id, data, [], error)
    if len(made) == 1:
        return redirect(f"/journal/{made[0].page.id}/plan?done=applied")
    return redirect(f"/journal/plans/{plan_id}?done=applied")


table_routes: list[Any] = [
    import_form,
    table_looked_at,
    table_loaded,
    plan_file,
    apply_form,
    plan_applied,
]
