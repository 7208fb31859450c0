"""A dish as staff type it: one line, «Каша овсяная, 200 г (молоко, глютен)»."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

LINE = re.compile(
    r"(?P<name>.+?)"
    r"(?:,\s*(?P<portion>\d+(?:[/.,]\d+)*\s*(?:г|мл|шт)\.?))?"
    r"(?:\s*\((?P<allergens>[^()]*)\))?"
)
LONGEST = 200


class DishLine(msgspec.Struct, frozen=True, kw_only=True):
    """A dish, the size of a portion with its unit, and what may harm those who do not bear it."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST, description="Название блюда.")]
    portion: Annotated[
        str, Meta(max_length=40, description="Порция с единицей: «200 г»; может быть пусто.")
    ] = ""
    allergens: Annotated[
        Sequence[Annotated[str, Meta(max_length=40)]],
        Meta(max_length=20, description="Что может вызвать аллергию: «молоко», «глютен»."),
    ] = ()


def parse(text: str) -> list[DishLine]:
    """The dishes of a text field, one per line; empty lines are skipped."""
    found: list[DishLine] = []
    for line in text.replace("\x00", "").splitlines():
        match = LINE.fullmatch(" ".join(line.split()))
        if match is not None:
            allergens = [each.strip() for each in (match["allergens"] or "").split(",")]
            found.append(
                DishLine(
                    name=match["name"].strip(),
                    portion=match["portion"] or "",
                    allergens=[each for each in allergens if each],
                )
            )
    return found


def as_text(dishes: Iterable[DishLine]) -> str:
    """What `parse` reads, for the text field."""
    return "\n".join(
        dish.name
        + (f", {dish.portion}" if dish.portion else "")
        + (f" ({', '.join(dish.allergens)})" if dish.allergens else "")
        for dish in dishes
    )
