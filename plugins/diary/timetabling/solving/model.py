"""A school as whole numbers: what the search works on, in Python and in C.

Everything is packed in two flat arrays, so that the compiled search needs no objects. `numbers` begins with a header
(how many of what, then where each section begins), `bits` holds sets of slots, of hours and tables of relations.
A slot is day × hours + hour; a set of slots takes `words` numbers of 64 bits.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

Each = TypeVar("Each")
WORD = 64
LESSON_WEIGHT = 16
"""What taking a lesson out costs at first; the costs of rules that should be kept are on the same scale."""
NONE = -1

SECTIONS = (
    "duration",  # hours of each lesson
    "start_from",  # where the starts of each lesson begin in the next two
    "start",
    "start_cost",
    "relation_from",  # of each lesson: pairs that must be kept
    "relation_lesson",
    "relation_table",
    "wish_from",  # of each lesson: pairs that should be kept
    "wish_lesson",
    "wish_table",
    "wish_cost",
    "clash_from",  # of each group that can be in one lesson only: its lessons
    "clash_lesson",
    "row_from",  # of each lesson: the rows with limits that it is in
    "row",
    "member_from",  # of each row: its lessons
    "member",
    "limit",  # LIMITS of each row
    "need_from",  # of each lesson: the rooms it needs
    "option_from",  # of each need: which rooms will do
    "option_room",
    "option_cost",
    "option_mask",  # the starts at which the room is open
    "set_from",  # of each lesson: the counted sets that it is in
    "set",
    "set_member_from",
    "set_member",
    "set_limit",  # SET_LIMITS of each counted set
    "order",  # the lessons, hardest first
)
HEADER = ("lessons", "days", "hours", "slots", "words", "rows", "rooms", "sets", "needs", "closed_at", "masks_at",
          "tables_at")  # fmt: skip
LIMITS = (
    "windows_weekly",
    "windows_daily",
    "late_starts",
    "least_daily",
    "may_be_free",
    "most_daily",
    "most_on_end",
    "most_days",
    "least_days",
    "interval_days",
    "interval_first",
    "interval_last",
    "span",
    "span_one_more",
    "rest",
    "rest_circular",
    "cost",
)
SET_LIMITS = ("at_once", "least", "most", "may_be_none", "mask")


class Row(msgspec.Struct, kw_only=True):
    """Lessons of somebody whose days have limits; hours `closed` by day do not count as windows."""

    members: Sequence[int]
    closed: Sequence[int]
    limits: dict[str, int]


class CountedSet(msgspec.Struct, kw_only=True):
    """Lessons that take so many of some slots in all, or stand so many at once in each."""

    members: Sequence[int]
    slots: int
    at_once: bool
    least: int
    most: int
    may_be_none: bool


class Option(msgspec.Struct, frozen=True):
    """A room that will do, what it costs, and the starts at which it is open."""

    room: int
    cost: int
    open: int


class Lesson(msgspec.Struct, kw_only=True):
    """What the search places as one: an activity, or several that must begin together."""

    duration: int
    starts: Mapping[int, int]
    needs: Sequence[Sequence[Option]]


class Pair(msgspec.Struct, frozen=True):
    """What `other` forbids a lesson: a table, and the cost of breaking it (0: must be kept)."""

    lesson: int
    other: int
    table: int
    cost: int = 0


class Model(msgspec.Struct, kw_only=True):
    """The packed school."""

    numbers: array[int]
    bits: array[int]


def pack(
    *,
    days: int,
    hours: int,
    rooms: int,
    lessons: Sequence[Lesson],
    clashes: Sequence[Sequence[int]],
    rows: Sequence[Row],
    pairs: Sequence[Pair],
    tables: Sequence[Sequence[int]],
    sets: Sequence[CountedSet],
    order: Sequence[int],
) -> Model:
    """Write the sections one after another."""
    slots = days * hours
    words = -(-slots // WORD)
    found: dict[str, list[int]] = {name: [] for name in SECTIONS}
    masks: list[int] = []
    mask_at: dict[int, int] = {}

    def mask(value: int) -> int:
        if value not in mask_at:
            mask_at[value] = len(masks)
            masks.append(value)
        return mask_at[value]

    found["duration"] = [lesson.duration for lesson in lessons]
    found["start_from"], found["start"] = _listed([list(lesson.starts) for lesson in lessons])
    found["start_cost"] = [cost for lesson in lessons for cost in lesson.starts.values()]
    must: list[list[Pair]] = [[] for _lesson in lessons]
    should: list[list[Pair]] = [[] for _lesson in lessons]
    for pair in pairs:
        (should if pair.cost else must)[pair.lesson].append(pair)
    found["relation_from"], flat = _listed(must)
    found["relation_lesson"] = [pair.other for pair in flat]
    found["relation_table"] = [pair.table for pair in flat]
    found["wish_from"], flat = _listed(should)
    found["wish_lesson"] = [pair.other for pair in flat]
    found["wish_table"] = [pair.table for pair in flat]
    found["wish_cost"] = [pair.cost for pair in flat]
    found["clash_from"], found["clash_lesson"] = _listed(clashes)
    found["row_from"], found["row"] = _listed(_turned(len(lessons), [row.members for row in rows]))
    found["member_from"], found["member"] = _listed([row.members for row in rows])
    found["limit"] = [row.limits.get(name, NONE) for row in rows for name in LIMITS]
    needs = [need for lesson in lessons for need in lesson.needs]
    found["need_from"] = _starts([len(lesson.needs) for lesson in lessons])
    found["option_from"], options = _listed(needs)
    found["option_room"] = [option.room for option in options]
    found["option_cost"] = [option.cost for option in options]
    found["option_mask"] = [mask(option.open) for option in options]
    found["set_from"], found["set"] = _listed(_turned(len(lessons), [each.members for each in sets]))
    found["set_member_from"], found["set_member"] = _listed([each.members for each in sets])
    for each in sets:
        found["set_limit"] += [each.at_once, each.least, each.most, each.may_be_none, mask(each.slots)]
    found["order"] = list(order)

    closed = [bits for row in rows for bits in row.closed]
    masks_at = len(closed)
    tables_at = masks_at + len(masks) * words
    header = [len(lessons), days, hours, slots, words, len(rows), rooms, len(sets), len(needs), 0, masks_at,
              tables_at]  # fmt: skip
    begins = len(header) + len(SECTIONS)
    numbers = array("i", header)
    for name in SECTIONS:
        numbers.append(begins)
        begins += len(found[name])
    for name in SECTIONS:
        numbers.extend(found[name])
    bits = array("Q", closed)
    for value in (*masks, *(each for table in tables for each in table)):
        bits.frombytes(value.to_bytes(8 * words, "little"))
    return Model(numbers=numbers, bits=bits)


def _starts(lengths: Iterable[int]) -> list[int]:
    found = [0]
    for length in lengths:
        found.append(found[-1] + length)
    return found


def _listed(lists: Sequence[Sequence[Each]]) -> tuple[list[int], list[Each]]:
    return _starts(map(len, lists)), [each for part in lists for each in part]


def _turned(count: int, lists: Sequence[Sequence[int]]) -> list[list[int]]:
    """In which of the lists each number is."""
    found: list[list[int]] = [[] for _number in range(count)]
    for at, members in enumerate(lists):
        for number in members:
            found[number].append(at)
    return found
