"""Lending the rights of one's own role to a colleague for a time, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound, PortalError
from core.identity.sessions import school_today
from core.roles import delegation
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import (
    Typed,
    as_id,
    no_place,
)
from core.web.struct_form import form_fields, parse_form


class LendForm(msgspec.Struct, kw_only=True):
    """To whom one's rights go, and until when."""

    person_id: Annotated[str, Meta(title="Кому", min_length=1)]
    starts_on: Annotated[date, Meta(title="С какого дня")]
    ends_on: Annotated[date, Meta(title="По какой день")]
    basis: Annotated[
        str,
        Meta(title="Основание", description="Например: отпуск, приказ.", min_length=3, max_length=200),
    ]


@get("/account/roles/{role_id:uuid}/lend", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def lend_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    role_id: FromPath[UUID],
) -> Page:
    """To whom one's own rights may go for a time."""
    with database.reading() as db:
        return _lend_form(db, request, actor, role_id)


@post("/account/roles/{role_id:uuid}/lend", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def lend(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    role_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Hand one's own rights over until a day."""
    try:
        form = parse_form(LendForm, data)
        with database.transaction() as db:
            delegation.delegate(
                db,
                actor,
                role_id,
                as_id(form.person_id) or no_place(),
                form.starts_on,
                form.ends_on,
                form.basis,
            )
    except PortalError as wrong:
        if isinstance(wrong, NotFound):
            raise
        with database.reading() as db:
            return _lend_form(db, request, actor, role_id, data, wrong)
    return redirect("/account?done=lent#roles-title")


@post(
    "/account/roles/{role_id:uuid}/take-back",
    guards=[signed_in],
    sync_to_thread=True,
    include_in_schema=False,
)
def take_back(
    actor: NamedDependency[Actor], database: NamedDependency[Database], role_id: FromPath[UUID]
) -> Page:
    """Take one's rights back before the day."""
    with database.transaction() as db:
        delegation.take_back(db, actor, role_id)
    return redirect("/account?done=returned#roles-title")


def _lend_form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    role_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    people = delegation.delegates(db, actor, role_id)
    return render(
        request,
        "account/lend.html",
        status=wrong.status if wrong else 200,
        role_id=role_id,
        people=people,
        fields=form_fields(
            LendForm,
            {"starts_on": school_today(actor)},
            typed=typed,
            errors=wrong.fields if wrong else None,
            choices={"person_id": [(str(each.id), each.full_name) for each in people]},
        ),
        wrong=wrong,
    )


delegation_routes: list[Any] = [lend_form, lend, take_back]
