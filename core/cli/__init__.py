"""The command `moyashkola`; plugins add subcommands through the hook `cli_commands`."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import DBAPIError

from core.cli.context import PortalGroup, say_error, trouble_of
from core.errors import PortalError


@click.group(cls=PortalGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="ФАЙЛ", help="Файл настроек вместо moyashkola.toml.")
@click.option("--home", metavar="ПАПКА", help="Папка данных вместо MOYASHKOLA_HOME.")
@click.option("--database-url", metavar="АДРЕС", help="База данных вместо MOYASHKOLA_DATABASE_URL.")
@click.version_option(package_name="moyashkola", prog_name="moyashkola")
def cli(config: str | None, home: str | None, database_url: str | None) -> None:
    """«Моя школа» – открытый школьный портал.

    Настройки: файл moyashkola.toml и переменные MOYASHKOLA_*, см. docs/settings.md.
    """
    from core.cli.context import override

    override(CONFIG=config, HOME=home, DATABASE_URL=database_url)


def main() -> None:
    """Run the command line; an error with words becomes one line and exit code 1."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PortalError as error:
        say_error(error)
        sys.exit(1)
    except (OSError, DBAPIError) as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        say_error(trouble)
        sys.exit(1)
