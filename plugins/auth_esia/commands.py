"""`moyashkola esia doctor`."""

from __future__ import annotations

import sys

import click

from core.cli.context import console, open_portal
from plugins.auth_esia.doctor import examine

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.group("esia")
def esia_command() -> None:
    """Вход через Госуслуги."""


@esia_command.command("doctor")
def doctor() -> None:
    """Проверить настройки, ключи, сертификаты, часы и связь с Госуслугами или шлюзом.

    Код выхода 1, если вход работать не будет.
    """
    counted = {"ok": 0, "warning": 0, "error": 0}
    with open_portal(tables=False) as portal:
        for point in examine(portal):
            counted[point.level] += 1
            mark, style = _MARKS[point.level]
            console.print(mark, point.message, point.advice, style=style, soft_wrap=True)
    console.print(
        f"Проверено: {sum(counted.values())}, предупреждений: {counted['warning']}, ошибок: {counted['error']}."
    )
    if counted["error"]:
        sys.exit(1)
