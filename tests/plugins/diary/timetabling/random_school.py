"""Random little schools for which there is a timetable: the rules are read off a timetable made first."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from tests.plugins.diary.timetabling.school_file import tags

DAYS, HOURS = ("Пн", "Вт", "Ср", "Чт"), ("1", "2", "3", "4", "5")
TEACHERS, CLASSES, ROOMS = ("Иванова", "Петров", "Чен"), ("5А", "5Б", "6А"), ("к1", "к2", "к3")


def random_school(seed: int) -> str:
    """The `.fet` file of a school; the same for the same seed."""
    random = Random(seed)  # noqa: S311
    placed: list[tuple[str, str, int, int, int, str]] = []
    taken: set[tuple[str, int, int]] = set()
    for _try in range(60):
        teacher, students, room = random.choice(TEACHERS), random.choice(CLASSES), random.choice(ROOMS)
        day, hour, length = (
            random.randrange(len(DAYS)),
            random.randrange(len(HOURS)),
            random.choice((1, 1, 1, 2)),
        )
        cells = {(who, day, at) for who in (teacher, students, room) for at in range(hour, hour + length)}
        if hour + length <= len(HOURS) and not cells & taken:
            taken |= cells
            placed.append((teacher, students, day, hour, length, room))
    activities, rules = "", ""
    courses: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for number, (teacher, students, day, _hour, length, room) in enumerate(placed, 1):
        courses[teacher, students].append((number, day))
        activities += (
            f"<Activity><Teacher>{teacher}</Teacher><Subject>{teacher}</Subject><Students>{students}</Students>"
            f"<Duration>{length}</Duration><Total_Duration>{length}</Total_Duration><Id>{number}</Id>"
            "<Activity_Group_Id>0</Activity_Group_Id><Active>true</Active></Activity>"
        )
        rooms = "".join(f"<Preferred_Room>{each}</Preferred_Room>" for each in {room, random.choice(ROOMS)})
        rules += rule("ActivityPreferredRooms", f"<Activity_Id>{number}</Activity_Id>{rooms}")
    for lessons in courses.values():
        if len({day for _number, day in lessons}) == len(lessons) > 1:
            ids = "".join(f"<Activity_Id>{number}</Activity_Id>" for number, _day in lessons)
            rules += rule("MinDaysBetweenActivities", f"{ids}<MinDays>1</MinDays>")
    for teacher in TEACHERS:
        rules += _of_teacher(teacher, taken, random)
    for students in CLASSES:
        most = max(sum((students, day, at) in taken for at in range(len(HOURS))) for day in range(len(DAYS)))
        rules += rule(
            "StudentsSetMaxHoursDaily",
            f"<Students>{students}</Students><Maximum_Hours_Daily>{most}</Maximum_Hours_Daily>",
        )
    years = "".join(
        f"<Year><Name>{each}</Name><Number_of_Students>20</Number_of_Students></Year>" for each in CLASSES
    )
    halls = "".join(
        f"<Room><Name>{each}</Name><Building></Building><Capacity>30</Capacity><Virtual>false</Virtual></Room>"
        for each in ROOMS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><fet version="6.8.5"><Institution_Name>Школа</Institution_Name>'
        + tags("Days_List", DAYS, "Day")
        + tags("Hours_List", HOURS, "Hour")
        + tags("Teachers_List", TEACHERS, "Teacher")
        + f"<Students_List>{years}</Students_List><Activities_List>{activities}</Activities_List>"
        f"<Rooms_List>{halls}</Rooms_List><Time_Constraints_List>{rule('BasicCompulsoryTime', '')}{rules}"
        f"{rule('BasicCompulsorySpace', '')}</Time_Constraints_List></fet>"
    )


def _of_teacher(teacher: str, taken: set[tuple[str, int, int]], random: Random) -> str:
    away, gaps = "", 0
    for day, name in enumerate(DAYS):
        free = [at for at in range(len(HOURS)) if (teacher, day, at) not in taken]
        busy = [at for at in range(len(HOURS)) if at not in free]
        gaps += sum(busy[0] < at < busy[-1] for at in free) if busy else 0
        # Only at the edges of the day: an absence between two lessons would not be a window.
        outside = [at for at in free if not busy or not busy[0] < at < busy[-1]]
        for at in random.sample(outside, len(outside) // 2):
            away += f"<Not_Available_Time><Day>{name}</Day><Hour>{HOURS[at]}</Hour></Not_Available_Time>"
    return rule("TeacherNotAvailableTimes", f"<Teacher>{teacher}</Teacher>{away}") + rule(
        "TeacherMaxGapsPerWeek", f"<Teacher_Name>{teacher}</Teacher_Name><Max_Gaps>{gaps}</Max_Gaps>"
    )


def rule(name: str, fields: str) -> str:
    """A constraint that must be kept."""
    return f"<Constraint{name}><Weight_Percentage>100</Weight_Percentage>{fields}</Constraint{name}>"
