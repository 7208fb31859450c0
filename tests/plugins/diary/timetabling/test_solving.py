"""`moyashkola timetable solve`: what it finds passes the check, and what cannot be is said in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cli import cli
from core.errors import PortalError
from plugins.diary.timetabling.fet.reading import read_school
from plugins.diary.timetabling.solving import building
from plugins.diary.timetabling.solving.compiling import compile_school
from plugins.diary.timetabling.solving.kernels import IN_PYTHON, load
from tests.plugins.diary.timetabling.random_school import random_school
from tests.plugins.diary.timetabling.school_file import school, written
from tests.plugins.diary.timetabling.second_checker import faults
from tests.plugins.diary.timetabling.test_checking import CASES, lessons, rooms, rule, time_of

BASIC = (rule("BasicCompulsoryTime"), rule("BasicCompulsorySpace"))


def command(*arguments: object, python: bool = False) -> Result:
    """`moyashkola timetable …`."""
    environment = {"COLUMNS": "200", IN_PYTHON: "1" if python else "0"}
    return CliRunner().invoke(cli, ["timetable", *map(str, arguments)], env=environment)


def solved(folder: Path, file: str, *options: str, python: bool = False) -> Result:
    """The command on a school, with a limit of time."""
    path = written(folder, "school.fet", file)
    return command("solve", path, "-o", folder, "--time-limit", "20", *options, python=python)


@pytest.mark.parametrize("python", [False, True], ids=["compiled", "python"])
@pytest.mark.parametrize("said", sorted({each[0] for each in CASES}))
def test_every_kind_of_rule_is_kept(tmp_path: Path, said: str, *, python: bool) -> None:
    """Each rule alone with the basic ones: there is a timetable, and the check agrees."""
    done = solved(tmp_path, school(*BASIC, said), python=python)
    assert done.exit_code == 0, done.output
    assert "Расписание готово" in done.output
    checked = command("check", tmp_path / "school.fet", tmp_path / "school_activities.xml")
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("said", sorted({each[0] for each in CASES}))
def test_a_rule_of_less_weight_does_not_stand_in_the_way(tmp_path: Path, said: str) -> None:
    """What should be kept is given up rather than a lesson."""
    done = solved(tmp_path, school(*BASIC) if "Basic" in said else school(said, weight="50"))
    assert done.exit_code == 0, done.output


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_random_school_is_solved_and_two_checkers_agree(seed: int) -> None:
    """For every random school there is a timetable; the one found passes both checkers."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        done = solved(folder, random_school(seed))
        assert done.exit_code == 0, done.output
        checked = command("check", folder / "school.fet", folder / "school_activities.xml")
        assert checked.exit_code == 0, checked.output
        assert faults(folder / "school.fet", folder / "school_activities.xml") == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), turn=st.integers(0, 2**32 - 1))
def test_the_compiled_search_does_what_python_does(seed: int, turn: int) -> None:
    """After any number of failures both stand at the same place."""
    with TemporaryDirectory() as name:
        known = read_school(written(Path(name), "school.fet", random_school(seed)))
    model = compile_school(known.problem, known.rules).model
    compiled = load().begin(model, turn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(IN_PYTHON, "1")
        python = load().begin(model, turn)
    for _times in range(3):
        assert compiled.advance(20) == python.advance(20)
        assert compiled.best() == python.best()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            [
                rule(
                    "TeacherNotAvailableTimes",
                    Teacher="Петров",
                    more="".join(time_of("Not_Available_Time", "Пн", hour) for hour in "1234")
                    + "".join(time_of("Not_Available_Time", "Вт", hour) for hour in "12"),
                )
            ],
            "Петров: часов 3, мест 2: уроки 4, 5",
        ),
        (
            [
                rule(
                    "ActivityPreferredStartingTime", Activity_Id="1", Preferred_Day="Пн", Preferred_Hour="1"
                ),
                rule("BreakTimes", more=time_of("Break_Time", "Пн", "1")),
            ],
            "урок 1 (Физика, 7А): нет ни одного времени, когда урок может стоять",
        ),
        (
            [rule("ActivityPreferredRooms", Activity_Id="1", more=rooms("Мастерская"))],
            "урок 1 (Физика, 7А): нет ни одного кабинета, который подходит",
        ),
        (
            [
                rule("SubjectPreferredRooms", Subject="Физика", more=rooms("Физика")),
                rule(
                    "RoomNotAvailableTimes",
                    Room="Физика",
                    more="".join(time_of("Not_Available_Time", "Пн", hour) for hour in "1234")
                    + "".join(time_of("Not_Available_Time", "Вт", hour) for hour in "12"),
                ),
            ],
            "Физика: кабинетов 1 (Физика), часов 3, мест 2",
        ),
        (
            [rule("MinDaysBetweenActivities", MinDays="1", more=lessons(1, 2, 3))],
            "урок 1 (Физика, 7А) и ещё 2 должны стоять в разные дни, а дней 2",
        ),
        (
            [rule("TeacherMaxHoursDaily", Teacher_Name="Иванова", Maximum_Hours_Daily="1")],
            "Иванова: часов 4, а можно по 1 в день, дней 2",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(tmp_path: Path, rules: list[str], words: str) -> None:
    """Nothing is searched for, nothing is written."""
    done = solved(tmp_path, school(*BASIC, *rules))
    assert done.exit_code == 1
    assert "Расписания не может быть:" in done.output
    assert words in done.output
    assert not (tmp_path / "school_activities.xml").exists()


def test_the_way_between_buildings_is_left_free(tmp_path: Path) -> None:
    """7А has physics in one building and chemistry in another: never on the same day, or with an hour between."""
    homes = [
        rule("SubjectPreferredRoom", Subject="Физика", Room="Физика"),
        rule("SubjectPreferredRoom", Subject="Химия", Room="Химия"),
        rule("SubjectPreferredRoom", Subject="Труд", Room="Мастерская"),
    ]
    for said in (
        rule("StudentsMinGapsBetweenBuildingChanges", Min_Gaps_Between_Building_Changes="1"),
        rule("StudentsMaxBuildingChangesPerDay", Max_Building_Changes_Per_Day="0"),
    ):
        for seed in range(5):
            done = solved(tmp_path, school(*BASIC, *homes, said), "--seed", str(seed))
            assert done.exit_code == 0, done.output
            assert "только проверяется" not in done.output
            checked = command("check", tmp_path / "school.fet", tmp_path / "school_activities.xml")
            assert checked.exit_code == 0, checked.output


def test_a_day_too_long_for_the_search_is_refused(tmp_path: Path) -> None:
    """Sixty-one hours a day are more than it can do."""
    hours = "".join(f"<Hour><Name>{hour}</Name></Hour>" for hour in range(5, 62))
    done = solved(tmp_path, school(*BASIC).replace("</Hours_List>", hours + "</Hours_List>"))
    assert isinstance(done.exception, PortalError)
    assert "это больше, чем умеет поиск" in str(done.exception)


# Counting finds nothing against it, yet there is none: two lessons of Иванова must begin together.
HOPELESS = rule("ActivitiesSameStartingTime", more=lessons(1, 3))


def test_when_the_time_is_over_the_best_is_kept(tmp_path: Path) -> None:
    """The lessons without a place are named, the others are written."""
    path = written(tmp_path, "school.fet", school(*BASIC, HOPELESS))
    done = command("solve", path, "-o", tmp_path, "--time-limit", "0.3")
    assert done.exit_code == 1
    assert "Не поставлены уроки (1):" in done.output
    checked = command("check", path, tmp_path / "school_activities.xml")
    assert checked.exit_code == 1
    assert "уроков 6, поставлено 5" in checked.output


def test_the_same_seed_gives_the_same_timetable(tmp_path: Path) -> None:
    """And another one may give another."""
    found = []
    for seed in ("3", "3"):
        assert solved(tmp_path, random_school(1), "--seed", seed).exit_code == 0
        found.append((tmp_path / "school_activities.xml").read_bytes())
    assert found[0] == found[1]


def test_several_searches_side_by_side(tmp_path: Path) -> None:
    """The first to find one wins."""
    assert solved(tmp_path, random_school(2), "--workers", "3").exit_code == 0
    assert faults(tmp_path / "school.fet", tmp_path / "school_activities.xml") == []


def test_an_interrupt_keeps_the_best(tmp_path: Path) -> None:
    """Ctrl-C ends the search as the limit of time does."""
    path = written(tmp_path, "school.fet", school(*BASIC, HOPELESS))
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "timetable", "solve", str(path), "-o", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "поставлено 5 из 6" in line:
            break
    process.send_signal(signal.SIGINT)
    rest, _errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Не поставлены уроки (1):" in rest
    assert (tmp_path / "school_activities.xml").exists()


def test_without_a_compiler_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Building is no error then."""
    monkeypatch.setattr(building, "BUILT", tmp_path / "kernel.abi3.so")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(building.NotCompiled, match="no-such-compiler"):
        building.build()
    assert not list(tmp_path.iterdir())


def test_the_source_compiles_without_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every warning an error."""
    monkeypatch.setattr(building, "BUILT", tmp_path / "kernel.abi3.so")
    monkeypatch.setenv("CFLAGS", "-Werror")
    building.build()
    assert building.BUILT.is_file()
