"""`moyashkola plugins`: what is installed, where it is on, and getting rid of a plugin's data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import click
from rich.table import Table
from sqlalchemy import or_, select

from core import plugin_admin
from core.cli.context import console, open_portal
from core.cli.plugin_kit import check, new
from core.database import migrations
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.plugin_purge import purge as purge_plugin
from core.plugin_purge import tables_of
from core.roles.actor import system_actor


@click.group("plugins")
def plugins_command() -> None:
    """Плагины: что установлено, где включено, заготовка нового, удаление данных."""


@plugins_command.command("list")
@click.option("--organization", help="Как дела в этой организации: номер, ОГРН или название.")
def list_plugins(organization: str | None) -> None:
    """Перечислить установленные плагины и где они включены."""
    with open_portal(tables=False) as portal:
        behind = migrations.pending(portal)
        table = Table("Плагин", "Название", "Версия", "Пакет", "Включён", "Таблицы")
        tops: Sequence[Organization] = []
        if "core" not in behind:
            with portal.database.reading() as db:
                tops = find_organizations(db, organization)
                portal.switches.refresh(db)
        for plugin in portal.plugins.loaded.values():
            where = [
                f"{top.short_name}: {'да' if portal.switches.is_on(plugin.name, top.path) else 'нет'}"
                for top in tops
            ]
            default = "да" if plugin.manifest.on_by_default else "нет"
            table.add_row(
                plugin.name,
                str(plugin.manifest.title),
                plugin.manifest.version,
                f"{plugin.distribution} {plugin.distribution_version}",
                "\n".join(where) or f"по умолчанию: {default}",
                "нужна migrate" if plugin.name in behind else "в порядке",
            )
    console.print(table)


def _switch(name: str, organization: str | None, *, enabled: bool, lock: bool) -> None:
    with open_portal() as portal:
        with portal.database.transaction() as db:
            found = find_organizations(db, organization)
            if not found:
                raise NotFound(
                    "Организаций ещё нет.", advice="Загрузите школу: moyashkola import, или moyashkola demo."
                )
            for each in found:
                plugin_admin.switch(db, system_actor(), name, each.id, enabled=enabled, locked=lock)
        word = "включён" if enabled else "выключен"
        for each in found:
            console.print(f"{name}: {word} – {each.short_name} и всё, что ниже")


@plugins_command.command("enable")
@click.argument("name")
@click.option("--organization", help="Где: номер, ОГРН или название; без него – везде.")
@click.option("--lock", is_flag=True, help="Закрепить: нижние уровни не смогут решить иначе.")
def enable(name: str, organization: str | None, lock: bool) -> None:
    """Включить плагин NAME; действует сразу, без перезапуска."""
    _switch(name, organization, enabled=True, lock=lock)


@plugins_command.command("disable")
@click.argument("name")
@click.option("--organization", help="Где: номер, ОГРН или название; без него – везде.")
@click.option("--lock", is_flag=True, help="Закрепить: нижние уровни не смогут решить иначе.")
def disable(name: str, organization: str | None, lock: bool) -> None:
    """Выключить плагин NAME; его данные остаются."""
    _switch(name, organization, enabled=False, lock=lock)


@plugins_command.command("purge")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Не спрашивать.")
def purge(name: str, yes: bool) -> None:
    """Удалить все данные плагина NAME навсегда. Пакет плагина может быть уже удалён."""
    with open_portal() as portal:
        tables = tables_of(portal, name)
        if not yes:
            console.print(f"Будут удалены таблицы: {', '.join(tables) or 'нет'}, настройки и решения.")
            typed = click.prompt(f"Это не отменить. Введите имя плагина ({name}), чтобы продолжить")
            if typed != name:
                raise Conflict("Имя не совпало, ничего не удалено.", advice="Повторите команду.")
        gone = purge_plugin(portal, system_actor(), name)
    console.print(f"Удалено таблиц: {len(gone)}. Настройки и решения о плагине «{name}» стёрты.")


def find_organizations(db: Session, text: str | None) -> Sequence[Organization]:
    """The organization somebody means by its id, ОГРН or name; without a text, the tops of the tree.

    Raises `NotFound` if there is none, `Conflict` if there are several.
    """
    if text is None:
        return db.scalars(select(Organization).where(Organization.parent_id.is_(None))).all()
    try:
        condition = Organization.id == UUID(text)
    except ValueError:
        condition = or_(
            Organization.ogrn == text,
            Organization.name_key == sort_key(text),
            Organization.short_name == text,
        )
    found = db.scalars(select(Organization).where(condition).limit(2)).all()
    if not found:
        raise NotFound(f"Организации «{text}» нет.", advice="Укажите номер, ОГРН или точное название.")
    if len(found) > 1:
        raise Conflict(f"Организаций «{text}» несколько.", advice="Укажите номер или ОГРН.")
    return found


plugins_command.add_command(new)
plugins_command.add_command(check)
