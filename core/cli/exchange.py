"""`moyashkola import`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.progress import TaskID

from core.cli.context import console, errors, open_portal, progress_bar
from core.errors import Invalid
from core.exchange import run
from core.exchange.kinds import AUTO, read_mapping
from core.exchange.report import OUTCOME_TITLES, ImportReport
from core.exchange.report_table import write_report
from core.roles.actor import system_actor

SHOWN_ROWS = 60
"""Rows with something to say that are printed; the whole report goes into the file of --report."""

COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="ФАЙЛ…")
@click.option(
    "--kind",
    default=AUTO,
    show_default=True,
    help="Формат: auto, school, staff, guardians, oneroster или формат плагина.",
)
@click.option(
    "--organization", help="Школа: номер, ОГРН, внешний номер или название. Не нужна, если школа одна."
)
@click.option("--year", help="Учебный год, например 2026/27; без него – текущий.")
@click.option("--dry-run", is_flag=True, help="Только проверить, ничего не менять.")
@click.option(
    "--column",
    "--map",
    "mapping",
    multiple=True,
    metavar="КОЛОНКА=ПОЛЕ",
    help="Что значит колонка; можно несколько раз.",
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    help="Записать замечания в таблицу .xlsx или .csv.",
)
def import_command(
    files: tuple[Path, ...],
    kind: str,
    organization: str | None,
    year: str | None,
    dry_run: bool,
    mapping: tuple[str, ...],
    report_path: Path | None,
) -> None:
    """Загрузить школу из таблицы или набора OneRoster.

    ФАЙЛ – таблица .xlsx, .csv или .txt с учениками, сотрудниками или родителями, архив или папка OneRoster 1.1.
    Если в файле есть хоть одна ошибка, не загружается ничего и код выхода – 1.
    """
    if report_path is not None and report_path.suffix.lower() not in (".xlsx", ".csv"):
        raise Invalid("Отчёт записывают в .xlsx или .csv.", advice="Исправьте имя в --report.")
    with open_portal() as portal:
        actor = system_actor(name="Командная строка", origin="команда import")
        organization_id = None
        if organization:
            with portal.database.reading() as db:
                organization_id = run.find_organization(db, actor, organization)
        job = run.Job(
            paths=files,
            kind=kind,
            organization_id=organization_id,
            starts_in=run.read_year(year) if year else None,
            mapping=read_mapping(mapping),
        )
        with progress_bar() as progress:
            bars: dict[str, TaskID] = {}

            def advance(stage: str, done: int, total: int) -> None:
                if stage not in bars:
                    bars[stage] = progress.add_task(stage, total=total)
                progress.update(bars[stage], completed=done, total=total)

            report = run.run_import(portal, actor, job, dry_run=dry_run, advance=advance)
    print_report(report)
    if report_path is not None:
        write_report(report, files, report_path)
        console.print(f"Таблица с замечаниями: {report_path}", soft_wrap=True)
    if report.errors:
        sys.exit(1)


def print_report(report: ImportReport) -> None:
    """The report in the terminal: what it was, rows with remarks, totals, the verdict."""
    where = ", ".join(part for part in (report.organization, report.year) if part)
    console.print(
        f"{report.title}: {', '.join(report.files)}{f' → {where}' if where else ''}",
        style="bold",
        soft_wrap=True,
    )
    for column in report.unknown_columns:
        console.print(
            f"Колонка «{column.title}» ({column.place}) не понята и не загружается.",
            soft_wrap=True,
            style="yellow",
        )
    for remark in report.remarks:
        console.print(remark.text, soft_wrap=True, style=COLOURS[remark.level])
    told = [row for row in report.rows if row.remarks or row.outcome == "updated"]
    told.sort(key=lambda row: not row.failed)
    for row in told[:SHOWN_ROWS]:
        title = f"{row.place}, строка {row.row}: {row.title}".rstrip(": ")
        console.print(f"{title} – {OUTCOME_TITLES[row.outcome]}", soft_wrap=True)
        for change in row.changes if row.outcome == "updated" else []:
            console.print(f"    {change}", soft_wrap=True)
        for remark in row.remarks:
            console.print(f"    {remark.text}", soft_wrap=True, style=COLOURS[remark.level])
    if len(told) > SHOWN_ROWS:
        console.print(f"… и ещё {len(told) - SHOWN_ROWS}. Все замечания: --report отчёт.xlsx")
    if report.missing:
        shown = "; ".join(report.missing[:10]) + ("…" if len(report.missing) > 10 else "")
        console.print(
            f"Есть в портале, но нет в файле ({len(report.missing)}), оставлены как есть: {shown}",
            soft_wrap=True,
        )
    totals = report.totals
    parts = [
        f"{title} – {totals[outcome]}" for outcome, title in OUTCOME_TITLES.items() if totals.get(outcome)
    ]
    if parts:
        console.print("Строки: " + ", ".join(parts))
    if report.created:
        console.print(
            ("Создано: " if report.applied else "Будет создано: ")
            + ", ".join(f"{thing} – {number}" for thing, number in report.created.items())
        )
    (errors if report.errors else console).print(
        report.verdict, soft_wrap=True, style=f"bold {'red' if report.errors else 'green'}"
    )
