"""Installed plugins: discovery, order, what each contributes, and the fence around those that fail."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pluggy
import structlog
from packaging.specifiers import InvalidSpecifier, SpecifierSet

import core
from core import contributions, hooks
from core.config import Config
from core.contributions import Manifest
from core.database.base import now
from core.errors import ConfigurationError
from core.web.i18n import sentence

GROUP = "moyashkola.plugins"
CONTRIBUTIONS = (
    "routes",
    "menu_entries",
    "permissions",
    "role_kinds",
    "dashboard_cards",
    "request_kinds",
    "setup_steps",
    "search_sources",
    "notification_kinds",
    "audited_actions",
    "audited_subjects",
    "event_subscribers",
    "webhook_events",
    "tasks",
    "scheduled_tasks",
    "cli_commands",
    "importers",
    "exporters",
    "data_checks",
    "personal_data",
    "merged_tables",
    "consent_kinds",
    "identity_providers",
    "theme_assets",
    "api_scopes",
    "page_slots",
    "capabilities",
    "live_topics",
    "file_purposes",
    "document_readers",
    "demo_fillers",
    "hook_specifications",
)

CONTRIBUTED: Mapping[str, type[Any]] = {
    "menu_entries": contributions.MenuEntry,
    "permissions": contributions.Permission,
    "role_kinds": contributions.RoleKind,
    "dashboard_cards": contributions.Card,
    "request_kinds": contributions.RequestKind,
    "setup_steps": contributions.SetupStep,
    "search_sources": contributions.SearchSource,
    "notification_kinds": contributions.NotificationKind,
    "audited_actions": contributions.AuditedAction,
    "audited_subjects": contributions.AuditedSubject,
    "event_subscribers": contributions.Subscription,
    "webhook_events": contributions.WebhookEvent,
    "tasks": contributions.TaskKind,
    "scheduled_tasks": contributions.ScheduledTask,
    "importers": contributions.Importer,
    "exporters": contributions.Exporter,
    "data_checks": contributions.DataCheck,
    "personal_data": contributions.PersonalDataSource,
    "merged_tables": contributions.MergedTable,
    "consent_kinds": contributions.ConsentKind,
    "identity_providers": contributions.IdentityProvider,
    "theme_assets": contributions.ThemeAssets,
    "api_scopes": contributions.Scope,
    "page_slots": contributions.SlotFill,
    "capabilities": contributions.CapabilityProvider,
    "live_topics": contributions.LiveTopic,
    "file_purposes": contributions.FilePurpose,
    "document_readers": contributions.DocumentReaders,
    "demo_fillers": contributions.DemoFiller,
}
"""What each hook returns a sequence of; the rest are Litestar's, click's or modules."""

log = structlog.get_logger("plugins")


@dataclass
class Failure:
    """A failure that was fenced off in this process."""

    place: str
    error: str
    error_id: str
    at: datetime


@dataclass
class Plugin:
    """An installed plugin: its manifest, where it came from, and what it contributes."""

    name: str
    module: ModuleType
    manifest: Manifest
    distribution: str
    distribution_version: str
    contributions: dict[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])
    settings: type[msgspec.Struct] | None = None
    configuration: msgspec.Struct | None = None
    failures: list[Failure] = field(default_factory=list[Failure])
    schema_failed: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the plugin's module: templates, locale, migrations and static lie in it."""
        return Path(str(self.module.__file__)).parent

    @property
    def migrations(self) -> Path | None:
        """The plugin's migrations, if it has tables."""
        path = self.folder / "migrations"
        return path if path.is_dir() else None

    def of(self, hook: str) -> tuple[Any, ...]:
        """What the plugin gave for `hook`."""
        return self.contributions.get(hook, ())


class Plugins:
    """All plugins of this portal, in the order of what they require of each other."""

    def __init__(self, config: Config, report: Callable[[str, Failure], None] | None = None) -> None:
        self._config = config
        self._report = report
        self._hooks = pluggy.PluginManager(hooks.PROJECT)
        self._hooks.add_hookspecs(hooks)
        self.loaded: dict[str, Plugin] = {}

    def discover(self, *, configured: bool = True) -> None:
        """Load the plugins the settings name, or all installed ones; with their own settings if `configured`.

        Raises `ConfigurationError`, in one sentence, for a plugin that is named but not installed, that
        cannot be imported, does not fit this core, needs a capability nobody provides, or has a wrong setting.
        """
        found: dict[str, EntryPoint] = {}
        for entry in entry_points(group=GROUP):
            other = found.setdefault(entry.name, entry)
            if other.value != entry.value or _package(other) != _package(entry):
                raise ConfigurationError(
                    f"Плагин «{entry.name}» дают сразу два пакета: {_package(other)} и {_package(entry)}.",
                    advice="Удалите один из них.",
                )
        wanted = list(found) if self._config.plugins is None else self._config.plugins
        for name in wanted:
            if name not in found:
                raise ConfigurationError(
                    f"Плагин «{name}» назван в настройках, но не установлен.",
                    advice="Установите его или уберите из списка plugins. "
                    f"Установлены: {', '.join(sorted(found)) or 'нет ни одного'}.",
                )
        plugins = [self._load(found[name]) for name in wanted]
        for plugin in in_order(plugins):
            self.loaded[plugin.name] = plugin
        for plugin in self.loaded.values():
            self._collect(plugin, configured=configured)
        try:
            self._hooks.check_pending()
        except pluggy.PluginValidationError as error:
            raise ConfigurationError(
                f"Плагин объявляет неизвестную точку расширения: {error}.",
                advice="Проверьте имена функций с @hookimpl по docs/hooks.md.",
            ) from error

    def _load(self, entry: EntryPoint) -> Plugin:
        source = _package(entry)
        version = entry.dist.version if entry.dist else "?"
        try:
            module = entry.load()
        except Exception as error:
            raise ConfigurationError(
                f"Плагин «{entry.name}» (пакет {source} {version}) не загружается: "
                f"{type(error).__name__}: {error}.",
                advice="Исправьте или переустановите пакет либо уберите плагин из списка plugins.",
            ) from error
        return self.register(entry.name, module, source, version)

    def register(self, name: str, module: ModuleType, distribution: str, version: str) -> Plugin:
        """Take `module` in as plugin `name`. Raises `ConfigurationError` if its manifest does not fit."""
        try:
            self._hooks.register(module, name)
            manifest = module.manifest()
        except Exception as error:
            raise ConfigurationError(
                f"Плагин «{name}» (пакет {distribution} {version}) объявлен неверно: {error}.",
                advice="Проверьте plugin.py по docs/hooks.md.",
            ) from error
        if manifest.name != name:
            raise ConfigurationError(
                f"Плагин «{name}» называет себя «{manifest.name}».",
                advice="Имя в точке входа и в манифесте должно совпадать.",
            )
        try:
            fits = SpecifierSet(manifest.core_api).contains(core.CORE_API)
        except InvalidSpecifier:
            fits = False
        if not fits:
            raise ConfigurationError(
                f"Плагин «{name}» {manifest.version} требует ядро {manifest.core_api}, "
                f"а установлено {core.CORE_API}.",
                advice="Обновите плагин или портал.",
            )
        return Plugin(name, module, manifest, distribution, version)

    def _collect(self, plugin: Plugin, *, configured: bool) -> None:
        for hook in CONTRIBUTIONS:
            plugin.contributions[hook] = self._call(plugin, hook, (), _contributed)
        for specification in plugin.of("hook_specifications"):
            try:
                self._hooks.add_hookspecs(specification)
            except (pluggy.PluginValidationError, ValueError) as error:
                self.fence(plugin.name, sentence("хук %(hook)s", hook="hook_specifications"), error)
        plugin.settings = self._call(plugin, "settings", None, _struct)
        configuration = self._call(plugin, "configuration", None, _struct)
        if configuration is not None and configured:
            prefix = plugin.manifest.settings_prefix or plugin.name.upper()
            plugin.configuration = self._config.section(plugin.name, prefix, configuration)

    def _call(self, plugin: Plugin, hook: str, default: Any, checked: Callable[[str, Any], Any]) -> Any:
        """What the plugin's implementation of `hook` returns, `checked`; a failure is fenced off."""
        for implementation in getattr(self._hooks.hook, hook).get_hookimpls():
            if implementation.plugin is plugin.module:
                try:
                    return checked(hook, implementation.function())
                except Exception as error:
                    self.fence(plugin.name, sentence("хук %(hook)s", hook=hook), error)
        return default

    def call_own(self, hook: str) -> list[tuple[str, Any]]:
        """Results of a hook that a plugin specified itself, each with the plugin it came from.

        In the order of the plugins; one that fails is fenced off and left out.
        """
        implementations = {
            implementation.plugin_name: implementation
            for implementation in getattr(self._hooks.hook, hook).get_hookimpls()
        }
        found: list[tuple[str, Any]] = []
        for name in self.loaded:
            if name in implementations:
                try:
                    found.append((name, implementations[name].function()))
                except Exception as error:
                    self.fence(name, sentence("хук %(hook)s", hook=hook), error)
        return found

    def fence(self, name: str, place: str, error: BaseException) -> str:
        """Report a plugin's failure and go on without it. Returns the error's id, as shown and logged."""
        error_id = secrets.token_hex(4)
        log.error("plugin failed", plugin=name, place=place, error_id=error_id, exc_info=error)
        failure = Failure(place, f"{type(error).__name__}: {error}", error_id, now())
        plugin = self.loaded.get(name)
        if plugin is not None:
            plugin.failures = [*plugin.failures[-49:], failure]
        if self._report is not None:
            self._report(name, failure)
        return error_id

    def each(self, hook: str) -> Iterable[tuple[Plugin, Any]]:
        """Every contribution to `hook`, with its plugin."""
        for plugin in self.loaded.values():
            for contribution in plugin.of(hook):
                yield plugin, contribution

    def migrated(self) -> Sequence[Plugin]:
        """Plugins with tables, in the order to migrate them."""
        return [plugin for plugin in self.loaded.values() if plugin.migrations]

    def providers(self) -> Mapping[str, Sequence[str]]:
        """For each capability, the plugins that provide it."""
        found: dict[str, list[str]] = {}
        for plugin in self.loaded.values():
            for capability in plugin.manifest.provides:
                found.setdefault(capability, []).append(plugin.name)
        return found


def _package(entry: EntryPoint) -> str:
    """The distribution an entry point comes from."""
    return entry.dist.name if entry.dist else "?"


def _contributed(hook: str, result: Any) -> tuple[Any, ...]:
    """The contributions a hook returned. Raises `TypeError` for anything but a sequence of what it should give."""
    wanted = CONTRIBUTED.get(hook)
    found = tuple(result)
    for each in found:
        if wanted is not None and not isinstance(each, wanted):
            raise TypeError(f"{hook} должен вернуть список {wanted.__name__}, а вернул {each!r}")
    return found


def _struct(hook: str, result: Any) -> type[msgspec.Struct]:
    """The settings struct a hook returned. Raises `TypeError` for anything else."""
    if not (isinstance(result, type) and issubclass(result, msgspec.Struct)):
        raise TypeError(f"{hook} должен вернуть класс msgspec.Struct, а вернул {result!r}")
    return result


def in_order(plugins: Iterable[Plugin]) -> list[Plugin]:
    """Plugins sorted so that whoever provides a capability comes before those that require it.

    Raises `ConfigurationError` for a capability nobody provides and for a circle of requirements.
    """
    waiting = sorted(plugins, key=lambda plugin: plugin.name)
    offered = {capability for plugin in waiting for capability in plugin.manifest.provides}
    for plugin in waiting:
        missing = sorted(set(plugin.manifest.requires) - offered)
        if missing:
            raise ConfigurationError(
                f"Плагину «{plugin.name}» нужна возможность «{missing[0]}», но её никто не даёт.",
                advice=f"Установите плагин, который даёт «{missing[0]}», или уберите «{plugin.name}».",
            )
    ordered: list[Plugin] = []
    ready: set[str] = set()
    while waiting:
        following = [
            plugin
            for plugin in waiting
            if {*plugin.manifest.requires, *(set(plugin.manifest.optional) & offered)} <= ready
        ] or [plugin for plugin in waiting if set(plugin.manifest.requires) <= ready][:1]
        if not following:
            names = ", ".join(plugin.name for plugin in waiting)
            raise ConfigurationError(
                f"Плагины требуют друг друга по кругу: {names}.",
                advice="Уберите один из них из списка plugins.",
            )
        for plugin in following:
            waiting.remove(plugin)
            ordered.append(plugin)
        done = {plugin.name for plugin in ordered}
        ready = {
            capability
            for capability in offered
            if all(
                plugin.name in done
                for plugin in [*ordered, *waiting]
                if capability in plugin.manifest.provides
            )
        }
    return ordered
