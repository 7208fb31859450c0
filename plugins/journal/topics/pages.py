"""Pages of lesson plans: the list, the editor of one plan, its topics."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from plugins.journal.access import EDIT, VIEW
from plugins.journal.settings import settings_of
from plugins.journal.topics.curriculum_hours import of_grade
from plugins.journal.topics.forms import MoveForm, PlanForm, TopicForm, id_of, number_of
from plugins.journal.topics.page_pages import page_plan_routes
from plugins.journal.topics.plan_topics import (
    TopicChanged,
    add_topic,
    change_topic,
    find_topic,
    move_topic,
    plan_topics,
    remove_topic,
    restore_topic,
)
from plugins.journal.topics.plans import (
    LAST_GRADE,
    Asked,
    PlanChange,
    PlanIn,
    begin_plan,
    change_plan,
    copy_plan,
    current_year,
    delete_plan,
    list_plans,
    may_begin,
    offered_subjects,
    open_plan,
    years_of_plans,
)
from plugins.journal.topics.progress_pages import progress_routes
from plugins.journal.topics.table_pages import table_routes

FORM = RequestEncodingType.URL_ENCODED
ALL_YEARS = "all"
EMPTY_TOPIC = TopicForm()


@get("/journal/plans", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def plans_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: FromQuery[str] = "",
    grade: FromQuery[str] = "",
    year: FromQuery[str] = "",
    whose: FromQuery[str] = "",
) -> Page:
    """Plans to choose from: one's own, and colleagues' of the same subjects."""
    with database.reading() as db:
        years = years_of_plans(db, actor)
        this_year = current_year(db, actor) if years else None
        lines = list_plans(
            db,
            actor,
            Asked(
                words=q,
                grade_level=number_of(grade, "grade"),
                year_id=None if year == ALL_YEARS else id_of(year, "year") or this_year,
                mine=whose == "own",
            ),
        )
    return render(
        request,
        "journal/plans.html",
        lines=lines,
        q=q[:100],
        grade=grade,
        year=year or str(this_year or ""),
        whose=whose,
        years=years,
        grades=range(1, LAST_GRADE + 1),
        asked=bool(q or grade or whose or year),
        may_begin=may_begin(actor),
        this_year=this_year,
    )


@get("/journal/plans/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def new_plan(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form to begin a plan."""
    return _new_plan(request, actor, database, PlanForm())


def _new_plan(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    typed: PlanForm,
    error: PortalError | None = None,
) -> Page:
    with database.reading() as db:
        subjects = offered_subjects(db, actor)
    return render(
        request,
        "journal/plan_new.html",
        status=error.status if error else 200,
        typed=typed,
        subjects=subjects,
        grades=[(grade, _("%(grade)s класс") % {"grade": grade}) for grade in range(1, LAST_GRADE + 1)],
        **_wrong(error),
    )


@post("/journal/plans/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def plan_begun(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[PlanForm, Body(media_type=FORM)],
) -> Page:
    """Begin a plan and open it; the form comes back with its errors."""
    try:
        subject_id = id_of(data.subject_id, "subject_id")
        grade = number_of(data.grade_level, "grade_level")
        if subject_id is None or grade is None:
            wrong = _("Выберите из списка.")
            missing = {"subject_id": subject_id, "grade_level": grade}
            raise Invalid(
                _("Выберите предмет и класс."),
                fields={name: wrong for name, value in missing.items() if value is None},
            )
        wanted = PlanIn(
            subject_id=subject_id, grade_level=grade, title=data.title, hours=number_of(data.hours, "hours")
        )
        with database.transaction() as db:
            plan_id = begin_plan(db, actor, wanted)
    except (Invalid, Conflict) as error:
        return _new_plan(request, actor, database, data, error)
    return redirect(f"/journal/plans/{plan_id}")


@get("/journal/plans/{plan_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def plan_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    removed: FromQuery[str] = "",
    moved: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Page:
    """A plan with its topics: to read, or to change for its author and the deputy head."""
    return _plan(
        request, actor, database, plan_id, removed=id_of(removed, "removed"), moved=moved, done=done[:20]
    )


def _plan(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    plan_id: UUID,
    *,
    removed: UUID | None = None,
    moved: str = "",
    done: str = "",
    typed: TopicForm = EMPTY_TOPIC,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id)
        topics = plan_topics(db, plan)
        kinds = settings_of(db, actor).kinds
        curriculum = of_grade(
            db,
            actor,
            plan.organization_id,
            plan.academic_year_id,
            plan.subject_id,
            plan.grade_level,
            plan.topic_hours,
        )
    return render(
        request,
        "journal/plan.html",
        status=error.status if error else 200,
        plan=plan,
        curriculum=curriculum,
        topics=topics,
        typed=typed,
        last_section=typed.section or (topics[-1].section if topics else ""),
        kinds=[(kind.code, kind.shown_title) for kind in kinds.values()],
        kind_titles={kind.code: kind.shown_title for kind in kinds.values()},
        removed=removed if all(topic.id != removed for topic in topics) else None,
        moved=moved,
        done=done,
        may_begin=may_begin(actor),
        **_wrong(error),
    )


@post(
    "/journal/plans/{plan_id:uuid}/topics", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def topic_added(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: Annotated[TopicForm, Body(media_type=FORM)],
) -> Page:
    """Add a topic and wait for the next one; the form comes back with its errors."""
    try:
        with database.transaction() as db:
            add_topic(db, actor, plan_id, data.topic(), after=id_of(data.after, "after"))
    except Invalid as error:
        return _plan(request, actor, database, plan_id, typed=data, error=error)
    return redirect(f"/journal/plans/{plan_id}?done=added")


@get("/journal/plans/{plan_id:uuid}/edit", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def plan_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
) -> Page:
    """The form for a plan's title and hours, and its deletion."""
    return _plan_form(request, actor, database, plan_id)


def _plan_form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    plan_id: UUID,
    typed: PlanForm | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id, edit=True)
    return render(
        request,
        "journal/plan_edit.html",
        status=error.status if error else 200,
        plan=plan,
        typed=typed or PlanForm(title=plan.title, hours=str(plan.hours or "")),
        **_wrong(error),
    )


@post(
    "/journal/plans/{plan_id:uuid}/edit", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def plan_saved(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: Annotated[PlanForm, Body(media_type=FORM)],
) -> Page:
    """Save a plan's title and hours."""
    try:
        change = PlanChange(title=data.title, hours=number_of(data.hours, "hours"))
        with database.transaction() as db:
            change_plan(db, actor, plan_id, change)
    except Invalid as error:
        return _plan_form(request, actor, database, plan_id, data, error)
    return redirect(f"/journal/plans/{plan_id}")


@post(
    "/journal/plans/{plan_id:uuid}/copy", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def plan_copied(
    actor: NamedDependency[Actor], database: NamedDependency[Database], plan_id: FromPath[UUID]
) -> Page:
    """Copy a plan into this year as one's own, and open the copy."""
    with database.transaction() as db:
        copy_id = copy_plan(db, actor, plan_id)
    return redirect(f"/journal/plans/{copy_id}?done=copied")


@post(
    "/journal/plans/{plan_id:uuid}/delete", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def plan_deleted(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
) -> Page:
    """Take a plan away that no page follows."""
    try:
        with database.transaction() as db:
            delete_plan(db, actor, plan_id)
    except Conflict as error:
        return _plan_form(request, actor, database, plan_id, error=error)
    return redirect("/journal/plans")


@get(
    "/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> Page:
    """The form of one topic."""
    return _topic(request, actor, database, plan_id, topic_id)


def _topic(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    plan_id: UUID,
    topic_id: UUID,
    typed: TopicForm | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id, edit=True)
        topic = find_topic(db, plan, topic_id)
        kinds = settings_of(db, actor).kinds.values()
    shown = typed or TopicForm(
        title=topic.title,
        section=topic.section,
        hours=str(topic.hours),
        homework=topic.homework,
        control_kind=topic.control_kind,
        links=topic.links,
        remark=topic.remark,
    )
    return render(
        request,
        "journal/plan_topic.html",
        status=error.status if error else 200,
        plan=plan,
        topic=topic,
        typed=shown,
        kinds=[(kind.code, kind.shown_title) for kind in kinds],
        now_there=topic if isinstance(error, TopicChanged) else None,
        **_wrong(error),
    )


@post(
    "/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_saved(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: Annotated[TopicForm, Body(media_type=FORM)],
) -> Page:
    """Save a topic; what somebody else has saved meanwhile is shown beside."""
    try:
        with database.transaction() as db:
            change_topic(db, actor, plan_id, topic_id, data.topic(), was=number_of(data.version, "version"))
    except (Invalid, TopicChanged) as error:
        return _topic(request, actor, database, plan_id, topic_id, data, error)
    return redirect(f"/journal/plans/{plan_id}?moved={topic_id}")


@post(
    "/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}/move",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_moved(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: Annotated[MoveForm, Body(media_type=FORM)],
) -> Page:
    """Move a topic to another place."""
    with database.transaction() as db:
        move_topic(db, actor, plan_id, topic_id, number_of(data.to, "to") or 1)
    return redirect(f"/journal/plans/{plan_id}?moved={topic_id}")


@post(
    "/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}/remove",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> Page:
    """Take a topic out; the page offers to put it back."""
    with database.transaction() as db:
        remove_topic(db, actor, plan_id, topic_id)
    return redirect(f"/journal/plans/{plan_id}?removed={topic_id}")


@post(
    "/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}/restore",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_restored(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> Page:
    """Put a topic back that was taken out."""
    with database.transaction() as db:
        restore_topic(db, actor, plan_id, topic_id)
    return redirect(f"/journal/plans/{plan_id}?moved={topic_id}")


def _wrong(error: PortalError | None) -> dict[str, Any]:
    return {
        "message": error.message if error else "",
        "advice": error.advice if error else "",
        "errors": error.fields if error else {},
    }


topic_page_routes: list[Any] = [
    plans_page,
    new_plan,
    plan_begun,
    plan_page,
    topic_added,
    plan_form,
    plan_saved,
    plan_copied,
    plan_deleted,
    topic_form,
    topic_saved,
    topic_moved,
    topic_removed,
    topic_restored,
    *table_routes,
    *page_plan_routes,
    *progress_routes,
]
