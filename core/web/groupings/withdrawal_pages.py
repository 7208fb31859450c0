"""A pupil leaves the school: what ends with it, when and why."""

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
from core.errors import NotFound, PortalError
from core.identity.sessions import school_today
from core.organizations import withdrawal
from core.organizations.withdrawal import REASONS, Withdrawal
from core.requests.pupil_transfers import ADMIT
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed
from core.web.struct_form import Choices, form_fields, parse_form

PATH = "/people/{person_id:uuid}/withdraw"


class WithdrawalForm(msgspec.Struct, kw_only=True):
    """When a pupil leaves, why, by which order."""

    last_day: Annotated[date, Meta(title="Последний день в школе")]
    reason: Annotated[str, Meta(title="Причина", min_length=1)]
    basis: Annotated[str, Meta(title="Приказ", description="Номер и дата.", min_length=3, max_length=200)]


@get(PATH, guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def withdrawal_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """What ends, and the form."""
    return _form(request, actor, database, person_id)


@post(PATH, guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def withdraw(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """End the pupil's time in the school."""
    try:
        form = parse_form(WithdrawalForm, data, _choices())
        with database.transaction() as db:
            told = Withdrawal(**msgspec.structs.asdict(form))
            identity = withdrawal.withdraw(db, actor, person_id, told).id
    except NotFound:
        raise
    except PortalError as wrong:
        return _form(request, actor, database, person_id, data, wrong)
    return redirect(f"/groupings/moves/{identity}")


def _choices() -> Choices:
    return {"reason": [(key, gettext(title)) for key, title in REASONS.items()]}


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    with database.reading() as db:
        return render(
            request,
            "people/withdraw.html",
            status=wrong.status if wrong else 200,
            leaver=withdrawal.leaver(db, actor, person_id),
            fields=form_fields(
                WithdrawalForm,
                {"last_day": school_today(actor)},
                typed=typed,
                errors=wrong.fields if wrong else None,
                choices=_choices(),
            ),
            wrong=wrong,
        )


withdrawal_routes: list[Any] = [withdrawal_form, withdraw]
