"""Settings of plugins for an organization, and who provides a capability there, for programs of operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from core import plugin_admin, plugin_overview
from core.api.lists import problems
from core.api.plugins import Name, Organization
from core.api.typed import as_typed
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence
from core.web.struct_form import form_fields, parse_form

SETTINGS = "/api/v1/plugins/{name:str}/settings"
Setting = Annotated[
    str, PathParameter(description="Имя настройки.", examples=[Example(value="marks_in_cell")])
]


class SettingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A setting as it holds for an organization."""

    name: Annotated[str, Meta(description="Имя настройки.")]
    title: Annotated[str, Meta(description="Настройка словами.")]
    note: Annotated[str, Meta(description="Пояснение; может быть пусто.")]
    value: Annotated[
        Any, Meta(description="Значение, которое действует: текст, число, true или false, список.")
    ]
    options: Annotated[
        dict[str, str], Meta(description="Из чего выбрать: значение → слова; пусто, если выбора нет.")
    ]
    own: Annotated[bool, Meta(description="Значение задала сама организация.")]
    source: Annotated[
        str, Meta(description="Кто его задал: короткое название организации; пусто – так задумано в плагине.")
    ]


class SettingsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings to be changed; those that are not named stay as they are."""

    organization_id: UUID
    values: Annotated[
        dict[str, Any],
        Meta(
            min_length=1,
            max_length=100,
            description="Имя настройки → новое значение.",
            examples=[{"marks_in_cell": 3}],
        ),
    ]


class ProviderIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to provide a capability."""

    organization_id: UUID
    plugin: Annotated[
        str | None, Meta(description="Имя плагина, который её даёт; null – отменить свой выбор.")
    ]


class CapabilityOut(msgspec.Struct, frozen=True, kw_only=True):
    """A capability and who provides it in an organization."""

    name: Annotated[str, Meta(description="Возможность: `marks`.")]
    plugin: Annotated[str | None, Meta(description="Какой плагин её даёт; null – никакой.")]
    own: Annotated[bool, Meta(description="Так выбрала сама организация.")]
    choices: Annotated[dict[str, str], Meta(description="Из чего выбрать: включённый плагин → название.")]


@get(
    SETTINGS,
    guards=[needs(plugin_admin.VIEW)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Настройки плагина",
    description="Значения, которые действуют в организации, и кто их задал. У плагина без настроек – пустой список.",
    responses=problems(404, 422),
)
def list_settings(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    organization_id: Organization = None,
) -> list[SettingOut]:
    """The settings of a plugin for one organization in reach."""
    with database.reading() as db:
        return _settings(db, actor, name, organization_id or actor.organization_id)


@put(
    SETTINGS,
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Изменить настройки плагина",
    description=(
        "В организации и во всех подчинённых, кто не решил иначе; действует сразу. Не названное остаётся как было. "
        "422 – в `fields` по имени настройки, что не так."
    ),
    responses=problems(404, 409, 422),
)
def change_settings(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    data: JSONBody[SettingsIn],
) -> list[SettingOut]:
    """Change settings of a plugin for an organization in reach."""
    with database.transaction() as db:
        wanted = _wanted(db, actor, name, data)
        plugin_admin.save_settings(db, actor, name, data.organization_id, wanted)
    return _afresh(database, actor, name, data.organization_id)


@delete(
    f"{SETTINGS}/{{setting:str}}",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    status_code=200,
    tags=["plugins"],
    summary="Отменить своё значение настройки",
    description="Снова действует значение, унаследованное сверху. 404 – своего не было.",
    responses=problems(404, 409, 422),
)
def reset_setting(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    setting: Setting,
    organization_id: Organization = None,
) -> list[SettingOut]:
    """Let the inherited value of one setting hold again."""
    place = organization_id or actor.organization_id
    with database.transaction() as db:
        plugin_admin.reset_setting(db, actor, name, place, setting)
    return _afresh(database, actor, name, place)


@put(
    "/api/v1/capabilities/{capability:str}",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    tags=["plugins"],
    summary="Выбрать, какой плагин даёт возможность",
    description=(
        "Если её дают несколько: например, отметки – наш журнал или журнал региона. 422 – плагин здесь выключен или её "
        "не даёт."
    ),
    responses=problems(404, 409, 422),
)
def choose_provider(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    capability: Annotated[str, PathParameter(description="Возможность.", examples=[Example(value="marks")])],
    data: JSONBody[ProviderIn],
) -> CapabilityOut:
    """Choose who provides a capability in an organization and below it."""
    with database.transaction() as db:
        plugin_admin.choose_provider(db, actor, capability, data.organization_id, data.plugin)
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        place = plugin_admin.organization_for(db, actor, plugin_admin.SWITCH, data.organization_id)
        line = plugin_overview.capability_line(db, capability, place.path)
        return CapabilityOut(
            name=line.name,
            plugin=db.portal.switches.provider(capability, place.path),
            own=bool(line.own_choice),
            choices=dict(line.candidates),
        )


def _afresh(database: Database, actor: Actor, name: str, organization_id: UUID) -> list[SettingOut]:
    """The settings after a change: of this process too."""
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        return _settings(db, actor, name, organization_id)


def _wanted(db: Session, actor: Actor, name: str, data: SettingsIn) -> msgspec.Struct:
    """What holds there now with what is sent, by the rules of the page's form. Raises `Invalid`."""
    kind = plugin_admin.settings_of(plugin_admin.plugin_named(db, name))
    place = plugin_admin.organization_for(db, actor, plugin_admin.SWITCH, data.organization_id)
    db.portal.switches.refresh(db)
    now: Mapping[str, Any] = msgspec.to_builtins(db.portal.switches.settings(name, place.path, kind))
    unknown: dict[str, str] = {
        key: sentence("Такой настройки у плагина нет.") for key in data.values if key not in now
    }
    if unknown:
        raise Invalid("Настройки не сохранены.", fields=unknown)
    return parse_form(kind, as_typed({**now, **data.values}))


def _settings(db: Session, actor: Actor, name: str, organization_id: UUID) -> list[SettingOut]:
    plugin = plugin_admin.plugin_named(db, name)
    place = plugin_admin.organization_for(db, actor, plugin_admin.VIEW, organization_id)
    if plugin.settings is None:
        return []
    switches = db.portal.switches
    values = switches.settings(name, place.path, plugin.settings)
    own, sources = switches.own_settings(name, place.path), switches.setting_sources(name, place.path)
    names = plugin_admin.organization_names(db, set(sources.values()))
    return [
        SettingOut(
            name=field.name,
            title=field.label,
            note=field.help,
            value=msgspec.to_builtins(getattr(values, field.name)),
            options={value: str(title) for value, title in field.options if value},
            own=field.name in own,
            source=names.get(sources.get(field.name, ""), ""),
        )
        for field in form_fields(plugin.settings, values)
    ]


plugin_settings_api: list[Any] = [list_settings, change_settings, reset_setting, choose_provider]
