"""Pages of curricula: the list, a new one, the table of one, its rows and columns."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, NotFound, PortalError
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.plain_forms import WishForm, faults
from plugins.diary.curriculum.beginning import BeginIn, begin_from
from plugins.diary.curriculum.curricula import (
    EDIT,
    LAST_GRADE,
    VIEW,
    CurriculumChange,
    change,
    current_year,
    delete_draft,
    list_curricula,
    may_begin,
    open_curriculum,
    years_of,
)
from plugins.diary.curriculum.editing import (
    ColumnIn,
    RowIn,
    add_column,
    add_row,
    addable,
    remove_column,
    remove_row,
    subjects_of,
)
from plugins.diary.curriculum.forms import BeginForm, ChangeForm, ColumnForm, RowForm, day_of, grade_of, id_of
from plugins.diary.curriculum.hours import show_hours
from plugins.diary.curriculum.loads import LOADS
from plugins.diary.curriculum.table import PARTS
from plugins.diary.curriculum.templates import all_templates
from plugins.diary.curriculum.view import choices, part_title, see, shown_rows
from plugins.diary.settings import configuration_of

FORM = RequestEncodingType.URL_ENCODED
ADDRESS = "/curriculum/{curriculum_id:uuid}"
NO_FORM = BeginForm()


@get("/curriculum", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def curricula_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The school's curricula by years."""
    with database.reading() as db:
        lines = list_curricula(db, actor)
        begins = may_begin(actor)
    return render(request, "diary/curricula.html", lines=lines, may_begin=begins)


@get("/curriculum/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def new_curriculum(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form to begin a curriculum."""
    return _new(request, actor, database)


def _new(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    typed: BeginForm = NO_FORM,
    error: PortalError | None = None,
) -> Page:
    with database.reading() as db:
        years = [year for year in years_of(db, actor) if not year.archived] if may_begin(actor) else []
        current = current_year(years, school_today(actor))
        templates = all_templates(configuration_of(db.portal).curriculum_templates)
        earlier = list_curricula(db, actor)
    return render(
        request,
        "diary/curriculum_new.html",
        typed=typed,
        years=[(year.id, year.name) for year in years],
        current=typed.academic_year_id or (current.id if current else ""),
        grades=[(grade, grade) for grade in range(1, LAST_GRADE + 1)],
        templates=templates,
        earlier=earlier,
        **faults(error),
    )


@post("/curriculum/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def curriculum_begun(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[BeginForm, Body(media_type=FORM)],
) -> Page:
    """Begin a curriculum and open it; the form comes back with its errors."""
    try:
        how, _colon, which = data.source.partition(":")
        wanted = BeginIn(
            academic_year_id=id_of(data.academic_year_id, "academic_year_id"),
            lowest_grade_level=grade_of(data.lowest_grade_level, "lowest_grade_level"),
            highest_grade_level=grade_of(data.highest_grade_level, "highest_grade_level"),
            title=data.title,
            template=which if how == "template" else "",
            copied_from=id_of(which, "source") if how == "copy" else None,
        )
        with database.transaction() as db:
            curriculum_id = begin_from(db, actor, wanted)
    except (Invalid, Conflict, NotFound) as error:
        return _new(request, actor, database, data, error)
    return redirect(f"/curriculum/{curriculum_id}")


@get(ADDRESS, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def curriculum_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    show: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Page:
    """The table of a curriculum: to read, or to write in while it is a draft."""
    return _curriculum(request, actor, database, curriculum_id, show=show, done=done[:20])


def _curriculum(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    *,
    show: str = "",
    done: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        shown = see(db, actor, curriculum_id, show)
        line, table = shown.line, shown.table
        grade = int(show) if show.isdecimal() else None
        subjects = subjects_of(db, line.organization_id) if line.may_edit else ()
        places = addable(db, actor, line, table, grade) if line.may_edit else None
        begins = may_begin(actor)
    return render(
        request,
        "diary/curriculum.html",
        line=line,
        shown=shown,
        columns=shown.columns,
        parts=[
            (part, part_title(part), rows)
            for part, rows in shown_rows(table, shown.columns, all_rows=line.may_edit)
        ],
        cells={
            (row.id, column.id): (
                show_hours(table.written.get((row.id, column.id))),
                show_hours(table.halves(row, column)),
            )
            for row in table.rows
            for column in shown.columns
        },
        sums=shown.sums(),
        findings=shown.findings,
        choices=choices(table),
        show=show,
        done=done,
        subjects=subjects,
        part_choices=[(part, part_title(part)) for part in PARTS],
        places=places,
        may_begin=begins,
        sees_loads=actor.can(LOADS),
        **faults(error),
    )


@post(f"{ADDRESS}/rows", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def row_added(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[RowForm, Body(media_type=FORM)],
) -> Page:
    """Put a subject into a part of the plan."""
    try:
        with database.transaction() as db:
            wanted = RowIn(subject_id=id_of(data.subject_id, "subject_id"), part=data.part)
            row_id = add_row(db, actor, curriculum_id, wanted)
    except (Invalid, Conflict) as error:
        return _curriculum(request, actor, database, curriculum_id, show=data.show, error=error)
    return redirect(f"/curriculum/{curriculum_id}?show={_view(data.show)}#r-{row_id}")


@post(
    f"{ADDRESS}/rows/{{row_id:uuid}}/remove",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def row_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    row_id: FromPath[UUID],
    data: Annotated[RowForm, Body(media_type=FORM)],
) -> Page:
    """Take a subject out of the plan."""
    with database.transaction() as db:
        remove_row(db, actor, curriculum_id, row_id)
    return redirect(f"/curriculum/{curriculum_id}/layout?done=removed")


@post(f"{ADDRESS}/columns", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def column_added(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[ColumnForm, Body(media_type=FORM)],
) -> Page:
    """Give a class, group or pupil a column."""
    try:
        kind, _colon, which = data.place.partition(":")
        key = id_of(which, "place")
        wanted = ColumnIn(
            school_class_id=key if kind == "class" else None,
            pupil_group_id=key if kind == "group" else None,
            pupil_id=key if kind == "pupil" else None,
        )
        with database.transaction() as db:
            add_column(db, actor, curriculum_id, wanted)
    except (Invalid, Conflict) as error:
        return _curriculum(request, actor, database, curriculum_id, show=data.show, error=error)
    return redirect(f"/curriculum/{curriculum_id}?show={_view(data.show)}")


@post(
    f"{ADDRESS}/columns/{{column_id:uuid}}/remove",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def column_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    column_id: FromPath[UUID],
    data: Annotated[ColumnForm, Body(media_type=FORM)],
) -> Page:
    """Take a class, a group or an individual plan out of the plan."""
    with database.transaction() as db:
        remove_column(db, actor, curriculum_id, column_id)
    return redirect(f"/curriculum/{curriculum_id}/layout?done=removed")


def _view(show: str) -> str:
    """The view to come back to, as an address takes it."""
    return show if show.isalnum() else ""


@get(f"{ADDRESS}/layout", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def layout_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    done: FromQuery[str] = "",
) -> Page:
    """Title and first day of a draft; its subjects and columns to be taken out; its deletion."""
    return _layout(request, actor, database, curriculum_id, done=done)


def _layout(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    *,
    typed: ChangeForm | None = None,
    done: str = "",
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        open_curriculum(db, actor, curriculum_id, edit=True)
        shown = see(db, actor, curriculum_id)
        year = db.get_one(AcademicYear, shown.line.academic_year_id)
    line, table = shown.line, shown.table
    return render(
        request,
        "diary/curriculum_layout.html",
        line=line,
        year=year,
        typed=typed or ChangeForm(title=line.title, starts_on=line.starts_on.isoformat()),
        parts=[(part_title(part), rows) for part, rows in table.parts()],
        columns=[column for column in table.columns if column.kind != "grade"],
        kinds={"class": _("класс"), "group": _("группа"), "pupil": _("индивидуальный план")},
        done=done,
        **faults(error),
    )


@post(f"{ADDRESS}/layout", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def layout_saved(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[ChangeForm, Body(media_type=FORM)],
) -> Page:
    """Save title and first day."""
    try:
        wanted = CurriculumChange(title=data.title, starts_on=day_of(data.starts_on, "starts_on"))
        with database.transaction() as db:
            change(db, actor, curriculum_id, wanted)
    except Invalid as error:
        return _layout(request, actor, database, curriculum_id, typed=data, error=error)
    return redirect(f"/curriculum/{curriculum_id}")


@post(f"{ADDRESS}/delete", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def draft_deleted(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take a draft away."""
    with database.transaction() as db:
        delete_draft(db, actor, curriculum_id)
    return redirect("/curriculum")


curriculum_routes: list[Any] = [
    curricula_page,
    new_curriculum,
    curriculum_begun,
    curriculum_page,
    row_added,
    row_removed,
    column_added,
    column_removed,
    layout_page,
    layout_saved,
    draft_deleted,
]
