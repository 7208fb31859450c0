"""What all commands share: the settings, the portal, and how errors and progress are shown."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text
from sqlalchemy.exc import DBAPIError, OperationalError

from core import config as configuration
from core.config import PREFIX, Config
from core.database import migrations
from core.errors import ConfigurationError, PortalError
from core.logs import configure_logs
from core.portal import Portal

# Without markup: settings are named [plugins.x], and people's text may hold brackets too.
console = Console(highlight=False, markup=False)
errors = Console(stderr=True, highlight=False, markup=False)

COMMANDS = {
    "run": "core.cli.server",
    "worker": "core.cli.server",
    "demo": "core.cli.demo",
    "migrate": "core.cli.database",
    "plugins": "core.cli.plugins",
    "import": "core.cli.exchange",
    "imports": "core.cli.imports",
    "check": "core.cli.check",
    "token": "core.cli.tokens",
    "pupil-file": "core.cli.pupil_files",
}


def override(**settings: str | None) -> None:
    """Let command-line options win over the environment, for this process and its workers."""
    for name, value in settings.items():
        if value is not None:
            os.environ[PREFIX + name] = value


def say_error(error: PortalError) -> None:
    """One line on standard error: what happened and what to do."""
    words = f" {error.message} {error.advice}".rstrip()
    errors.print(Text.assemble(("Ошибка:", "bold red"), words), soft_wrap=True)


def trouble_of(error: OSError | DBAPIError) -> PortalError | None:
    """What the operator can do about an error of the disk or the database; None if it is a mistake of ours."""
    if isinstance(error, OSError):
        if isinstance(error, BrokenPipeError):
            return ConfigurationError("Вывод команды прерван.")
        return ConfigurationError(
            f"Система отказала: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}.",
            advice="Проверьте место на диске и права на папку данных, затем повторите.",
        )
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return ConfigurationError(
            f"База данных отказала: {str(error.orig).strip().splitlines()[0]}.",
            advice="Проверьте сервер базы данных, место на диске и права, затем повторите. "
            "Прерванный шаг не сохранён, повторять команду безопасно.",
        )
    return None


@contextmanager
def open_portal(
    *, logs: str = "warning", tables: bool = True, mended: Callable[[Config], Config] | None = None
) -> Generator[Portal, None, None]:
    """The portal of this installation, for one command.

    With `tables` it refuses a database whose core tables are not up to date, and leaves out plugins whose
    tables are not: `ConfigurationError` says to migrate. `mended` is for a command that looks for what is wrong
    in the settings: it may take that out of them.
    """
    override(LOG_LEVEL=os.environ.get(PREFIX + "LOG_LEVEL", logs))
    settings = configuration.load()
    if mended is not None:
        settings = mended(settings)
    configure_logs(settings)
    portal = Portal(settings)
    try:
        portal.database.ping()
        if tables:
            migrations.mark_unmigrated(portal)
        yield portal
    finally:
        portal.close()


def progress_bar() -> Progress:
    """A progress bar for long work; a plain line where the output is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=False,
    )


class PortalGroup(click.Group):
    """Loads a command's module when it is asked for; asks the plugins only for names of theirs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The core's commands, then the plugins'."""
        return [*COMMANDS, *self._from_plugins()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(COMMANDS[cmd_name])
            command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
            assert isinstance(command, click.Command)  # noqa: S101
            return command
        return self._from_plugins().get(cmd_name)

    def _from_plugins(self) -> dict[str, click.Command]:
        from core.plugins import Plugins

        try:
            plugins = Plugins(configuration.load())
            # A wrong setting of a plugin is told by the command that needs it, and `doctor` looks for it.
            plugins.discover(configured=False)
        except PortalError as error:
            say_error(error)
            return {}
        return {command.name or "": command for _plugin, command in plugins.each("cli_commands")}
