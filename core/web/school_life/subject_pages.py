"""«Предметы»: what is taught in an organization, its own subjects and those from above."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import subjects
from core.organizations.subjects import EDIT
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import counted, gettext
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed, as_id
from core.web.struct_form import form_fields


class SubjectForm(msgspec.Struct, kw_only=True):
    """Subjects to be added."""

    names: Annotated[
        str,
        Meta(
            title="Добавить предметы",
            description="По одному в строке. Короткое название – после точки с запятой: Физическая культура; Физ-ра.",
            min_length=1,
            extra_json_schema={"rows": 8},
        ),
    ]


@get(
    "/organizations/{organization_id:uuid}/subjects",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def subject_list(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> Page:
    """The subjects of an organization, and the form for more."""
    with database.reading() as db:
        return _page(db, request, actor, organization_id)


@post(
    "/organizations/{organization_id:uuid}/subjects",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def change_subjects(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Add subjects, or take one away."""
    remove = as_id(str(data.get("remove", "")))
    address = f"/organizations/{organization_id}/subjects"
    if remove is not None:
        with database.transaction() as db:
            subjects.remove_subject(db, actor, organization_id, remove)
        return redirect(f"{address}?removed=yes")
    try:
        with database.transaction() as db:
            added = subjects.add_subjects(db, actor, organization_id, str(data.get("names", "")))
    except Invalid as wrong:
        with database.reading() as db:
            return _page(db, request, actor, organization_id, data, wrong)
    return redirect(f"{address}?added={added}")


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    organization_id: UUID,
    typed: dict[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    found = subjects.subjects_of(db, actor, organization_id)
    first = {} if found.lines else {"names": "\n".join(subjects.USUAL)}
    added = request.query_params.get("added", "")
    done = ""
    if added.isascii() and added.isdigit():
        number = int(added)
        done = gettext("Все эти предметы уже есть.")
        if number:
            done = gettext(counted("Добавлен %(count)s предмет.", "Добавлено %(count)s предметов.", number))
    elif request.query_params.get("removed"):
        done = gettext("Предмет удалён.")
    return render(
        request,
        "organizations/subjects.html",
        status=wrong.status if wrong else 200,
        organization=found.organization,
        lines=found.lines,
        fields=form_fields(SubjectForm, first, typed=typed, errors=wrong.fields if wrong else None),
        done=done,
    )


subject_routes: list[Any] = [subject_list, change_subjects]
