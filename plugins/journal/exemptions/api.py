"""Exemptions for programs: who is exempt, exempting, ending it earlier, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EXPLAIN, VIEW, open_page
from plugins.journal.exemptions.exempting import Exemption, end_exemption, exempt, withdraw_exemption
from plugins.journal.exemptions.listed import (
    ExemptionLine,
    PageExemption,
    exemptions_on,
    list_exemptions,
)

HERE = "/api/v1/journal/exemptions"


class ExemptionsMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    ids: Annotated[list[UUID], Meta(description="Ключи освобождений, по одному на предмет.")]


class EndIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an exemption is to end."""

    last_day: Annotated[date, Meta(description="Последний день освобождения, раньше прежнего.")]


@get(
    HERE,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Освобождённые ученики",
    description="Кто сейчас и дальше в этом учебном году не занимается предметом с классом и почему.",
    responses=problems(),
)
def exemptions_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    past: Annotated[bool, QueryParameter(description="И прошедшие, и отменённые.")] = False,
    pupil: Annotated[UUID | None, QueryParameter(description="Только этот ученик.")] = None,
) -> list[ExemptionLine]:
    """Who is exempt."""
    with database.reading(fresh=True) as db:
        return list_exemptions(db, actor, school_today(actor), past=past, pupil_id=pupil)


@get(
    "/api/v1/journal/pages/{page_id:uuid}/terms/{number:int}/exemptions",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Освобождённые ученики страницы журнала",
    description="Кто на странице освобождён в этом учебном периоде.",
    responses=problems(404),
)
def page_exemptions(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    number: Annotated[int, PathParameter(description="Который период в году, считая с 1.")],
) -> Sequence[PageExemption]:
    """Who is exempt on a page in a term."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        term = page.term_numbered(number)
        return exemptions_on(db, page, term.starts_on, term.ends_on)


@post(
    HERE,
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    summary="Освободить ученика от предмета",
    description=(
        "От одного или нескольких предметов на период. Поставленные отметки остаются. 409 – часть дней в закрытом "
        "периоде, учебный год в архиве или ученик в эти дни уже освобождён."
    ),
    responses=problems(404, 409, 422),
)
def exemption_make(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[Exemption]
) -> ExemptionsMade:
    """Exempt a pupil."""
    with database.transaction() as db:
        return ExemptionsMade(ids=exempt(db, actor, data))


@post(
    HERE + "/{exemption_id:uuid}/end",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=204,
    summary="Закончить освобождение раньше",
    description="409 – дни после нового последнего лежат в закрытом периоде или освобождение отменено.",
    responses=problems(404, 409, 422),
)
def exemption_end(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    exemption_id: FromPath[UUID],
    data: JSONBody[EndIn],
) -> None:
    """Let an exemption end earlier."""
    with database.transaction() as db:
        end_exemption(db, actor, exemption_id, data.last_day)


@post(
    HERE + "/{exemption_id:uuid}/withdraw",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=204,
    summary="Отменить освобождение",
    description=(
        "Будто его не было; в истории оно остаётся. 409 – часть дней в закрытом периоде или оно уже отменено."
    ),
    responses=problems(404, 409, 422),
)
def exemption_withdraw(
    actor: NamedDependency[Actor], database: NamedDependency[Database], exemption_id: FromPath[UUID]
) -> None:
    """Take an exemption back."""
    with database.transaction() as db:
        withdraw_exemption(db, actor, exemption_id)


exemption_api_routes: list[Any] = [
    exemptions_list,
    page_exemptions,
    exemption_make,
    exemption_end,
    exemption_withdraw,
]
