"""Invented Russian schools as `.fet` files: 22 classes in one shift, 60 classes in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from xml.sax.saxutils import escape

DAYS = ("Пн", "Вт", "Ср", "Чт", "Пт")
SHIFT_HOURS = 7
LOAD = 24
"""Hours a week that one teacher has at most."""

_YOUNG = "Рус5 Чт4 Мат4 Окр2 Муз1 ИЗО1 Труд1 Физк3"
PLANS = {
    1: _YOUNG,
    **dict.fromkeys((2, 3, 4), _YOUNG + " Англ2"),
    5: "Рус5 Лит3 Мат5 Англ3 Ист2 Гео1 Био1 Инф1 Муз1 ИЗО1 Труд2 Физк2 Родн1 ОДНК1",
    6: "Рус5 Лит3 Мат5 Англ3 Ист2 Общ1 Гео1 Био1 Муз1 ИЗО1 Труд2 Физк3 Инф1 Вер1",
    7: "Рус4 Лит2 Алг3 Геом2 Вер1 Инф1 Англ3 Ист2 Общ1 Гео2 Био1 Физ2 Муз1 ИЗО1 Труд2 Физк3 Разг1",
    8: "Рус3 Лит2 Алг3 Геом2 Вер1 Инф1 Англ3 Ист2 Общ1 Гео2 Био2 Физ2 Хим2 Муз1 Труд1 ОБЖ1 Физк3 Разг1",
    9: "Рус3 Лит3 Алг3 Геом2 Вер1 Инф1 Англ3 Ист2 Общ1 Гео2 Био2 Физ3 Хим2 ОБЖ1 Труд1 Физк2 Разг1",
    **dict.fromkeys(
        (10, 11),
        "Рус2 Лит3 Алг4 Геом2 Вер1 Инф1 Англ3 Ист2 Общ2 Гео1 Био1 Физ2 Хим1 ОБЖ1 Физк3 Проект1 Разг2",
    ),
}
SUBJECTS_OF_ONE_TEACHER = {
    "Чт": "Начальная", "Окр": "Начальная", "Лит": "Рус", "Родн": "Рус", "Алг": "Мат", "Геом": "Мат", "Вер": "Мат",
    "Общ": "Ист", "ОДНК": "Ист", "ИЗО": "Муз", "Разг": "Ист", "Проект": "Инф",
}  # fmt: skip
ROOMS = {"Физк": ("Спортзал", "Малый зал"), "Инф": ("Информатика",), "Хим": ("Химия",), "Физ": ("Физика",)}


def russian_school(classes: int) -> str:
    """The file of a school with 22 classes (622 lessons) or 60 classes (1672 lessons)."""
    two_shifts = classes > 22
    counts = dict.fromkeys(PLANS, 2)
    if two_shifts:
        counts = {grade: 6 if grade < 7 else 5 if grade < 11 else 4 for grade in PLANS}
    hours = SHIFT_HOURS * (2 if two_shifts else 1)
    names = {
        f"{grade}{'АБВГДЕ'[at]}": (grade, bool(two_shifts and grade in (2, 3, 4, 6, 7, 8)))
        for grade, count in counts.items()
        for at in range(count)
    }
    load: dict[str, int] = {}
    activities: list[str] = []
    rules: list[str] = [
        _rule("BasicCompulsoryTime"),
        _rule("StudentsMaxGapsPerWeek", "<Max_Gaps>0</Max_Gaps>"),
    ]
    rules.append(
        _rule(
            "StudentsEarlyMaxBeginningsAtSecondHour",
            "<Max_Beginnings_At_Second_Hour>0</Max_Beginnings_At_Second_Hour>",
        )
    )
    for name, (grade, late) in names.items():
        if two_shifts:
            away = range(SHIFT_HOURS) if late else range(SHIFT_HOURS, hours)
            times = "".join(_time("Not_Available_Time", day, hour) for day in DAYS for hour in away)
            rules.append(_rule("StudentsSetNotAvailableTimes", f"<Students>{name}</Students>{times}"))
        for each in PLANS[grade].split():
            subject, count = each[:-1], int(each[-1])
            teachers = _teachers(subject, name, grade, count, load, late=late)
            first = len(activities) + 1
            for number in range(first, first + count):
                activities.append(_activity(number, first if count > 1 else 0, teachers, subject, name))
            if count > 1:
                ids = "".join(
                    f"<Activity_Id>{number}</Activity_Id>" for number in range(first, first + count)
                )
                rules.append(_rule("MinDaysBetweenActivities", f"{ids}<MinDays>1</MinDays>"))
    for at, teacher in enumerate(load):
        if at % 4 == 0 and load[teacher] < LOAD - 4:
            day = DAYS[at // 4 % len(DAYS)]
            times = "".join(_time("Not_Available_Time", day, hour) for hour in range(hours) if hour % 7 > 3)
            rules.append(_rule("TeacherNotAvailableTimes", f"<Teacher>{teacher}</Teacher>{times}"))
    shifts = 2 if two_shifts else 1
    rooms: list[str] = []
    space = [_rule("BasicCompulsorySpace")]
    for subject, base in ROOMS.items():
        of = [f"{room}{'' if not at else at + 1}" for room in base for at in range(shifts)]
        rooms += of
        preferred = "".join(f"<Preferred_Room>{room}</Preferred_Room>" for room in of)
        space.append(_rule("SubjectPreferredRooms", f"<Subject>{subject}</Subject>{preferred}"))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><fet version="6.8.5"><Mode>Official</Mode>'
        f"<Institution_Name>Школа, классов: {classes}</Institution_Name><Comments></Comments>"
        + _list("Days_List", "Day", DAYS, "Number_of_Days")
        + _list("Hours_List", "Hour", tuple(str(at + 1) for at in range(hours)), "Number_of_Hours")
        + _list(
            "Subjects_List",
            "Subject",
            sorted({each[:-1] for plan in PLANS.values() for each in plan.split()}),
        )
        + "<Activity_Tags_List></Activity_Tags_List>"
        + _list("Teachers_List", "Teacher", load)
        + "<Students_List>"
        + "".join(
            f"<Year><Name>{name}</Name><Number_of_Students>25</Number_of_Students></Year>" for name in names
        )
        + f"</Students_List><Activities_List>{''.join(activities)}</Activities_List><Buildings_List></Buildings_List>"
        "<Rooms_List>"
        + "".join(
            f"<Room><Name>{room}</Name><Building></Building><Capacity>60</Capacity><Virtual>false</Virtual></Room>"
            for room in rooms
        )
        + f"</Rooms_List><Time_Constraints_List>{''.join(rules)}</Time_Constraints_List>"
        f"<Space_Constraints_List>{''.join(space)}</Space_Constraints_List></fet>"
    )


def _teachers(
    subject: str, school_class: str, grade: int, count: int, load: dict[str, int], *, late: bool
) -> list[str]:
    """Who gives the lessons: the class's own teacher in the first years, else the first with hours to spare."""
    if grade < 5 and subject in ("Рус", "Чт", "Мат", "Окр", "Труд"):
        chosen = [f"Начальная {school_class}"]
    else:
        kind = SUBJECTS_OF_ONE_TEACHER.get(subject, subject)
        chosen = []
        for number in range(1, 200):
            name = f"{kind} {'II-' if late else ''}{number}"
            if load.get(name, 0) + count <= LOAD and len(chosen) < (2 if subject == "Англ" else 1):
                chosen.append(name)
    for name in chosen:
        load[name] = load.get(name, 0) + count
    return chosen


def _activity(number: int, split: int, teachers: list[str], subject: str, school_class: str) -> str:
    of = "".join(f"<Teacher>{each}</Teacher>" for each in teachers)
    return (
        f"<Activity>{of}<Subject>{subject}</Subject><Students>{school_class}</Students><Duration>1</Duration>"
        f"<Total_Duration>1</Total_Duration><Id>{number}</Id><Activity_Group_Id>{split}</Activity_Group_Id>"
        "<Active>true</Active><Comments></Comments></Activity>"
    )


def _time(tag: str, day: str, hour: int) -> str:
    return f"<{tag}><Day>{day}</Day><Hour>{hour + 1}</Hour></{tag}>"


def _rule(name: str, fields: str = "") -> str:
    """A rule that must be kept, with the counts that FET wants before its lists."""
    counts: dict[str, int] = defaultdict(int)
    for tag, counted in (
        ("Activity_Id", "Number_of_Activities"),
        ("Not_Available_Time", "Number_of_Not_Available_Times"),
        ("Preferred_Room", "Number_of_Preferred_Rooms"),
    ):
        if found := fields.count(f"<{tag}>"):
            counts[counted] = found
    told = "".join(f"<{name}>{count}</{name}>" for name, count in counts.items())
    more = "<Consecutive_If_Same_Day>true</Consecutive_If_Same_Day>" if name.startswith("MinDays") else ""
    return (
        f"<Constraint{name}><Weight_Percentage>100</Weight_Percentage>{more}{told}{fields}"
        f"<Active>true</Active><Comments></Comments></Constraint{name}>"
    )


def _list(name: str, each: str, values: Iterable[object], counted: str = "") -> str:
    items = [str(value) for value in values]
    count = f"<{counted}>{len(items)}</{counted}>" if counted else ""
    return f"<{name}>{count}{''.join(f'<{each}><Name>{escape(item)}</Name></{each}>' for item in items)}</{name}>"
