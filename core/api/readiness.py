"""How far an organization has been set up, for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.readiness.checklist import VIEW, Checklist, checklist
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext


class ReadinessStepOut(msgspec.Struct, frozen=True, kw_only=True):
    """A step of setting an organization up."""

    name: Annotated[str, Meta(description="Имя шага: `core.classes`; у шага плагина – с его именем.")]
    title: Annotated[str, Meta(description="Что это за шаг: «Классы».")]
    done: Annotated[bool, Meta(description="Сделано.")]
    confirmed: Annotated[bool, Meta(description="Отмечено человеком, а не по данным.")]
    lacks: Annotated[str, Meta(description="Чего не хватает, словами; пусто, если сделано.")]


class ReadinessOut(msgspec.Struct, frozen=True, kw_only=True):
    """How far an organization has been set up."""

    organization_id: UUID
    ready: Annotated[bool, Meta(description="Все шаги сделаны.")]
    done: Annotated[int, Meta(description="Сколько шагов сделано.")]
    steps: Annotated[list[ReadinessStepOut], Meta(description="Шаги по порядку.")]
    schools: Annotated[
        int | None,
        Meta(description="Сколько открытых школ ниже; null, если это не регион и не муниципалитет."),
    ]
    schools_ready: Annotated[
        int | None, Meta(description="Сколько из них готовы; null, если это не регион и не муниципалитет.")
    ]


@get(
    "/api/v1/organizations/{organization_id:uuid}/readiness",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Готовность организации",
    description="Шаги настройки региона, муниципалитета или школы: что сделано и чего не хватает.",
    responses=problems(404),
)
def one_readiness(
    actor: NamedDependency[Actor], database: NamedDependency[Database], organization_id: FromPath[UUID]
) -> ReadinessOut:
    """The steps of an organization in reach."""
    with database.reading() as db:
        return _out(checklist(db, actor, organization_id))


def _out(found: Checklist) -> ReadinessOut:
    return ReadinessOut(
        organization_id=found.organization.id,
        ready=found.is_ready,
        done=found.done,
        steps=[
            ReadinessStepOut(
                name=each.name,
                title=gettext(each.title),
                done=each.done,
                confirmed=each.confirmed,
                lacks=gettext(each.lacks),
            )
            for each in found.steps
        ],
        schools=found.schools.schools if found.schools else None,
        schools_ready=found.schools.ready if found.schools else None,
    )


readiness_api = [one_readiness]
