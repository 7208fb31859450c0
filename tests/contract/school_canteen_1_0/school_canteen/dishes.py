"""A dish as staff type it: one line, «Каша овсяная, 200 г»."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

LINE = re.compile(r"(?P<name>.+?)(?:,\s*(?P<portion>\d+(?:[/.,]\d+)*\s*(?:г|мл|шт)\.?))?")
LONGEST = 200


class DishLine(msgspec.Struct, frozen=True, kw_only=True):
    """A dish and the size of a portion with its unit."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    portion: Annotated[str, Meta(max_length=40)] = ""


def parse(text: str) -> list[DishLine]:
    """The dishes of a text field, one per line; empty lines are skipped."""
    found: list[DishLine] = []
    for line in text.replace("\x00", "").splitlines():
        match = LINE.fullmatch(" ".join(line.split()))
        if match is not None:
            found.append(DishLine(name=match["name"].strip(), portion=match["portion"] or ""))
    return found


def as_text(dishes: Iterable[DishLine]) -> str:
    """What `parse` reads, for the text field."""
    return "\n".join(dish.name + (f", {dish.portion}" if dish.portion else "") for dish in dishes)
