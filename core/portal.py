"""The portal as a whole: settings, plugins, database and services, without any web server.

The server, the worker and every command build one. Nothing in it is global.
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path

from core.config import Config, prepare_home
from core.database.base import new_id
from core.database.engine import Database
from core.events import Events
from core.files import Files
from core.organizations.models import PluginFailure
from core.organizations.switches import Switches
from core.plugins import Failure, Plugins
from core.realtime import Live
from core.roles.actor import Actor
from core.roles.grants import Grants
from core.web.assets import Assets
from core.web.i18n import load_catalogues
from core.web.templating import Templates
from core.webhooks.hearing import Hearing


class Portal:
    """Everything the installation consists of, built from its settings.

    Raises `ConfigurationError` if a plugin or a setting does not fit. Does not touch the database:
    `database.ping()` and `core.database.migrations.pending` tell whether it is there and up to date.
    """

    def __init__(self, config: Config) -> None:
        prepare_home(config)
        self.config = config
        self.secret = config.secret()
        self.database = Database(config, self)
        self.plugins = Plugins(config, self._record_failure)
        self.plugins.discover()
        self.events = Events(self.plugins)
        for plugin, subscription in self.plugins.each("event_subscribers"):
            self.events.subscribe(plugin.name, subscription)
        self.webhooks = Hearing(self.plugins)
        self.webhooks.attach(self.events)
        self.switches = Switches(self.plugins)
        self.grants = Grants(self.plugins, self.switches)
        self.files = Files(config)
        self.form_targets: set[str] = set()
        self.live = Live(config, self.plugins)
        load_catalogues(self.catalogue_folders)

    @cached_property
    def templates(self) -> Templates:
        """The page templates; needs the built front end."""
        return Templates([plugin.folder for plugin in self.plugins.loaded.values()], Assets())

    @cached_property
    def catalogue_folders(self) -> list[Path]:
        """Folders with translations: the core's first, plugins' after it, so that theirs win."""
        core_folder = Path(__file__).parent / "locale"
        return [core_folder, *(plugin.folder / "locale" for plugin in self.plugins.loaded.values())]

    def is_on_for(self, plugin: str, actor: Actor) -> bool:
        """Whether `plugin` is on where `actor` acts; for somebody without a role, whether it works at all."""
        if actor.role is not None:
            return self.switches.is_on(plugin, actor.role.organization_path)
        return plugin in self.plugins.loaded and not self.plugins.loaded[plugin].schema_failed

    def _record_failure(self, name: str, failure: Failure) -> None:
        """Keep a plugin's failure where all servers and operators see it; never fail over it.

        In a thread of its own: the failing request may hold SQLite's only write lock.
        """
        writing = threading.Thread(target=self._write_failure, args=(name, failure), daemon=True)
        writing.start()
        writing.join(0.1)

    def _write_failure(self, name: str, failure: Failure) -> None:
        try:
            with self.database.transaction() as db:
                db.add(
                    PluginFailure(
                        id=new_id(),
                        plugin=name,
                        place=failure.place,
                        error=failure.error[:1000],
                        error_id=failure.error_id,
                        at=failure.at,
                    )
                )
        except Exception:  # noqa: S110 -- the log has it already; a full disk must not hide the page
            pass

    def close(self) -> None:
        """Let go of connections."""
        self.live.close()
        self.database.dispose()
