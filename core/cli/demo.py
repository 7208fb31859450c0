"""`moyashkola demo`: the invented school."""

from __future__ import annotations

from datetime import date, datetime

import click
from rich.progress import TaskID

from core.cli.context import console, open_portal, progress_bar
from core.cli.database import prepare_tables
from core.demo.build import DEFAULT_SEED, build_demo
from core.portal import Portal


@click.command("demo")
@click.option(
    "--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Зерно: одно зерно – одни люди."
)
@click.option("--schools", type=click.IntRange(1, 5000), default=1, show_default=True, help="Сколько школ.")
@click.option("--light", is_flag=True, help="Только организации, классы и люди, без данных плагинов.")
@click.option("--small", is_flag=True, help="Школы из шести классов: для тестов.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="День, который считать сегодняшним.")
def demo_command(seed: int, schools: int, light: bool, small: bool, today: datetime | None) -> None:
    """Создать демонстрационную школу с вымышленными людьми.

    Прерванную команду можно повторить: готовые шаги пропускаются.
    """
    with open_portal(tables=False) as portal:
        prepare_tables(portal, update=True)
        if not _make(
            portal,
            seed=seed,
            schools=schools,
            light=light,
            small=small,
            today=today.date() if today else None,
        ):
            console.print("Демонстрационная школа уже создана.")


def make_demo_once(portal: Portal) -> None:
    """Make the demo school unless it is there; finish it if it was interrupted."""
    _make(portal)


def _make(
    portal: Portal,
    *,
    seed: int = DEFAULT_SEED,
    schools: int = 1,
    light: bool = False,
    small: bool = False,
    today: date | None = None,
) -> bool:
    tasks: dict[str, TaskID] = {}
    with progress_bar() as bar:

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        return build_demo(
            portal, seed=seed, schools=schools, light=light, small=small, today=today, progress=progress
        )


def print_personas() -> None:
    """Say who can sign in to the demo, as the plugins tell it."""
    with open_portal(tables=False) as portal:
        lines = [
            line
            for _plugin, filler in portal.plugins.each("demo_fillers")
            if filler.sign_in_hints is not None
            for line in filler.sign_in_hints()
        ]
    width = max((len(login) for login, _who in lines), default=0)
    for login, who in lines:
        console.print(f"  {login:<{width}}  {who}", soft_wrap=True)
