"""`python -m benchmarks.timetabling`: the first timetable of real schools, beside `fet-cl`.

Needs the Debian packages `fet` and `fet-data`. Every school is solved with several seeds by both; CPU seconds (user and
system) are compared, so that other work on the machine does not matter. Ours are counted from reading the file to the
timetable that passed the check, without the start of Python; `fet-cl` as a whole. Goes to the screen and to
`benchmarks/timetabling.md`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.russian_school import russian_school

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = Path("/usr/share/doc/fet-data/examples/FET-5-official")
LIMIT_S = 120
SCHOOLS = (
    "Algeria/Mechanical-Batna_Univ/ET2012-2013-S1.fet",
    "Argentina/Horario_ISJ.fet",
    "Belize/Sacred-Heart-College/shc-2008/shc-prelim-08.fet",
    "Belize/Sacred-Heart-College/shc-2013/shc-2013.fet",
    "Bulgaria/Lom_high_school_2007-2008.fet",
    "Germany/DGS-Pro/dgspro200809.fet",
    "Germany/secondary-school-1/older/secondary_school.fet",
    "Germany/secondary-school-2/GYR.fet",
    "Greece/Didymoteicho/6th-Primary-School.fet",
    "Hong-Kong/secondary-school-1/Yew-Chung-Intl-School/2008-09-difficult.fet",
    "Hungary/Bethlen/2008-2009/2-newer/Bethlen-2008-2009.fet",
    "Hungary/Varosmajori_Gimnazium_Budapest/vmg-20180901b-2.fet",
    "India/Chennai/Anna-University/timetable_July_Nov_09_9.fet",
    "India/New-Delhi/Eng_College.fet",
    "Indonesia/TelPolytech-Bandung/2010-2011/TelPolytech_even.fet",
    "Iran/Sharif-University/Sharif.fet",
    "Italy/2007/difficult/highschool-Ancona.fet",
    "Italy/2007/simple/simpler-Italian.fet",
    "Italy/2009/liceo-scientifico.fet",
    "Italy/2010/Liceo-2010.fet",
    "Italy/2010/base2010-23.fet",
    "Morocco/Hadkourt/lycee-Farabi.fet",
    "Namibia/by-Bobby/set-7-2016/HavanaPSY2016T2b.fet",
    "Namibia/by-Bobby/set-7-2016/NamibiaPSY16T1f.fet",
    "Romania/Faculty-Computers-Craiova/Computers-Craiova.fet",
    "Romania/Pedagogic-High-School-Tg-Mures/2006-2007.fet",
    "Spain/1-school/school.fet",
    "Spain/2-secondary-school/secondary-school.fet",
    "United-Arab-Emirates/IBDP-School-2016.fet",
    "United-Kingdom/Hopwood/Hopwood.fet",
)
RUSSIAN_GOALS_S = {22: 1.0, 60: 3.0}


class Run(msgspec.Struct):
    """CPU seconds, and whether there was a timetable."""

    seconds: float
    found: bool


def one(path: Path, seed: int, limit: float) -> Run:
    """Solve in this process."""
    from plugins.diary.timetabling.fet.reading import read_school
    from plugins.diary.timetabling.solving.solver import Solver

    begun = time.process_time()
    school = read_school(path)
    outcome = Solver(school.problem, school.rules, seed=seed).solve(5 * limit)
    return Run(time.process_time() - begun, outcome.is_complete)


def ours(path: Path, seed: int, limit: int) -> Run:
    """Solve in a process of its own, with a limit of CPU seconds."""
    command = [sys.executable, "-m", "benchmarks.timetabling", "--one", str(path), "--seeds", str(seed)]
    done = _limited([*command, "--limit", str(limit)], limit)
    return Run(**json.loads(done)) if done.startswith("{") else Run(limit, found=False)


def fet(path: Path, seed: int, limit: int) -> Run:
    """Let `fet-cl` solve it."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = [f"--randomseeds{one}{two}={seed}" for one in (1, 2) for two in (0, 1, 2)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = _limited(
            ["fet-cl", f"--inputfile={path}", f"--outputdir={folder}", "--htmllevel=0", *seeds], limit
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(seconds, "Simulation successful" in said)


def _limited(command: Sequence[str], limit: int) -> str:
    """What a command says; it is ended after so many CPU seconds."""
    done = subprocess.run(
        ["sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *command],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    return done.stdout


def median(runs: Sequence[Run]) -> float:
    """Of the seconds; a run without a timetable took for ever."""
    return statistics.median(run.seconds if run.found else math.inf for run in runs)


def compared(path: Path, seeds: Sequence[int], limit: int) -> tuple[list[Run], list[Run]]:
    """Both with all seeds; after two of three that took long without a timetable the third changes nothing."""

    def all_of(solve: Callable[[Path, int, int], Run]) -> list[Run]:
        runs: list[Run] = []
        for seed in seeds:
            runs.append(solve(path, seed, limit))
            if sum(not run.found for run in runs) > len(seeds) / 2:
                break
        return runs

    return all_of(ours), all_of(fet)


def row(name: str, mine: Sequence[Run], theirs: Sequence[Run], limit: int) -> str:
    """A line of the table."""

    def told(runs: Sequence[Run]) -> str:
        middle = median(runs)
        return f"нет за {limit}" if math.isinf(middle) else f"{middle:.2f}"

    first = "–" if median(mine) == median(theirs) else "портал" if median(mine) < median(theirs) else "fet-cl"
    each = ", ".join(f"{run.seconds:.2f}" if run.found else "–" for run in mine)
    return f"| {name} | {told(mine)} | {told(theirs)} | {first} | {each} |"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=Path, help="solve one file here and print the CPU seconds")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--limit", type=int, default=LIMIT_S, help="CPU seconds for one run")
    parser.add_argument("--only", default="", help="schools whose path has this")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(msgspec.to_builtins(one(chosen.one, chosen.seeds[0], chosen.limit))))
        return
    lines = [
        "# Составление расписания\n",
        f"{datetime.now(UTC):%d.%m.%Y}, Python {platform.python_version()}. Секунды процессора до первого расписания с "
        f"соблюдёнными обязательными правилами, медиана по {len(chosen.seeds)} зёрнам, не дольше {chosen.limit} с; "
        "у портала – от чтения файла до проверенного расписания. Повторить: `python -m benchmarks.timetabling`.\n",
        "| школа | портал | fet-cl | первый | портал по зёрнам |\n|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        files = {name: EXAMPLES / name for name in SCHOOLS}
        for classes in RUSSIAN_GOALS_S:
            path = Path(folder) / f"russian-{classes}.fet"
            path.write_text(russian_school(classes), encoding="utf-8")
            files[f"русская школа, классов: {classes}"] = path
        won = solved = 0
        for name, path in files.items():
            if chosen.only not in name:
                continue
            mine, theirs = compared(path, chosen.seeds, chosen.limit)
            if name in SCHOOLS:
                won += median(mine) <= median(theirs) < math.inf
                solved += median(mine) < math.inf
            lines.append(row(name, mine, theirs, chosen.limit))
            print(lines[-1], flush=True)
    lines.append(f"\nНе позже `fet-cl` – {won} из {len(SCHOOLS)} школ, решено порталом {solved}.")
    goals = ", ".join(f"{classes} классов ≤ {goal:g} с" for classes, goal in RUSSIAN_GOALS_S.items())
    lines.append(f"Цели для русских школ: {goals}.")
    print("\n".join(lines[-2:]))
    if not chosen.only:
        (ROOT / "benchmarks" / "timetabling.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
