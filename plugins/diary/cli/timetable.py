"""`moyashkola timetable check`."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from core.cli.context import console
from plugins.diary.timetabling.checking import Broken, check
from plugins.diary.timetabling.fet.reading import read_school
from plugins.diary.timetabling.fet.results import read_result
from plugins.diary.timetabling.rules import Breach

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 5


@click.group("timetable")
def timetable_command() -> None:
    """Расписание: проверка готового."""


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
