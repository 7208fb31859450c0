"""Taking a pupil from another school: from which one, who, into which class, from which day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound, PortalError
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.organizations.transfer import classes_of
from core.requests import sending
from core.requests.pupil_transfers import ADMIT, PUPIL_TRANSFER_KIND
from core.requests.transfer_asking import WantedPupil, ask, old_school
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.person_form import Name
from core.web.role_form import FOUND, Typed, as_id
from core.web.struct_form import form_fields, parse_form


class TransferForm(msgspec.Struct, kw_only=True):
    """Who comes, into which class, from which day."""

    last_name: Annotated[Name, Meta(title="Фамилия ученика")]
    first_name: Annotated[Name, Meta(title="Имя ученика")]
    middle_name: Annotated[Name | None, Meta(title="Отчество ученика", description="Если есть.")] = None
    birth_date: Annotated[date, Meta(title="Дата рождения ученика")]
    school_class: Annotated[str, Meta(title="В какой класс", min_length=1)]
    first_day: Annotated[date, Meta(title="Первый день в вашей школе")]
    basis: Annotated[
        str,
        Meta(
            title="Основание",
            description="Заявление родителей, приказ: номер и дата.",
            min_length=3,
            max_length=300,
        ),
    ]


@get("/transfers/new", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def new_transfer(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form, once it is chosen which school the pupil leaves."""
    with database.reading() as db:
        old = old_school(db, actor, as_id(request.query_params.get("to", "")))
        if old is None:
            query = request.query_params.get("q", "").strip()
            found = sending.addressees(db, PUPIL_TRANSFER_KIND, sort_key(query), FOUND) if query else ()
            return render(
                request,
                "requests/addressee.html",
                kind=PUPIL_TRANSFER_KIND,
                question=_("Из какой школы?"),
                query=query,
                found=[each for each in found if each.id != actor.organization_id],
            )
        return _form(db, request, actor, old)


@post("/transfers", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def send_transfer(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Ask the old school."""
    with database.reading() as db:
        old = old_school(db, actor, as_id(str(data.get("_to", ""))))
    if old is None:
        raise NotFound("Такой школы нет.", advice="Выберите школу из списка.")
    try:
        form = parse_form(TransferForm, data)
        with database.transaction() as db:
            identity = ask(db, actor, old.id, WantedPupil(**msgspec.structs.asdict(form))).id
    except PortalError as wrong:
        with database.reading() as db:
            return _form(db, request, actor, old, data, wrong)
    return redirect(f"/requests/{identity}")


def _form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    old: Organization,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    today = school_today(actor)
    return render(
        request,
        "requests/transfer.html",
        status=wrong.status if wrong else 200,
        old=old,
        fields=form_fields(
            TransferForm,
            {"first_day": today},
            typed=typed,
            errors=wrong.fields if wrong else None,
            choices={"school_class": [(name, name) for name in classes_of(db, actor.organization_id, today)]},
        ),
        wrong=wrong,
    )


transfer_routes: list[Any] = [new_transfer, send_transfer]
