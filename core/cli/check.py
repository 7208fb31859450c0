"""`moyashkola check`."""

from __future__ import annotations

import sys

import click

from core.audit.record import check as check_audit
from core.cli.context import console, open_portal
from core.contributions import DataCheck
from core.errors import ConfigurationError
from core.portal import Portal

CORE_CHECKS = (DataCheck(name="audit", title="Цепочка истории изменений", run=check_audit),)


@click.command("check")
@click.argument("name", required=False)
def check_command(name: str | None) -> None:
    """Проверить данные; NAME – одна проверка (например audit), без имени – все.

    Код выхода 1, если найдены ошибки.
    """
    with open_portal() as portal:
        checks = all_checks(portal)
        chosen = [check for check in checks if name in (None, check.name)]
        if not chosen:
            raise ConfigurationError(
                f"Проверки «{name}» нет.", advice=f"Есть: {', '.join(check.name for check in checks)}."
            )
        failed = False
        for check in chosen:
            with portal.database.reading(fresh=True) as db:
                findings = list(check.run(db))
            verdict = f"замечаний: {len(findings)}" if findings else "в порядке"
            console.print(f"{check.title} ({check.name}):", verdict, style=None if findings else "green")
            for finding in findings:
                failed = failed or finding.level == "error"
                console.print(f"  {finding.message} {finding.advice}", soft_wrap=True)
    if failed:
        sys.exit(1)


def all_checks(portal: Portal) -> list[DataCheck]:
    """The core's checks and the plugins'."""
    return [*CORE_CHECKS, *(check for _plugin, check in portal.plugins.each("data_checks"))]
