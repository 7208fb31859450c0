"""Plugins and where they are on, for programs of operators."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core import plugin_admin, plugin_overview
from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs

Organization = Annotated[
    UUID | None, QueryParameter(description="Организация; без неё – та, в которой действует роль.")
]
Name = Annotated[str, PathParameter(description="Имя плагина.", examples=[Example(value="journal")])]


class PluginOut(msgspec.Struct, frozen=True, kw_only=True):
    """An installed plugin as it stands for one organization. `source` says whose decision holds."""

    name: Annotated[str, Meta(description="Имя плагина: `journal`.")]
    title: Annotated[str, Meta(description="Название для людей.")]
    version: Annotated[str, Meta(description="Версия.")]
    distribution: Annotated[str, Meta(description="Пакет Python, в котором плагин установлен.")]
    on: Annotated[bool, Meta(description="Включён в организации.")]
    locked: Annotated[bool, Meta(description="Решение закреплено: ниже решить иначе нельзя.")]
    own: Annotated[bool, Meta(description="Решение приняла сама организация, а не кто-то выше.")]
    source: Annotated[
        str, Meta(description="Чьё решение действует: организация или группа; пусто – так решил сам плагин.")
    ]
    provides: Annotated[list[str], Meta(description="Возможности, которые плагин даёт другим.")]
    requires: Annotated[list[str], Meta(description="Возможности, без которых он не работает.")]
    failures: Annotated[int, Meta(description="Сколько записано сбоев плагина.")]
    tables_behind: Annotated[
        bool, Meta(description="Таблицы отстали от плагина: нужно выполнить `moyashkola migrate`.")
    ]


class SwitchIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision for an organization and all below it; `locked` forbids others below."""

    organization_id: UUID
    enabled: Annotated[bool, Meta(description="true – включить, false – выключить.")]
    locked: Annotated[bool, Meta(description="Закрепить: ниже решить иначе нельзя.")] = False


def _out(line: plugin_overview.PluginLine) -> PluginOut:
    return PluginOut(
        name=line.name,
        title=line.title,
        version=line.version,
        distribution=line.distribution,
        on=line.verdict.on,
        locked=line.verdict.locked,
        own=line.verdict.own,
        source=line.verdict.source,
        provides=[each.name for each in line.provides],
        requires=[each.name for each in line.requires if not each.optional],
        failures=line.health.failures,
        tables_behind=line.health.tables_behind,
    )


@get(
    "/api/v1/plugins",
    guards=[needs(plugin_admin.VIEW)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Плагины",
    description="Установленные плагины: версия, включён ли в организации и чьим решением, сбои.",
    responses=problems(404, 422),
)
def list_plugins(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: Organization = None,
) -> list[PluginOut]:
    """Every installed plugin, for one organization in reach."""
    with database.reading() as db:
        lines = plugin_overview.overview(db, actor, organization_id or actor.organization_id)
        return [_out(line) for line in lines]


@put(
    "/api/v1/plugins/{name:str}/switch",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Включить или выключить плагин",
    description=(
        "Решение действует сразу в организации и во всех подчинённых. 409 – выше решили иначе и закрепили, или "
        "выключено то, без чего плагин не работает."
    ),
    responses=problems(404, 409, 422),
)
def switch_plugin(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    data: JSONBody[SwitchIn],
) -> PluginOut:
    """Switch a plugin on or off for an organization in reach."""
    with database.transaction() as db:
        plugin_admin.switch(db, actor, name, data.organization_id, enabled=data.enabled, locked=data.locked)
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        return _out(plugin_overview.card(db, actor, name, data.organization_id).line)


@delete(
    "/api/v1/plugins/{name:str}/switch",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Отменить своё решение о плагине",
    description="Снова действует решение, унаследованное сверху. 404 – своего решения не было.",
    responses=problems(404, 409, 422),
)
def forget_switch(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    organization_id: Organization = None,
) -> None:
    """Take an organization's own decision back."""
    with database.transaction() as db:
        plugin_admin.forget(db, actor, name, organization_id or actor.organization_id)


plugin_api: list[Any] = [list_plugins, switch_plugin, forget_switch]
