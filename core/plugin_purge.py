"""Removing a plugin's data for good: its tables, decisions, settings and failures.

Switching off only hides; this alone deletes. The plugin's package may be gone already. What it stored in
the core on behalf of people (audit records, requests, notifications) is the portal's and stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import MetaData, delete, inspect
from sqlalchemy.exc import DBAPIError

from core.audit.record import Change, record
from core.errors import Conflict, Forbidden, NotFound
from core.organizations.models import CapabilityChoice, OrganizationSetting, PluginFailure, PluginSwitch
from core.organizations.switches import raise_version
from core.portal import Portal
from core.roles.actor import Actor
from core.web.i18n import sentence


def tables_of(portal: Portal, name: str) -> list[str]:
    """The tables in the database that belong to plugin `name`, its version table included.

    Those of a plugin whose longer name begins alike (`canteen`, `canteen_plus`) are not among them.
    """
    present = inspect(portal.database.engine).get_table_names()
    stamps = [table.removesuffix("_schema_version") for table in present if table.endswith("_schema_version")]
    longer = [
        other for other in {*portal.plugins.loaded, *stamps} if other != name and other.startswith(f"{name}_")
    ]
    return sorted(
        table
        for table in present
        if table.startswith(f"{name}_") and not table.startswith(tuple(f"{other}_" for other in longer))
    )


def purge(portal: Portal, actor: Actor, name: str) -> Sequence[str]:
    """Delete everything plugin `name` stored; returns the tables that are gone.

    Only for the system actor. Raises `NotFound` if there is nothing of it, `Conflict` if another plugin's
    tables refer to it.
    """
    if not actor.is_system:
        raise Forbidden("Удалять данные плагина может только оператор портала.")
    if name == "core":
        raise Forbidden("Ядро удалить нельзя.", advice="Укажите имя плагина.")
    tables = tables_of(portal, name)
    if not tables and name not in portal.plugins.loaded:
        raise NotFound(
            sentence("Данных плагина «%(name)s» нет.", name=name),
            advice="Проверьте имя: moyashkola plugins list.",
        )
    metadata = MetaData()
    try:
        with portal.database.engine.execution_options(portal_writing=True).begin() as connection:
            metadata.reflect(connection, only=tables, resolve_fks=False)
            metadata.drop_all(connection)
    except DBAPIError as error:
        raise Conflict(
            sentence("На таблицы плагина «%(name)s» ссылается другой плагин.", name=name),
            advice=sentence(
                "Сначала удалите данные того плагина. Ответ базы: %(answer)s",
                answer=str(error.orig).strip().splitlines()[0],
            ),
        ) from error
    with portal.database.transaction() as db:
        for table in (PluginSwitch, CapabilityChoice, OrganizationSetting, PluginFailure):
            db.execute(delete(table).where(table.plugin == name))
        raise_version(db)
        record(
            db,
            actor,
            None,
            Change(
                action="core.plugin.purge",
                subject_type="plugin",
                subject_id=name,
                before={"tables": tables},
            ),
        )
    return tables
