"""`moyashkola migrate`."""

from __future__ import annotations

import tempfile

import click
from msgspec import structs

from core.cli.context import console, open_portal
from core.database import migrations
from core.errors import ConfigurationError
from core.portal import Portal


@click.group("migrate", invoke_without_command=True)
@click.pass_context
def migrate_command(context: click.Context) -> None:
    """Создать таблицы или обновить их до установленной версии портала и плагинов.

    Сбой в таблицах плагина не мешает остальным: плагин отключается до исправления, код выхода – 1.
    """
    if context.invoked_subcommand is None:
        with open_portal(tables=False) as portal:
            failed = run_migrations(portal)
        if failed:
            raise ConfigurationError(
                f"Не обновлены таблицы плагинов: {', '.join(failed)}.",
                advice="Они отключены, остальное работает. Причина – на странице «Плагины» и в журнале.",
            )


@migrate_command.command("make")
@click.argument("name")
@click.argument("title")
def make(name: str, title: str) -> None:
    """Написать миграцию плагина NAME (или core) по изменениям в его models.py.

    База портала для этого не нужна и не меняется: модели сравниваются с тем, что дают прежние миграции.
    """
    with open_portal(tables=False) as portal, tempfile.TemporaryDirectory() as folder:
        scratch = Portal(structs.replace(portal.config, home=folder, database_url=""))
        try:
            for history, problem in migrations.upgrade(scratch):
                if problem and history == name:
                    raise ConfigurationError(problem, advice="Исправьте прежние миграции и повторите.")
            path = migrations.write_revision(scratch, name, title)
        finally:
            scratch.close()
    console.print(f"Записано: {path}" if path else "Таблицы уже соответствуют моделям.")


@migrate_command.command("check")
def check() -> None:
    """Проверить, что таблицы в базе соответствуют моделям."""
    with open_portal(tables=False) as portal:
        found = [f"{name}: {difference}" for name, difference in migrations.differences(portal)]
    for line in found:
        console.print(line, soft_wrap=True)
    if found:
        raise ConfigurationError(
            "Таблицы расходятся с моделями.",
            advice="Выполните: moyashkola migrate make ПЛАГИН ЧТО_ИЗМЕНИЛОСЬ",
        )


def prepare_tables(portal: Portal, *, update: bool = False) -> None:
    """Make the tables of a new database; say which plugins' are outdated and leave those plugins out.

    With `update` outdated tables are brought up to date first.

    Raises `ConfigurationError` if the core's tables are there but outdated.
    """
    if migrations.is_new(portal):
        console.print("Создаю базу данных…")
        run_migrations(portal)
        return
    if update and migrations.pending(portal):
        console.print("Обновляю базу данных…")
        run_migrations(portal)
    if behind := migrations.mark_unmigrated(portal):
        console.print(
            f"Таблицы плагинов не обновлены: {', '.join(behind)}. "
            "Портал работает без них. Выполните: moyashkola migrate",
            style="yellow",
            soft_wrap=True,
        )


def run_migrations(portal: Portal) -> list[str]:
    """Bring all tables up to date, saying what is done; returns the plugins that failed."""
    failed: list[str] = []
    for name, problem in migrations.upgrade(portal):
        if problem is None:
            console.print(f"  таблицы {name}: готово")
        else:
            console.print(f"  таблицы {name}: {problem}", style="red", soft_wrap=True)
            failed.append(name)
    return failed
