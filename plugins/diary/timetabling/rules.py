"""What a timetable must keep or should keep: each rule says where a timetable breaks it.

A rule of weight 100 must be kept, a lower one should be. The rules are those of FET's files; how they count is measured
against what FET says of its own results. They are written for checking, apart from any search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import msgspec

from core.web.i18n import lazy, sentence
from plugins.diary.timetabling.problem import Activity, Slot, Timetable

MUST = 100.0


class Breach(msgspec.Struct, frozen=True):
    """A place where a rule is broken: of whom or what, and by how much."""

    where: str
    amount: float = 1


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be kept: `title` in words. `kind` is the rule's name in the file it comes from."""

    title: ClassVar[str]
    kind: str
    weight: float = MUST

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        raise NotImplementedError


class NoClash(Rule, frozen=True, kw_only=True):
    """Every lesson is placed within a day, and nobody is in two at once."""

    title: ClassVar[str] = lazy("никто не занят дважды, все уроки поставлены")

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        problem = timetable.problem
        for activity in problem.activities.values():
            place = timetable.places.get(activity.id)
            if place is None:
                yield Breach(
                    sentence(
                        "урок %(number)s (%(subject)s) не поставлен",
                        number=activity.id,
                        subject=activity.subject,
                    )
                )
            elif place.hour + activity.duration > len(problem.hours):
                yield Breach(
                    sentence(
                        "урок %(number)s (%(subject)s) не помещается в день",
                        number=activity.id,
                        subject=activity.subject,
                    )
                )
        for people in (timetable.of_teacher, timetable.of_atom):
            for name, slots in people.items():
                for slot, there in slots.items():
                    if len(there) > 1:
                        yield Breach(several(f"{name}, {at(timetable, slot)}", there), len(there) - 1)


class Closed(Rule, frozen=True, kw_only=True):
    """The lessons `of` somebody do not stand at `slots`; of everybody if nobody is named."""

    title: ClassVar[str] = lazy("уроков нет, когда их быть не может")
    slots: frozenset[Slot]
    teacher: str = ""
    atoms: frozenset[str] = frozenset()

    def breaches(self, timetable: Timetable) -> Iterator[Breach]:
        """Where `timetable` breaks the rule."""
        everybody = not self.teacher and not self.atoms
        for activity, _place in timetable.placed():
            if everybody or self.teacher in activity.teachers or self.atoms & activity.atoms:
                for slot in self.slots.intersection(timetable.slots_of(activity)):
                    yield Breach(lesson(activity, at(timetable, slot)))


def at(timetable: Timetable, slot: Slot) -> str:
    """«Вторник, 3»."""
    return f"{timetable.problem.days[slot[0]]}, {timetable.problem.hours[slot[1]]}"


def lesson(activity: Activity, where: str = "") -> str:
    """«урок 5, Вторник, 3»."""
    if not where:
        return sentence("урок %(number)s", number=activity.id)
    return sentence("урок %(number)s, %(where)s", number=activity.id, where=where)


def both(one: int, other: int) -> str:
    """«уроки 5 и 8»."""
    return sentence("уроки %(one)s и %(other)s", one=one, other=other)


def numbers(ids: Iterable[int]) -> str:
    """«уроки 5, 8»."""
    return sentence("уроки %(numbers)s", numbers=", ".join(map(str, ids)))


def several(where: str, there: Iterable[Activity]) -> str:
    """«Иванова, Вторник, 3: уроки 5, 8»."""
    return sentence(
        "%(where)s: уроки %(numbers)s", where=where, numbers=", ".join(str(each.id) for each in there)
    )
