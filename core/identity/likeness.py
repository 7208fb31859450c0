"""When two people are likely to be one: what has to agree, and what speaks against it.

A family shares surnames, phones and addresses, twins even the day of birth: what is shared counts only where the
first names do not contradict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise
from typing import Any
from uuid import UUID

import msgspec

from core.web.i18n import lazy

SNILS, SAME, SPELLING, CONTACT = "snils", "same", "spelling", "contact"
REASONS: dict[str, str] = {
    SNILS: lazy("СНИЛС тот же, записан иначе"),
    SAME: lazy("имя и дата рождения"),
    SPELLING: lazy("дата рождения, имя записано иначе"),
    CONTACT: lazy("фамилия и телефон или почта"),
}
"""Why two people are taken for one, the surest reason first."""

SHORTEST = 4
"""Letters of a name below which a mistake leaves too little to go by."""

FEW = 8
"""So many people of one birth date or phone are compared each with each."""

CROWD = 500
"""With more people than this whose names are alike only equal names are looked at."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared of a person. `name_key` is the normalized full name, `first_key` the first name."""

    id: UUID
    name_key: str
    last_key: str
    first_key: str
    birth_date: date | None
    snils: str
    phone: str
    email: str


def one_mistake_apart(one: str, other: str) -> bool:
    """Whether a letter left out, put in, changed or swapped with its neighbour makes one text the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return True
    if len(one) == len(other):
        swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        return swapped or one[at + 1 :] == other[at + 1 :]
    shorter, longer = sorted((one, other), key=len)
    return shorter[at:] == longer[at + 1 :]


def written_differently(one: str, other: str) -> bool:
    """Whether two different names may be one: words in another order, one of them missing, a typing error."""
    mine, others = one.split(), other.split()
    if sorted(mine) == sorted(others):
        return True
    fewer, more = sorted((mine, others), key=len)
    if len(fewer) != len(more):
        return len(fewer) >= 2 and more[: len(fewer)] == fewer
    wrong = [(a, b) for a, b in zip(mine, others, strict=True) if a != b]
    return (
        len(wrong) == 1
        and min(map(len, wrong[0])) >= SHORTEST
        and one_mistake_apart(wrong[0][0], wrong[0][1])
    )


def reasons_of(one: Known, other: Known) -> list[str]:
    """Why two people may be one, the surest reason first; none if they are hardly."""
    found: list[str] = []
    if one.snils and one.snils == other.snils:
        found.append(SNILS)
    both_born = one.birth_date is not None and other.birth_date is not None
    if both_born and one.birth_date == other.birth_date:
        if one.name_key == other.name_key:
            found.append(SAME)
        elif written_differently(one.name_key, other.name_key):
            found.append(SPELLING)
    elif both_born:
        return found
    shared = (one.phone and one.phone == other.phone) or (one.email and one.email == other.email)
    if shared and one.last_key == other.last_key and _same_first_name(one.first_key, other.first_key):
        found.append(CONTACT)
    return found


def _same_first_name(one: str, other: str) -> bool:
    """«Анна», «А.» and «Аннa» with a slip: anything but another name."""
    initials = one.rstrip("."), other.rstrip(".")
    if min(map(len, initials)) == 1:
        return initials[0][:1] == initials[1][:1]
    return one == other or (min(map(len, initials)) >= SHORTEST and one_mistake_apart(one, other))


def likely_pairs(
    people: Iterable[Known], key: Callable[[Known], Any]
) -> Iterator[tuple[UUID, UUID, Sequence[str]]]:
    """Pairs among `people`, who come ordered by `key` and are compared where it agrees; the smaller id first."""
    group: list[Known] = []
    for each in people:
        if group and key(group[0]) != key(each):
            yield from _within(group)
            group = []
        group.append(each)
    yield from _within(group)


def _within(group: Sequence[Known]) -> Iterator[tuple[UUID, UUID, Sequence[str]]]:
    for one, other in combinations(group, 2) if len(group) <= FEW else _candidates(group):
        if reasons := reasons_of(one, other):
            first, second = sorted((one.id, other.id))
            yield first, second, reasons


def _candidates(group: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Pairs whose names have all words but one in common: of many people few are worth a closer look."""
    buckets: dict[tuple[str, ...], list[Known]] = {}
    for each in group:
        words = each.name_key.split()
        shorter = (tuple(words[:at] + words[at + 1 :]) for at in range(len(words)))
        for key in {tuple(sorted(words)), tuple(words), *shorter}:
            buckets.setdefault(key, []).append(each)
    seen: set[tuple[UUID, UUID]] = set()
    for bucket in buckets.values():
        alike = sorted(bucket, key=lambda each: (each.name_key, each.id))
        for one, other in pairwise(alike) if len(bucket) > CROWD else combinations(alike, 2):
            if (one.id, other.id) not in seen:
                seen.add((one.id, other.id))
                yield one, other
