"""Where the lessons of a model stand while they are being placed. In C: the first part of `kernel.c`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from plugins.diary.timetabling.solving.model import HEADER, LIMITS, SECTIONS, SET_LIMITS, Model


class Placing:
    """The unpacked model, and for each lesson its slot, for each need its room; -1 where there is none."""

    def __init__(self, model: Model) -> None:
        header = dict(zip(HEADER, model.numbers, strict=False))
        sizes = [*model.numbers[len(HEADER) : len(HEADER) + len(SECTIONS)], len(model.numbers)]
        section = {name: list(model.numbers[sizes[at] : sizes[at + 1]]) for at, name in enumerate(SECTIONS)}
        self.lessons, self.days, self.hours = header["lessons"], header["days"], header["hours"]
        self.slots, words = header["slots"], header["words"]
        bits = list(model.bits)

        def sets(begin: int, end: int) -> list[int]:
            return [
                sum(bits[at + word] << 64 * word for word in range(words)) for at in range(begin, end, words)
            ]

        def grouped(name: str, of: str) -> list[list[int]]:
            begins = section[name]
            return [section[of][here:there] for here, there in pairwise(begins)]

        days = self.days
        self.closed = [bits[row * days : (row + 1) * days] for row in range(header["rows"])]
        self.masks = sets(header["masks_at"], header["tables_at"])
        tables = sets(header["tables_at"], len(bits))
        self.tables = [tables[at : at + self.slots] for at in range(0, len(tables), self.slots)]
        self.duration, self.order = section["duration"], section["order"]
        self.starts = [
            dict(zip(starts, costs, strict=True))
            for starts, costs in zip(
                grouped("start_from", "start"), grouped("start_from", "start_cost"), strict=True
            )
        ]
        self.start_bits = [sum(1 << slot for slot in starts) for starts in self.starts]
        self.relations = self._zipped(grouped, "relation_from", "relation_lesson", "relation_table")
        self.wishes = self._zipped(grouped, "wish_from", "wish_lesson", "wish_table", "wish_cost")
        self.rows_of = grouped("row_from", "row")
        self.members = grouped("member_from", "member")
        self.in_row = [frozenset(members) for members in self.members]
        self.limits = _chunks(section["limit"], len(LIMITS))
        self.needs_from = section["need_from"]
        self.options = [
            list(zip(*option, strict=True))
            for option in zip(
                grouped("option_from", "option_room"),
                grouped("option_from", "option_cost"),
                grouped("option_from", "option_mask"),
                strict=True,
            )
        ]
        self.sets_of = grouped("set_from", "set")
        self.set_members = grouped("set_member_from", "set_member")
        self.set_limits = _chunks(section["set_limit"], len(SET_LIMITS))
        self.rivals = _rivals(self.lessons, grouped("clash_from", "clash_lesson"))

        self.position = [-1] * self.lessons
        self.chosen = [-1] * header["needs"]
        self.busy = [[0] * days for _row in self.members]
        self.left = [sum(self.duration[each] for each in members) for members in self.members]
        self.left_count = [len(members) for members in self.members]
        self.held_by = [[-1] * self.slots for _room in range(header["rooms"])]
        self.set_taken = [[0] * self.slots for _set in self.set_members]
        self.set_left = [sum(self.duration[each] for each in members) for members in self.set_members]

    def _zipped(
        self, grouped: Callable[[str, str], list[list[int]]], *names: str
    ) -> list[list[tuple[int, ...]]]:
        begin, *parts = names
        lists = [grouped(begin, part) for part in parts]
        return [list(zip(*each, strict=True)) for each in zip(*lists, strict=True)]

    def hours_of(self, lesson: int, slot: int) -> int:
        """The hours of the day that a lesson takes, as bits."""
        return ((1 << self.duration[lesson]) - 1) << slot % self.hours

    def needs(self, lesson: int) -> range:
        """Numbers of the rooms that a lesson needs."""
        return range(self.needs_from[lesson], self.needs_from[lesson + 1])

    def place(self, lesson: int, slot: int, rooms: Sequence[int]) -> None:
        """Put a lesson that stands nowhere."""
        for need, room in zip(self.needs(lesson), rooms, strict=True):
            self.chosen[need] = room
        self.position[lesson] = slot
        self._count(lesson, slot, 1)

    def take_out(self, lesson: int) -> None:
        """Take a lesson out; its rooms stay written down."""
        self._count(lesson, self.position[lesson], -1)
        self.position[lesson] = -1

    def _count(self, lesson: int, slot: int, by: int) -> None:
        length, day, hours = self.duration[lesson], slot // self.hours, self.hours_of(lesson, slot)
        for row in self.rows_of[lesson]:
            self.busy[row][day] ^= hours
            self.left[row] -= by * length
            self.left_count[row] -= by
        for each in self.sets_of[lesson]:
            self.set_left[each] -= by * length
            for at in range(slot, slot + length):
                self.set_taken[each][at] += by
        for need in self.needs(lesson):
            for at in range(slot, slot + length):
                self.held_by[self.chosen[need]][at] = lesson if by > 0 else -1


def _chunks(numbers: Sequence[int], size: int) -> list[Sequence[int]]:
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]


def _rivals(lessons: int, clashes: Sequence[Sequence[int]]) -> list[list[int]]:
    """Of each lesson those that share somebody with it, in the order of the groups."""
    groups: list[list[int]] = [[] for _lesson in range(lessons)]
    for at, members in enumerate(clashes):
        for lesson in members:
            groups[lesson].append(at)
    return [
        [
            other
            for other in dict.fromkeys(other for at in groups[lesson] for other in clashes[at])
            if other != lesson
        ]
        for lesson in range(lessons)
    ]
