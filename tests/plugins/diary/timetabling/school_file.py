"""A small school as a `.fet` file: two days of four hours, three classes, two teachers, three rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

DAYS, HOURS = ("Пн", "Вт"), ("1", "2", "3", "4")
# id: subject, teacher, students, duration, split, tag
ACTIVITIES: Mapping[int, tuple[str, str, str, int, int, str]] = {
    1: ("Физика", "Иванова", "7А", 1, 1, "опыты"),
    2: ("Физика", "Иванова", "7А", 1, 1, "опыты"),
    3: ("Физика", "Иванова", "7Б", 1, 0, ""),
    4: ("Химия", "Петров", "7А", 2, 0, ""),
    5: ("Химия", "Петров", "7Б девочки", 1, 0, ""),
    6: ("Труд", "Иванова", "7Б мальчики", 1, 0, ""),
}
# Everything is kept: 7А has physics on both days, the double lesson of chemistry follows it on Monday.
GOOD: Mapping[int, tuple[str, str, str]] = {
    1: ("Пн", "1", "Физика"),
    2: ("Вт", "1", "Физика"),
    3: ("Пн", "3", "Физика"),
    4: ("Пн", "2", "Химия"),
    5: ("Вт", "2", "Химия"),
    6: ("Вт", "2", "Мастерская"),
}


def tags(name: str, values: Sequence[str], tag: str) -> str:
    """`<Name>` elements in a list."""
    return f"<{name}>{''.join(f'<{tag}><Name>{escape(each)}</Name></{tag}>' for each in values)}</{name}>"


def school(*rules: str, weight: str = "100", mode: str = "") -> str:
    """The file: `rules` stand in one list, as `<ConstraintName>fields</ConstraintName>` without their weight."""
    activities = "".join(
        f"<Activity><Teacher>{teacher}</Teacher><Subject>{subject}</Subject>"
        f"{f'<Activity_Tag>{tag}</Activity_Tag>' if tag else ''}<Students>{students}</Students>"
        f"<Duration>{duration}</Duration><Total_Duration>{duration}</Total_Duration><Id>{number}</Id>"
        f"<Activity_Group_Id>{split}</Activity_Group_Id><Active>true</Active></Activity>"
        for number, (subject, teacher, students, duration, split, tag) in ACTIVITIES.items()
    )
    said = "".join(
        rule.replace("</Constraint", f"<Weight_Percentage>{weight}</Weight_Percentage></Constraint")
        for rule in rules
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><fet version="6.8.5">{f"<Mode>{mode}</Mode>" if mode else ""}'
        "<Institution_Name>Школа</Institution_Name>"
        + tags("Days_List", DAYS, "Day")
        + tags("Hours_List", HOURS, "Hour")
        + tags("Teachers_List", ("Иванова", "Петров"), "Teacher")
        + "<Students_List><Year><Name>7А</Name><Number_of_Students>25</Number_of_Students></Year>"
        "<Year><Name>7Б</Name><Number_of_Students>24</Number_of_Students>"
        "<Group><Name>7Б девочки</Name><Number_of_Students>12</Number_of_Students></Group>"
        "<Group><Name>7Б мальчики</Name><Number_of_Students>12</Number_of_Students></Group></Year></Students_List>"
        f"<Activities_List>{activities}</Activities_List>"
        "<Rooms_List>"
        "<Room><Name>Физика</Name><Building>А</Building><Capacity>30</Capacity><Virtual>false</Virtual></Room>"
        "<Room><Name>Химия</Name><Building>Б</Building><Capacity>30</Capacity><Virtual>false</Virtual></Room>"
        "<Room><Name>Мастерская</Name><Building>А</Building><Capacity>15</Capacity><Virtual>false</Virtual></Room>"
        "<Room><Name>Оба</Name><Capacity>60</Capacity><Virtual>true</Virtual>"
        "<Set_of_Real_Rooms><Real_Room>Физика</Real_Room></Set_of_Real_Rooms>"
        "<Set_of_Real_Rooms><Real_Room>Химия</Real_Room><Real_Room>Мастерская</Real_Room></Set_of_Real_Rooms></Room>"
        "</Rooms_List>"
        f"<Time_Constraints_List>{said}</Time_Constraints_List></fet>"
    )


def result(moved: Mapping[int, tuple[str, str, str] | None] | None = None) -> str:
    """A timetable: `GOOD` with some lessons moved, or taken out."""
    places = {**GOOD, **(moved or {})}
    lines = "".join(
        f"<Activity><Id>{number}</Id><Day>{place[0]}</Day><Hour>{place[1]}</Hour><Room>{place[2]}</Room></Activity>"
        for number, place in places.items()
        if place
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><Activities_Timetable>{lines}</Activities_Timetable>'


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """The text in a file."""
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path
