"""Migrations: the core and each plugin have a history and a version table of their own.

A plugin whose package is gone is simply not touched; put back, it goes on where it was. A plugin whose
migration fails is fenced off and the others go on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.database import tables
from core.database.base import Base
from core.errors import ConfigurationError, PortalError
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.portal import Portal

CORE = "core"
TABLES = tables.__all__
LOCK_KEY = 7_305_411
MIGRATE = "Выполните: moyashkola migrate"


@dataclass(frozen=True)
class History:
    """A linear line of migrations: the core's or a plugin's. Its tables begin with `<name>_`."""

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        """The table that holds the version reached."""
        return f"{self.name}_schema_version"

    def scripts(self) -> ScriptDirectory:
        """Alembic's view of the folder."""
        config = AlembicConfig()
        config.set_main_option("script_location", str(self.folder))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(self.folder))
        return ScriptDirectory.from_config(config)

    def owns(self, table: str) -> bool:
        """Whether a table belongs to this history."""
        return table.startswith(f"{self.name}_") and table != self.version_table

    def _includes_name(self, name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or self.owns(name or "")

    def _includes_object(self, thing: Any, _name: Any, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or self.owns(thing.name)

    def context(self, connection: Connection, **options: Any) -> MigrationContext:
        """A migration context that sees only this history's tables."""
        return MigrationContext.configure(
            connection,
            opts={
                "version_table": self.version_table,
                "target_metadata": Base.metadata,
                "render_as_batch": True,
                "compare_type": True,
                "include_name": self._includes_name,
                "include_object": self._includes_object,
                **options,
            },
        )


def histories(portal: Portal) -> list[History]:
    """The core's history, then the plugins', in the order of what they require."""
    found = [History(CORE, Path(__file__).parent.parent / "migrations")]
    found += [
        History(plugin.name, plugin.migrations)
        for plugin in portal.plugins.migrated()
        if plugin.migrations is not None
    ]
    return found


def is_new(portal: Portal) -> bool:
    """Whether the database has none of the portal's tables yet."""
    with portal.database.engine.connect() as connection:
        return not portal.database.engine.dialect.has_table(connection, f"{CORE}_schema_version")


def pending(portal: Portal) -> list[str]:
    """Names of the core and plugins whose tables are not up to date, or whose migrations cannot be read."""
    with portal.database.engine.connect() as connection:
        return [history.name for history in histories(portal) if _is_behind(portal, connection, history)]


def _is_behind(portal: Portal, connection: Connection, history: History) -> bool:
    reached = set(history.context(connection).get_current_heads())
    try:
        return reached != set(history.scripts().get_heads())
    except Exception as error:  # a plugin's migration is a module: importing it may raise anything
        if history.name == CORE:
            raise
        portal.plugins.fence(history.name, sentence("миграция"), error)
        return True


def upgrade(portal: Portal) -> Iterator[tuple[str, str | None]]:
    """Bring all tables up to date; yields each history's name and what went wrong, or None.

    A failure in the core's own migrations raises; a plugin's is undone, fenced off and reported. On
    PostgreSQL an advisory lock keeps two servers from migrating at once.
    """
    for history in histories(portal):
        try:
            with _locked(portal) as connection:
                _upgrade(connection, history)
        except Exception as error:
            if history.name == CORE:
                if isinstance(error, PortalError):
                    raise
                raise ConfigurationError(
                    f"Не удалось обновить таблицы ядра: {_in_one_line(error)}.",
                    advice="Данные не изменены. Восстановите прежнюю версию портала и сообщите разработчикам.",
                ) from error
            plugin = portal.plugins.loaded[history.name]
            plugin.schema_failed = True
            error_id = portal.plugins.fence(history.name, sentence("миграция"), error)
            yield history.name, f"{_in_one_line(error)} [{error_id}]"
        else:
            yield history.name, None


def _in_one_line(error: Exception) -> str:
    if isinstance(error, PortalError):
        return f"{error.message} {error.advice}"
    return f"{type(error).__name__}: {(str(error) or '?').splitlines()[0]}"


def mark_unmigrated(portal: Portal) -> list[str]:
    """Fence off plugins whose tables are behind; returns their names. Raises if the core's are."""
    behind = pending(portal)
    if CORE in behind:
        if is_new(portal):
            raise ConfigurationError("Таблиц портала в базе данных ещё нет.", advice=MIGRATE)
        with portal.database.engine.connect() as connection:
            _refuse_newer(connection, histories(portal)[0])
        raise ConfigurationError("Таблицы базы данных устарели.", advice=MIGRATE)
    for name in behind:
        portal.plugins.loaded[name].schema_failed = True
    return behind


def _refuse_newer(connection: Connection, history: History) -> None:
    known = {script.revision for script in history.scripts().walk_revisions()}
    if not known.issuperset(history.context(connection).get_current_heads()):
        raise ConfigurationError(
            f"Таблицы {history.name} новее установленного пакета.",
            advice="Установите прежнюю или более новую его версию либо восстановите резервную копию.",
        )


def _upgrade(connection: Connection, history: History) -> None:
    scripts = history.scripts()

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs("heads", revision)  # pyright: ignore[reportPrivateUsage]

    context = history.context(connection, fn=steps)
    _refuse_newer(connection, history)
    with Operations.context(context):
        context.run_migrations()


@contextmanager
def _locked(portal: Portal) -> Generator[Connection, None, None]:
    """One transaction for a whole history; on SQLite with foreign keys off, as table rebuilds need."""
    with portal.database.engine.execution_options(portal_writing=True).connect() as connection:
        if portal.database.is_sqlite:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                raw.execute("PRAGMA foreign_keys=ON")
        else:
            with connection.begin():
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
                yield connection


def differences(portal: Portal) -> Iterable[tuple[str, Any]]:
    """What separates the tables in the database from the models: for `make check`."""
    with portal.database.engine.connect() as connection:
        for history in histories(portal):
            for difference in compare_metadata(history.context(connection), Base.metadata):
                yield history.name, difference


def write_revision(portal: Portal, name: str, title: str) -> Path | None:
    """Write a migration for what the models of `name` have beyond the portal's tables; None if nothing.

    The tables should be those that the migrations so far have made. Raises `ConfigurationError` for an unknown name.
    """
    history = next((each for each in histories(portal) if each.name == name), None)
    if history is None:
        raise ConfigurationError(
            f"У «{name}» нет папки migrations.", advice="Создайте её рядом с plugin.py и повторите."
        )
    with portal.database.engine.connect() as connection:
        script = produce_migrations(history.context(connection), Base.metadata)
        if script.upgrade_ops is None or script.upgrade_ops.is_empty():
            return None
        body = render_python_code(
            script.upgrade_ops, migration_context=history.context(connection, user_module_prefix=None)
        )
    heads = history.scripts().get_heads()
    number = 1 + len(list(history.folder.glob("[0-9]*.py")))
    revision = f"{name}_{number:04d}"
    path = history.folder / f"{number:04d}_{title.replace(' ', '_')}.py"
    parent = f'"{heads[0]}"' if heads else "None"
    body = (
        "\n".join(line for line in body.splitlines() if not line.strip().startswith("# ###"))
        .replace("core.database.base.Timestamp(", "sa.DateTime(")
        .replace("astext_type=Text()", "astext_type=sa.Text()")
        .replace("sa.JSON().with_variant(postgresql.JSONB(", "sa.JSON().with_variant(JSONB(")
    )
    needs_jsonb = "from sqlalchemy.dialects.postgresql import JSONB\n" if "JSONB(" in body else ""
    path.write_text(
        f'"""{title.capitalize()}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n{needs_jsonb}\n'
        f'revision = "{revision}"\ndown_revision = {parent}\n\n\ndef upgrade() -> None:\n'
        f"{body if body.startswith('    ') else '    ' + body}\n",
        encoding="utf-8",
    )
    return path
