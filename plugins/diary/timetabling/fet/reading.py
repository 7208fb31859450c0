"""Reading a school from a `.fet` file: what is to be placed, and the rules.

The format is FET's own (versions 5 and 6), as its documentation and example files show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import msgspec

from core.errors import Invalid
from core.web.i18n import sentence
from plugins.diary.timetabling.fet.rule_reading import read_rules
from plugins.diary.timetabling.fet.xml import MEND, flag, number, read_xml, text, texts
from plugins.diary.timetabling.problem import Activity, Problem, Room
from plugins.diary.timetabling.rules import Rule

MODE = "Official"


class School(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. `not_understood` counts the rules passed over, by their names in the file."""

    problem: Problem
    rules: Sequence[Rule]
    not_understood: Mapping[str, int]


def read_school(path: Path) -> School:
    """Read a `.fet` file. Raises `Invalid` for what cannot be read."""
    root = read_xml(path, "fet")
    mode = text(root, "Mode", MODE)
    if mode != MODE:
        raise Invalid(
            sentence("%(file)s: режим FET «%(mode)s» не поддерживается.", file=path.name, mode=mode),
            advice=sentence("Сохраните файл в режиме «%(mode)s».", mode=MODE),
        )
    problem = _problem(root, path)
    rules, not_understood = read_rules(problem, root)
    return School(problem=problem, rules=rules, not_understood=not_understood)


def _problem(root: Element, path: Path) -> Problem:
    students = {name: count for name, count, _atoms in _student_sets(root)}
    atoms_of = {name: atoms for name, _count, atoms in _student_sets(root)}
    activities = {each.id: each for each in _activities(root, students, atoms_of)}
    return Problem(
        name=text(root, "Institution_Name", path.stem),
        days=_names(root, "Days_List", "Day"),
        hours=_names(root, "Hours_List", "Hour"),
        teachers=_names(root, "Teachers_List", "Teacher"),
        atoms_of=atoms_of,
        rooms={room.name: room for room in _rooms(root)},
        activities=activities,
    )


def _names(root: Element, of: str, each: str) -> tuple[str, ...]:
    """Names stand in `<Name>`, in older files in the element itself."""
    found = root.find(of)
    names = [
        text(one, "Name") or (one.text or "").strip()
        for one in ([] if found is None else found.findall(each))
    ]
    if len(set(names)) < len(names):
        raise Invalid(
            sentence("В списке %(name)s имена повторяются.", name=of),
            advice=MEND,
        )
    return tuple(names)


def _student_sets(root: Element) -> list[tuple[str, int, frozenset[str]]]:
    """Every set with its size and atoms: a set without parts is an atom of its own."""
    found: dict[str, tuple[int, set[str]]] = {}

    def add(element: Element, parts: tuple[str, ...]) -> frozenset[str]:
        name = text(element, "Name")
        atoms: set[str] = set()
        for tag in parts[:1]:
            for part in element.findall(tag):
                atoms |= add(part, parts[1:])
        known = found.setdefault(name, (number(element, "Number_of_Students"), set()))
        known[1].update(atoms or {name})
        return frozenset(known[1])

    years = root.find("Students_List")
    for year in [] if years is None else years.findall("Year"):
        add(year, ("Group", "Subgroup"))
    # A group with parts in one year and without in another is the same group.
    for name, (_count, atoms) in found.items():
        if len(atoms) > 1:
            atoms.discard(name)
    return [(name, count, frozenset(atoms)) for name, (count, atoms) in found.items()]


def _activities(
    root: Element, students: Mapping[str, int], atoms_of: Mapping[str, frozenset[str]]
) -> list[Activity]:
    found: list[Activity] = []
    listed = root.find("Activities_List")
    parts: Counter[int] = Counter()
    for element in [] if listed is None else listed.findall("Activity"):
        split = number(element, "Activity_Group_Id")
        parts[split] += 1
        if not flag(element, "Active", default=True):
            continue
        sets = texts(element, "Students")
        if unknown := [name for name in sets if name not in atoms_of]:
            raise Invalid(
                sentence(
                    "Урок %(number)s: нет учеников «%(name)s».", number=text(element, "Id"), name=unknown[0]
                ),
                advice=MEND,
            )
        found.append(
            Activity(
                id=number(element, "Id"),
                duration=number(element, "Duration", 1),
                subject=text(element, "Subject"),
                tags=frozenset(filter(None, texts(element, "Activity_Tag"))),
                teachers=texts(element, "Teacher"),
                student_sets=sets,
                atoms=frozenset(atom for name in sets for atom in atoms_of[name]),
                students=number(element, "Number_Of_Students", sum(students[name] for name in sets)),
                split=split,
                part=parts[split] if split else 1,
            )
        )
    return found


def _rooms(root: Element) -> list[Room]:
    listed = root.find("Rooms_List")
    return [
        Room(
            name=text(element, "Name"),
            capacity=number(element, "Capacity"),
            building=text(element, "Building"),
            sets=tuple(texts(each, "Real_Room") for each in element.findall("Set_of_Real_Rooms"))
            if flag(element, "Virtual", default=False)
            else (),
        )
        for element in ([] if listed is None else listed.findall("Room"))
    ]
