"""What the constraints of a `.fet` file name: people, lessons, times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from core.errors import Invalid
from core.web.i18n import sentence
from plugins.diary.timetabling.fet.xml import MEND, flag, ids, number, text
from plugins.diary.timetabling.people_rules import People
from plugins.diary.timetabling.problem import Activity, Problem, Slot

_PREFIX = "Constraint"
_LISTS = ("Time_Constraints_List", "Space_Constraints_List")
_ROOM = "PreferredRoom"


class Naming:
    """Finds what the constraints of a file are about. `elements` are those switched on, by their names."""

    def __init__(self, problem: Problem, root: Element) -> None:
        self.problem = problem
        self._days = {name: at for at, name in enumerate(problem.days)}
        self._hours = {name: at for at, name in enumerate(problem.hours)}
        self.elements = [
            (element.tag.removeprefix(_PREFIX), element)
            for listed in map(root.find, _LISTS)
            if listed is not None
            for element in listed
            if flag(element, "Active", default=True)
        ]

    def people(self, whose: str, element: Element) -> People:
        """Whom a constraint is about, by how its name begins: Teacher, Teachers, StudentsSet, Students."""
        teachers = whose.startswith("Teacher")
        if whose == "Teacher":
            names = (text(element, "Teacher_Name") or text(element, "Teacher"),)
        elif whose == "Teachers":
            names = tuple(self.problem.teachers)
        elif whose == "StudentsSet":
            names = tuple(sorted(self.atoms(text(element, "Students"))))
        else:
            names = tuple(self.problem.atoms)
        closed = self._closed_teachers if teachers else self._closed_atoms
        return People(names, teachers, {name: closed.get(name, self.breaks) for name in names})

    @cached_property
    def breaks(self) -> frozenset[Slot]:
        """The hours at which nobody has lessons."""
        found: set[Slot] = set()
        for name, element in self.elements:
            if name == "BreakTimes":
                found |= self.slots(element, "Break_Time", "Day", "Hour")
        return frozenset(found)

    @cached_property
    def _closed_teachers(self) -> Mapping[str, frozenset[Slot]]:
        return {
            text(element, "Teacher"): self.breaks | self.not_available(element)
            for name, element in self.elements
            if name == "TeacherNotAvailableTimes"
        }

    @cached_property
    def _closed_atoms(self) -> Mapping[str, frozenset[Slot]]:
        found: dict[str, frozenset[Slot]] = {}
        for name, element in self.elements:
            if name == "StudentsSetNotAvailableTimes":
                for atom in self.atoms(text(element, "Students")):
                    found[atom] = found.get(atom, self.breaks) | self.not_available(element)
        return found

    def atoms(self, name: str) -> frozenset[str]:
        """The atoms of a set of students. Raises `Invalid` for an unknown one."""
        if name not in self.problem.atoms_of:
            raise Invalid(
                sentence("В правиле названы ученики «%(name)s», а в списке их нет.", name=name), advice=MEND
            )
        return self.problem.atoms_of[name]

    def slots(self, element: Element, each: str, day: str, hour: str) -> frozenset[Slot]:
        """The hours named in children of a name. Raises `Invalid` for an unknown day or hour."""
        return frozenset(self._slot(text(one, day), text(one, hour)) for one in element.findall(each))

    def not_available(self, element: Element) -> frozenset[Slot]:
        """The hours of a constraint about absence."""
        return self.slots(element, "Not_Available_Time", "Day", "Hour")

    def _slot(self, day: str, hour: str) -> Slot:
        if day not in self._days or hour not in self._hours:
            raise Invalid(
                sentence(
                    "В правиле названо время «%(day)s, %(hour)s», а в файле его нет.", day=day, hour=hour
                ),
                advice=MEND,
            )
        return self._days[day], self._hours[hour]

    def hour(self, element: Element, name: str) -> int:
        """The hour named in a child; past the last one it is the end of the day."""
        return self._hours.get(text(element, name), len(self.problem.hours))

    def preferred(self, element: Element) -> frozenset[Slot]:
        """The times of one of the many constraints that allow lessons some times only."""
        if (day := text(element, "Preferred_Day")) or element.find("Preferred_Hour") is not None:
            # Either may be left out: any day, any hour.
            hour = text(element, "Preferred_Hour")
            return frozenset(
                slot
                for slot in self.problem.slots
                if (not day or self._days.get(day) == slot[0])
                and (not hour or self._hours.get(hour) == slot[1])
            )
        return (
            self.slots(
                element, "Preferred_Starting_Time", "Preferred_Starting_Day", "Preferred_Starting_Hour"
            )
            | self.slots(element, "Preferred_Time_Slot", "Preferred_Day", "Preferred_Hour")
            | self.slots(element, "Preferred_Time", "Preferred_Day", "Preferred_Hour")
        )

    def selected(self, element: Element) -> dict[str, Any]:
        """The lessons and times of the constraints about a selection of times."""
        slots = self.slots(element, "Selected_Time_Slot", "Selected_Day", "Selected_Hour")
        return {"activities": self.named(element), "slots": slots}

    def named(self, element: Element) -> tuple[int, ...]:
        """The lessons named by their ids; those that are switched off are passed over."""
        return tuple(each for each in ids(element, "Activity_Id") if each in self.problem.activities)

    def filtered(self, element: Element) -> tuple[int, ...]:
        """The lessons that fit what a constraint says of teacher, students, subject, tag, duration and part."""
        teacher = text(element, "Teacher_Name") or text(element, "Teacher")
        students = text(element, "Students_Name") or text(element, "Students")
        subject = text(element, "Subject_Name") or text(element, "Subject")
        tag = text(element, "Activity_Tag_Name") or text(element, "Activity_Tag")
        duration, part = number(element, "Duration"), number(element, "Component_Number")
        atoms = self.atoms(students) if students else frozenset[str]()
        return tuple(
            each.id
            for each in self.problem.activities.values()
            if (not teacher or teacher in each.teachers)
            and (not students or atoms & each.atoms)
            and (not subject or subject == each.subject)
            and (not tag or tag in each.tags)
            and (not duration or duration == each.duration)
            and (not part or part == each.part)
        )

    @cached_property
    def with_own_rooms(self) -> frozenset[int]:
        """The lessons that something else than somebody's home room gives rooms to."""
        found: set[int] = set()
        for name, element in self.elements:
            if _ROOM in name:
                found |= set(
                    self.named(element) if name.startswith("ActivityPreferred") else self.filtered(element)
                )
        return frozenset(found)

    def at_home(self, element: Element) -> tuple[int, ...]:
        """The lessons that a home room is for: of these students or this teacher alone, without rooms of their own."""
        teacher, students = text(element, "Teacher"), text(element, "Students")

        def alone(activity: Activity) -> bool:
            return activity.teachers == (teacher,) if teacher else activity.student_sets == (students,)

        return tuple(
            each.id
            for each in self.problem.activities.values()
            if alone(each) and each.id not in self.with_own_rooms
        )
