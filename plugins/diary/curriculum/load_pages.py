"""Pages of teachers' loads: who teaches what, what is vacant, and who is to take it."""

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
from core.web.pages import Page, redirect, render
from core.web.plain_forms import faults
from plugins.diary.curriculum.curricula import EDIT, open_curriculum
from plugins.diary.curriculum.forms import TeacherForm, day_of, id_of
from plugins.diary.curriculum.loads import LOADS, TeacherIn, assign, assigning, loads

ADDRESS = "/curriculum/{curriculum_id:uuid}/loads"
UNIT = ADDRESS + "/{column_id:uuid}/{subject_id:uuid}"


@get(ADDRESS, guards=[needs(LOADS)], sync_to_thread=True, include_in_schema=False)
def loads_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    done: FromQuery[str] = "",
) -> Page:
    """Who teaches what of a plan, and what nobody teaches."""
    with database.reading(fresh=True) as db:
        line = open_curriculum(db, actor, curriculum_id)
        found = loads(db, actor, curriculum_id)
    return render(
        request,
        "diary/curriculum_loads.html",
        line=line,
        loads=found,
        may_assign=actor.can(EDIT) and line.state != "superseded",
        done=done,
    )


@get(UNIT, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def teacher_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    column_id: FromPath[UUID],
    subject_id: FromPath[UUID],
) -> Page:
    """The form of one assignment."""
    return _form(request, actor, database, curriculum_id, column_id, subject_id)


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    curriculum_id: UUID,
    column_id: UUID,
    subject_id: UUID,
    typed: TeacherForm | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        shown = assigning(db, actor, curriculum_id, subject_id, column_id)
    now = str(shown.now[0]) if shown.now else ""
    return render(
        request,
        "diary/curriculum_teacher.html",
        line=shown.line,
        shown=shown,
        typed=typed or TeacherForm(teacher=now, from_day=shown.first.isoformat()),
        **faults(error),
    )


@post(UNIT, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def teacher_assigned(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    curriculum_id: FromPath[UUID],
    column_id: FromPath[UUID],
    subject_id: FromPath[UUID],
    data: Annotated[TeacherForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Let a teacher teach a subject, or nobody; the form comes back with its errors."""
    try:
        wanted = TeacherIn(
            subject_id=subject_id,
            column_id=column_id,
            teacher_id=id_of(data.teacher, "teacher") if data.teacher else None,
            from_day=day_of(data.from_day, "from_day"),
        )
        with database.transaction() as db:
            assign(db, actor, curriculum_id, wanted)
    except (Invalid, Conflict) as error:
        return _form(request, actor, database, curriculum_id, column_id, subject_id, data, error)
    return redirect(f"/curriculum/{curriculum_id}/loads?done=assigned")


load_routes: list[Any] = [loads_page, teacher_form, teacher_assigned]
