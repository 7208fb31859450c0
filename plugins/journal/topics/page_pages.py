"""The plan of one journal page: how far it is, its departures, and topics written into its lessons."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.plain_forms import faults
from plugins.journal.access import EDIT, VIEW, open_page
from plugins.journal.topics.curriculum_hours import of_page
from plugins.journal.topics.exceptions import ExceptionIn, InsertedIn, insert_topic, set_exception
from plugins.journal.topics.following import leave_plan, plan_of_page
from plugins.journal.topics.forms import DepartForm, InsertForm, id_of, number_of
from plugins.journal.topics.layout import words_of
from plugins.journal.topics.page_view import view_of
from plugins.journal.topics.plans import Asked, list_plans
from plugins.journal.topics.writing import undo_writing, waiting, write_all

FORM = RequestEncodingType.URL_ENCODED


@get("/journal/{page_id:uuid}/plan", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def page_plan(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    written: FromQuery[str] = "",
    lessons: FromQuery[str] = "",
    done: FromQuery[str] = "",
    edit: FromQuery[str] = "",
) -> Page:
    """Which topic was planned for which day and when it was given."""
    return _page_plan(
        request,
        actor,
        database,
        page_id,
        written=id_of(written, "written"),
        lessons=number_of(lessons, "lessons") or 0,
        done=done[:20],
        edit=id_of(edit, "edit"),
    )


def _page_plan(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    *,
    written: UUID | None = None,
    lessons: int = 0,
    done: str = "",
    edit: UUID | None = None,
    error: PortalError | None = None,
) -> Page:
    today = school_today(actor)
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        followed = plan_of_page(db, page)
        curriculum = (
            of_page(
                db,
                actor,
                page.organization_id,
                page.academic_year_id,
                page.subject_id,
                page.school_class_id,
                page.pupil_group_id,
                followed.hours,
            )
            if followed
            else None
        )
        offered = (
            []
            if followed
            else list_plans(
                db,
                actor,
                Asked(
                    subject_id=page.subject_id, grade_level=page.grade_level, year_id=page.academic_year_id
                ),
            )
        )
    may_edit = page.may_edit and actor.can(EDIT)
    return render(
        request,
        "journal/page_plan.html",
        page=page,
        view=view_of(followed, today) if followed else None,
        curriculum=curriculum,
        offered=offered,
        may_edit=may_edit,
        written=written,
        lessons=lessons,
        done=done,
        edit=edit,
        today=today,
        **faults(error),
    )


@post(
    "/journal/{page_id:uuid}/plan/leave", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def plan_left(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> Page:
    """Let the page follow no plan; what is written stays."""
    with database.transaction() as db:
        leave_plan(db, actor, page_id)
    return redirect(f"/journal/{page_id}/plan")


@post(
    "/journal/{page_id:uuid}/plan/topics", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def topic_inserted(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Annotated[InsertForm, Body(media_type=FORM)],
) -> Page:
    """Put a topic into this page's plan only."""
    try:
        with database.transaction() as db:
            insert_topic(db, actor, page_id, InsertedIn(title=data.title, after=id_of(data.after, "after")))
    except Invalid as error:
        return _page_plan(request, actor, database, page_id, edit=id_of(data.after, "after"), error=error)
    return redirect(f"/journal/{page_id}/plan#t-{data.after or 'end'}")


@post(
    "/journal/{page_id:uuid}/plan/topics/{topic_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def departed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: Annotated[DepartForm, Body(media_type=FORM)],
) -> Page:
    """Skip a topic, join it to the one before, stretch it, or follow the plan again."""
    try:
        wanted = ExceptionIn(kind=data.kind, lessons=number_of(data.lessons, "lessons") or 0)
        with database.transaction() as db:
            set_exception(db, actor, page_id, topic_id, wanted)
    except (Invalid, Conflict) as error:
        return _page_plan(request, actor, database, page_id, edit=topic_id, error=error)
    return redirect(f"/journal/{page_id}/plan#t-{topic_id}")


@get("/journal/{page_id:uuid}/plan/write", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def writing_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
) -> Page:
    """Which topics would be written into which lessons up to today."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        rows = [(lesson, words_of(slot)) for lesson, slot in waiting(db, page, school_today(actor))]
    return render(
        request, "journal/plan_write.html", page=page, rows=rows, may_edit=page.may_edit and actor.can(EDIT)
    )


@post(
    "/journal/{page_id:uuid}/plan/write", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def topics_written(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> Page:
    """Write the plan's topics into all lessons up to today that have none."""
    with database.transaction() as db:
        made = write_all(db, actor, page_id, school_today(actor))
    if made.batch is None:
        return redirect(f"/journal/{page_id}/plan?done=nothing")
    return redirect(f"/journal/{page_id}/plan?written={made.batch}&lessons={made.lessons}")


@post(
    "/journal/{page_id:uuid}/plan/writes/{batch_id:uuid}/undo",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def writing_undone(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    batch_id: FromPath[UUID],
) -> Page:
    """Take back what was written at once."""
    with database.transaction() as db:
        undo_writing(db, actor, page_id, batch_id)
    return redirect(f"/journal/{page_id}/plan?done=undone")


page_plan_routes: list[Any] = [
    page_plan,
    plan_left,
    topic_inserted,
    departed,
    writing_form,
    topics_written,
    writing_undone,
]
