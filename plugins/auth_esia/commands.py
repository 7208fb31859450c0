"""`moyashkola esia doctor`."""

from __future__ import annotations

import sys
from itertools import chain

import click

from core.cli.context import console, open_portal
from core.config import Config
from plugins.auth_esia.doctor import examine
from plugins.auth_esia.doctor_points import Point
from plugins.auth_esia.doctor_settings import without_wrong

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
    wrong: list[Point] = []

    def mended(config: Config) -> Config:
        left, found = without_wrong(config)
        wrong.extend(found)
        return left

    with open_portal(tables=False, mended=mended) as portal:
        for point in chain(wrong, examine(portal)):
            counted[point.level] += 1
            mark, style = _MARKS[point.level]
            console.print(mark, point.message, point.advice, style=style, soft_wrap=True)
    console.print(
        f"Проверено: {sum(counted.values())}, предупреждений: {counted['warning']}, ошибок: {counted['error']}."
    )
    if counted["error"]:
        sys.exit(1)
