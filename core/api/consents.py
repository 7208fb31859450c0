"""Consents to the processing of personal data, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.api.organizations import InOrganization
from core.consents.models import Consent, ConsentText
from core.consents.reading import VIEW
from core.database.engine import Database
from core.roles.access import within
from core.roles.actor import Actor
from core.web.guards import needs


class ConsentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A consent, with how it ended."""

    id: UUID
    person_id: Annotated[UUID, Meta(description="О чьих данных согласие.")]
    organization_id: Annotated[UUID, Meta(description="Кому дано.")]
    kind: Annotated[str, Meta(description="Вид согласия, например `core.publication`.")]
    text_id: Annotated[UUID, Meta(description="Редакция текста, с которой согласились.")]
    version: Annotated[int, Meta(description="Номер этой редакции.")]
    given_on: Annotated[date, Meta(description="Когда дано, ГГГГ-ММ-ДД.")]
    way: Annotated[str, Meta(description="Как дано: `portal` – в портале, `paper` – на бумаге.")]
    withdrawn_on: Annotated[
        date | None, Meta(description="Когда отозвано или заменено новым, ГГГГ-ММ-ДД; null, если нет.")
    ]
    withdrawn_way: Annotated[
        str,
        Meta(description="Как отозвано: `portal`, `paper`; `replaced` – заменено новым; пусто, если нет."),
    ]


@get(
    "/api/v1/consents",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["people"],
    summary="Согласия на обработку данных",
    description=(
        "Данные, отозванные и заменённые согласия людей доступных организаций. Если текст, который просит согласиться "
        "заново, новее согласия, оно больше не действует, хотя и не отозвано: сверяйте `version`."
    ),
    responses=problems(422),
)
def list_consents(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: InOrganization = None,
    kind: Annotated[
        str | None, QueryParameter(pattern="^[a-z0-9_.]{1,80}$", description="Только этот вид.")
    ] = None,
    person_id: Annotated[UUID | None, QueryParameter(description="Только об этом человеке.")] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ConsentOut]:
    """Consents given to organizations in reach."""
    statement: Any = (
        select(Consent, ConsentText.version)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(within(actor, VIEW, Consent.organization_id))
    )
    for column, wanted in (
        (Consent.organization_id, organization_id),
        (Consent.kind, kind),
        (Consent.person_id, person_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    with database.reading() as db:
        rows: Sequence[Any] = db.execute(by_key(statement, Consent.id, after, limit)).all()
        return Page(
            items=[
                ConsentOut(
                    id=each.id,
                    person_id=each.person_id,
                    organization_id=each.organization_id,
                    kind=each.kind,
                    text_id=each.text_id,
                    version=version,
                    given_on=each.given_on,
                    way=each.way,
                    withdrawn_on=each.withdrawn_on,
                    withdrawn_way=each.withdrawn_way,
                )
                for each, version in rows[:limit]
            ],
            next=rows[limit - 1][0].id if len(rows) > limit else None,
        )


consent_api: list[Any] = [list_consents]
