"""`moyashkola plugins new` and `moyashkola plugins check`: for those who write plugins."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from string import Template

import click

from core.cli.context import console
from core.config import Config
from core.errors import Conflict, Invalid

SKELETON = Path(__file__).parent / "skeleton"
MARK = "NAME"
SUFFIX = ".txt"
TAKEN = frozenset({"core", "plugins", "themes", "tests"})


@click.command("new")
@click.argument("name")
@click.option("--title", help="Название по-русски; без него – имя плагина.")
@click.option("--into", type=click.Path(path_type=Path), default=Path(), help="В какой папке создать проект.")
def new(name: str, title: str | None, into: Path) -> None:
    """Создать заготовку плагина NAME: работающий проект с моделью, страницей, правом и тестами."""
    folder = write_skeleton(name, title or name, into)
    console.print(f"Готово: {folder}", markup=False, soft_wrap=True)
    console.print(f"  cd {folder}", markup=False, soft_wrap=True)
    console.print(
        "  pip install --editable '.[testing]'   # в том же окружении, что и moyashkola", markup=False
    )
    console.print(f"  pytest && moyashkola plugins check {name}")


@click.command("check")
@click.argument("name")
def check(name: str) -> None:
    """Проверить установленный плагин NAME на соответствие договору; код выхода 1, если есть замечания."""
    from core.logs import configure_logs
    from core.testing.contract import problems

    configure_logs(Config(log_level="error"))
    found = problems(name)
    for problem in found:
        console.print(f"  {problem}", soft_wrap=True, markup=False)
    if found:
        console.print(f"Плагин «{name}»: замечаний {len(found)}.", style="red")
        sys.exit(1)
    console.print(f"Плагин «{name}» соответствует договору.", style="green")


def write_skeleton(name: str, title: str, into: Path) -> Path:
    """Write a new plugin's project below `into`; returns its folder.

    Raises `Invalid` for a name Python could not import, `Conflict` if the folder exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", name) or name in TAKEN:
        raise Invalid(
            f"Имя «{name}» не подходит.",
            advice="Нужны 2–30 строчных латинских букв, цифр и подчёркиваний; core и plugins заняты.",
        )
    folder = into / name
    if folder.exists():
        raise Conflict(f"Папка {folder} уже есть.", advice="Выберите другое имя или --into.")
    values = {"name": name, "title": title.replace('"', "'"), "class_name": name.title().replace("_", "")}
    for source in sorted(SKELETON.rglob(f"*{SUFFIX}")):
        place = str(source.relative_to(SKELETON)).removesuffix(SUFFIX).replace(MARK, name)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            Template(source.read_text(encoding="utf-8")).safe_substitute(values), encoding="utf-8"
        )
    return folder
