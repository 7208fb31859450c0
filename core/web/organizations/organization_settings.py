"""The settings of plugins as they hold for an organization, each with where its value comes from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from core import plugin_admin
from core.database.session import Session
from core.web.i18n import gettext as _
from core.web.i18n import ngettext
from core.web.struct_form import FormField, form_fields


class SettingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `source` is the name of the organization that set it, «» where the plugin's own value holds."""

    label: str
    value: str
    source: str
    own: bool


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a plugin that is on."""

    name: str
    title: str
    lines: Sequence[SettingLine]


def settings_shown(db: Session, path: str) -> list[PluginSettings]:
    """The settings of all plugins that are on for the organization with this path."""
    switches = db.portal.switches
    plugins = [
        plugin
        for plugin in sorted(db.portal.plugins.loaded.values(), key=lambda each: str(each.manifest.title))
        if plugin.settings is not None and switches.is_on(plugin.name, path)
    ]
    sources = {plugin.name: switches.setting_sources(plugin.name, path) for plugin in plugins}
    names = plugin_admin.organization_names(
        db, {each for found in sources.values() for each in found.values()}
    )
    shown: list[PluginSettings] = []
    for plugin in plugins:
        assert plugin.settings is not None  # noqa: S101 -- chosen for having them
        own = switches.own_settings(plugin.name, path)
        fields = form_fields(plugin.settings, switches.settings(plugin.name, path, plugin.settings))
        shown.append(
            PluginSettings(
                name=plugin.name,
                title=str(plugin.manifest.title),
                lines=[
                    SettingLine(
                        label=field.label,
                        value=_in_words(field),
                        source=names.get(sources[plugin.name].get(field.name, ""), ""),
                        own=field.name in own,
                    )
                    for field in fields
                ],
            )
        )
    return shown


def _in_words(field: FormField) -> str:
    if field.kind == "checkbox":
        return _("да") if field.value == "true" else _("нет")
    if field.kind in ("select", "choices"):
        titles = dict(field.options)
        return ", ".join(titles.get(each, each) for each in field.chosen)
    lines = len(field.value.splitlines())
    if lines > 1:
        return ngettext("%(count)s строка", "%(count)s строк", lines) % {"count": lines}
    return field.value
