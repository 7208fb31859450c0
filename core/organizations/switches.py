"""Which plugins are on where, who provides which capability where, and which settings hold there.

Decisions are inherited down the tree and from groups; a locked decision cannot be overruled below. They
are few and read on every page, so a process keeps them in memory; `core_version_stamp` tells when they
have changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, update

from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.organizations.models import (
    CapabilityChoice,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    OrganizationSetting,
    PluginSwitch,
    VersionStamp,
)
from core.roles.models import RoleGrant
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.plugins import Plugins

STAMP = "switches"
T = TypeVar("T", bound=msgspec.Struct)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a plugin is on, and who decided.

    `source` is the deciding organization's or group's name, empty where the plugin's default holds; `own`
    says that the organization asked about has decided itself.
    """

    on: bool
    locked: bool = False
    source: str = ""
    own: bool = False


@dataclass
class _Decision:
    enabled: bool
    locked: bool
    source: str


@dataclass
class _Snapshot:
    version: int = -1
    by_organization: dict[tuple[str, str], _Decision] = field(
        default_factory=dict[tuple[str, str], _Decision]
    )
    by_group: dict[tuple[str, str], _Decision] = field(default_factory=dict[tuple[str, str], _Decision])
    groups_of: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    choices: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    settings: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict[tuple[str, str], dict[str, Any]]
    )
    themes: dict[str, str] = field(default_factory=dict[str, str])
    role_grants: dict[tuple[str, str], dict[str, int]] = field(
        default_factory=dict[tuple[str, str], dict[str, int]]
    )
    resolved: dict[tuple[str, str, type[Any]], Any] = field(
        default_factory=dict[tuple[str, str, type[Any]], Any]
    )
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict[tuple[str, str], Verdict])


class Switches:
    """The decisions of all organizations, as this process knows them."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._snapshot = _Snapshot()
        self._lock = threading.Lock()

    @property
    def version(self) -> int:
        """The version of what is in memory; grows with every change."""
        return self._snapshot.version

    def refresh(self, db: Session, version: int | None = None) -> None:
        """Read the decisions again unless `version` (of `core_version_stamp`) is what is in memory."""
        if version is None:
            version = current_version(db)
        if version == self._snapshot.version:
            return
        with self._lock:
            if version != self._snapshot.version:
                self._snapshot = _read(db, version)

    def verdict(self, plugin: str, path: str) -> Verdict:
        """Whether `plugin` is on for the organization with this path, and by whose decision."""
        snapshot = self._snapshot
        key = (plugin, path)
        found = snapshot.verdicts.get(key)
        if found is None:
            found = snapshot.verdicts[key] = self._decide(snapshot, plugin, path)
        return found

    def inherited(self, plugin: str, path: str) -> Verdict:
        """What would hold for the organization with this path without its own decision."""
        return self._decide(self._snapshot, plugin, path, without_own=True)

    def _decide(self, snapshot: _Snapshot, plugin: str, path: str, *, without_own: bool = False) -> Verdict:
        loaded = self._plugins.loaded.get(plugin)
        if loaded is None or loaded.schema_failed:
            return Verdict(on=False)
        verdict = Verdict(on=loaded.manifest.on_by_default)
        line = path.rstrip("/").split("/")
        for identity in line:
            groups = [
                snapshot.by_group.get((plugin, group)) for group in snapshot.groups_of.get(identity, ())
            ]
            own = snapshot.by_organization.get((plugin, identity))
            if without_own and identity == line[-1]:
                own = None
            for decision in (*groups, own):
                if decision is not None and not verdict.locked:
                    verdict = Verdict(
                        on=decision.enabled,
                        locked=decision.locked,
                        source=decision.source,
                        own=decision is own and identity == line[-1],
                    )
        return verdict

    def is_on(self, plugin: str, path: str) -> bool:
        """Whether `plugin` is on for the organization with this path."""
        return self.verdict(plugin, path).on

    def is_on_anywhere(self, plugin: str) -> bool:
        """Whether an organization may have `plugin`: it is on by default, or somebody has switched it on."""
        loaded = self._plugins.loaded.get(plugin)
        if loaded is None or loaded.schema_failed:
            return False
        decisions = {**self._snapshot.by_organization, **self._snapshot.by_group}
        return loaded.manifest.on_by_default or any(
            decision.enabled for (name, _target), decision in decisions.items() if name == plugin
        )

    def provider(self, capability: str, path: str) -> str | None:
        """The plugin that provides `capability` for the organization with this path.

        The nearest choice up the tree wins; without one, the first switched-on provider by name.
        """
        candidates = [
            name for name in self._plugins.providers().get(capability, ()) if self.is_on(name, path)
        ]
        chosen = None
        for identity in path.rstrip("/").split("/"):
            chosen = self._snapshot.choices.get((capability, identity), chosen)
        return chosen if chosen in candidates else next(iter(sorted(candidates)), None)

    def implementation(self, capability: str, path: str) -> Any | None:
        """The object that provides `capability` there, or None."""
        name = self.provider(capability, path)
        for offer in self._plugins.loaded[name].of("capabilities") if name else ():
            if offer.capability == capability:
                return offer.implementation
        return None

    def role_grants(self, kind: str, path: str) -> Mapping[str, int]:
        """What the organizations on this path have changed in the rights of a role kind; the nearest wins."""
        changed: dict[str, int] = {}
        for identity in path.rstrip("/").split("/"):
            changed.update(self._snapshot.role_grants.get((kind, identity), {}))
        return changed

    def role_grant_sources(self, kind: str, path: str) -> Mapping[str, str]:
        """For each permission changed on this path: the id of the nearest organization that changed it."""
        sources: dict[str, str] = {}
        for identity in path.rstrip("/").split("/"):
            sources.update(dict.fromkeys(self._snapshot.role_grants.get((kind, identity), {}), identity))
        return sources

    def own_role_grants(self, kind: str, path: str) -> Mapping[str, int]:
        """What the organization with this path has changed itself in the rights of a role kind."""
        return self._snapshot.role_grants.get((kind, path.rstrip("/").rpartition("/")[2]), {})

    def theme(self, path: str) -> str | None:
        """The theme chosen nearest up the tree."""
        chosen = None
        for identity in path.rstrip("/").split("/"):
            chosen = self._snapshot.themes.get(identity, chosen)
        return chosen

    def settings(self, plugin: str, path: str, kind: type[T]) -> T:
        """The plugin's settings as they hold for the organization with this path."""
        snapshot = self._snapshot
        key = (plugin, path, kind)
        found = snapshot.resolved.get(key)
        if found is None:
            found = snapshot.resolved[key] = self._resolve(plugin, path, kind)
        return found

    def _resolve(self, plugin: str, path: str, kind: type[T]) -> T:
        merged: dict[str, Any] = {}
        for identity in path.rstrip("/").split("/"):
            merged.update(self._snapshot.settings.get((plugin, identity), {}))
        types = {field.name: field.type for field in msgspec.structs.fields(kind)}
        fitting: dict[str, Any] = {}
        for name, value in merged.items():
            # A newer version of the plugin may no longer take a value that was saved: its default holds.
            with suppress(msgspec.ValidationError):
                if name in types:
                    fitting[name] = msgspec.convert(value, types[name], strict=False)
        try:
            return msgspec.convert(fitting, kind, strict=False)
        except msgspec.ValidationError:
            return kind()

    def own_settings(self, plugin: str, path: str) -> Mapping[str, Any]:
        """What the organization with this path sets itself."""
        return self._snapshot.settings.get((plugin, path.rstrip("/").rpartition("/")[2]), {})

    def own_choice(self, capability: str, path: str) -> str | None:
        """The plugin that the organization with this path has chosen itself for `capability`."""
        return self._snapshot.choices.get((capability, path.rstrip("/").rpartition("/")[2]))

    def setting_sources(self, plugin: str, path: str) -> Mapping[str, str]:
        """For each setting that is set somewhere up the tree: the id of the organization that set it."""
        sources: dict[str, str] = {}
        for identity in path.rstrip("/").split("/"):
            sources.update(dict.fromkeys(self._snapshot.settings.get((plugin, identity), {}), identity))
        return sources


def current_version(db: Session) -> int:
    """The version of the decisions in the database."""
    return db.scalar(select(VersionStamp.version).where(VersionStamp.name == STAMP)) or 0


def raise_version(db: Session) -> None:
    """Tell every process that the decisions have changed."""
    if not db.execute(
        update(VersionStamp).where(VersionStamp.name == STAMP).values(version=VersionStamp.version + 1)
    ).rowcount:  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        db.add(VersionStamp(name=STAMP, version=1))
    db.flush()


def _read(db: Session, version: int) -> _Snapshot:
    snapshot = _Snapshot(version=version)
    for switch, name in db.execute(
        select(PluginSwitch, Organization.short_name).join(
            Organization, PluginSwitch.organization_id == Organization.id
        )
    ):
        snapshot.by_organization[switch.plugin, str(switch.organization_id)] = _Decision(
            switch.enabled, switch.locked, name
        )
    for switch, name in db.execute(
        select(PluginSwitch, OrganizationGroup.name).join(
            OrganizationGroup, PluginSwitch.group_id == OrganizationGroup.id
        )
    ):
        snapshot.by_group[switch.plugin, str(switch.group_id)] = _Decision(
            switch.enabled, switch.locked, name
        )
    for group, organization in db.execute(
        select(OrganizationGroupMember.group_id, OrganizationGroupMember.organization_id).order_by(
            OrganizationGroupMember.group_id
        )
    ):
        snapshot.groups_of.setdefault(str(organization), []).append(str(group))
    for choice in db.scalars(select(CapabilityChoice)):
        snapshot.choices[choice.capability, str(choice.organization_id)] = choice.plugin
    for setting in db.scalars(select(OrganizationSetting)):
        snapshot.settings[setting.plugin, str(setting.organization_id)] = setting.values
    for organization, theme in db.execute(
        select(Organization.id, Organization.theme).where(Organization.theme.is_not(None))
    ):
        snapshot.themes[str(organization)] = theme or ""
    for changed in db.scalars(select(RoleGrant)):
        of_kind = snapshot.role_grants.setdefault((changed.role_kind, str(changed.organization_id)), {})
        of_kind[changed.permission] = changed.reach
    return snapshot


def group_decisions(db: Session, group_id: UUID) -> Mapping[str, PluginSwitch]:
    """What is decided about plugins for a group, by the plugin's name."""
    return {
        each.plugin: each
        for each in db.scalars(select(PluginSwitch).where(PluginSwitch.group_id == group_id))
    }


def switch_plugin(
    db: Session,
    plugin: str,
    *,
    enabled: bool,
    organization: Organization | None = None,
    group: OrganizationGroup | None = None,
    locked: bool = False,
) -> None:
    """Switch a plugin on or off for an organization and all below it, or for a group.

    Raises `NotFound` if no such plugin is installed, `Conflict` if a level above has locked its decision.
    The caller has checked the right to do so (`core.plugin_admin`).
    """
    if plugin not in db.portal.plugins.loaded:
        raise NotFound(
            sentence("Плагин «%(name)s» не установлен.", name=plugin), advice="Проверьте имя плагина."
        )
    target = organization or group
    if target is None:
        raise Invalid("Не указано, где включить плагин.")
    if organization is not None:
        db.portal.switches.refresh(db)
        inherited = db.portal.switches.inherited(plugin, organization.path)
        if inherited.locked:
            raise Conflict(
                sentence("Решение о плагине закреплено уровнем выше: %(source)s.", source=inherited.source),
                advice="Попросите вышестоящую организацию снять закрепление.",
            )
    column = PluginSwitch.organization_id if organization is not None else PluginSwitch.group_id
    switch = db.scalar(select(PluginSwitch).where(PluginSwitch.plugin == plugin, column == target.id))
    if switch is None:
        switch = PluginSwitch(
            id=new_id(),
            plugin=plugin,
            organization_id=organization.id if organization is not None else None,
            group_id=group.id if group is not None else None,
        )
        db.add(switch)
    switch.enabled, switch.locked, switch.changed_at = enabled, locked, now()
    raise_version(db)


def forget_switch(db: Session, plugin: str, target_id: UUID) -> None:
    """Take the own decision of an organization or group back: what is inherited holds again."""
    switch = db.scalar(
        select(PluginSwitch).where(
            PluginSwitch.plugin == plugin,
            or_(PluginSwitch.organization_id == target_id, PluginSwitch.group_id == target_id),
        )
    )
    if switch is not None:
        db.delete(switch)
        raise_version(db)


def save_settings(db: Session, plugin: str, organization_id: UUID, values: Mapping[str, Any]) -> None:
    """Keep what an organization sets itself of a plugin's settings; nothing means that all is inherited."""
    setting = db.scalar(
        select(OrganizationSetting).where(
            OrganizationSetting.plugin == plugin, OrganizationSetting.organization_id == organization_id
        )
    )
    if setting is None:
        db.add(
            OrganizationSetting(
                id=new_id(), plugin=plugin, organization_id=organization_id, values=dict(values)
            )
        )
    elif values:
        setting.values = dict(values)
    else:
        db.delete(setting)
    raise_version(db)


def choose_provider(db: Session, capability: str, organization_id: UUID, plugin: str | None) -> None:
    """Say which plugin provides a capability in an organization and below it; None takes the choice back."""
    choice = db.scalar(
        select(CapabilityChoice).where(
            CapabilityChoice.capability == capability, CapabilityChoice.organization_id == organization_id
        )
    )
    if plugin is None:
        if choice is not None:
            db.delete(choice)
    elif choice is None:
        db.add(
            CapabilityChoice(
                id=new_id(), capability=capability, organization_id=organization_id, plugin=plugin
            )
        )
    else:
        choice.plugin = plugin
    raise_version(db)
