"""Finished timetables as `fet-cl` writes them: `*_activities.xml`."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from core.errors import Invalid
from core.web.i18n import sentence
from plugins.diary.timetabling.fet.xml import number, read_xml, text, texts
from plugins.diary.timetabling.problem import Placement, Problem, Timetable


def read_result(path: Path, problem: Problem) -> Timetable:
    """Read where the lessons of `problem` were put. Raises `Invalid` for a file that is of another school."""
    days = {name: at for at, name in enumerate(problem.days)}
    hours = {name: at for at, name in enumerate(problem.hours)}
    places: dict[int, Placement] = {}
    for element in read_xml(path, "Activities_Timetable").findall("Activity"):
        identity, day, hour = number(element, "Id"), text(element, "Day"), text(element, "Hour")
        if identity not in problem.activities:
            raise Invalid(
                sentence("%(file)s: урока %(number)s в школе нет.", file=path.name, number=identity),
                advice="Проверьте, от этой ли школы результат.",
            )
        if not day and not hour:
            continue
        if day not in days or hour not in hours:
            raise Invalid(
                sentence(
                    "%(file)s: урок %(number)s стоит на «%(day)s, %(hour)s», а такого времени в школе нет.",
                    file=path.name,
                    number=identity,
                    day=day,
                    hour=hour,
                ),
                advice="Проверьте, от этой ли школы результат.",
            )
        places[identity] = Placement(
            days[day], hours[hour], text(element, "Room"), texts(element, "Real_Room")
        )
    return Timetable(problem, places)


def write_result(path: Path, timetable: Timetable) -> None:
    """Write where the lessons stand, as `read_result` and FET read it; those not placed are left out."""
    root = Element("Activities_Timetable")
    problem = timetable.problem
    for activity, place in timetable.placed():
        element = SubElement(root, "Activity")
        for name, value in (
            ("Id", str(activity.id)),
            ("Day", problem.days[place.day]),
            ("Hour", problem.hours[place.hour]),
            ("Room", place.room),
            *(("Real_Room", room) for room in place.real_rooms),
        ):
            SubElement(element, name).text = value
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
