"""The plugin contract: every hook a plugin may implement.

A plugin is a module named in the entry-point group `moyashkola.plugins` with functions of these names,
marked `@hookimpl`. Each is called once, when the portal starts, takes no arguments and returns plain
data; a plugin implements only those it needs, `manifest` excepted. What happens later (a mark was set)
reaches a plugin as an event, see `event_subscribers`. A hook that raises is reported on the operators'
plugin page and the plugin goes on without it; only `manifest` must not fail.

Templates, translations and migrations need no hook: they are found in the folders `templates/`,
`locale/`, `migrations/` and `static/` beside the plugin's module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from core.contributions import (
    AuditedAction,
    AuditedSubject,
    CapabilityProvider,
    Card,
    CardContent,
    CardLine,
    Clash,
    ConsentKind,
    DataCheck,
    DemoFiller,
    DocumentReaders,
    Exporter,
    FilePurpose,
    Finding,
    IdentityProvider,
    Importer,
    LiveTopic,
    Manifest,
    MenuEntry,
    MergedTable,
    NotificationKind,
    PeopleMerged,
    PeopleParted,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    RequestKind,
    RoleKind,
    ScheduledTask,
    Scope,
    SearchResult,
    SearchSource,
    SetupScope,
    SetupStep,
    SlotFill,
    Subscription,
    TaskKind,
    ThemeAssets,
    WebhookEvent,
)

if TYPE_CHECKING:
    import click
    import msgspec
    from litestar.types import ControllerRouterHandler

__all__ = [
    "AuditedAction",
    "AuditedSubject",
    "CapabilityProvider",
    "Card",
    "CardContent",
    "CardLine",
    "Clash",
    "ConsentKind",
    "DataCheck",
    "DemoFiller",
    "DocumentReaders",
    "Exporter",
    "FilePurpose",
    "Finding",
    "IdentityProvider",
    "Importer",
    "LiveTopic",
    "Manifest",
    "MenuEntry",
    "MergedTable",
    "NotificationKind",
    "PeopleMerged",
    "PeopleParted",
    "Permission",
    "PersonalData",
    "PersonalDataSource",
    "Reach",
    "RequestKind",
    "RoleKind",
    "ScheduledTask",
    "Scope",
    "SearchResult",
    "SearchSource",
    "SetupScope",
    "SetupStep",
    "SlotFill",
    "Subscription",
    "TaskKind",
    "ThemeAssets",
    "WebhookEvent",
    "hookimpl",
    "hookspec",
]

PROJECT = "moyashkola"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def manifest() -> Manifest:  # pyright: ignore[reportReturnType]
    """Who the plugin is, which core it works with, what it needs, offers and stores. Required."""


@hookspec
def routes() -> Sequence[ControllerRouterHandler]:  # pyright: ignore[reportReturnType]
    """Litestar handlers, controllers and routers.

    The core puts the plugin's gate before them: where the plugin is switched off they answer as if
    they were not there. A handler that changes state must carry `needs(…)`, `signed_in` or
    `opt={"public": "why"}`; the portal refuses to start otherwise.
    """


@hookspec
def menu_entries() -> Sequence[MenuEntry]:  # pyright: ignore[reportReturnType]
    """Entries of the main menu; each is shown to the roles that have its permission."""


@hookspec
def permissions() -> Sequence[Permission]:  # pyright: ignore[reportReturnType]
    """What may be allowed or forbidden in the plugin, and to which role kinds it is granted by default."""


@hookspec
def role_kinds() -> Sequence[RoleKind]:  # pyright: ignore[reportReturnType]
    """Kinds of structural roles that only this plugin knows."""


@hookspec
def configuration() -> type[msgspec.Struct]:  # pyright: ignore[reportReturnType]
    """Settings of the installation (addresses, keys): a struct read from `[plugins.<name>]` and the environment."""


@hookspec
def settings() -> type[msgspec.Struct]:  # pyright: ignore[reportReturnType]
    """Settings an organization may change: a struct with defaults that becomes a form, inherited down the tree."""


@hookspec
def dashboard_cards() -> Sequence[Card]:  # pyright: ignore[reportReturnType]
    """Cards of the home page."""


@hookspec
def request_kinds() -> Sequence[RequestKind]:  # pyright: ignore[reportReturnType]
    """Kinds of requests that people may send and somebody decides."""


@hookspec
def setup_steps() -> Sequence[SetupStep]:  # pyright: ignore[reportReturnType]
    """Steps of setting an organization up, shown among the core's where the plugin is on."""


@hookspec
def search_sources() -> Sequence[SearchSource]:  # pyright: ignore[reportReturnType]
    """Where the search box looks besides people, classes and organizations."""


@hookspec
def notification_kinds() -> Sequence[NotificationKind]:  # pyright: ignore[reportReturnType]
    """Kinds of notifications the plugin sends with `core.notifications.notify`."""


@hookspec
def audited_actions() -> Sequence[AuditedAction]:  # pyright: ignore[reportReturnType]
    """What the history of changes calls the changes that the plugin records with `core.audit.record`."""


@hookspec
def audited_subjects() -> Sequence[AuditedSubject]:  # pyright: ignore[reportReturnType]
    """What the history of changes calls the things of the plugin that have been changed."""


@hookspec
def event_subscribers() -> Sequence[Subscription]:  # pyright: ignore[reportReturnType]
    """Functions to be run, in the same transaction, when an event is published."""


@hookspec
def webhook_events() -> Sequence[WebhookEvent]:  # pyright: ignore[reportReturnType]
    """Events of the plugin that systems outside can hear of by webhooks."""


@hookspec
def tasks() -> Sequence[TaskKind]:  # pyright: ignore[reportReturnType]
    """Kinds of background work, queued with `core.tasks.enqueue`."""


@hookspec
def scheduled_tasks() -> Sequence[ScheduledTask]:  # pyright: ignore[reportReturnType]
    """Background work to be queued at regular times."""


@hookspec
def cli_commands() -> Sequence[click.Command]:  # pyright: ignore[reportReturnType]
    """Subcommands of `moyashkola`."""


@hookspec
def importers() -> Sequence[Importer]:  # pyright: ignore[reportReturnType]
    """Formats that `moyashkola import` and the import page read."""


@hookspec
def exporters() -> Sequence[Exporter]:  # pyright: ignore[reportReturnType]
    """Tables that can be taken out as csv or xlsx."""


@hookspec
def data_checks() -> Sequence[DataCheck]:  # pyright: ignore[reportReturnType]
    """Checks of stored data for `moyashkola check`."""


@hookspec
def personal_data() -> Sequence[PersonalDataSource]:  # pyright: ignore[reportReturnType]
    """How to export and to erase what the plugin knows about a person. Required if the manifest names personal data."""


@hookspec
def merged_tables() -> Sequence[MergedTable]:  # pyright: ignore[reportReturnType]
    """How the plugin's rows follow a person whose two cards are made one; without it only their keys are rewritten."""


@hookspec
def consent_kinds() -> Sequence[ConsentKind]:  # pyright: ignore[reportReturnType]
    """Consents that the plugin needs before it may use personal data beyond what the law allows anyway."""


@hookspec
def identity_providers() -> Sequence[IdentityProvider]:  # pyright: ignore[reportReturnType]
    """Ways to sign in, shown on the sign-in page."""


@hookspec
def theme_assets() -> Sequence[ThemeAssets]:  # pyright: ignore[reportReturnType]
    """Style sheets and scripts for every page."""


@hookspec
def api_scopes() -> Sequence[Scope]:  # pyright: ignore[reportReturnType]
    """Scopes for personal access tokens."""


@hookspec
def page_slots() -> Sequence[SlotFill]:  # pyright: ignore[reportReturnType]
    """Pieces for named places on pages of the core or of other plugins."""


@hookspec
def capabilities() -> Sequence[CapabilityProvider]:  # pyright: ignore[reportReturnType]
    """The objects behind the capabilities that the manifest says the plugin provides."""


@hookspec
def live_topics() -> Sequence[LiveTopic]:  # pyright: ignore[reportReturnType]
    """Families of live topics that a browser may listen to."""


@hookspec
def demo_fillers() -> Sequence[DemoFiller]:  # pyright: ignore[reportReturnType]
    """What `moyashkola demo` adds to an invented school, after the plugins this one depends on."""


@hookspec
def file_purposes() -> Sequence[FilePurpose]:  # pyright: ignore[reportReturnType]
    """What the plugin's stored files are for, and who may read them (`core.files`)."""


@hookspec
def document_readers() -> Sequence[DocumentReaders]:  # pyright: ignore[reportReturnType]
    """Who may read documents of the portal that were handed in to the plugin (`core.portal_documents`)."""


@hookspec
def hook_specifications() -> Sequence[Any]:  # pyright: ignore[reportReturnType]
    """Modules with hook specifications of the plugin's own, for plugins that extend it (its `hooks.py`)."""
