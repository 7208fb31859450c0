"""Reading the rules of a `.fet` file; what is not known is counted, never dropped silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from plugins.diary.timetabling.fet.kinds import OF_LESSONS, OF_PEOPLE
from plugins.diary.timetabling.fet.naming import Naming
from plugins.diary.timetabling.fet.xml import decimal, flag
from plugins.diary.timetabling.problem import Problem
from plugins.diary.timetabling.rules import MUST, Rule

_WHOSE = ("Teachers", "Teacher", "StudentsSet", "Students")


def read_rules(problem: Problem, root: Element) -> tuple[Sequence[Rule], Mapping[str, int]]:
    """All rules in the order of the file, and how many of which kinds are not known.

    Raises `Invalid` for a rule that does not fit the rest of the file.
    """
    found: list[Rule] = []
    not_understood: Counter[str] = Counter()
    naming = Naming(problem, root)
    for name, element in naming.elements:
        base = {"kind": name, "weight": _weight(element)}
        whose = next((each for each in _WHOSE if name.startswith(each)), "")
        of_people = OF_PEOPLE.get(name.removeprefix(whose)) if whose else None
        if of_people is not None:
            found.append(of_people(naming.people(whose, element), naming, element, base))
        elif (of_lessons := OF_LESSONS.get(name)) is not None:
            found.extend(of_lessons(naming, element, base))
        else:
            not_understood[name] += 1
    return found, not_understood


def _weight(element: Element) -> float:
    """Of 100. Older files said only whether a constraint is compulsory."""
    if element.find("Weight_Percentage") is not None:
        return decimal(element, "Weight_Percentage")
    return MUST if flag(element, "Compulsory", default=True) else 0.0
