"""`moyashkola imports`: what was loaded, and undoing it."""

from __future__ import annotations

from uuid import UUID

import click

from core.cli.context import console, open_portal
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.exchange import history, undoing
from core.exchange.models import ImportRun
from core.exchange.run import find_organization
from core.exchange.undo_words import UndoPlan, in_words
from core.roles.actor import Actor, system_actor
from core.tasks.models import QUEUED, RUNNING

SHOWN_KEPT = 30
"""People and things that stay which are printed; the page of the import shows all of them."""


@click.group("imports")
def imports_command() -> None:
    """История загрузок и их отмена."""


@imports_command.command("list")
@click.option("--organization", help="Только эта школа: номер, ОГРН, внешний номер или название.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="Сколько показать."
)
def list_runs(organization: str | None, limit: int) -> None:
    """Перечислить загрузки, последнюю – первой: номер, когда, что, куда, кто."""
    actor = _actor()
    with open_portal() as portal, portal.database.reading() as db:
        place = find_organization(db, actor, organization) if organization else None
        found = history.runs(db, actor, limit=limit, organization_id=place)
        for run, school in found:
            console.print(f"{run.id}  {run.created_at:%d.%m.%Y %H:%M} UTC  {_state(db, run)}", soft_wrap=True)
            console.print(f"    {_about(run, school)}", soft_wrap=True)
        if not found:
            console.print("Загрузок не было.")


@imports_command.command("undo")
@click.argument("run_id", metavar="НОМЕР")
@click.option("--dry-run", is_flag=True, help="Только показать, что уйдёт и что останется.")
@click.option("--yes", is_flag=True, help="Не переспрашивать.")
def undo(run_id: str, dry_run: bool, yes: bool) -> None:
    """Отменить загрузку: убрать то, чем ещё не пользуются, и вернуть прежние значения.

    НОМЕР – из `moyashkola imports list`. Что уже в деле, остаётся и названо.
    """
    actor = _actor()
    try:
        key = UUID(run_id)
    except ValueError:
        raise NotFound(
            f"Загрузки «{run_id}» нет.", advice="Возьмите номер из moyashkola imports list."
        ) from None
    with open_portal() as portal:
        with portal.database.reading(fresh=True) as db:
            run, plan = undoing.preview(db, actor, key)
            console.print(f"{run.title}: {', '.join(run.files)}", style="bold", soft_wrap=True)
            _print_plan(plan)
            task = undoing.under_way(db, run)
            if task is not None and task.status in (QUEUED, RUNNING):
                raise Conflict("Эту загрузку уже отменяют.", advice="Подождите и посмотрите imports list.")
        if dry_run:
            console.print("Пробный запуск: ничего не изменено.")
            return
        if not plan.does_something:
            console.print("Убирать нечего.")
            return
        if not yes and not click.confirm("Отменить загрузку?"):
            console.print("Ничего не изменено.")
            return
        with portal.database.transaction() as db:
            done = undoing.undo(db, actor, key)
            removed, stayed = sum(done.result["removed"].values()), done.result["stayed"]
    console.print(f"Загрузка отменена. Убрано записей: {removed}. Осталось: {stayed}.")


def _print_plan(plan: UndoPlan) -> None:
    for title, count in in_words(plan.removed):
        console.print(f"Будет убрано: {title} – {count}")
    if plan.restored:
        console.print(f"Вернутся прежние значения: {plan.restored}")
    for each in plan.kept[:SHOWN_KEPT]:
        console.print(f"Останется: {each.name} – {each.reason}", soft_wrap=True, style="yellow")
    if len(plan.kept) > SHOWN_KEPT:
        console.print(f"… и ещё {len(plan.kept) - SHOWN_KEPT}.", style="yellow")


def _state(db: Session, run: ImportRun) -> str:
    if run.undone_at is not None:
        return f"отменена {run.undone_at:%d.%m.%Y %H:%M} UTC"
    return "можно отменить" if history.can_be_undone(db, run) else "отменить нельзя"


def _about(run: ImportRun, school: str) -> str:
    parts = (run.title, ", ".join(run.files), school, run.year, run.author_name)
    return " · ".join(part for part in parts if part)


def _actor() -> Actor:
    return system_actor(name="Командная строка", origin="команда imports")
