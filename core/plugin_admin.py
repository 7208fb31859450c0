"""What operators decide about plugins: where they are on, their settings, who provides a capability.

Every function asks for `core.plugins.view` or `core.plugins.switch` in the organization it is about, and
every change is in the audit record. `core.plugin_overview` is the reading side of the operators' pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.audit.record import Change, record
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity import sign_in_ways
from core.organizations import switches as decisions
from core.organizations.models import (
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    PluginSwitch,
)
from core.plugins import Plugin
from core.roles.access import authorize, below
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import gettext as _
from core.web.i18n import sentence

SWITCH = "core.plugins.switch"
VIEW = "core.plugins.view"
THEME = "core.theme.change"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """How far a decision for one organization would reach: schools it covers, and own decisions below it."""

    schools: int
    own_decisions: int


def plugin_named(db: Session, name: str) -> Plugin:
    """An installed plugin. Raises `NotFound` for any other name."""
    plugin = db.portal.plugins.loaded.get(name)
    if plugin is None:
        raise NotFound(
            sentence("Плагин «%(name)s» не установлен.", name=name),
            advice=_("Проверьте имя или установите пакет и перезапустите портал."),
        )
    return plugin


def settings_of(plugin: Plugin) -> type[msgspec.Struct]:
    """What a plugin may be set to. Raises `NotFound` for one without settings."""
    if plugin.settings is None:
        raise NotFound(_("У этого плагина нет настроек."), advice=_("Вернитесь на страницу плагина."))
    return plugin.settings


def organization_for(db: Session, actor: Actor, permission: str, organization_id: UUID) -> Organization:
    """An organization that `actor` may use `permission` on. Raises `NotFound` or `Forbidden`."""
    authorize(db, actor, permission, organization_id)
    organization = db.get(Organization, organization_id)
    if organization is None:
        raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес."))
    return organization


def effect(db: Session, plugin: str, organization: Organization) -> Effect:
    """How many schools a decision for `organization` covers, and how many below have decided themselves."""
    schools = db.scalar(
        select(func.count())
        .select_from(Organization)
        .where(below(Organization.path, organization.path), Organization.kind.in_(SCHOOL))
    )
    own = db.scalar(
        select(func.count())
        .select_from(PluginSwitch)
        .join(Organization, Organization.id == PluginSwitch.organization_id)
        .where(
            PluginSwitch.plugin == plugin,
            below(Organization.path, organization.path),
            Organization.id != organization.id,
        )
    )
    return Effect(schools=schools or 0, own_decisions=own or 0)


def switch(
    db: Session, actor: Actor, name: str, organization_id: UUID, *, enabled: bool, locked: bool = False
) -> int:
    """Switch a plugin on or off for an organization and all below it; takes effect at once everywhere.

    Of a plugin that signs people in, sessions that would not begin any more end; returns how many. Raises
    `Conflict` if a level above has locked its decision, or if nobody there provides a capability it requires.
    """
    plugin = plugin_named(db, name)
    organization = organization_for(db, actor, SWITCH, organization_id)
    switches = db.portal.switches
    switches.refresh(db)
    if enabled:
        missing = missing_capabilities(db, plugin, organization.path)
        if missing:
            raise Conflict(
                sentence(
                    "Плагину «%(plugin)s» нужна возможность «%(capability)s», а здесь её никто не даёт.",
                    plugin=plugin.manifest.title,
                    capability=missing[0],
                ),
                advice=sentence(
                    "Сначала включите плагин, который её даёт: %(plugins)s.",
                    plugins=", ".join(db.portal.plugins.providers().get(missing[0], ())),
                ),
            )
    before = switches.verdict(name, organization.path)
    decisions.switch_plugin(db, name, enabled=enabled, organization=organization, locked=locked)
    return _decided(
        db,
        actor,
        organization.id,
        "core.plugin.switch",
        plugin,
        {"enabled": before.on, "locked": before.locked, "source": before.source},
        {"enabled": enabled, "locked": locked, "source": organization.short_name},
    )


def missing_capabilities(db: Session, plugin: Plugin, path: str) -> list[str]:
    """What the plugin requires and nobody (but itself) provides for the organization with this path."""
    return [
        capability
        for capability in plugin.manifest.requires
        if capability not in plugin.manifest.provides
        and db.portal.switches.provider(capability, path) is None
    ]


def left_without(db: Session, plugin: Plugin, path: str) -> list[str]:
    """Titles of the plugins that are on there and would lose a capability if `plugin` were off."""
    portal = db.portal
    lost = {
        capability
        for capability in plugin.manifest.provides
        if not any(
            portal.switches.is_on(other, path)
            for other in portal.plugins.providers().get(capability, ())
            if other != plugin.name
        )
    }
    return [
        str(other.manifest.title)
        for other in portal.plugins.loaded.values()
        if other.name != plugin.name
        and lost & set(other.manifest.requires)
        and portal.switches.is_on(other.name, path)
    ]


def switch_group(
    db: Session, actor: Actor, name: str, group_id: UUID, *, enabled: bool, locked: bool = False
) -> int:
    """Switch a plugin on or off for the organizations of a group kept by an organization in reach.

    Returns how many sessions ended, as `switch` does. Raises `Conflict` if the group has members that do not
    belong to its keeper: nobody decides for strangers through a group.
    """
    plugin = plugin_named(db, name)
    group = _group_for(db, actor, group_id)
    keeper = organization_for(db, actor, SWITCH, group.organization_id)
    foreign = db.scalar(
        select(Organization.short_name)
        .join(OrganizationGroupMember, OrganizationGroupMember.organization_id == Organization.id)
        .where(OrganizationGroupMember.group_id == group.id, ~below(Organization.path, keeper.path))
        .limit(1)
    )
    if foreign is not None:
        raise Conflict(
            sentence(
                "В группе «%(group)s» есть организация не из вашего подчинения: %(name)s.",
                group=group.name,
                name=foreign,
            ),
            advice=_("Уберите её из группы или попросите решить вышестоящую организацию."),
        )
    before = _stored(db, name, group_id)
    decisions.switch_plugin(db, name, enabled=enabled, group=group, locked=locked)
    return _decided(
        db,
        actor,
        group.organization_id,
        "core.plugin.switch",
        plugin,
        before,
        {"enabled": enabled, "locked": locked, "group": group.name, "plugin": name},
        group,
    )


def forget(db: Session, actor: Actor, name: str, organization_id: UUID) -> int:
    """Take an organization's own decision back; returns how many sessions ended. Raises `NotFound` if it has none."""
    plugin = plugin_named(db, name)
    organization = organization_for(db, actor, SWITCH, organization_id)
    before = _forget(db, name, organization.id)
    return _decided(db, actor, organization.id, "core.plugin.forget", plugin, before, None)


def forget_group(db: Session, actor: Actor, name: str, group_id: UUID) -> int:
    """Take a group's decision back; returns how many sessions ended. Raises `NotFound` if it has none."""
    plugin = plugin_named(db, name)
    group = _group_for(db, actor, group_id)
    before = _forget(db, name, group.id)
    told = {**before, "group": group.name, "plugin": name}
    return _decided(db, actor, group.organization_id, "core.plugin.forget", plugin, told, None, group)


def _forget(db: Session, name: str, target_id: UUID) -> Mapping[str, Any]:
    before = _stored(db, name, target_id)
    if before is None:
        raise NotFound(
            _("Своего решения о плагине здесь нет."), advice=_("Обновите страницу: его уже отменили.")
        )
    decisions.forget_switch(db, name, target_id)
    return before


def save_settings(db: Session, actor: Actor, name: str, organization_id: UUID, values: msgspec.Struct) -> int:
    """Keep a plugin's settings for an organization and below it; returns how many sessions ended.

    What equals the inherited value and was not the organization's own stays inherited.
    """
    plugin = plugin_named(db, name)
    organization = organization_for(db, actor, SWITCH, organization_id)
    settings_of(plugin)
    switches = db.portal.switches
    switches.refresh(db)
    own = switches.own_settings(name, organization.path)
    inherited = msgspec.to_builtins(inherited_settings(db, plugin, organization.path), str_keys=True)
    sent: Mapping[str, Any] = msgspec.to_builtins(values, str_keys=True)
    kept = {key: value for key, value in sent.items() if key in own or value != inherited.get(key)}
    if dict(own) == kept:
        return 0
    decisions.save_settings(db, name, organization.id, kept)
    return _decided(db, actor, organization.id, "core.plugin.settings", plugin, own, kept)


def reset_setting(db: Session, actor: Actor, name: str, organization_id: UUID, setting: str) -> int:
    """Let the inherited value of one setting hold again; returns how many sessions ended.

    Raises `NotFound` if it is not the organization's own.
    """
    plugin = plugin_named(db, name)
    organization = organization_for(db, actor, SWITCH, organization_id)
    db.portal.switches.refresh(db)
    own = db.portal.switches.own_settings(name, organization.path)
    if setting not in own:
        raise NotFound(_("Эта настройка уже унаследована."), advice=_("Обновите страницу."))
    kept = {key: value for key, value in own.items() if key != setting}
    decisions.save_settings(db, name, organization.id, kept)
    return _decided(db, actor, organization.id, "core.plugin.settings", plugin, own, kept)


def inherited_settings(db: Session, plugin: Plugin, path: str) -> msgspec.Struct:
    """The plugin's settings as they would hold there without the organization's own."""
    assert plugin.settings is not None  # noqa: S101 -- the caller has looked
    above = path.rstrip("/").rpartition("/")[0]
    return db.portal.switches.settings(plugin.name, above + "/", plugin.settings)


def choose_provider(
    db: Session, actor: Actor, capability: str, organization_id: UUID, name: str | None
) -> None:
    """Say which plugin provides `capability` in an organization and below; None takes the choice back.

    Raises `Invalid` for a plugin that does not provide it or is off there.
    """
    organization = organization_for(db, actor, SWITCH, organization_id)
    switches = db.portal.switches
    switches.refresh(db)
    offering = db.portal.plugins.providers().get(capability, ())
    if not offering:
        raise NotFound(_("Такой возможности нет."), advice=_("Обновите страницу."))
    if name is not None and (name not in offering or not switches.is_on(name, organization.path)):
        raise Invalid(
            _("Этот плагин здесь не включён или не даёт такой возможности."),
            advice=_("Сначала включите плагин, потом выберите его."),
        )
    before = switches.own_choice(capability, organization.path)
    decisions.choose_provider(db, capability, organization.id, name)
    _note(
        db,
        actor,
        organization.id,
        "core.capability.choose",
        capability,
        {"plugin": before},
        {"plugin": name},
        "capability",
    )


def choose_theme(db: Session, actor: Actor, organization_id: UUID, theme: str | None) -> None:
    """Choose the look of an organization and all below it; None takes the choice back.

    Raises `Invalid` for a theme that is not installed.
    """
    organization = organization_for(db, actor, THEME, organization_id)
    if theme is not None and theme not in db.portal.templates.themes:
        raise Invalid(_("Такой темы нет."), fields={"theme": _("Выберите тему из списка.")})
    before, organization.theme = organization.theme, theme
    decisions.raise_version(db)
    _note(
        db,
        actor,
        organization.id,
        "core.theme.choose",
        str(organization.id),
        {"theme": before},
        {"theme": theme},
        "organization",
    )


def organization_names(db: Session, ids: set[str]) -> Mapping[str, str]:
    """Short names of organizations by the text of their ids: a setting's source may be shown to anybody below."""
    if not ids:
        return {}
    rows = db.execute(
        select(Organization.id, Organization.short_name).where(
            Organization.id.in_([UUID(each) for each in ids])
        )
    )
    return {str(identity): name for identity, name in rows}


def _group_for(db: Session, actor: Actor, group_id: UUID) -> OrganizationGroup:
    group = db.get(OrganizationGroup, group_id)
    if group is None:
        actor.require(SWITCH)
        raise NotFound(_("Такой группы организаций нет."), advice=_("Обновите страницу."))
    authorize(db, actor, SWITCH, group.organization_id)
    return group


def _stored(db: Session, name: str, target_id: UUID) -> dict[str, Any] | None:
    found = db.scalar(
        select(PluginSwitch).where(
            PluginSwitch.plugin == name,
            (PluginSwitch.organization_id == target_id) | (PluginSwitch.group_id == target_id),
        )
    )
    return {"enabled": found.enabled, "locked": found.locked} if found is not None else None


def _decided(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    action: str,
    plugin: Plugin,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    group: OrganizationGroup | None = None,
) -> int:
    """Record a decision about a plugin and end the sessions that it ends; returns how many."""
    ended = sign_in_ways.end_refused(db, plugin, keep=actor.account_id)
    if ended:
        after = {**(after or {}), "sessions": ended}
    subject, kind = (str(group.id), "group") if group is not None else (plugin.name, "plugin")
    _note(db, actor, organization_id, action, subject, before, after, kind)
    return ended


def _note(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    subject_type: str = "plugin",
) -> None:
    record(
        db,
        actor,
        organization_id,
        Change(
            action=action,
            subject_type=subject_type,
            subject_id=subject,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        ),
    )
