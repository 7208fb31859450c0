"""A second checker, apart from the portal's: it reads the files by itself and knows the rules of the random schools."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from defusedxml import ElementTree

from tests.plugins.diary.timetabling.random_school import DAYS, HOURS


def faults(school: Path, result: Path) -> list[str]:
    """What is wrong with the timetable, in words; empty if nothing."""
    root, found = ElementTree.parse(school).getroot(), []
    places = {
        each.findtext("Id"): (each.findtext("Day"), each.findtext("Hour"), each.findtext("Room"))
        for each in ElementTree.parse(result).getroot()
    }
    busy: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    for activity in root.iter("Activity"):
        number = activity.findtext("Id")
        if number not in places:
            found.append(f"{number} has no place")
            continue
        day, hour, room = places[number]
        first = HOURS.index(str(hour))
        for at in range(first, first + int(str(activity.findtext("Duration")))):
            if at >= len(HOURS):
                found.append(f"{number} leaves the day")
            for who in (activity.findtext("Teacher"), activity.findtext("Students"), room):
                if who:
                    busy[who][DAYS.index(str(day)), at] += 1
    found += [
        f"{who} twice at {slot}" for who, slots in busy.items() for slot, count in slots.items() if count > 1
    ]
    for rule in root.iter("ConstraintTeacherNotAvailableTimes"):
        for time in rule.iter("Not_Available_Time"):
            slot = DAYS.index(str(time.findtext("Day"))), HOURS.index(str(time.findtext("Hour")))
            if busy[str(rule.findtext("Teacher"))][slot]:
                found.append(f"{rule.findtext('Teacher')} is away at {slot}")
    for rule in root.iter("ConstraintMinDaysBetweenActivities"):
        days = [places[str(each.text)][0] for each in rule.iter("Activity_Id") if each.text in places]
        if len(set(days)) < len(days):
            found.append(f"course on one day: {days}")
    for rule in root.iter("ConstraintActivityPreferredRooms"):
        number = str(rule.findtext("Activity_Id"))
        if number in places and places[number][2] not in {each.text for each in rule.iter("Preferred_Room")}:
            found.append(f"{number} in a wrong room")
    for rule in root.iter("ConstraintStudentsSetMaxHoursDaily"):
        who, most = str(rule.findtext("Students")), int(str(rule.findtext("Maximum_Hours_Daily")))
        for day in range(len(DAYS)):
            if sum(count for slot, count in busy[who].items() if slot[0] == day) > most:
                found.append(f"{who} has more than {most} hours on day {day}")
    for rule in root.iter("ConstraintTeacherMaxGapsPerWeek"):
        who, most, gaps = str(rule.findtext("Teacher_Name")), int(str(rule.findtext("Max_Gaps"))), 0
        away = {
            (DAYS.index(str(time.findtext("Day"))), HOURS.index(str(time.findtext("Hour"))))
            for other in root.iter("ConstraintTeacherNotAvailableTimes")
            if other.findtext("Teacher") == who
            for time in other.iter("Not_Available_Time")
        }
        for day in range(len(DAYS)):
            hours = sorted(slot[1] for slot, count in busy[who].items() if slot[0] == day and count)
            if hours:
                gaps += sum(at not in hours and (day, at) not in away for at in range(hours[0], hours[-1]))
        if gaps > most:
            found.append(f"{who} has {gaps} gaps, {most} allowed")
    return found
