"""`moyashkola timetable check` and `solve`."""

from __future__ import annotations

import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from core.cli.context import console
from plugins.diary.timetabling.checking import Broken, check
from plugins.diary.timetabling.fet.reading import read_school
from plugins.diary.timetabling.fet.results import read_result, write_result
from plugins.diary.timetabling.rules import Breach
from plugins.diary.timetabling.solving.solver import Outcome, Progress, Solver

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 5
_PROGRESS_S = 5


@click.group("timetable")
def timetable_command() -> None:
    """Расписание: составление и проверка."""


@timetable_command.command("check")
@click.argument("file", metavar="ФАЙЛ", type=_FILE)
@click.argument("result", metavar="РЕЗУЛЬТАТ", type=_FILE)
@click.option("--all", "everything", is_flag=True, help="Показать каждое нарушение, а не первые из них.")
def check_timetable(file: Path, result: Path, *, everything: bool) -> None:
    """Проверить готовое расписание, кто бы его ни составил.

    ФАЙЛ – школа и правила в формате FET (.fet), РЕЗУЛЬТАТ – расписание, как его пишет fet-cl (*_activities.xml).
    Код выхода 1, если нарушено обязательное правило.
    """
    school = read_school(file)
    timetable = read_result(result, school.problem)
    report = check(timetable, school.rules)
    console.print(
        f"{school.problem.name}: уроков {len(school.problem.activities)}, поставлено {len(timetable.places)}, "
        f"правил {len(school.rules)}.",
        soft_wrap=True,
    )
    for name, count in sorted(school.not_understood.items()):
        console.print(
            f"Правило {name} не проверяется: портал его не знает ({count}).", style="yellow", soft_wrap=True
        )
    _show("Нарушены обязательные правила:", report.must, "red", everything=everything)
    _show("Нарушены желательные правила:", report.should, "yellow", everything=everything)
    if report.is_valid:
        console.print(f"Обязательные правила соблюдены. Цена нарушенных желательных: {report.cost:g}.")
    else:
        sys.exit(1)


@timetable_command.command("solve")
@click.argument("file", metavar="ФАЙЛ", type=_FILE)
@click.option(
    "-o",
    "--output",
    metavar="ПАПКА",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Куда записать расписание.",
)
@click.option("--time-limit", metavar="СЕКУНДЫ", type=click.FloatRange(min=0), help="Искать не дольше.")
@click.option(
    "--seed",
    metavar="ЧИСЛО",
    type=int,
    default=1,
    show_default=True,
    help="Другое число – другое расписание.",
)
@click.option(
    "--workers",
    metavar="ЧИСЛО",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Сколько поисков идут рядом; выигрывает первый.",
)
def solve_timetable(file: Path, output: Path, time_limit: float | None, seed: int, workers: int) -> None:
    """Составить расписание, которое соблюдает все обязательные правила.

    ФАЙЛ – школа и правила в формате FET (.fet). Расписание записывается в ПАПКУ в файл ФАЙЛ_activities.xml, как
    у fet-cl; готовым оно называется только после независимой проверки. По истечении времени и по Ctrl-C
    записывается лучшее из найденного, и названы уроки без места. Код выхода 1, если готового расписания нет.
    """
    school = read_school(file)
    begun = time.monotonic()
    console.print(
        f"{school.problem.name}: уроков {len(school.problem.activities)}, правил {len(school.rules)}.",
        soft_wrap=True,
    )
    for name, count in sorted(school.not_understood.items()):
        console.print(
            f"Правило {name} не соблюдается: портал его не знает ({count}).", style="yellow", soft_wrap=True
        )
    solver = Solver(school.problem, school.rules, seed=seed, workers=workers)
    for kind in sorted({rule.kind for rule in solver.not_searched}):
        console.print(
            f"Правило {kind} при поиске не учитывается, только проверяется в конце.",
            style="yellow",
            soft_wrap=True,
        )
    shown = 0.0

    def show(now: Progress) -> None:
        nonlocal shown
        if (passed := time.monotonic() - begun) - shown >= _PROGRESS_S:
            shown = passed
            console.print(f"{passed:.0f} с: поставлено {now.placed} из {now.of}, ходов {now.moves}")

    # A process begun in the background may have been told to take no notice of Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    outcome = solver.solve(time_limit, show)
    if outcome.impossible:
        console.print("Расписания не может быть:", style="red")
        for reason in outcome.impossible:
            console.print(f"  {reason}", soft_wrap=True)
        sys.exit(1)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{file.stem}_activities.xml"
    write_result(path, outcome.timetable)
    _show_outcome(outcome, time.monotonic() - begun)
    console.print(f"Записано: {path}", soft_wrap=True)
    if not outcome.is_complete:
        sys.exit(1)


def _show_outcome(outcome: Outcome, seconds: float) -> None:
    if outcome.is_complete:
        console.print(
            f"Расписание готово за {seconds:.1f} с: обязательные правила соблюдены, "
            f"цена нарушенных желательных {outcome.report.cost:g}.",
            style="green",
            soft_wrap=True,
        )
        return
    if outcome.unplaced:
        console.print(f"Готового расписания нет. Не поставлены уроки ({len(outcome.unplaced)}):", style="red")
        for each in outcome.unplaced:
            whose = ", ".join((*each.student_sets, *each.teachers))
            console.print(f"  {each.id}: {each.subject}, {whose}", soft_wrap=True)
        return
    _show(
        "Все уроки поставлены, но нарушены обязательные правила:",
        outcome.report.must,
        "red",
        everything=False,
    )


def _show(title: str, broken: Sequence[Broken], style: str, *, everything: bool) -> None:
    if broken:
        console.print(title, style=style)
    alike: dict[tuple[str, str, float], list[Breach]] = defaultdict(list)
    for each in broken:
        alike[str(each.rule.title), each.rule.kind, each.rule.weight].extend(each.breaches)
    for (words, kind, weight), breaches in alike.items():
        console.print(f"  {words} ({kind}, вес {weight:g}): {len(breaches)}", soft_wrap=True)
        for breach in breaches if everything else breaches[:_SHOWN]:
            console.print(f"    {breach.where}", soft_wrap=True)
        if not everything and len(breaches) > _SHOWN:
            console.print(f"    и ещё {len(breaches) - _SHOWN}: покажет --all")
