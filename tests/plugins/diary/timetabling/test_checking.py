"""`moyashkola timetable check`: each rule of FET is kept by one timetable and broken by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli import cli
from core.errors import PortalError
from tests.plugins.diary.timetabling.school_file import result, school, written

Moved = Mapping[int, tuple[str, str, str] | None]
Checked = Callable[..., Result]


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """Runs the command on a school and a timetable, `GOOD` with some lessons moved."""

    def run(file: str, moved: Moved | None = None, *options: str) -> Result:
        return command(
            written(tmp_path, "school.fet", file), written(tmp_path, "result.xml", result(moved)), *options
        )

    return run


def command(*arguments: object) -> Result:
    """`moyashkola timetable check …`."""
    return CliRunner().invoke(cli, ["timetable", "check", *map(str, arguments)], env={"COLUMNS": "200"})


def time_of(tag: str, day: str, hour: str, *, of_day: str = "Day", of_hour: str = "Hour") -> str:
    """`<Tag><Day>…</Day><Hour>…</Hour></Tag>`."""
    return f"<{tag}><{of_day}>{day}</{of_day}><{of_hour}>{hour}</{of_hour}></{tag}>"


def rule(name: str, **fields: str) -> str:
    """A constraint with plain fields; `more` is XML as it stands."""
    more = fields.pop("more", "")
    plain = "".join(f"<{field}>{value}</{field}>" for field, value in fields.items())
    return f"<Constraint{name}>{plain}{more}</Constraint{name}>"


def lessons(*ids: int) -> str:
    """`<Activity_Id>` elements."""
    return "".join(f"<Activity_Id>{each}</Activity_Id>" for each in ids)


def selected(*slots: tuple[str, str]) -> str:
    """Times of a selection."""
    return "".join(
        time_of("Selected_Time_Slot", *slot, of_day="Selected_Day", of_hour="Selected_Hour") for slot in slots
    )


def rooms(*names: str) -> str:
    """`<Preferred_Room>` elements."""
    return "".join(f"<Preferred_Room>{each}</Preferred_Room>" for each in names)


STARTS = "".join(
    time_of(
        "Preferred_Starting_Time",
        day,
        "1",
        of_day="Preferred_Starting_Day",
        of_hour="Preferred_Starting_Hour",
    )
    for day in ("Пн", "Вт")
)
SLOTS = "".join(
    time_of("Preferred_Time_Slot", day, hour, of_day="Preferred_Day", of_hour="Preferred_Hour")
    for day in ("Пн", "Вт")
    for hour in ("1", "2", "3")
)
# A rule, what breaks it, and what is said of that.
CASES: list[tuple[str, Moved, str]] = [
    (rule("BasicCompulsoryTime"), {3: ("Пн", "1", "Физика")}, "Иванова, Пн, 1: уроки 1, 3"),
    (rule("BasicCompulsoryTime"), {1: None}, "урок 1 (Физика) не поставлен"),
    (rule("BasicCompulsoryTime"), {4: ("Пн", "4", "Химия")}, "урок 4 (Химия) не помещается в день"),
    (rule("BasicCompulsorySpace"), {6: ("Вт", "2", "Химия")}, "Химия, Вт, 2: уроки 5, 6"),
    (rule("BasicCompulsorySpace"), {1: ("Пн", "1", "Мастерская")}, "учеников 25, мест 15"),
    (rule("BasicCompulsorySpace"), {1: ("Пн", "1", "Спортзал")}, "кабинета «Спортзал» нет"),
    (rule("BasicCompulsorySpace"), {1: ("Пн", "1", "Оба")}, "урок 1, Оба"),
    (rule("BreakTimes", more=time_of("Break_Time", "Пн", "4")), {1: ("Пн", "4", "Физика")}, "урок 1, Пн, 4"),
    (
        rule("TeacherNotAvailableTimes", Teacher="Иванова", more=time_of("Not_Available_Time", "Вт", "4")),
        {2: ("Вт", "4", "Физика")},
        "урок 2, Вт, 4",
    ),
    (
        rule("StudentsSetNotAvailableTimes", Students="7Б", more=time_of("Not_Available_Time", "Вт", "1")),
        {5: ("Вт", "1", "Химия")},
        "урок 5, Вт, 1",
    ),
    (
        rule("RoomNotAvailableTimes", Room="Химия", more=time_of("Not_Available_Time", "Вт", "1")),
        {5: ("Вт", "1", "Химия")},
        "Химия, Вт, 1",
    ),
    (
        rule(
            "TeacherRoomNotAvailableTimes",
            Teacher="Петров",
            Room="Химия",
            more=time_of("Not_Available_Time", "Вт", "1"),
        ),
        {5: ("Вт", "1", "Химия")},
        "Химия, Вт, 1",
    ),
    (
        rule("MinDaysBetweenActivities", MinDays="1", more=lessons(1, 2)),
        {2: ("Пн", "4", "Физика")},
        "уроки 1 и 2",
    ),
    (
        rule("MaxDaysBetweenActivities", MaxDays="0", more=lessons(1, 3)),
        {3: ("Вт", "3", "Физика")},
        "уроки 1 и 3",
    ),
    (
        rule("MinGapsBetweenActivities", MinGaps="1", more=lessons(1, 3)),
        {3: ("Пн", "2", "Физика")},
        "уроки 1 и 3",
    ),
    (rule("ActivitiesNotOverlapping", more=lessons(1, 4)), {4: ("Пн", "1", "Химия")}, "уроки 1 и 4"),
    (
        rule("ActivityPreferredStartingTime", Activity_Id="1", Preferred_Day="Пн", Preferred_Hour="1"),
        {1: ("Пн", "4", "Физика")},
        "урок 1, Пн, 4",
    ),
    (
        rule("ActivityPreferredStartingTimes", more=lessons(1) + STARTS),
        {1: ("Пн", "2", "Физика")},
        "урок 1, Пн, 2",
    ),
    (
        rule("ActivitiesPreferredStartingTimes", Students_Name="7А", Subject_Name="Физика", more=STARTS),
        {2: ("Вт", "2", "Физика")},
        "урок 2, Вт, 2",
    ),
    (
        rule(
            "SubactivitiesPreferredStartingTimes",
            Component_Number="2",
            Activity_Tag_Name="опыты",
            more=STARTS,
        ),
        {2: ("Вт", "2", "Физика")},
        "урок 2, Вт, 2",
    ),
    (rule("ActivityPreferredTimeSlots", more=lessons(4) + SLOTS), {4: ("Пн", "3", "Химия")}, "урок 4, Пн, 4"),
    (
        rule("ActivitiesPreferredTimeSlots", Teacher_Name="Петров", Duration="2", more=SLOTS),
        {4: ("Вт", "3", "Химия")},
        "урок 4, Вт, 4",
    ),
    (rule("ActivitiesSameStartingTime", more=lessons(5, 6)), {6: ("Вт", "3", "Физика")}, "уроки 5 и 6"),
    (rule("ActivitiesSameStartingDay", more=lessons(5, 6)), {6: ("Пн", "4", "Физика")}, "уроки 5 и 6"),
    (rule("ActivitiesSameStartingHour", more=lessons(5, 6)), {6: ("Вт", "3", "Физика")}, "уроки 5 и 6"),
    (
        rule("TwoActivitiesConsecutive", First_Activity_Id="1", Second_Activity_Id="4"),
        {1: ("Пн", "4", "Физика")},
        "уроки 1 и 4",
    ),
    (
        rule("TwoActivitiesGrouped", First_Activity_Id="4", Second_Activity_Id="1"),
        {4: ("Пн", "3", "Химия")},
        "уроки 4 и 1",
    ),
    (
        rule("TwoActivitiesOrdered", First_Activity_Id="1", Second_Activity_Id="2"),
        {1: ("Вт", "4", "Физика")},
        "уроки 1 и 2",
    ),
    (
        rule("TwoActivitiesOrderedIfSameDay", First_Activity_Id="1", Second_Activity_Id="4"),
        {1: ("Пн", "4", "Физика")},
        "уроки 1 и 4",
    ),
    (rule("ActivityEndsStudentsDay", more=lessons(4)), {1: ("Пн", "4", "Физика")}, "урок 4"),
    (rule("ActivitiesEndStudentsDay", Subject_Name="Химия"), {1: ("Пн", "4", "Физика")}, "урок 4"),
    (
        rule(
            "ActivitiesOccupyMaxTimeSlotsFromSelection",
            Max_Number_of_Occupied_Time_Slots="1",
            more=lessons(5, 6) + selected(("Вт", "2"), ("Вт", "3")),
        ),
        {6: ("Вт", "3", "Физика")},
        "уроки 5, 6",
    ),
    (
        rule(
            "ActivitiesOccupyMinTimeSlotsFromSelection",
            Min_Number_of_Occupied_Time_Slots="1",
            more=lessons(5, 6) + selected(("Вт", "2")),
        ),
        {5: ("Вт", "3", "Химия"), 6: ("Вт", "3", "Мастерская")},
        "уроки 5, 6",
    ),
    (
        rule(
            "ActivitiesMaxSimultaneousInSelectedTimeSlots",
            Max_Number_of_Simultaneous_Activities="2",
            more=lessons(1, 5, 6) + selected(("Вт", "2")),
        ),
        {1: ("Вт", "2", "Физика")},
        "Вт, 2",
    ),
    (
        rule(
            "ActivitiesMinSimultaneousInSelectedTimeSlots",
            Min_Number_of_Simultaneous_Activities="2",
            Allow_Empty_Slots="true",
            more=lessons(5, 6) + selected(("Вт", "2"), ("Вт", "3")),
        ),
        {6: ("Вт", "3", "Мастерская")},
        "Вт, 3",
    ),
    (rule("TeachersMaxGapsPerWeek", Max_Gaps="1"), {3: ("Пн", "4", "Физика")}, "Иванова"),
    (
        rule("TeacherMaxGapsPerDay", Teacher_Name="Иванова", Max_Gaps="1"),
        {3: ("Пн", "4", "Физика")},
        "Иванова",
    ),
    (rule("StudentsMaxGapsPerWeek", Max_Gaps="0"), {4: ("Пн", "3", "Химия")}, "7А"),
    (rule("StudentsSetMaxGapsPerWeek", Students="7А", Max_Gaps="0"), {4: ("Пн", "3", "Химия")}, "7А"),
    (
        rule("StudentsSetEarlyMaxBeginningsAtSecondHour", Students="7А", Max_Beginnings_At_Second_Hour="0"),
        {2: ("Вт", "2", "Физика")},
        "7А",
    ),
    (
        rule("StudentsSetEarlyMaxBeginningsAtSecondHour", Students="7А", Max_Beginnings_At_Second_Hour="2"),
        {2: ("Вт", "3", "Физика")},
        "7А, Вт",
    ),
    (rule("StudentsMaxHoursDaily", Maximum_Hours_Daily="3"), {2: ("Пн", "4", "Физика")}, "7А, Пн"),
    (
        rule(
            "TeacherMinHoursDaily", Teacher_Name="Иванова", Minimum_Hours_Daily="2", Allow_Empty_Days="true"
        ),
        {6: ("Пн", "2", "Мастерская")},
        "Иванова, Вт",
    ),
    (
        rule("StudentsSetMinHoursDaily", Students="7А", Minimum_Hours_Daily="1", Allow_Empty_Days="false"),
        {2: ("Пн", "4", "Физика")},
        "7А, Вт",
    ),
    (
        rule("TeachersActivityTagMaxHoursDaily", Activity_Tag_Name="опыты", Maximum_Hours_Daily="1"),
        {2: ("Пн", "4", "Физика")},
        "Иванова, Пн",
    ),
    (
        rule("StudentsMaxHoursContinuously", Maximum_Hours_Continuously="3"),
        {2: ("Пн", "4", "Физика")},
        "7А, Пн",
    ),
    (rule("TeacherMaxDaysPerWeek", Teacher_Name="Петров", Max_Days_Per_Week="2"), {}, ""),
    (
        rule("TeacherMinDaysPerWeek", Teacher_Name="Петров", Minimum_Days_Per_Week="2"),
        {5: ("Пн", "4", "Химия")},
        "Петров",
    ),
    (
        rule(
            "TeacherIntervalMaxDaysPerWeek",
            Teacher_Name="Иванова",
            Interval_Start_Hour="3",
            Interval_End_Hour="",
            Max_Days_Per_Week="1",
        ),
        {6: ("Вт", "4", "Мастерская")},
        "Иванова",
    ),
    (rule("StudentsMaxSpanPerDay", Max_Span="3"), {1: ("Пн", "4", "Физика"), 4: ("Пн", "1", "Химия")}, "7А"),
    (
        rule("TeacherMinRestingHours", Teacher_Name="Иванова", Minimum_Resting_Hours="1", Circular="false"),
        {3: ("Пн", "4", "Физика")},
        "Иванова, Пн",
    ),
    (
        rule("ActivityPreferredRoom", Activity_Id="1", Room="Физика"),
        {1: ("Пн", "1", "Химия")},
        "кабинет «Химия»",
    ),
    (
        rule("SubjectPreferredRooms", Subject="Физика", more=rooms("Физика", "Химия")),
        {1: ("Пн", "1", "Мастерская")},
        "урок 1, кабинет «Мастерская»",
    ),
    (
        rule("SubjectActivityTagPreferredRoom", Subject="Физика", Activity_Tag="опыты", Room="Физика"),
        {2: ("Вт", "1", "Химия")},
        "урок 2, кабинет «Химия»",
    ),
    (
        rule("TeacherHomeRoom", Teacher="Петров", Room="Химия"),
        {5: ("Вт", "2", "Физика")},
        "урок 5, кабинет «Физика»",
    ),
    (
        rule("StudentsSetHomeRooms", Students="7Б мальчики", more=rooms("Мастерская")),
        {6: ("Вт", "2", "Физика")},
        "урок 6, кабинет «Физика»",
    ),
    (
        rule("ActivitiesOccupyMaxDifferentRooms", Max_Number_of_Different_Rooms="1", more=lessons(1, 2, 3)),
        {3: ("Пн", "3", "Химия")},
        "Физика, Химия",
    ),
    (
        rule("ActivitiesSameRoomIfConsecutive", more=lessons(1, 3)),
        {3: ("Пн", "2", "Химия")},
        "уроки 1 и 3",
    ),
    (
        rule("StudentsMaxBuildingChangesPerDay", Max_Building_Changes_Per_Day="1"),
        {2: ("Пн", "4", "Физика")},
        "7А",
    ),
    (
        rule(
            "StudentsSetMinGapsBetweenBuildingChanges", Students="7А", Min_Gaps_Between_Building_Changes="0"
        ),
        {},
        "",
    ),
    (
        rule("TeachersMaxRoomChangesPerDay", Max_Room_Changes_Per_Day="1"),
        {3: ("Вт", "3", "Физика")},
        "Иванова",
    ),
]


@pytest.mark.parametrize(("said", "moved", "where"), CASES, ids=lambda case: None)
def test_each_rule_is_kept_or_broken(checked: Checked, said: str, moved: Moved, where: str) -> None:
    kept = checked(school(said))
    assert kept.exit_code == 0, kept.output
    if where:
        broken = checked(school(said), moved)
        assert broken.exit_code == 1 and where in broken.output, broken.output


def test_a_rule_that_should_be_kept_has_a_price(checked: Checked) -> None:
    said = rule("MinDaysBetweenActivities", MinDays="1", more=lessons(1, 2))
    answer = checked(school(said, weight="95"), {2: ("Пн", "4", "Физика")})
    assert answer.exit_code == 0
    assert "Цена нарушенных желательных: 0.95" in answer.output and "вес 95" in answer.output


def test_two_lessons_of_a_course_on_one_day_follow_each_other_whatever_the_weight(checked: Checked) -> None:
    said = rule("MinDaysBetweenActivities", MinDays="1", Consecutive_If_Same_Day="true", more=lessons(1, 2))
    file = school(said, weight="95")
    assert checked(file, {2: ("Пн", "4", "Физика")}).exit_code == 1
    assert checked(file, {2: ("Пн", "2", "Физика"), 4: ("Пн", "3", "Химия")}).exit_code == 0


def test_a_window_is_not_counted_where_nobody_can_be_had(checked: Checked) -> None:
    gap = rule("StudentsMaxGapsPerWeek", Max_Gaps="0")
    pause = rule("BreakTimes", more=time_of("Break_Time", "Пн", "2"))
    moved: Moved = {4: ("Пн", "3", "Химия")}
    assert checked(school(gap), moved).exit_code == 1
    assert checked(school(gap, pause), moved).exit_code == 0


def test_what_is_not_known_is_named_and_what_is_switched_off_is_not(checked: Checked) -> None:
    off = rule("TeachersMaxGapsPerWeek", Max_Gaps="0", Active="false")
    answer = checked(school(rule("TeacherLikesCoffee"), rule("TeacherLikesCoffee"), off))
    assert answer.exit_code == 0
    assert "TeacherLikesCoffee не проверяется" in answer.output and "(2)" in answer.output


def test_each_breach_is_shown_if_asked(checked: Checked) -> None:
    said = rule("SubjectPreferredRoom", Subject="Физика", Room="Нигде") + rule(
        "SubjectPreferredRoom", Subject="Химия", Room="Нигде"
    )
    said += rule("SubjectPreferredRoom", Subject="Труд", Room="Нигде")
    short = checked(school(said))
    assert "и ещё 1" in short.output
    assert "урок 6" in checked(school(said), None, "--all").output and "урок 6" not in short.output


@pytest.mark.parametrize(
    ("file", "timetable", "words"),
    [
        ("не xml", result(), "school.fet не прочитан"),
        ("<xml/>", result(), "а нужен <fet>"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><fet>&a;</fet>', result(), "school.fet не прочитан"),
        (school(mode="Mornings_Afternoons"), result(), "режим FET «Mornings_Afternoons» не поддерживается"),
        (school(rule("StudentsSetMaxHoursDaily", Students="9Г", Maximum_Hours_Daily="3")), result(), "«9Г»"),
        (school(rule("TeachersMaxGapsPerWeek", Max_Gaps="много")), result(), "стоит «много»"),
        (school(rule("TeachersMaxGapsPerWeek", Max_Gaps="0"), weight="тяжело"), result(), "стоит «тяжело»"),
        (
            school(rule("ActivityEndsStudentsDay", more="<Activity_Id>раз</Activity_Id>")),
            result(),
            "стоит «раз»",
        ),
        (school(rule("BreakTimes", more=time_of("Break_Time", "Ср", "1"))), result(), "«Ср, 1»"),
        (school(), "<xml/>", "а нужен <Activities_Timetable>"),
        (school(), result({99: ("Пн", "1", "")}), "урока 99 в школе нет"),
        (school(), result({1: ("Ср", "1", "")}), "такого времени в школе нет"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(tmp_path: Path, file: str, timetable: str, words: str) -> None:
    answer = command(written(tmp_path, "school.fet", file), written(tmp_path, "result.xml", timetable))
    assert isinstance(answer.exception, PortalError), answer.output
    assert words in answer.exception.message and answer.exception.advice


def test_a_file_may_begin_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    files = (
        written(tmp_path, name, text, "utf-8-sig")
        for name, text in (("a.fet", school()), ("b.xml", result()))
    )
    assert command(*files).exit_code == 0
