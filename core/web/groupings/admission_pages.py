"""Admitting a single pupil by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from core.database.engine import Database
from core.errors import PortalError
from core.exchange import admission
from core.exchange.admission import NewPupil, Place
from core.identity.newcomers import Namesakes
from core.identity.sessions import school_today
from core.organizations.models import SchoolClass
from core.organizations.transfer import classes_of
from core.requests.pupil_transfers import ADMIT
from core.roles.actor import Actor
from core.web.accounts.person_form import Name, parse_halves
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed, as_id
from core.web.school_life.pupil_file_pages import AdmissionForm
from core.web.struct_form import form_fields


class PupilForm(msgspec.Struct, kw_only=True):
    """A pupil whom the portal does not know yet."""

    last_name: Annotated[Name, Meta(title="Фамилия")]
    first_name: Annotated[Name, Meta(title="Имя")]
    middle_name: Annotated[Name | None, Meta(title="Отчество", description="Если есть.")] = None
    birth_date: Annotated[date, Meta(title="Дата рождения")]
    gender: Annotated[
        Literal["F", "M"] | None,
        Meta(title="Пол", extra_json_schema={"titles": {"F": "женский", "M": "мужской"}}),
    ] = None
    snils: Annotated[
        str | None,
        Meta(
            title="СНИЛС",
            description="Если есть. По нему ученик войдёт через Госуслуги, и портал его узнает.",
        ),
    ] = None


@get("/pupils/new", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def new_pupil(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """A pupil whom the portal does not know yet, and the class."""
    return _form(request, actor, database)


@post("/pupils", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def admit_pupil(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Enroll the pupil."""
    try:
        told, place = parse_halves(data, (PupilForm, AdmissionForm), admission.REFUSAL)
        with database.transaction() as db:
            _person, made = admission.admit(
                db,
                actor,
                NewPupil(**msgspec.structs.asdict(told)),
                Place(**msgspec.structs.asdict(place)),
                same_as=as_id(str(data.get("same", ""))),
                namesake=bool(data.get("namesake")),
            )
            identity = made.id
    except PortalError as wrong:
        return _form(request, actor, database, data, wrong)
    return redirect(f"/groupings/moves/{identity}")


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    errors = wrong.fields if wrong else None
    today = school_today(actor)
    with database.reading() as db:
        names = classes_of(db, actor.organization_id, today)
        asked = as_id(request.query_params.get("class", ""))
        into = db.get(SchoolClass, asked) if asked else None
        own = into is not None and into.organization_id == actor.organization_id
        return render(
            request,
            "people/new_pupil.html",
            status=wrong.status if wrong else 200,
            person_fields=form_fields(PupilForm, typed=typed, errors=errors),
            fields=form_fields(
                AdmissionForm,
                {"first_day": today, "school_class": into.name if into is not None and own else ""},
                typed=typed,
                errors=errors,
                choices={"school_class": [(name, name) for name in names]},
            ),
            nowhere=not names,
            wrong=wrong,
            namesakes=wrong.people if isinstance(wrong, Namesakes) else [],
        )


admission_routes: list[Any] = [new_pupil, admit_pupil]
